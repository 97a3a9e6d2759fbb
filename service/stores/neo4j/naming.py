"""What events in Neo4j are about: the items that they name or did something to, as `Snapshot.history` has it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from graph_schema.order import Position
from graph_schema.windows import END
from service.stores.neo4j.beside import named_beside
from service.stores.neo4j.histories import placed
from service.stores.values import loads

if TYPE_CHECKING:
    from service.stores.neo4j.snapshot import Neo4jSnapshot

STEPS = 3
"""So many steps from an event to what it refers to are read at once: there are seldom more, and whether there are any
is nobody's to know by the number of questions."""


def _after(steps: int) -> str:
    """The event so many steps on."""
    way = (
        f"MATCH (e{n}:Event {{eventId: e{n - 1}.refersTo}}) USING INDEX SEEK e{n}:Event(eventId)"
        f" WHERE e{n}.sequence <= $k "
        for n in range(1, steps + 1)
    )
    return f"{''.join(way)}RETURN e{steps} AS e, {steps} AS steps"


def _trail(column: str) -> str:
    return (
        "UNWIND $ids AS id MATCH (e0:Event {eventId: id}) USING INDEX SEEK e0:Event(eventId) WHERE e0.sequence <= $k"
        f" CALL (e0) {{ {' UNION '.join(_after(steps) for steps in range(STEPS + 1))} }}"
        f" RETURN collect([id, steps, e.refersTo, e.position, e.{column}])"
    )


PAYLOADS = _trail("payload")
LOOKED_AT = _trail("also")


async def _read(snapshot: Neo4jSnapshot, query: str, event_ids: Collection[str]) -> list[tuple[str, Position, Any]]:
    """Of events and of what they refer to, directly or over others, what a query tells: the id that was asked for, the
    position, and what is told."""
    found: dict[tuple[str, Position], Any] = {}
    asked: dict[str, set[str]] = {event_id: {event_id} for event_id in event_ids}
    walked: set[tuple[str, str]] = set()
    while asked:
        walked |= {(by, event_id) for event_id, names in asked.items() for by in names}
        further: dict[str, set[str]] = defaultdict(set)
        for event_id, steps, target, position, told in await snapshot.one(query, ids=list(asked)):
            found |= {(by, position): told for by in asked[event_id]}
            if steps == STEPS and target is not None:
                further[target] |= {by for by in asked[event_id] if (by, target) not in walked}
        asked = {target: names for target, names in further.items() if names}
    return [(by, position, told) for (by, position), told in found.items()]


async def named(snapshot: Neo4jSnapshot, event_ids: Collection[str]) -> list[tuple[str, str]]:
    """`Snapshot.named`."""
    rows = await _read(snapshot, PAYLOADS, event_ids)
    return await named_beside([(asked, payload) for asked, _, payload in rows if payload is not None])


async def touched(snapshot: Neo4jSnapshot, event_ids: Collection[str]) -> list[tuple[str, str]]:
    """`Snapshot.touched`: of what the fold looked at beside the items named, to what it did something."""
    rows = await _read(snapshot, LOOKED_AT, event_ids)
    looked_at = [(asked, at, loads(also)) for asked, at, also in rows if also is not None]
    keys = {key for _, _, also in looked_at for key in also}
    done = {(key, at) for key, at in await placed(snapshot, keys, END)}
    return [(asked, key) for asked, at, also in looked_at for key in also if (key, at) in done]
