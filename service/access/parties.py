"""Who else made an item or ever held it, by what a viewer is told of it and of what it was in."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING

from graph_schema.answer import Handle
from graph_schema.windows import END, START, Window, overlap

if TYPE_CHECKING:
    from service.access.guard import Guarded


async def parties_of(guard: Guarded, items: Collection[Handle], organization: str) -> set[Handle]:
    """Those of the items in full sight that an organization is a party of (`ItemFilter.party`), as far as the viewer
    sees it: by their makers, their custody, and that of what they were in, where that is in full sight, too."""
    full = await guard.full(items)
    found = {row.handle for row in await guard.details(list(full)) if row.producer == organization}
    level: set[tuple[Handle, Handle, Window]] = {(item, item, (START, END)) for item in full - found}
    seen = level
    while level:
        places = list({place for _, place, _ in level})
        held: dict[Handle, list[Window]] = {place: [] for place in places}
        for place, holder, opened, closed in await guard.custody(places):
            if holder == organization:
                held[place].append((opened, closed or END))
        found |= {item for item, place, window in level if any(overlap(window, *one) for one in held[place])}
        hosts: dict[Handle, list[tuple[Handle, Window]]] = {place: [] for place in places}
        for place, host, opened, closed, _ in await guard.hosts(places):
            hosts[place].append((host, (opened, closed or END)))
        inside = (
            (item, host, overlap(window, *stay))
            for item, place, window in level
            if item not in found
            for host, stay in hosts[place]
        )
        level = {(item, host, during) for item, host, during in inside if during is not None} - seen
        seen = seen | level
    return found
