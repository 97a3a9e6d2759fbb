"""Searching for what somebody typed, pasted or scanned, in every spelling worth a look; on every store alike."""

from __future__ import annotations

from datetime import datetime

from graph_schema.answer import Handle
from graph_schema.identifiers import spellings
from graph_schema.reader import TraceReader
from service.ports import Found, Snapshot


async def search(snapshot: Snapshot, text: str, limit: int, as_of: datetime | None = None) -> list[Found]:
    """`Snapshot.search` for each of `spellings`: each item or organization once, at its best rank."""
    best: dict[tuple[str, bool], Found] = {}
    for spelling in spellings(text):
        for one in await snapshot.search(spelling, limit, as_of):
            known = best.setdefault((one.key, one.handle is None), one)
            if one.rank < known.rank:
                best[one.key, one.handle is None] = one
    return sorted(best.values(), key=lambda one: one.order)[:limit]


async def find(reader: TraceReader, text: str) -> Handle | None:
    """The item of that key or identifier: as it is written, else in the first of `spellings` that is known."""
    for spelling in dict.fromkeys([text, *spellings(text)]):
        handle = await reader.find(spelling)
        if handle is not None:
            return handle
    return None
