"""Reading a Neo4j database for a check, and folding it again."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from secrets import token_hex
from typing import Any, TypeVar

import neo4j

from graph_schema.canonical import parse_event
from graph_schema.events import AnyEvent
from graph_schema.neo4j.description import EDGES
from graph_schema.order import Position
from graph_schema.outcome import Outcome
from service.chain import Head
from service.ports import Fault, NewEvent
from service.stores.checking import StoredRecord
from service.stores.errors import StoreError
from service.stores.neo4j.connection import REBUILD_TIMEOUT_S, Connection, Transaction, done, one, planned_once
from service.stores.neo4j.findings import involved
from service.stores.neo4j.rows import native
from service.stores.neo4j.source import Neo4jSource
from service.stores.neo4j.state import LogLost
from service.stores.neo4j.writer import Neo4jWriter, record_of
from service.stores.values import outcome_of

T = TypeVar("T")

RECORDS = """
MATCH (e:Event) WHERE e.sequence > 0
RETURN e.sequence, e.eventId, e.position, e.actor, e.recordedUs, e.digest, e.hash, e.payload, e.refersTo
ORDER BY e.sequence
"""
BATCHES = "MATCH (b:Batch) RETURN b.recordedUs, b.last"
REGISTERED = "MATCH (e:Event)-[r:REGISTERS]->(o) RETURN e.eventId, o.key, coalesce(r.regulator, false)"
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

    async def rows(self, query: str, **values: Any) -> AsyncIterator[list[Any]]:
        """What a query answers, row by row."""
        async for record in await self._transaction.run(*planned_once(query, values)):
            yield record.values()

    async def records(self) -> AsyncIterator[StoredRecord]:
        async for row in self.rows(RECORDS):
            yield StoredRecord._make(row)

    async def batches(self) -> dict[int, int]:
        return {at: last async for at, last in self.rows(BATCHES)}

    async def registrations(self) -> set[tuple[str, str, bool]]:
        return {(event_id, key, regulator) async for event_id, key, regulator in self.rows(REGISTERED)}

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


OWN_OF_EDGES = {
    "PART_OF": "opened",
    "HELD_BY": "opened",
    "CONSUMED_IN": "position",
    "YIELDED": "position",
    "MARKED": "position",
    "MENTIONS": "position",
    "IDENTIFIES": "scheme",
    "REGISTERS": None,
}
"""What each edge of ours has by which it is told from those of others, where it is not by its ends alone."""


def _foreign_edge(edge: str, own: str | None) -> str:
    ends = EDGES[edge]
    ours = f"{ends.source}|{ends.target}"
    lacks = "" if own is None else f" OR r.{own} IS NULL"
    return f"""
