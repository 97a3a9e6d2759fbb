"""The one place that withholds: a snapshot as a viewer may see it, below all resolvers and above all stores.

Full sight is of the items that the viewer's organization made or ever held, itself or inside something that it held, as
far as that counts (`custody.py`).
Of other batteries everybody sees the public part of the digital ID (EU battery passport, Annex XIII point 1): what it
is, who made it, its status. Nothing else of others is there: what is withheld and what does not exist, items and events
that are asked for by name, are asked for by the same statements and answered alike. Public are also the registrations
of organizations.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Any

from graph_schema.answer import Direction, Handle
from graph_schema.order import Position, instant_of
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
    about_by_kind,
    around_by_kind,
    degrees_by_kind,
)
from graph_schema.windows import END
from service.access.custody import Custody
from service.access.guesses import EVERY, SHARED, guessed
from service.access.parties import parties_of
from service.access.public import PUBLIC_KIND, public_row, public_spec
from service.access.records import MANY, Records
from service.access.searching import SearchInSight
from service.access.viewer import Viewer
from service.items import holders_of
from service.places import (
    WITHIN,
    Found,
    FoundPlace,
    OrganizationOrder,
    OrganizationPlace,
)
from service.ports import (
    EventFilter,
    ItemDetails,
    ItemFilter,
    ItemOrder,
    ItemPlace,
    OrganizationFilter,
    Snapshot,
    StoredEvent,
)

AT_ONCE = 4_000
"""Of so many items it is asked at once whether they are in sight: on Neo4j others have their turn after each."""


class Known:
    """What was found out of a viewer's sight at one moment of knowledge; several reads may share it."""

    def __init__(self) -> None:
        self.full: dict[Handle, bool] = {}
        self.absent: set[str] = set()
        """Keys that no item has: whose sight was asked for nevertheless, as for one that is withheld."""
        self.custody = Custody()
        self.custody_now = Custody()


def guarded(whole: Snapshot, viewer: Viewer, known: Known | None = None) -> Snapshot:
    """What the viewer may see of a snapshot."""
    return whole if viewer.sees_all else Guarded(whole, viewer, known)


