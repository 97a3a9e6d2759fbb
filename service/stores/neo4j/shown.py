"""Checking what a Neo4j database shows to people and has filters go by, beside what the fold reads of it.

Times, types and ids stand on nodes and edges so that Cypher can ask for them; the fold goes by positions and payloads.
The server compares the two, page by page, and tells the first difference of a page.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from graph_schema.canonical import parse_event
from graph_schema.events import Registration
from graph_schema.neo4j.description import EDGES as EDGE_KINDS
from graph_schema.order import TYPE_ORDER
from service.ports import Fault
from service.stores.checking import chunks
from service.stores.neo4j.checking import Neo4jGraph
from service.stores.neo4j.facts import registered
from service.stores.neo4j.rows import LABELS, native, shown_by, shown_of_item, shown_of_organization
from service.stores.values import loads

EVENTS_AT_ONCE = 5_000

LOG = """
MATCH (l:Log {name: 'voltrace'}) OPTIONAL MATCH (e:Event {sequence: l.sequence}) USING INDEX SEEK e:Event(sequence)
RETURN l.sequence,
  (l.sequence = 0 OR e IS NOT NULL) AND
    NOT EXISTS { MATCH (n:Event) USING INDEX SEEK n:Event(sequence) WHERE n.sequence > l.sequence },
  l.sequence = 0 OR coalesce(l.hash = e.hash AND l.recordedUs = e.recordedUs, false)
