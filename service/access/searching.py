"""What a viewer finds that does not see all: of what a search finds, that which is in sight."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from datetime import datetime
from typing import TYPE_CHECKING

from graph_schema.answer import Handle
from graph_schema.windows import END
from service.access.public import PUBLIC_KIND
from service.access.records import MANY
from service.places import EXACT, NO_ITEMS, PREFIX, WITHIN, Found, FoundPlace
from service.ports import ItemFilter, ItemPlace

if TYPE_CHECKING:
    from service.access.guard import Guarded

SEARCHED = 10_000
"""Among so many hits, the best ones, what is in sight keeps its rank; the rest is found by any part of a name."""


class SearchInSight:
    """`Snapshot.search` of a guarded snapshot."""

    def __init__(self, guard: Guarded, texts: Sequence[str], as_of: datetime | None) -> None:
        self._guard = guard
        self._texts = texts
        self._as_of = as_of

    async def page(self, after: FoundPlace | None, limit: int, worst: int) -> list[Found]:
        """What is in sight after a place."""
        if self._guard.viewer.organization is None:
            shown = [one async for page in self._hits(after, limit, min(worst, EXACT)) for one in page]
            return shown[:limit]
        hits = await self._guard.whole.search(self._texts, None, SEARCHED, self._as_of, min(worst, PREFIX))
        shown = await self._in_sight(hits)
        found = [one for one in shown if after is None or one.place > after]
        if len(hits) == SEARCHED:
            behind = max(hits[-1].place, after or hits[-1].place)
            found += [one async for page in self._hits(behind, limit, NO_ITEMS) for one in page]
        if worst == WITHIN and sum(one.rank < WITHIN for one in found) < limit:
            found += await self._within({one.handle for one in shown}, after, limit)
        return sorted(found, key=lambda one: one.place)[:limit]

    async def _hits(self, after: FoundPlace | None, limit: int, worst: int) -> AsyncIterator[list[Found]]:
        """What is in sight of what the whole store finds, page by page, until that is enough."""
        size, shown = limit + MANY, 0
        while shown < limit:
            page = await self._guard.whole.search(self._texts, after, size, self._as_of, worst)
            seen = await self._in_sight(page)
            yield seen
            shown += len(seen)
            if len(page) < size:
                return
            after = page[-1].place

    async def _within(self, seen: set[Handle], after: FoundPlace | None, limit: int) -> list[Found]:
        """Items in full sight which have one of the texts in a name, without those that have a better rank."""
        behind = after.key if after is not None and after.rank == WITHIN else ""
        found: dict[str, Found] = {}
        for text in {text.lower() for text in self._texts}:
            where = ItemFilter(text=text, as_of=self._as_of)
            page = await self._guard.item_page(where, ItemPlace(behind), limit + len(seen))
            found |= {key: Found(WITHIN, key, handle) for handle, key in page if handle not in seen}
        return list(found.values())

    async def _in_sight(self, hits: list[Found]) -> list[Found]:
        """Of what a search found: items in full sight, public batteries, and organizations that registered."""
        public = await self._public_batteries(hits)
        full = await self._guard.full([None, *(one.handle for one in hits)])
        named = [one.key for one in hits if one.handle is None]
        registered = await self._guard.whole.registered(named, END) if named else {}
        public_names = {*registered, self._guard.viewer.organization}
        return [
            one
            for one in hits
            if (one.handle is None and one.key in public_names)
            or (one.handle is not None and (one.handle in full or one.handle in public))
        ]

    async def _public_batteries(self, hits: list[Found]) -> set[Handle]:
        """Those of the items that are batteries and called just so: whoever knows the code finds its digital ID."""
        exact = [one.handle for one in hits if one.handle is not None and one.rank == EXACT]
        return {row.handle for row in await self._guard.whole.items(exact) if row.kind == PUBLIC_KIND}
