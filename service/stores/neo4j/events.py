"""Records of the log in Neo4j: lists of them, and those about items."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from graph_schema.order import Position, event_id_of, instant_us, moment_of, moment_of_us, type_of
from graph_schema.outcome import EventStatus
from service.ports import EventFilter, ItemFilter, StoredEvent
from service.stores.concerning import Concerning
from service.stores.neo4j import items
from service.stores.neo4j.cypher import CLOSED, judged, known
from service.stores.values import problems_of

if TYPE_CHECKING:
    from service.stores.neo4j.snapshot import Neo4jSnapshot

ROW = (
    "[e.sequence, e.eventId, e.position, e.actor, e.recordedUs, e.hash, e.previousHash, e.digest, "
    + judged("e", "status")
    + ", "
    + judged("e", "problems")
    + ", e.payload]"
)
STORED = f"UNWIND $ids AS id MATCH (e:Event {{eventId: id}}) WHERE e.sequence <= $k RETURN collect({ROW})"
REGISTRATIONS = (
    "MATCH (o:Organization {key: $key})<-[:REGISTERS]-(e) WHERE e.sequence <= $k AND "
    + judged("e", "status")
    + f" = 'ACCEPTED' RETURN collect({ROW})"
)
TOUCHING = f"""
UNWIND $keys AS key
MATCH (i:Item {{key: key}})
CALL (i) {{
  MATCH (i)<-[m:MENTIONS]-() WHERE m.named RETURN m.position AS at
  UNION MATCH (i)<-[y:YIELDED]-() WHERE {known("y")}
    UNWIND [y.position, y.bodyMassAt, y.bodyCompositionAt] AS at RETURN at
  UNION MATCH (i)-[r:CONSUMED_IN]->() WHERE {known("r")} RETURN r.position AS at
  UNION MATCH (i)<-[r:MARKED]-() WHERE {known("r")} RETURN r.position AS at
  UNION MATCH (i)-[r:PART_OF]-() WHERE {known("r")} UNWIND [r.opened, {CLOSED}] AS at RETURN at
  UNION MATCH (i)-[r:HELD_BY]->() WHERE {known("r")} UNWIND [r.opened, {CLOSED}] AS at RETURN at
}}
WITH DISTINCT at WHERE at IS NOT NULL
RETURN collect(at)
"""


async def touching(snapshot: Neo4jSnapshot, keys: Collection[Any]) -> list[str]:
    """The ids of the events that name any of the items, or did something to it."""
    return [event_id_of(position) for position in await snapshot.one(TOUCHING, keys=list(keys))]


async def stored(snapshot: Neo4jSnapshot, query: str, **values: Any) -> list[StoredEvent]:
    """The records of a query that collects `ROW`."""
    return [_record(*row) for row in await snapshot.one(query, **values)]


def _record(
    sequence: int,
    event_id: str,
    position: Position,
    actor: str,
    recorded_us: int,
    chained: bytes,
    previous: bytes,
    digest: bytes,
    status: str,
    problems: str | None,
    payload: str | None,
) -> StoredEvent:
    return StoredEvent(
        position,
        sequence,
        event_id,
        type_of(position),
        moment_of(position),
        actor,
        moment_of_us(recorded_us),
        chained,
        previous,
        digest,
        EventStatus(status),
        problems_of(problems),
        None if payload is None else payload.encode(),
    )


def _conditions(where: EventFilter) -> Iterator[str]:
    yield "e.sequence <= $k"
    conditions = {
        "types": "e.type IN $types",
        "actor": "e.actor = $actor",
        "status": f"{judged('e', 'status')} = $status",
        "item": "e.eventId IN $about",
        "occurred_from": "e.occurredAt >= $occurred_from",
        "occurred_to": "e.occurredAt <= $occurred_to",
        "recorded_from": "e.recordedUs >= $recorded_from",
        "recorded_to": "e.recordedUs <= $recorded_to",
    }
    for name, condition in conditions.items():
        if getattr(where, name) is not None:
            yield condition


class Lists:
    """The lists that a filter makes, of one snapshot."""

    def __init__(self, snapshot: Neo4jSnapshot, where: EventFilter) -> None:
        self._snapshot = snapshot
        self._where = where
        self._start = "MATCH (e:Event)"
        self._conditions = " AND ".join(_conditions(where))
        self._values: dict[str, Any] = {
            "types": None if where.types is None else list(where.types),
            "actor": where.actor,
            "status": where.status,
            "occurred_from": items.utc(where.occurred_from),
            "occurred_to": items.utc(where.occurred_to),
            "recorded_from": None if where.recorded_from is None else instant_us(where.recorded_from),
            "recorded_to": None if where.recorded_to is None else instant_us(where.recorded_to),
        }

    async def _prepare(self) -> Concerning | None:
        """Read what the conditions need; what picks the records out, where the conditions do not."""
        item, party = self._where.item, self._where.party
        if item is not None:
            self._values["about"] = await touching(self._snapshot, [item])
        if party is None:
            return None
        few = await items.Lists(self._snapshot, ItemFilter(party=party)).few()
        if few is not None:
            self._values |= {"party": party, "theirs": await touching(self._snapshot, few)}
            theirs = "MATCH (e:Event) WHERE e.eventId IN $theirs RETURN e"
            self._start = f"CALL () {{ {theirs} UNION MATCH (e:Event {{actor: $party}}) RETURN e }} WITH e"

        async def concerned(keys: Collection[str]) -> set[str]:
            return await items.concerned(self._snapshot, keys, party)

        return Concerning(party, self._page, concerned)

    async def _page(self, after: int, limit: int) -> list[StoredEvent]:
        query = (
            f"CALL () {{ {self._start} WHERE e.sequence > $after AND {self._conditions}"
            f" RETURN e ORDER BY e.sequence LIMIT $limit }} RETURN collect({ROW})"
        )
        return await stored(self._snapshot, query, after=after, limit=limit, **self._values)

    async def page(self, after: int, limit: int) -> list[StoredEvent]:
        """A page of records."""
        concerning = await self._prepare()
        return await (self._page if concerning is None else concerning.page)(after, limit)

    async def count(self) -> int:
        """How many records there are."""
        concerning = await self._prepare()
        if concerning is not None:
            return await concerning.count()
        query = f"{self._start} WHERE {self._conditions} RETURN count(*)"
        return int(await self._snapshot.one(query, **self._values))
