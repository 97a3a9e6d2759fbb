"""Reading a Neo4j database for a check, and folding it again."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from secrets import token_hex
from typing import Any, TypeVar

import neo4j

from graph_schema.canonical import parse_event
from graph_schema.events import AnyEvent
from graph_schema.order import Position
from graph_schema.outcome import Outcome
from service.chain import Head
from service.ports import Fault
from service.stores.checking import StoredRecord
from service.stores.errors import StoreError
from service.stores.neo4j.connection import REBUILD_TIMEOUT_S, Connection, Transaction, done, one
from service.stores.neo4j.findings import involved
from service.stores.neo4j.rows import LABELS, seconds, shown_by, shown_of_item, shown_of_organization, when
from service.stores.neo4j.source import Neo4jSource
from service.stores.neo4j.state import LogLost
from service.stores.neo4j.writer import Neo4jWriter
from service.stores.values import loads, outcome_of

T = TypeVar("T")

RECORDS = """
MATCH (e:Event) WHERE e.sequence > 0
RETURN e.sequence, e.eventId, e.position, e.actor, e.recordedUs, e.digest, e.hash, e.payload ORDER BY e.sequence
"""
OUTCOMES = "MATCH (e:Event) RETURN e.sequence, e.eventId, e.status, e.problems, e.mixing, e.claims"
KEYS = "MATCH (i:Item) RETURN i.key"
FACTS = "MATCH (i:Item)<-[y:YIELDED]-() WHERE y.knownTo IS NULL RETURN i.key, y.spec, y.label"
IDENTIFIERS = "MATCH (i:Item)<-[d:IDENTIFIES]-(n) WHERE d.knownTo IS NULL RETURN i.key, d.scheme, n.value"
NAMED = "MATCH (i:Item)<-[m:MENTIONS]-(e) WHERE m.named RETURN i.key, e.eventId"


class Neo4jGraph:
    """A `StoredGraph` over one read transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self.source = Neo4jSource(transaction)

    async def rows(self, query: str) -> AsyncIterator[list[Any]]:
        """What a query answers, row by row."""
        async for record in await self._transaction.run(query):
            yield record.values()

    async def records(self) -> AsyncIterator[StoredRecord]:
        async for row in self.rows(RECORDS):
            yield StoredRecord._make(row)

    async def outcomes(self) -> AsyncIterator[tuple[int, str, Outcome]]:
        async for sequence, event_id, *columns in self.rows(OUTCOMES):
            yield sequence, event_id, outcome_of(*columns)

    async def keys(self) -> list[str]:
        return [key async for (key,) in self.rows(KEYS)]

    async def facts(self) -> dict[str, tuple[bytes, str | None]]:
        return {key: (spec.encode(), label) async for key, spec, label in self.rows(FACTS)}

    async def identifiers(self) -> list[tuple[str, str, str]]:
        return [(key, scheme, value) async for key, scheme, value in self.rows(IDENTIFIERS)]

    async def named(self) -> set[tuple[str, str]]:
        return {(key, event_id) async for key, event_id in self.rows(NAMED)}


OWN_OF_NODES = {
    "Event": ("sequence", "eventId", "position"),
    "Item": ("key",),
    "Organization": ("key",),
    "Identifier": ("value",),
    "Batch": ("recordedUs", "last"),
    "Finding": ("id",),
    "Flow": ("id", "kind", "key"),
}
"""What each node of ours has."""


def _foreign(label: str, own: tuple[str, ...]) -> str:
    lacks = " OR ".join(f"n.{name} IS NULL" for name in own)
    return f"MATCH (n:{label}) WHERE {lacks} WITH n LIMIT 1 RETURN '{label}' AS label, elementId(n) AS id"


FOREIGN = " UNION ALL ".join(_foreign(label, own) for label, own in OWN_OF_NODES.items())


async def check_foreign(graph: Neo4jGraph) -> list[Fault]:
    """The first node of each label that others wrote after the log was begun: what follows would stumble over it."""
    return [
        Fault(
            f"node {node}",
            f"it has the label {label} and is not of voltrace; take the label away (MATCH (n) WHERE elementId(n) = "
            f"'{node}' REMOVE n:{label}), or delete it",
        )
        async for label, node in graph.rows(FOREIGN)
    ]