"""


def _instant(position: str) -> str:
    """Cypher of the microseconds since 1970 inside a position; bytes of Java are signed."""
    first = f"({position}[0] + 256) % 256 - 128"
    return f"reduce(us = {first}, x IN {position}[1..8] | us * 256 + (x + 256) % 256)"


def _wrong(**right: str) -> str:
    """Cypher of the names of those of some properties of which a condition does not hold."""
    cases = (f"CASE WHEN NOT coalesce({condition}, false) THEN '{name}' END" for name, condition in right.items())
    return f"[name IN [{', '.join(cases)}] WHERE name IS NOT NULL]"


EVENTS = f"""
MATCH (e:Event) USING INDEX SEEK e:Event(sequence) WHERE $after < e.sequence <= $after + $limit
OPTIONAL MATCH (p:Event {{sequence: e.sequence - 1}}) USING INDEX SEEK p:Event(sequence)
WITH e, p, {_instant("e.position")} AS us
WITH e, {
    _wrong(
        occurredAt=f"e.occurredAt = {native('us')}",
        recordedAt=f"e.recordedAt = {native('e.recordedUs')}",
        type="e.type = $types[e.position[8]]",
        previousHash="p IS NULL OR e.previousHash = p.hash",
        judged="e.sequence <= e.judged <= $last",
        actor="EXISTS { MATCH (o:Organization {key: e.actor}) USING INDEX SEEK o:Organization(key) }",
    )
} AS wrong
WHERE size(wrong) > 0
RETURN e.sequence, e.eventId, wrong ORDER BY e.sequence LIMIT 1
"""


def _known(since: str) -> dict[str, str]:
    """What holds of the moments of knowledge of an edge `r` that no record before one can have told."""
    return {
        "knownFrom": f"{since} <= r.knownFrom <= $last",
        "knownTo": "r.knownTo IS NULL OR r.knownFrom <= r.knownTo <= $last",
    }


_SPAN = _wrong(
    openedBy="a.position = r.opened",
    closedBy="CASE WHEN r.closed IS NULL THEN r.closedBy IS NULL ELSE b.position = r.closed END",
    closedKnown="CASE WHEN r.closed IS NULL THEN r.closedKnown IS NULL ELSE b.sequence <= r.closedKnown <= $last END",
    to="CASE WHEN r.closed IS NULL THEN r.to IS NULL ELSE r.to = b.occurredAt END",
    **{"from": "r.from = a.occurredAt"},
    **_known("a.sequence"),
)
_PLACED = "r.position = e.position"
EDGES = f"""
UNWIND $keys AS key
MATCH (i:Item {{key: key}}) USING INDEX SEEK i:Item(key)
CALL (i) {{
  MATCH (i)-[r:HELD_BY|PART_OF]->(other)
  OPTIONAL MATCH (a:Event {{eventId: r.openedBy}}) USING INDEX SEEK a:Event(eventId)
  OPTIONAL MATCH (b:Event {{eventId: r.closedBy}}) USING INDEX SEEK b:Event(eventId)
  RETURN type(r) AS edge, other.key AS other, {_SPAN} AS wrong
UNION ALL
  MATCH (i)-[r:CONSUMED_IN|YIELDED|MARKED]-(e)
  RETURN type(r) AS edge, e.eventId AS other, {_wrong(position=_PLACED, **_known("e.sequence"))} AS wrong
UNION ALL
  MATCH (i)<-[r:MENTIONS]-(e) RETURN type(r) AS edge, e.eventId AS other, {_wrong(position=_PLACED)} AS wrong
UNION ALL
  MATCH (i)<-[r:IDENTIFIES]-(n) RETURN type(r) AS edge, n.value AS other, {_wrong(**_known("1"))} AS wrong
}}
WITH key, edge, other, wrong WHERE size(wrong) > 0
RETURN key, edge, other, wrong LIMIT 1
"""

BATCHES = f"""
MATCH (b:Batch) WHERE NOT coalesce(b.recordedAt = {native("b.recordedUs")}, false) RETURN b.recordedUs LIMIT 1
"""

ITEMS = """
MATCH (i:Item) OPTIONAL MATCH (i)<-[y:YIELDED]-() WHERE y.knownTo IS NULL
RETURN i.key, labels(i), y.spec, properties(i)
"""
ORGANIZATIONS = "MATCH (o:Organization)<-[:REGISTERS]-() RETURN DISTINCT o.key, properties(o)"
REGISTRATIONS = """
MATCH (e:Event)-[r:REGISTERS]->() RETURN e.payload, e.position, e.status = 'ACCEPTED', properties(r)
"""
OWN_OF_ITEMS = {"key", "state", "last", "changed"}
"""What the node of an item has beside what it shows."""
OWN_OF_REGISTERS = tuple(EDGE_KINDS["REGISTERS"].properties)
"""What a registration shows; what others noted on it is none of this."""


async def check_end(graph: Neo4jGraph) -> list[Fault]:
    """Whether the log ends where the node that all writers lock says so: what is missing at the end breaks no chain."""
    async for last, ends, same in graph.rows(LOG):
        if not ends:
            told = f"its node says that record {last} is the last one, and it is not: records are missing, or added"
            return [Fault("the log", f"{told}; load a backup")]
        if not same:
            told = f"its node knows another time or hash of record {last}, the last one"
            return [Fault("the log", f"{told}: one of them was changed; load a backup")]
    return []


async def check_shown(graph: Neo4jGraph) -> list[Fault]:
    """The first of each sort that shows something else than the log says; the graph is known to be the fold of that."""
    ((last, *_),) = [row async for row in graph.rows(LOG)]
    return (
        await _check_events(graph, last)
        or await _check_batches(graph)
        or await _check_edges(graph, last)
        or await _check_items(graph)
        or await _check_organizations(graph)
    )


async def _check_events(graph: Neo4jGraph, last: int) -> list[Fault]:
    for after in range(0, last, EVENTS_AT_ONCE):
        values = {"after": after, "limit": EVENTS_AT_ONCE, "last": last, "types": list(TYPE_ORDER)}
        async for sequence, event_id, wrong in graph.rows(EVENTS, **values):
            return [Fault(f"{sequence} ({event_id})", f"its {_and(wrong)} on its node {_are(wrong)}")]
    return []


async def _check_batches(graph: Neo4jGraph) -> list[Fault]:
    async for (at,) in graph.rows(BATCHES):
        where = f"what was recorded {at} microseconds after 1970"
        return [Fault(where, f"recordedAt of its :Batch {_are(['recordedAt'])}")]
    return []


async def _check_edges(graph: Neo4jGraph, last: int) -> list[Fault]:
    for keys in chunks(await graph.keys()):
        async for key, edge, other, wrong in graph.rows(EDGES, keys=keys, last=last):
            return [Fault(key, f"{_and(wrong)} of its {edge} ({other}) {_are(wrong)}")]
    return []


def _and(names: list[str]) -> str:
    return " and ".join(filter(None, [", ".join(names[:-1]), names[-1]]))


def _are(names: list[str]) -> str:
    return f"{'is' if len(names) == 1 else 'are'} not what the log says; run a rebuild"


async def _check_items(graph: Neo4jGraph) -> list[Fault]:
    async for key, labels, spec, properties in graph.rows(ITEMS):
        stated = {} if spec is None else loads(spec)
        shown = {name: value for name, value in properties.items() if name not in OWN_OF_ITEMS}
        expected = {"Item", LABELS[stated["kind"]]} if stated else {"Item"}
        if shown != shown_of_item(stated) or set(labels) != expected:
            return [Fault(key, "its node does not show what was stated of it; run a rebuild")]
    return []


async def _check_organizations(graph: Neo4jGraph) -> list[Fault]:
    registrations: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rows = [row async for row in graph.rows(REGISTRATIONS)]
    for payload, _, accepted, noted in sorted(rows, key=lambda row: bytes(row[1])):
        event, said = parse_event(payload)
        assert isinstance(event, Registration)
        facts = registered(event)
        if any(noted.get(name) != facts[name] for name in OWN_OF_REGISTERS):
            return [Fault(event.event_id, "its REGISTERS does not show what it registers; run a rebuild")]
        if accepted:
            key = facts["organization"]
            registrations[key].append(shown_of_organization(said["organization"]))
    async for key, properties in graph.rows(ORGANIZATIONS):
        if properties != shown_by(registrations[key]) | {"key": key}:
            return [Fault(key, "its node does not show what it registered last; run a rebuild")]
    return []
