"""Which rows of flows are others where some items changed: what `graph_schema.flows.facts` lets a row see decides that.

- A battery sees itself, all that was ever inside it, and all that any of this was ever inside of: where X changed, all
  that was ever inside X, and what that was ever inside of.
- A new battery sees, too, what was drawn for any body of it and what came out beside it: where facts of X changed, all
  that came out of what X was drawn for, and all that came out beside X.
- A transformation sees its inputs with what they were ever inside of, and its outputs: where X changed, what it came
  out of, and what X, anything ever inside X, or what that was ever inside of went into: a repurposing
  takes up a host with all inside it. Of a lot that may be many: where its facts are the same, only
  the draws that are others.
- A lot sees itself.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

from graph_schema.answer import Handle
from graph_schema.order import Position, type_of
from graph_schema.reader import ItemRow
from service.dependents import around, inside
from service.gathering import TRANSFORMATIONS
from service.ports import Snapshot


class Affected(NamedTuple):
    """Whose rows are to be worked out again: batteries and lots that are there, by key, and the positions of events,
    some of which may not count any more."""

    batteries: dict[str, Handle]
    lots: dict[str, Handle]
    events: set[Position]


class _State:
    """What a snapshot says of the items that changed."""

    def __init__(self) -> None:
        self.facts: dict[str, tuple[Any, ...]] = {}
        self.rows: dict[str, ItemRow] = {}
        self.draws: dict[str, set[tuple[Position, float | None]]] = {}
        self.stays: set[Position] = set()

    @classmethod
    async def read(cls, snapshot: Snapshot, keys: Collection[str]) -> _State:
        """Read it."""
        state = cls()
        handles = list((await snapshot.keyed(keys)).values())
        rows = {row.handle: row for row in await snapshot.items(handles)}
        specs = {one.handle: (one.spec, one.producer) for one in await snapshot.details(handles)}
        state.rows = {row.key: row for row in rows.values()}
        state.facts = {row.key: (row[1:], specs.get(handle)) for handle, row in rows.items()}
        for item, event, kg in await snapshot.consumptions(handles):
            state.draws.setdefault(rows[item].key, set()).add((event, kg))
        state.stays = {row[2] for row in await snapshot.hosts(handles)}
        return state


async def affected(base: Snapshot, now: Snapshot, keys: Collection[str], everything: bool) -> Affected:
    """Whose rows are others since `base` because something of these items is; `everything`: as if all of them were."""
    then, state = await _State.read(base, keys), await _State.read(now, keys)
    other = {key for key in keys if everything or then.facts.get(key) != state.facts.get(key)}
    events = {row.born for part in (then, state) for row in part.rows.values()} | then.stays
    drawn: set[Position] = set()
    for key in keys:
        before, after = then.draws.get(key, set()), state.draws.get(key, set())
        drawn |= {event for event, _ in (before | after if key in other else before ^ after)}
    handles = [row.handle for row in state.rows.values()]
    below = {*handles, *await inside(now, handles)}
    units = [row.handle for row in await now.items(list(below)) if row.kind != "LOT"]
    events |= {row[1] for row in await now.consumptions(units)}
    births = {row.born for part in (then, state) for key, row in part.rows.items() if key in other}
    beside = await now.outputs([at for at in births | drawn if type_of(at) == "PRODUCTION"])
    seen = below | {item for _, item in beside}
    seen |= await around(now, list(seen))
    events |= {row[2] for row in await now.hosts(list(seen))}
    return Affected(
        {row.key: row.handle for row in await now.items(list(seen)) if row.kind == "BATTERY"},
        {key: row.handle for key, row in state.rows.items() if row.kind == "LOT"},
        {event for event in events | drawn if type_of(event) in TRANSFORMATIONS},
    )
