"""Organizations that a filter finds, and what a search does, for the stores that keep a graph.

What organizations registered is in the payloads, which are read page by page.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from datetime import datetime
from typing import Any

from graph_schema.order import Position
from service.organizations import is_found, names_of, rank_of
from service.places import (
    EXACT,
    PREFIX,
    WITHIN,
    Found,
    FoundPlace,
    OrganizationOrder,
    OrganizationPlace,
)
from service.ports import (
    LAST_KEY,
    ItemFilter,
    ItemPlace,
    OrganizationFilter,
    Snapshot,
)
from service.searching import Ranked

PAGE = 500
"""So many organizations are read at once."""

Keys = Callable[[str, int, bool], Awaitable[list[str]]]
"""The keys of organizations after one in the order of code points (True: before one, backwards), at most so many."""

Called = Callable[[str, bool, str, int], Awaitable[list[tuple[Any, str]]]]
"""Items (handle, key) of which a name begins with a text (False: is the text), after a key, by key, so many."""


async def organization_page(
    snapshot: Snapshot,
    keys: Keys,
    where: OrganizationFilter,
    after: OrganizationPlace | None,
    limit: int,
    reverse: bool,
    order: OrganizationOrder,
) -> list[str]:
    """The keys of a page."""
    if order is OrganizationOrder.NAME:
        return await _by_name(snapshot, keys, where, after, limit, reverse)
    start = _start(reverse) if after is None else after.key
    if where.is_any:
        return await keys(start, limit, reverse)
    found: list[str] = []
    async for page in _found(snapshot, keys, where, start, reverse):
        found += page
        if len(found) >= limit:
            break
    return found[:limit]


async def _by_name(
    snapshot: Snapshot,
    keys: Keys,
    where: OrganizationFilter,
    after: OrganizationPlace | None,
    limit: int,
    reverse: bool,
) -> list[str]:
    """Names are in payloads: all are read and put in order."""
    order = OrganizationOrder.NAME
    places = [
        OrganizationPlace(key, stated.get("name"))
        async for page in _pages(snapshot, keys, where.cut)
        for key, stated in page.items()
        if is_found(key, stated, where)
    ]
    places.sort(key=lambda one: one.rank(order), reverse=reverse)
    return [one.key for one in places if after is None or one.is_beyond(after, order, reverse)][:limit]


async def organization_count(snapshot: Snapshot, keys: Keys, where: OrganizationFilter) -> int:
    """How many a filter finds; reads all."""
    return sum([len(page) async for page in _found(snapshot, keys, where, "", False)])


async def _found(
    snapshot: Snapshot, keys: Keys, where: OrganizationFilter, after: str, reverse: bool
) -> AsyncIterator[list[str]]:
    if where.is_any:
        async for page in _key_pages(keys, after, reverse):
            yield page
        return
    async for stated in _pages(snapshot, keys, where.cut, after, reverse):
        yield [key for key, fields in stated.items() if is_found(key, fields, where)]


async def _pages(
    snapshot: Snapshot, keys: Keys, cut: Position, after: str = "", reverse: bool = False
) -> AsyncIterator[dict[str, dict[str, Any]]]:
    """All organizations by key, with what they registered."""
    async for page in _key_pages(keys, after, reverse):
        fields = await snapshot.registered(page, cut)
        yield {key: fields.get(key, {}) for key in page}


async def _key_pages(keys: Keys, after: str, reverse: bool) -> AsyncIterator[list[str]]:
    while page := await keys(after, PAGE, reverse):
        yield page
        if len(page) < PAGE:
            return
        after = page[-1]


def _start(reverse: bool) -> str:
    return LAST_KEY if reverse else ""


async def search(
    snapshot: Snapshot,
    called: Called,
    keys: Keys,
    texts: Sequence[str],
    after: FoundPlace | None,
    limit: int,
    as_of: datetime | None,
    worst: int,
) -> list[Found]:
    """`Snapshot.search`: what an index finds first, and all items only where that is not enough."""
    ranked = Ranked(snapshot, texts, after)

    async def within(text: str, behind: str, size: int) -> list[tuple[Any, str]]:
        return await snapshot.item_page(ItemFilter(text=text, as_of=as_of), ItemPlace(behind), size)

    found: list[Found] = []
    for rank in range(EXACT if after is None else after.rank, worst + 1):

        async def named(text: str, behind: str, size: int, prefix: bool = rank == PREFIX) -> list[tuple[Any, str]]:
            return await called(text, prefix, behind, size)

        if len(found) < limit:
            found += await ranked.of(rank, within if rank == WITHIN else named, limit - len(found))
    found += await _organizations(snapshot, keys, texts, after, as_of)
    return sorted(found, key=lambda one: one.place)[:limit]


async def _organizations(
    snapshot: Snapshot, keys: Keys, texts: Sequence[str], after: FoundPlace | None, as_of: datetime | None
) -> list[Found]:
    found = [
        Found(rank, key)
        async for page in _pages(snapshot, keys, OrganizationFilter(as_of=as_of).cut)
        for key, stated in page.items()
        if (rank := rank_of(names_of(key, stated), texts)) is not None
    ]
    return [one for one in found if after is None or one.place > after]