SHOWN_BY_ITEMS = """
MATCH (i:Item) OPTIONAL MATCH (i)<-[y:YIELDED]-() WHERE y.knownTo IS NULL
RETURN i.key, labels(i), y.spec, properties(i)
"""
SHOWN_BY_ORGANIZATIONS = "MATCH (o:Organization)<-[:REGISTERS]-() RETURN DISTINCT o.key, properties(o)"
REGISTRATIONS = "MATCH (e:Event)-[:REGISTERS]->() WHERE e.status = 'ACCEPTED' RETURN e.payload, e.position"
OWN_OF_ITEMS = {"key", "state", "last", "changed"}
"""What the node of an item has beside what it shows."""


async def check_shown(graph: Neo4jGraph) -> list[Fault]:
    """The first node that shows people something else than what was stated."""
    async for key, labels, spec, properties in graph.rows(SHOWN_BY_ITEMS):
        stated = {} if spec is None else loads(spec)
        shown = {name: value for name, value in properties.items() if name not in OWN_OF_ITEMS}
        expected = {"Item", LABELS[stated["kind"]]} if stated else {"Item"}
        if shown != shown_of_item(stated) or set(labels) != expected:
            return [Fault(key, "its node does not show what was stated of it; run a rebuild")]
    registered: dict[str, list[dict[str, Any]]] = defaultdict(list)
    rows = [row async for row in graph.rows(REGISTRATIONS)]
    for payload, _ in sorted(rows, key=lambda row: bytes(row[1])):
        said = loads(payload)["organization"]
        registered[said["key"]].append(shown_of_organization(said))
    async for key, properties in graph.rows(SHOWN_BY_ORGANIZATIONS):
        if properties != shown_by(registered[key]) | {"key": key}:
            return [Fault(key, "its node does not show what it registered last; run a rebuild")]
    return []


# While `Log.rebuilding` says by which rebuild, records that it has not folded again yet are `:Unfolded`, not `:Event`.
BEGIN = "MATCH (l:Log {name: 'voltrace'}) SET l.rebuilding = $by, l.rebuilt = $by RETURN true"
FORGET = (
    "MATCH (e:Event) WITH e LIMIT 5000 SET e:Unfolded REMOVE e:Event RETURN count(e)",
    "MATCH (n:Item) WITH n LIMIT 2000 DETACH DELETE n RETURN count(n)",
    "MATCH (n:Identifier|Judgement) WITH n LIMIT 5000 DETACH DELETE n RETURN count(n)",
    "MATCH (n:Organization) WITH n LIMIT 5000 DETACH DELETE n RETURN count(n)",
)
"""Each forgets some of what a fold makes, and is run until it finds nothing."""
JOIN = f"""
CALL () {{
  MATCH (f:Finding) USING INDEX SEEK f:Finding(id) WHERE f.id > $after RETURN f ORDER BY f.id LIMIT $limit
}}
CALL (f) {{
  MATCH (i:Item {{key: f.subject}}) USING INDEX SEEK i:Item(key) WHERE NOT f.ofOrganization
  MERGE (f)-[:ABOUT]->(i)
}}
CALL (f) {{
  UNWIND f.parties AS party
  MERGE (o:Organization {{key: party}})
  MERGE (f)-[v:INVOLVES]->(o) SET v += {involved("f")}
}}
RETURN max(f.id)
"""
"""Joins the findings after one, by id, to the nodes that were made again; the last of them, null for none."""
JOINED_AT_ONCE = 5_000
BATCHES = "MATCH (b:Batch) WITH b.last AS last ORDER BY b.recordedUs RETURN collect(last)"
UNFOLDED = """
MATCH (u:Unfolded) USING INDEX SEEK u:Unfolded(sequence) WHERE $after < u.sequence <= $last
RETURN collect(properties(u))
"""
FOLDED = """
MATCH (u:Unfolded) USING INDEX SEEK u:Unfolded(sequence) WHERE $after < u.sequence <= $last
DETACH DELETE u
"""
OWN = """
MATCH (l:Log {name: 'voltrace'}) SET l.writers = coalesce(l.writers, 0) + 1
RETURN coalesce(l.rebuilding = $by, false)
"""
"""Takes the lock of the log; whether nobody else began a rebuild since."""
DONE = "MATCH (l:Log {name: 'voltrace'}) WHERE l.rebuilding = $by REMOVE l.rebuilding RETURN true"
FOLDED_AT_ONCE = 2_000
"""How many records a rebuild folds in one transaction."""
TAKEN_OVER = "another rebuild began after this one, and goes on; wait for that"
JUDGEMENT = ("status", "problems", "mixing", "claims", "also", "judged")


