"""Records of the log in Neo4j: lists of them, and those about items."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from graph_schema.order import Position, event_id_of, instant_us, moment_of, moment_of_us, ranks_of, type_of
from graph_schema.outcome import EventStatus
from graph_schema.windows import END
from service.ports import EventFilter, ItemFilter, StoredEvent
from service.stores.concerning import Concerning, Page, Stored
from service.stores.neo4j import items
from service.stores.neo4j.cypher import CLOSED, judged, known, number
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
STORED = (
    "UNWIND $ids AS id MATCH (e:Event {eventId: id}) USING INDEX SEEK e:Event(eventId)"
    f" WHERE e.sequence <= $k RETURN collect({ROW})"
)
RECEIPTS = (
    "UNWIND $ids AS id MATCH (e:Event {refersTo: id}) USING INDEX SEEK e:Event(refersTo)"
    f" WHERE e.type = 'RECEIPT' AND e.sequence <= $k RETURN collect({ROW})"
)
REGISTRATIONS = (
    "UNWIND $keys AS key MATCH (o:Organization {key: key})<-[:REGISTERS]-(e) USING INDEX SEEK o:Organization(key)"
    " WHERE e.sequence <= $k AND " + judged("e", "status") + f" = 'ACCEPTED' RETURN collect({ROW})"
)


def _places(beyond: str, then: str) -> str:
    """The places of the events that name items, or did something to them: of each item the first ones that are told.

    The database reads all edges of an item for that, and puts their events in order, so that a hub costs it time, and
    nobody memory.
    """
    return f"""
