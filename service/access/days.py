"""What is withheld is told by the day: as of a moment, of the days that are over then.

A trace says of others' events only on which day they were. Whoever asks for it as of one moment after another would
find out the second, were they not left out until their day (UTC) is over.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Any

from graph_schema.answer import Direction, Handle
from graph_schema.order import Position, cut_after, instant_bytes, instant_us
from graph_schema.reader import (
    About,
    Around,
    ClaimRow,
    ConsumptionRow,
    Counted,
    CustodyRow,
    EventRow,
    ItemRow,
    MarkRow,
    StayRow,
    YieldRow,
)
from service.access.guard import Guarded

DAY_US = 86_400_000_000


class ByDay:
    """A reader of all there is, as of a moment, without what withheld events of a day that is not over did.

    What one of them opened is not there, what one of them closed is open still. What any event did to an item in full
    sight is told at once, and all of an event that such an item went into or came out of, or that is the viewer's.
    """

    def __init__(self, guard: Guarded, as_of: datetime) -> None:
        self._guard = guard
        self._whole = guard.whole
        self._cut = cut_after(as_of)
        self._begun = _begun(as_of)

    async def find(self, key: str, towards: Direction | None = None, nodes_max: int | None = None) -> Handle | None:
        return await self._whole.find(key, towards, nodes_max)

    async def items(self, items: Collection[Handle]) -> list[ItemRow]:
        return await self._settled(await self._whole.items(items))

    async def parts(self, hosts: Collection[Handle]) -> list[StayRow]:
        return await self._spans(await self._whole.parts(hosts), 2)

    async def hosts(self, parts: Collection[Handle]) -> list[StayRow]:
        return await self._spans(await self._whole.hosts(parts), 2)

    async def custody(self, items: Collection[Handle]) -> list[CustodyRow]:
        return await self._spans(await self._whole.custody(items), 1)

    async def consumptions(self, items: Collection[Handle]) -> list[ConsumptionRow]:
        return await self._moments(await self._whole.consumptions(items), 1)

    async def inputs(self, events: Collection[Position]) -> list[ConsumptionRow]:
        return await self._moments(await self._whole.inputs(events), 1)

    async def outputs(self, events: Collection[Position]) -> list[YieldRow]:
        return await self._moments(await self._whole.outputs(events), 0)

    async def births(self, items: Collection[Handle]) -> list[YieldRow]:
        return await self._moments(await self._whole.births(items), 0)

    async def around(
        self,
        new: Collection[Handle],
        inside: Collection[Handle],
        along: Collection[Handle],
        forward: bool,
        known: Collection[Position],
    ) -> Around:
        found = await self._whole.around(new, inside, along, forward, known)
        return Around(
            await self._settled(found.items),
            await self._spans(found.hosts, 2),
            await self._spans(found.parts, 2),
            await self._moments(found.consumptions, 1),
            await self._moments(found.yields, 0),
        )

    async def events(self, events: Collection[Position]) -> list[EventRow]:
        return await self._whole.events(events)

    async def marks(self, items: Collection[Handle]) -> list[MarkRow]:
        return await self._whole.marks(items)

    async def organizations(self, keys: Collection[str]) -> dict[str, str]:
        return await self._whole.organizations(keys)

    async def unsettled(self, items: Collection[Handle]) -> list[Position]:
        return await self._whole.unsettled(items)

    async def about(self, items: Collection[Handle]) -> About:
        found = await self._whole.about(items)
        return found._replace(custody=await self._spans(found.custody, 1))

    async def degrees(self, counted: Counted) -> Counter[Any]:
        return await self._whole.degrees(counted)

    async def claims(self, items: Collection[Handle]) -> list[ClaimRow]:
        rows = await self._whole.claims(items)
        named: dict[Position, list[Handle]] = {}
        for row in rows:
            named.setdefault(row.event, []).extend(_items_of(row))
        untold = {at for at, _ in await self._untold((at, tuple(ends)) for at, ends in named.items())}
        return [row for row in rows if row.event not in untold]

    async def _spans(self, rows: list[Any], items: int) -> list[Any]:
        """Rows whose first so many are items, and in which what opened and closed it stand third and fourth."""
        untold = await self._untold((at, row[:items]) for row in rows for at in row[2:4])
        if not untold:
            return rows
        return [
            (*row[:3], None if (row[3], row[:items]) in untold else row[3], *row[4:])
            for row in rows
            if (row[2], row[:items]) not in untold
        ]

    async def _moments(self, rows: list[Any], event: int) -> list[Any]:
        """Rows of an item and an event, which stands there."""
        untold = await self._untold((row[event], (row[1 - event],)) for row in rows)
        return [row for row in rows if (row[event], (row[1 - event],)) not in untold] if untold else rows

    async def _settled(self, rows: list[ItemRow]) -> list[ItemRow]:
        """Facts of items, without a body that an untold event settled."""
        untold = await self._untold(
            (at, (row.handle,)) for row in rows for at in (row.body_mass_at, row.body_composition_at)
        )
        if not untold:
            return rows
        return [
            row._replace(
                body_mass_kg=None if (row.body_mass_at, (row.handle,)) in untold else row.body_mass_kg,
                body_composition=None if (row.body_composition_at, (row.handle,)) in untold else row.body_composition,
            )
            for row in rows
        ]

    async def _untold(self, rows: Iterable[tuple[Position | None, tuple[Handle, ...]]]) -> set[Any]:
        """Of events and the items that each did something to those that are not told yet."""
        today = {(at, items) for at, items in rows if at is not None and self._begun <= at < self._cut}
        if not today:
            return set()
        full = await self._guard.full({item for _, items in today for item in items})
        others = {(at, items) for at, items in today if full.isdisjoint(items)}
        seen = await self._in_sight({at for at, _ in others}) if others else set()
        return {(at, items) for at, items in others if at not in seen}

    async def _in_sight(self, events: set[Position]) -> set[Position]:
        """Those of the events that are in sight."""
        rows = [(at, item) for item, at, _ in await self._whole.inputs(events)]
        rows += await self._whole.outputs(events)
        full = await self._guard.full({item for _, item in rows})
        return {at for at, item in rows if item in full} | {row.position for row in await self._guard.events(events)}


def _begun(as_of: datetime) -> Position:
    """Where the day begins that is not over at a moment; it is over at its last microsecond."""
    return instant_bytes((instant_us(as_of) + 1) // DAY_US * DAY_US)


def _items_of(claim: ClaimRow) -> list[Handle]:
    """The items that a claim is about, without one that is only claimed to be there."""
    ends = {"HELD_BY": [claim.source], "CONSUMED_IN": [claim.source], "YIELDED": [claim.target]}
    items = ends.get(claim.kind, [claim.source, claim.target])
    return [item for item in items if item is not None and (claim.item_key is None or item != claim.target)]
