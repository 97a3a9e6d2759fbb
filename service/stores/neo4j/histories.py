"""The histories of items in Neo4j: which events name them, did something to them, or refer to such events."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from graph_schema.order import REFERRING, Position, event_id_of, ranks_of, type_of
from graph_schema.windows import END
from service.ports import StoredEvent
from service.stores.neo4j.cypher import CLOSED, known, number

if TYPE_CHECKING:
    from service.stores.neo4j.snapshot import Neo4jSnapshot

REFERRED = (
    "UNWIND $ids AS id MATCH (e:Event {refersTo: id}) USING INDEX SEEK e:Event(refersTo)"
    " WHERE e.sequence <= $k RETURN collect([id, e.position])"
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
WITH DISTINCT key, at WHERE at IS NOT NULL
RETURN collect([key, at])
"""
"""The places of the events by which the bodies of items are known, which need not join the two."""
_OPENED_OR_CLOSED = " UNWIND [r.openedBy, CASE WHEN r.closedKnown <= $k THEN r.closedBy END] AS id"
REFERRING_TO = f"""
UNWIND $rows AS row
WITH row[0] AS key, row[1] AS settled
MATCH (i:Item {{key: key}}) USING INDEX SEEK i:Item(key)
CALL (i, settled) {{
  MATCH (i)<-[m:MENTIONS]-(t) WHERE m.named AND t.sequence <= $k RETURN t.eventId AS id
  UNION MATCH (i)<-[y:YIELDED]-(t) WHERE {known("y")} RETURN t.eventId AS id
  UNION MATCH (i)-[r:CONSUMED_IN]->(t) WHERE {known("r")} RETURN t.eventId AS id
  UNION MATCH (i)<-[r:MARKED]-(t) WHERE {known("r")} RETURN t.eventId AS id
  UNION MATCH (i)-[r:PART_OF]-() WHERE {known("r")}{_OPENED_OR_CLOSED} RETURN id
  UNION MATCH (i)-[r:HELD_BY]->() WHERE {known("r")}{_OPENED_OR_CLOSED} RETURN id
  UNION UNWIND settled AS id RETURN id
}}
MATCH (e:Event {{refersTo: id}}) USING INDEX SEEK e:Event(refersTo) WHERE e.sequence <= $k
RETURN collect(DISTINCT [key, e.position])
"""
"""The places of the receipts and voidings of events that name items, or did something to them."""


def _of_items(edges: str, where: str, event: str = "") -> str:
    """An arm of a union: the events at the end of edges from items, or those whose ids these edges tell."""
    match = f"UNWIND $items AS key MATCH (i:Item {{key: key}}){edges} USING INDEX SEEK i:Item(key) WHERE {where}"
    return f"{match}{event} RETURN e"


_BY_ID = "MATCH (e:Event {eventId: id}) USING INDEX SEEK e:Event(eventId)"
EVENTS = " UNION ".join(
    [
        _of_items("<-[m:MENTIONS]-(e)", "m.named"),
        _of_items("<-[y:YIELDED]-(e)", known("y")),
        _of_items("-[r:CONSUMED_IN]->(e)", known("r")),
        _of_items("<-[r:MARKED]-(e)", known("r")),
        _of_items("-[r:PART_OF]-()", known("r"), f"{_OPENED_OR_CLOSED} {_BY_ID}"),
        _of_items("-[r:HELD_BY]->()", known("r"), f"{_OPENED_OR_CLOSED} {_BY_ID}"),
        f"UNWIND $settled AS id {_BY_ID} RETURN e",
    ]
)
"""The events `e` that name any of `$items`, or did something to it; `$settled` are the ids of `SETTLED`."""


HISTORY = f"{EVENTS} UNION UNWIND $referring AS id {_BY_ID} RETURN e"
"""The events `e` in the history of `$items`; `$referring` are the ids of receipts and voidings among them."""


async def _settled(snapshot: Neo4jSnapshot, keys: Collection[Any]) -> dict[Any, list[str]]:
    """The ids of the events by which the body of each item is known."""
    found: dict[Any, list[str]] = {key: [] for key in keys}
    for key, at in await snapshot.one(SETTLED, keys=list(keys)) if keys else ():
        found[key].append(event_id_of(at))
    return found


