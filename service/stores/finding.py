"""Organizations that a filter finds: what they registered is in the payloads, and is read page by page."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable

from service.organizations import is_found
from service.ports import OrganizationFilter, Snapshot

PAGE = 500
"""So many organizations are read at once."""

Keys = Callable[[str, int], Awaitable[list[str]]]
"""The keys of organizations after one in the order of code points, at most so many."""


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
        after = page[-1]