UNWIND $keys AS key
MATCH (i:Item {{key: key}}) USING INDEX SEEK i:Item(key)
CALL (i) {{
  CALL (i) {{
    MATCH (i)<-[m:MENTIONS]-(e) WHERE m.named AND e.sequence <= $k RETURN m.position AS at
    UNION MATCH (i)<-[y:YIELDED]-() WHERE {known("y")}
      UNWIND [y.position, y.bodyMassAt, y.bodyCompositionAt] AS at RETURN at
    UNION MATCH (i)-[r:CONSUMED_IN]->() WHERE {known("r")} RETURN r.position AS at
    UNION MATCH (i)<-[r:MARKED]-() WHERE {known("r")} RETURN r.position AS at
    UNION MATCH (i)-[r:PART_OF]-() WHERE {known("r")} UNWIND [r.opened, {CLOSED}] AS at RETURN at
    UNION MATCH (i)-[r:HELD_BY]->() WHERE {known("r")} UNWIND [r.opened, {CLOSED}] AS at RETURN at
  }}
  WITH at WHERE at IS NOT NULL AND ($ranks IS NULL OR at[8] IN $ranks)
    AND ($cut IS NULL OR {number("at")} < $cut) AND ($after IS NULL OR {number("at")} {beyond} $after)
  {then}
}}
"""


PLACES = {
    False: _places(">", f"RETURN at ORDER BY {number('at')} LIMIT $limit") + "RETURN collect([key, at])",
    True: _places("<", f"RETURN at ORDER BY {number('at')} DESC LIMIT $limit") + "RETURN collect([key, at])",
}
HOW_MANY = _places(">", "RETURN count(*) AS n") + "RETURN collect([key, n])"
ALL = 2**31
"""More events than an item has."""
SETTLED = f"""
UNWIND $keys AS key
MATCH (i:Item {{key: key}})<-[y:YIELDED]-() USING INDEX SEEK i:Item(key) WHERE {known("y")}
UNWIND [y.bodyMassAt, y.bodyCompositionAt] AS at
WITH DISTINCT at WHERE at IS NOT NULL
RETURN collect(at)
"""
"""The places of the events by which the bodies of items are known, which need not join the two."""


def _of_items(edges: str, where: str, event: str = "") -> str:
    """An arm of a union: the events at the end of edges from items, or those whose ids these edges tell."""
    match = f"UNWIND $items AS key MATCH (i:Item {{key: key}}){edges} USING INDEX SEEK i:Item(key) WHERE {where}"
    return f"{match}{event} RETURN e"


_BY_ID = "MATCH (e:Event {eventId: id}) USING INDEX SEEK e:Event(eventId)"
_OPENED_OR_CLOSED = f" UNWIND [r.openedBy, CASE WHEN r.closedKnown <= $k THEN r.closedBy END] AS id {_BY_ID}"
_EVENTS = " UNION ".join(
    [
        _of_items("<-[m:MENTIONS]-(e)", "m.named"),
        _of_items("<-[y:YIELDED]-(e)", known("y")),
        _of_items("-[r:CONSUMED_IN]->(e)", known("r")),
        _of_items("<-[r:MARKED]-(e)", known("r")),
        _of_items("-[r:PART_OF]-()", known("r"), _OPENED_OR_CLOSED),
        _of_items("-[r:HELD_BY]->()", known("r"), _OPENED_OR_CLOSED),
        f"UNWIND $settled AS id {_BY_ID} RETURN e",
    ]
)
"""The events `e` that name any of `$items`, or did something to it; `$settled` are the ids of `SETTLED`."""


async def _events_of(snapshot: Neo4jSnapshot, keys: Collection[Any]) -> dict[str, list[str]]:
    """The values that `_EVENTS` takes."""
    settled = await snapshot.one(SETTLED, keys=list(keys))
    return {"items": list(keys), "settled": list({event_id_of(position) for position in settled})}


async def places(
    snapshot: Neo4jSnapshot,
    keys: Collection[Any],
    cut: Position,
    after: Position | None,
    limit: int | None,
    reverse: bool,
    types: tuple[str, ...] | None,
) -> dict[Any, list[Position]]:
    """The positions of the events that name each item, or did something to it, as `Snapshot.history` has them."""
    found: dict[Any, list[Position]] = defaultdict(list)
    values = {"keys": list(keys), "limit": ALL if limit is None else limit, **_between(cut, after)}
    values["ranks"] = None if types is None else ranks_of(types)
    for key, at in await snapshot.one(PLACES[reverse], **values) if keys else ():
        found[key].append(at)
    return found


def _between(cut: Position, after: Position | None) -> dict[str, list[int] | None]:
    """Positions as the database compares them."""
    return {"cut": None if cut == END else list(cut), "after": None if after is None else list(after)}


async def history_count(snapshot: Neo4jSnapshot, keys: Collection[Any], cut: Position) -> dict[Any, int]:
    """`Snapshot.history_count`."""
    values = {"keys": list(keys), "ranks": None, **_between(cut, None)}
    return {key: count for key, count in (await snapshot.one(HOW_MANY, **values) if keys else ()) if count}


async def history(
    snapshot: Neo4jSnapshot,
    keys: Collection[Any],
    cut: Position,
    after: Position | None,
    limit: int | None,
    reverse: bool,
    types: tuple[str, ...] | None,
) -> dict[Any, list[StoredEvent]]:
    """`Snapshot.history`: where the events of each item stand is read first, and then what is shown of them."""
    shown = await places(snapshot, keys, cut, after, limit, reverse, types)
    wanted = {event_id_of(position) for positions in shown.values() for position in positions}
    events = {event.position: event for event in await snapshot.stored(wanted)}
    return {key: [events[one] for one in positions] for key, positions in shown.items()}


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
        "occurred_from": "e.occurredAt >= $occurred_from",
        "occurred_to": "e.occurredAt <= $occurred_to",
        "recorded_from": "e.recordedUs >= $recorded_from",
        "recorded_to": "e.recordedUs <= $recorded_to",
    }
    for name, condition in conditions.items():
        if getattr(where, name) is not None:
            yield condition


_RARE = ("types", "actor", "status", "item", "party", "about", "occurred_from", "occurred_to")
"""Filters that an index of their own answers, or that begin elsewhere."""
_RARER = tuple(name for name in _RARE if name not in ("actor", "status"))
"""Those of them that leave fewer than those of one actor, whose records are read in their order."""
_THEIRS = f"{_EVENTS} UNION MATCH (e:Event {{actor: $party}}) USING INDEX SEEK e:Event(actor) RETURN e"
_ABOUT = (
    f"{_THEIRS} UNION MATCH (e:Event) USING INDEX SEEK e:Event(type, sequence)"
    " WHERE e.type = 'REGISTRATION' AND e.sequence <= $k RETURN e"
    f" UNION CALL () {{ {_EVENTS} }} WITH e AS t"
    " MATCH (e:Event {refersTo: t.eventId}) USING INDEX SEEK e:Event(refersTo) RETURN e"
    " UNION MATCH (t:Event {actor: $party}) USING INDEX SEEK t:Event(actor)"
    " MATCH (e:Event {refersTo: t.eventId}) USING INDEX SEEK e:Event(refersTo) RETURN e"
)

_OF_STATUS = """
UNWIND $statuses AS status
CALL (status) {
  MATCH (e:Event) USING INDEX SEEK e:Event(status)
  WHERE e.status = status AND e.sequence <= $k AND e.judged <= $k RETURN count(*) AS now
}
CALL (status) {
  MATCH (j:Judgement) USING INDEX SEEK j:Judgement(status, knownFrom)
  WHERE j.status = status AND j.knownFrom <= $k AND j.knownTo > $k RETURN count(*) AS past
}
RETURN sum(now + past)
"""


def _only(where: EventFilter, name: str) -> bool:
    """Whether that is the only one of the filters that an index of their own answers, or that begin elsewhere."""
    return getattr(where, name) is not None and all(getattr(where, one) is None for one in _RARE if one != name)


class Lists:
    """The lists that a filter makes, of one snapshot."""

    def __init__(self, snapshot: Neo4jSnapshot, where: EventFilter) -> None:
        self._snapshot = snapshot
        self._where = where
        self._start = "MATCH (e:Event)"
        self._by = ""
        """Where most records, or those of one actor, may be found, they are read in their order, and none is put in
        order; those of an item by their ids."""
        self._order: tuple[str, ...] = ("e.sequence",)
        if not any(getattr(where, name) is not None for name in _RARE):
            self._by = " USING INDEX SEEK e:Event(sequence)"
        elif where.item is not None:
            self._start = f"CALL () {{ {_EVENTS} }} WITH e"
        elif where.actor is not None and not any(getattr(where, name) is not None for name in _RARER):
            self._by = " USING INDEX SEEK e:Event(actor, sequence)"
            self._order = ("e.actor", "e.sequence")
        self._by_type = _only(where, "types")
        if self._by_type:
            self._by = " USING INDEX SEEK e:Event(type, sequence)"
        self._conditions = " AND ".join(_conditions(where))
        self._values: dict[str, Any] = {
            "types": None if where.types is None else list(dict.fromkeys(where.types)),
            "actor": where.actor,
            "status": where.status,
            "occurred_from": items.utc(where.occurred_from),
            "occurred_to": items.utc(where.occurred_to),
            "recorded_from": None if where.recorded_from is None else instant_us(where.recorded_from),
            "recorded_to": None if where.recorded_to is None else instant_us(where.recorded_to),
        }

    async def _prepare(self) -> Concerning | None:
        """Read what the conditions need; what picks the records out, where the conditions do not."""
        where, item = self._where, self._where.item
        if item is not None:
            self._values |= await _events_of(self._snapshot, [item])
        found = None if where.party is None else await self._of_party(where.party, self._page)
        if where.about is not None:
            page = self._page if found is None else found.page
            found = await self._of_party(where.about, page, self._snapshot.stored)
        return found

    async def _of_party(self, party: str, page: Page, stored: Stored | None = None) -> Concerning:
        few = None if self._where.item is not None else await items.Lists(self._snapshot, ItemFilter(party=party)).few()
        if few is not None:
            self._values |= {"party": party, **await _events_of(self._snapshot, few)}
            self._start = f"CALL () {{ {_THEIRS if stored is None else _ABOUT} }} WITH e"

        async def concerned(keys: Collection[str]) -> set[str]:
            return await items.concerned(self._snapshot, keys, party)

        return Concerning(party, page, concerned, stored)

    async def _page(self, after: int | None, limit: int, reverse: bool) -> list[StoredEvent]:
        beyond, direction = ("<", "DESC") if reverse else (">", "ASC")
        past = "" if after is None else f"e.sequence {beyond} $after AND "
        if self._by_type:
            query = (
                f"UNWIND $types AS type CALL (type) {{ {self._start}{self._by} WHERE e.type = type AND {past}"
                f"{' AND '.join(_conditions(self._where._replace(types=None)))}"
                f" RETURN e ORDER BY e.type {direction}, e.sequence {direction} LIMIT $limit }}"
                f" WITH e ORDER BY e.sequence {direction} LIMIT $limit RETURN collect({ROW})"
            )
            return await stored(self._snapshot, query, after=after, limit=limit, **self._values)
        order = ", ".join(f"{one} {direction}" for one in self._order)
        query = (
            f"CALL () {{ {self._start}{self._by} WHERE {past}{self._conditions}"
            f" RETURN e ORDER BY {order} LIMIT $limit }} WITH e ORDER BY {order}"
            f" RETURN collect({ROW})"
        )
        return await stored(self._snapshot, query, after=after, limit=limit, **self._values)

    async def page(self, after: int | None, limit: int, reverse: bool) -> list[StoredEvent]:
        """A page of records."""
        concerning = await self._prepare()
        return await (self._page if concerning is None else concerning.page)(after, limit, reverse)

    async def count(self) -> int:
        """How many records there are."""
        concerning = await self._prepare()
        if concerning is not None:
            return await concerning.count()
        if _only(self._where, "status") and self._where.recorded_from is None and self._where.recorded_to is None:
            return await self._of_status()
        by = self._by if self._by_type else ""
        query = f"{self._start}{by} WHERE {self._conditions} RETURN count(*)"
        return int(await self._snapshot.one(query, **self._values))

    async def _of_status(self) -> int:
        """How many records have a status: of those that few have by the index, of the one that most have the rest."""
        assert self._where.status is not None
        rare = [status for status in EventStatus if status is not EventStatus.ACCEPTED]
        rest = self._where.status == EventStatus.ACCEPTED
        wanted = rare if rest else [self._where.status]
        count = int(await self._snapshot.one(_OF_STATUS, statuses=[str(status) for status in wanted]))
        return self._snapshot.sequence - count if rest else count