MATCH (a)-[r:{edge}]->(b)
WHERE (a:{ours} OR b:{ours}) AND (NOT (a:{ends.source} AND b:{ends.target}){lacks})
RETURN elementId(r), labels(a), labels(b) LIMIT 1
"""


FOREIGN_EDGES = {edge: _foreign_edge(edge, own) for edge, own in OWN_OF_EDGES.items()}
"""A query for each type: one goes through all edges of a type before it answers."""


async def check_foreign(graph: Neo4jGraph) -> list[Fault]:
    """What others wrote after the log was begun, and what follows would stumble over: the first node of each label, or
    else the first edge of each type at a node of ours. A rebuild would delete that unasked."""
    return await _foreign_nodes(graph) or [
        Fault(
            f"edge {found}",
            f"it has the type {edge}, from {_labels(source)} to {_labels(target)}, and is not of voltrace; give it "
            f"another type, or delete it (MATCH ()-[r]->() WHERE elementId(r) = '{found}' DELETE r)",
        )
        for edge, query in FOREIGN_EDGES.items()
        async for found, source, target in graph.rows(query)
    ]


def _labels(labels: list[str]) -> str:
    return ":".join(sorted(labels)) or "no label"


async def _foreign_nodes(graph: Neo4jGraph) -> list[Fault]:
    return [
        Fault(
            f"node {node}",
            f"it has the label {label} and is not of voltrace; take the label away (MATCH (n) WHERE elementId(n) = "
            f"'{node}' REMOVE n:{label}), or delete it",
        )
        async for label, node in graph.rows(FOREIGN)
    ]


# While `Log.rebuilding` says by which rebuild, records that it has not folded again yet are `:Unfolded`, not `:Event`.
BEGIN = "MATCH (l:Log {name: 'voltrace'}) SET l.rebuilding = $by, l.rebuilt = $by RETURN true"
FORGET = (
    "MATCH (e:Event) WITH e LIMIT 5000 SET e:Unfolded REMOVE e:Event RETURN count(e)",
    "MATCH (n:Item) WITH n LIMIT 2000 DETACH DELETE n RETURN count(n)",
    "MATCH (n:Identifier|Judgement) WITH n LIMIT 5000 DETACH DELETE n RETURN count(n)",
    "MATCH (n:Organization) WITH n LIMIT 5000 DETACH DELETE n RETURN count(n)",
    "MATCH (n:Batch) WITH n LIMIT 5000 DETACH DELETE n RETURN count(n)",
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
ENDS = """
MATCH (u:Unfolded) USING INDEX SEEK u:Unfolded(sequence) WHERE u.sequence > $after
WITH u ORDER BY u.sequence LIMIT $limit
WITH u.recordedUs AS at, max(u.sequence) AS last
RETURN collect([at, last])
"""
"""The moments of recording in a page of records, of which `:Batch` is made again, and the last record of each."""
ENDS_AT_ONCE = 100_000
AGAIN = f"""
UNWIND $batches AS batch
MERGE (b:Batch {{recordedUs: batch[0]}}) SET b.recordedAt = {native("batch[0]")}, b.last = batch[1]
"""
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
    head = Head()
    for several in _in_writes(await _ends(connection)):
        head, folded = await write(_fold_again, head, several)
        count += folded
    joined: str | None = ""
    while joined is not None:
        joined = await write(_join, joined)
    if not await write(_told, DONE):
        raise StoreError(f"{connection.url}: {TAKEN_OVER}")
    return count


async def _ends(connection: Connection) -> list[int]:
    """The last records of the moments of recording, in order; a moment may go over the edge of a page."""
    ends: dict[int, int] = {}
    async with connection.reading(leader=True) as reads:
        while page := await reads.one(ENDS, after=max(ends.values(), default=0), limit=ENDS_AT_ONCE):
            ends.update(page)
    return sorted(ends.values())


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


async def _fold_again(
    transaction: neo4j.AsyncManagedTransaction, by: str, before: Head, ends: list[int]
) -> tuple[Head, int]:
    """Fold batches, which end with these records, in one transaction; the head after them and the number of events.

    What stands beside a payload is read off that again, but for the chain.
    """
    await _own(transaction, by)
    records: dict[Position, dict[str, Any]] = {}
    batches: dict[int, list[AnyEvent]] = {last: [] for last in ends}
    moments: dict[int, int] = {}
    head = before
    stored = await one(transaction, UNFOLDED, after=before.sequence, last=ends[-1])
    for properties in sorted(stored, key=lambda properties: properties["sequence"]):
        event, _ = parse_event(properties["payload"])
        batches[ends[bisect_left(ends, properties["sequence"])]].append(event)
        previous, head = head, Head(properties["sequence"], properties["recordedUs"], properties["hash"])
        record = {name: value for name, value in properties.items() if name not in JUDGEMENT}
        new = NewEvent(event, properties["payload"].encode(), properties["digest"])
        records[event.position] = record | record_of(new, head, previous)
        moments[head.recorded_us] = head.sequence
    await done(transaction, FOLDED, after=before.sequence, last=ends[-1])
    await done(transaction, AGAIN, batches=[list(batch) for batch in moments.items()])
    writer = Neo4jWriter(transaction, Head())
    async with writer.writing():
        await writer.foresee(list(batches.values()))
        for last, events in batches.items():
            await writer.fold(events, records, last)
    return head, len(records)