async def rebuild(connection: Connection) -> int:
    """Fold every batch again, as it was recorded; the number of events.

    Several batches are folded in a transaction, each known at its own moment. Until all are done nobody else reads or
    writes; where it was interrupted, it is run again. Of two at once the later one goes on, and the other ends with
    StoreError.
    """
    count = 0
    by = token_hex(8)

    async def write(work: Callable[..., Awaitable[T]], *values: Any) -> T:
        return await connection.written(lambda transaction: work(transaction, by, *values), REBUILD_TIMEOUT_S)

    if not await write(_told, BEGIN):
        raise LogLost(connection.url)
    for statement in FORGET:
        while await write(_some, statement):
            pass
    async with connection.reading(leader=True) as reads:
        ends = await reads.one(BATCHES)
    after = 0
    for several in _in_writes(ends):
        count += await write(_fold_again, after, several)
        after = several[-1]
    joined: str | None = ""
    while joined is not None:
        joined = await write(_join, joined)
    if not await write(_told, DONE):
        raise StoreError(f"{connection.url}: {TAKEN_OVER}")
    return count


async def _told(transaction: neo4j.AsyncManagedTransaction, by: str, statement: str) -> bool:
    """Whether the log could be told that a rebuild begins or ends."""
    return bool(await one(transaction, statement, by=by))


async def _own(transaction: neo4j.AsyncManagedTransaction, by: str) -> None:
    """Hold the log, so that no other rebuild begins before this transaction ends. Raises StoreError where one did."""
    if not await one(transaction, OWN, by=by):
        raise StoreError(TAKEN_OVER)


async def _some(transaction: neo4j.AsyncManagedTransaction, by: str, statement: str) -> int:
    await _own(transaction, by)
    return int(await one(transaction, statement))


async def _join(transaction: neo4j.AsyncManagedTransaction, by: str, after: str) -> str | None:
    await _own(transaction, by)
    last: str | None = await one(transaction, JOIN, after=after, limit=JOINED_AT_ONCE)
    return last


def _in_writes(ends: list[int]) -> Iterator[list[int]]:
    """The ends of batches, of so many records at once, but of one batch at least."""
    several: list[int] = []
    after = 0
    for last in ends:
        if several and last - after > FOLDED_AT_ONCE:
            yield several
            after, several = several[-1], []
        several.append(last)
    if several:
        yield several


async def _fold_again(transaction: neo4j.AsyncManagedTransaction, by: str, after: int, ends: list[int]) -> int:
    """Fold batches, which end with these records, in one transaction; the number of events."""
    await _own(transaction, by)
    records: dict[Position, dict[str, Any]] = {}
    batches: dict[int, list[AnyEvent]] = {last: [] for last in ends}
    stored = await one(transaction, UNFOLDED, after=after, last=ends[-1])
    for properties in sorted(stored, key=lambda properties: properties["sequence"]):
        event, _ = parse_event(properties["payload"])
        batches[ends[bisect_left(ends, properties["sequence"])]].append(event)
        record = {name: value for name, value in properties.items() if name not in JUDGEMENT}
        times = {"occurredAt": when(event.position), "recordedAt": seconds(record["recordedUs"])}
        records[event.position] = record | times
    await done(transaction, FOLDED, after=after, last=ends[-1])
    writer = Neo4jWriter(transaction, Head())
    async with writer.writing():
        await writer.foresee(list(batches.values()))
        for last, events in batches.items():
            await writer.fold(events, records, last)
    return len(records)