async def events_of(snapshot: Neo4jSnapshot, keys: Collection[Any]) -> dict[str, list[str]]:
    """The values that `EVENTS` takes."""
    settled = await _settled(snapshot, keys)
    return {"items": list(keys), "settled": list({one for events in settled.values() for one in events})}


async def history_of(snapshot: Neo4jSnapshot, keys: Collection[Any]) -> dict[str, list[str]]:
    """The values that `HISTORY` takes."""
    settled = await _settled(snapshot, keys)
    told = list({one for events in settled.values() for one in events})
    referring = {event_id_of(at) for places in (await _referring(snapshot, settled)).values() for at in places}
    return {"items": list(keys), "settled": told, "referring": list(referring)}


async def _referring(snapshot: Neo4jSnapshot, settled: dict[Any, list[str]]) -> dict[Any, set[Position]]:
    """Where the receipts and voidings are of events that name each item or did something to it, of such receipts and of
    voidings. `settled` is what `_settled` says of the items."""
    rows = [[key, events] for key, events in settled.items()]
    level = {(key, at) for key, at in await snapshot.one(REFERRING_TO, rows=rows)} if rows else set()
    found: dict[Any, set[Position]] = defaultdict(set)
    while level:
        of: dict[str, list[Any]] = defaultdict(list)
        for key, at in level:
            found[key].add(at)
            of[event_id_of(at)].append(key)
        told = await snapshot.one(REFERRED, ids=list(of))
        level = {(key, at) for event_id, at in told for key in of[event_id] if at not in found[key]}
    return found


async def placed(
    snapshot: Neo4jSnapshot,
    keys: Collection[Any],
    cut: Position,
    after: Position | None = None,
    limit: int | None = None,
    reverse: bool = False,
    types: tuple[str, ...] | None = None,
) -> list[tuple[Any, Position]]:
    """The positions (key, position) of the events that name each item or did something to it, those of one in order."""
    values = {"keys": list(keys), "limit": ALL if limit is None else limit, **_between(cut, after)}
    values["ranks"] = None if types is None else ranks_of(types)
    return [(key, at) for key, at in await snapshot.one(PLACES[reverse], **values)] if keys else []


async def places(
    snapshot: Neo4jSnapshot,
    keys: Collection[Any],
    cut: Position,
    after: Position | None,
    limit: int | None,
    reverse: bool,
    types: tuple[str, ...] | None,
) -> dict[Any, list[Position]]:
    """The positions of the events in the history of each item, as `Snapshot.history` has them."""
    found: dict[Any, list[Position]] = defaultdict(list)
    for key, at in await placed(snapshot, keys, cut, after, limit, reverse, types):
        found[key].append(at)
    if types is not None and REFERRING.isdisjoint(types):
        return found
    for key, referring in (await _referring(snapshot, await _settled(snapshot, keys))).items():
        more = {at for at in referring if at < cut and (types is None or type_of(at) in types)}
        if after is not None:
            more = {at for at in more if (at < after if reverse else at > after)}
        if more:
            found[key] = sorted(more.union(found[key]), reverse=reverse)[:limit]
    return found


def _between(cut: Position, after: Position | None) -> dict[str, list[int] | None]:
    """Positions as the database compares them."""
    return {"cut": None if cut == END else list(cut), "after": None if after is None else list(after)}


async def history_count(snapshot: Neo4jSnapshot, keys: Collection[Any], cut: Position) -> dict[Any, int]:
    """`Snapshot.history_count`. What refers to an event names no item, nor does it anything to one."""
    values = {"keys": list(keys), "ranks": None, **_between(cut, None)}
    found = {key: count for key, count in (await snapshot.one(HOW_MANY, **values) if keys else ()) if count}
    for key, referring in (await _referring(snapshot, await _settled(snapshot, keys))).items():
        found[key] = found.get(key, 0) + sum(at < cut for at in referring)
    return {key: count for key, count in found.items() if count}


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
