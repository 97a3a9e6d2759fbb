"""Organizations that a filter finds, and what a search does, for the stores that keep a graph.

What organizations registered is in the payloads, which are read page by page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime
from typing import Any

from service.organizations import is_found, names_of, rank_of
from service.ports import EXACT, PREFIX, WITHIN, Found, ItemFilter, OrganizationFilter, Snapshot

PAGE = 500
"""So many organizations are read at once."""

Keys = Callable[[str, int], Awaitable[list[str]]]
"""The keys of organizations after one in the order of code points, at most so many."""

Called = Callable[[bool], Awaitable[list[tuple[Any, str]]]]
"""Items (handle, key) of which a name begins with the text (False: is the text), the first in the order of keys."""


async def organization_page(
    snapshot: Snapshot, keys: Keys, where: OrganizationFilter, after: str | None, limit: int
) -> list[str]:
    """The keys of a page."""
    if where.is_any:
        return await keys(after or "", limit)
    found: list[str] = []
    async for page in _pages(snapshot, keys, where, after or ""):
        found += page
        if len(found) >= limit:
            break
    return found[:limit]


async def organization_count(snapshot: Snapshot, keys: Keys, where: OrganizationFilter) -> int:
    """How many a filter finds; reads all."""
    return sum([len(page) async for page in _pages(snapshot, keys, where, "")])


async def _pages(snapshot: Snapshot, keys: Keys, where: OrganizationFilter, after: str) -> AsyncIterator[list[str]]:
    while page := await keys(after, PAGE):
        fields = {} if where.is_any else await snapshot.registered(page, where.cut)
        yield [key for key in page if is_found(key, fields.get(key, {}), where)]
        if len(page) < PAGE:
            return
        after = page[-1]


async def search(
    snapshot: Snapshot, called: Called, keys: Keys, text: str, limit: int, as_of: datetime | None, worst: int
) -> list[Found]:
    """`Snapshot.search`: what an index finds first, and all items only where that is not enough."""
    found: dict[Any, Found] = {}
    for rank in range(EXACT, worst + 1):
        if len(found) < limit:
            if rank == WITHIN:
                items = await snapshot.item_page(ItemFilter(text=text, as_of=as_of), None, limit + len(found))
            else:
                items = await called(rank == PREFIX)
            for handle, key in items:
                found.setdefault(handle, Found(rank, key, handle))
    every = [*found.values(), *await _organizations(snapshot, keys, text, as_of)]
    return sorted(every, key=lambda one: one.order)[:limit]


async def _organizations(snapshot: Snapshot, keys: Keys, text: str, as_of: datetime | None) -> list[Found]:
    where = OrganizationFilter(text=text, as_of=as_of)
    found = [key async for page in _pages(snapshot, keys, where, "") for key in page]
    fields = await snapshot.registered(found, where.cut) if found else {}
    ranks = [(rank_of(names_of(key, fields.get(key, {})), text), key) for key in found]
    return [Found(rank, key) for rank, key in ranks if rank is not None]