class Guarded:
    """A `Snapshot` that withholds. `whole` withholds nothing, for what is worked out about things in sight."""

    def __init__(self, whole: Snapshot, viewer: Viewer, known: Known | None = None) -> None:
        self.whole = whole
        self.viewer = viewer
        self.sequence = whole.sequence
        self._known = known or Known()
        self.records = Records(whole, viewer, self.keyed, lambda items, party: parties_of(self, items, party))

    async def latest(self) -> Snapshot:
        return guarded(await self.whole.latest(), self.viewer)

    async def full(self, items: Collection[Handle | None]) -> set[Handle]:
        """Those of the items that the viewer sees in full: by the knowledge of then, as far as it does by today's."""
        organization = self.viewer.organization
        if organization is None:
            return set()
        known = self._known.full
        unknown = list({item for item in items if item not in known})
        for start in range(0, len(unknown), AT_ONCE):
            some = unknown[start : start + AT_ONCE]
            found = await self._known.custody.sight(self.whole, some, organization)
            if found and (now := await self.whole.latest()).sequence > self.sequence:
                found &= await self._known.custody_now.sight(now, found, organization)
            known.update({item: item in found for item in some if item is not None})
        return {item for item in items if item is not None and known[item]}

    async def find(self, key: str, towards: Direction | None = None, nodes_max: int | None = None) -> Handle | None:
        return await self._found(key, public=True)

    async def find_in_full(self, key: str) -> Handle | None:
        """The item of that key or identifier, None also where it is not in full sight."""
        return await self._found(key, public=False)

    async def _found(self, key: str, public: bool) -> Handle | None:
        """Of the items of that key or identifier the first in sight: an identifier that others state, too, hides
        nothing."""
        named = await self.whole.find(key)
        others = [item for _, item in await self.whole.identified([key])]
        rows = await self.whole.items(list({named, *others}))
        found = sorted(rows, key=lambda row: (row.handle != named, row.born, row.key))
        full = await self._full_of([key] if found else [], [key], [row.handle for row in found])
        seen = (row.handle for row in found if row.handle in full or (public and row.kind == PUBLIC_KIND))
        return next(seen, None)

    async def keyed(self, keys: Collection[str]) -> dict[str, Handle]:
        names = list(keys)
        found: dict[str, Handle] = {}
        for start in range(0, len(names), AT_ONCE):
            found |= await self.whole.keyed(names[start : start + AT_ONCE])
        full = await self._full_of(found, names, list(found.values()))
        return {key: handle for key, handle in found.items() if handle in full}

    async def _full_of(self, found: Collection[str], asked: Collection[str], items: list[Handle]) -> set[Handle]:
        """Those of the items in full sight that were found by some of the keys asked for; for a key that no item has,
        the sight of nothing is asked for, so that it takes the same statements."""
        absent = {key for key in asked if key not in found and key not in self._known.absent}
        self._known.absent |= absent
        return await self.full([*items, None] if absent else items)

    async def concerned(self, items: Collection[Handle | None], organization: str) -> set[Handle]:
        return await self.whole.concerned(list(await self.full(items)), organization)

    async def items(self, items: Collection[Handle]) -> list[ItemRow]:
        rows = await self.whole.items(items)
        full = await self.full(items)
        return [
            row if row.handle in full else public_row(row)
            for row in rows
            if row.handle in full or row.kind == PUBLIC_KIND
        ]  # fmt: skip

    async def details(self, items: Collection[Handle]) -> list[ItemDetails]:
        rows = await self.whole.details(items)
        full = await self.full(items)
        return [
            row if row.handle in full else row._replace(spec=public_spec(row.spec))
            for row in rows
            if row.handle in full or row.kind == PUBLIC_KIND
        ]

    async def parts(self, hosts: Collection[Handle]) -> list[StayRow]:
        return await self._both(await self.whole.parts(list(await self.full(hosts))))

    async def hosts(self, parts: Collection[Handle]) -> list[StayRow]:
        return await self._both(await self.whole.hosts(list(await self.full(parts))))

    async def _both(self, rows: list[StayRow]) -> list[StayRow]:
        full = await self.full({item for row in rows for item in row[:2]})
        return [row for row in rows if row[0] in full and row[1] in full]

    async def custody(self, items: Collection[Handle]) -> list[CustodyRow]:
        return await self.whole.custody(list(await self.full(items)))

    async def consumptions(self, items: Collection[Handle]) -> list[ConsumptionRow]:
        return await self.whole.consumptions(list(await self.full(items)))

    async def inputs(self, events: Collection[Position]) -> list[ConsumptionRow]:
        rows = await self.whole.inputs(events)
        full = await self.full({row[0] for row in rows})
        return [row for row in rows if row[0] in full]

    async def outputs(self, events: Collection[Position]) -> list[YieldRow]:
        rows = await self.whole.outputs(events)
        full = await self.full({row[1] for row in rows})
        return [row for row in rows if row[1] in full]

    async def births(self, items: Collection[Handle]) -> list[YieldRow]:
        return await self.whole.births(list(await self.full(items)))

    async def marks(self, items: Collection[Handle]) -> list[MarkRow]:
        return await self.whole.marks(list(await self.full(items)))

    async def around(
        self,
        new: Collection[Handle],
        inside: Collection[Handle],
        along: Collection[Handle],
        forward: bool,
        known: Collection[Position],
    ) -> Around:
        return await around_by_kind(self, new, inside, along, forward, known)

    async def about(self, items: Collection[Handle]) -> About:
        return await about_by_kind(self, items)

    async def events(self, events: Collection[Position]) -> list[EventRow]:
        return [row for row in await self.whole.events(events) if row.actor == self.viewer.organization]

    async def organizations(self, keys: Collection[str]) -> dict[str, str]:
        return await self.whole.organizations(keys)

    async def unsettled(self, items: Collection[Handle]) -> list[Position]:
        return await self.whole.unsettled(list(await self.full(items)))

    async def degrees(self, counted: Counted) -> Counter[Any]:
        return await degrees_by_kind(self, counted)

    async def claims(self, items: Collection[Handle]) -> list[ClaimRow]:
        rows = await self.whole.claims(list(await self.full(items)))
        ends = {end for row in rows if row.kind == "PART_OF" for end in (row.source, row.target)}
        full = await self.full(ends)
        return [row for row in rows if row.kind != "PART_OF" or {row.source, row.target} <= full]

    def _own(self, where: Any) -> Any:
        """A filter for what is in full sight, None where nothing is."""
        organization = self.viewer.organization
        return None if organization is None else where._replace(party=organization)

    async def item_page(
        self,
        where: ItemFilter,
        after: ItemPlace | None,
        limit: int,
        reverse: bool = False,
        order: ItemOrder = ItemOrder.KEY,
    ) -> list[tuple[Any, str]]:
        own = self._own(where)
        shown: list[tuple[Any, str]] = []
        while own is not None and len(shown) < limit:
            page = await self.whole.item_page(own, after, limit, reverse, order)
            full = await self.full([handle for handle, _ in page])
            there = await self._are_there([handle for handle, _ in page if handle in full], where)
            shown += [row for row in page if row[0] in there]
            if len(page) < limit:
                break
            (last,) = await self.whole.items([page[-1][0]])
            after = ItemPlace(last.key, instant_of(last.born))
        return shown[:limit]

    async def _are_there(self, items: list[Handle], where: ItemFilter) -> set[Handle]:
        """Those that a filter by party, findings, holder or region finds by what the viewer is told."""
        if where.party not in (None, self.viewer.organization):
            theirs = await parties_of(self, items, where.party)
            items = [item for item in items if item in theirs]
        items = await self._are_told(items, where.findings or ())
        if where.holder is None and where.region is None:
            return set(items)
        holders = await holders_of(self, items, where.cut)
        holders = {item: holder for item, holder in holders.items() if where.holder in (None, holder)}
        if where.region is None:
            return set(holders)
        stated = await self.registered(set(holders.values()), where.cut)
        return {item for item, holder in holders.items() if stated.get(holder, {}).get("region") == where.region}

    async def _are_told(self, items: list[Handle], codes: Sequence[str]) -> list[Handle]:
        """Those with a finding of these codes that the viewer is told; where there are none, all."""
        if SHARED not in codes:
            return items
        keys = {row.handle: row.key for row in await self.whole.items(items)}
        untold = await guessed(self.whole, self.keyed, keys.values(), codes)
        return [item for item in items if keys[item] not in untold]

    async def item_count(self, where: ItemFilter) -> int:
        return len(await self.item_page(where, None, EVERY))

    async def event_page(
        self, where: EventFilter, after: int | None, limit: int, reverse: bool = False
    ) -> list[StoredEvent]:
        shown: list[StoredEvent] = []
        async for page in self.records.pages(where, after, limit, reverse):
            shown += page
            if len(shown) >= limit:
                break
        return shown[:limit]

    async def event_count(self, where: EventFilter) -> int:
        return await self.records.count(where)

    async def stored(self, event_ids: Collection[str]) -> list[StoredEvent]:
        return await self.records.asked(event_ids)

    async def history(
        self,
        items: Collection[Handle],
        cut: Position = END,
        after: Position | None = None,
        limit: int | None = None,
        reverse: bool = False,
        types: tuple[str, ...] | None = None,
    ) -> dict[Handle, list[StoredEvent]]:
        full = list(await self.full(items))
        found = await self.whole.history(full, cut, after, limit, reverse, types)
        events = {event.event_id: event for events in found.values() for event in events}
        shown = {event.event_id: event for event in await self.records.shown(list(events.values()), always=True)}
        return {item: [shown[event.event_id] for event in events] for item, events in found.items()}

    async def history_count(self, items: Collection[Handle], cut: Position = END) -> dict[Handle, int]:
        return await self.whole.history_count(list(await self.full(items)), cut)

    async def named(self, event_ids: Collection[str]) -> list[tuple[str, str]]:
        return await self._of_full(await self.whole.named(event_ids))

    async def touched(self, event_ids: Collection[str]) -> list[tuple[str, str]]:
        return await self._of_full(await self.whole.touched(event_ids))

    async def _of_full(self, rows: list[tuple[str, str]]) -> list[tuple[str, str]]:
        """Those of rows (event id, key) whose item is in full sight."""
        full = await self.keyed({key for _, key in rows})
        return [row for row in rows if row[1] in full]

    async def identified(self, names: Collection[str]) -> list[tuple[str, Handle]]:
        rows = await self.whole.identified(names)
        full = await self.full([item for _, item in rows])
        return [row for row in rows if row[1] in full]

    async def receipts(self, transfers: Collection[str]) -> list[StoredEvent]:
        return await self.records.shown(await self.whole.receipts(transfers))

    async def registrations(self, organizations: Collection[str]) -> list[StoredEvent]:
        return await self.records.shown(await self.whole.registrations(organizations))

    async def registered(self, organizations: Collection[str] | None, cut: Position) -> dict[str, dict[str, Any]]:
        return await self.whole.registered(organizations, cut)

    async def organization_page(
        self,
        where: OrganizationFilter,
        after: OrganizationPlace | None,
        limit: int,
        reverse: bool = False,
        order: OrganizationOrder = OrganizationOrder.KEY,
    ) -> list[str]:
        size = MANY if order is OrganizationOrder.KEY else EVERY
        shown: list[str] = []
        while len(shown) < limit:
            page = await self.whole.organization_page(where, after, size, reverse, order)
            public = {*await self.whole.registered(page, END), self.viewer.organization}
            shown += [key for key in page if key in public]
            if len(page) < size:
                break
            after = OrganizationPlace(page[-1])
        return shown[:limit]

    async def organization_count(self, where: OrganizationFilter) -> int:
        return len(await self.organization_page(where, None, EVERY))

    async def search(
        self,
        texts: Sequence[str],
        after: FoundPlace | None,
        limit: int,
        as_of: datetime | None = None,
        worst: int = WITHIN,
    ) -> list[Found]:
        return await SearchInSight(self, texts, as_of).page(after, limit, worst)

    async def are_organizations(self, keys: Collection[str]) -> set[str]:
        registered = await self.whole.registered(keys, END)
        return {key for key in keys if key in registered or key == self.viewer.organization}
