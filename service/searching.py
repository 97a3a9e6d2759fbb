"""Searching for what somebody typed, pasted or scanned, in every spelling worth a look; on every store alike."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Any, TypeAlias

import orjson

from graph_schema.answer import Handle
from graph_schema.identifiers import spellings
from graph_schema.reader import TraceReader
from service.organizations import rank_of
from service.places import (
    WITHIN,
    Found,
    FoundPlace,
)
from service.ports import (
    Snapshot,
)

FEWEST = 50
"""So many items that may be of a rank are read at least."""

Candidates: TypeAlias = Callable[[str, str, int], Awaitable[list[tuple[Any, str]]]]
"""Items (handle, key) that a text finds at a rank or a better one, after a key, at most so many; by key."""


async def search(
    snapshot: Snapshot, text: str, after: FoundPlace | None, limit: int, as_of: datetime | None = None
) -> list[Found]:
    """`Snapshot.search` for `spellings`."""
    return await snapshot.search(spellings(text), after, limit, as_of)


async def find(reader: TraceReader, text: str) -> Handle | None:
    """The item of that key or identifier: as it is written, else in the first of `spellings` that is known."""
    for spelling in dict.fromkeys([text, *spellings(text)]):
        handle = await reader.find(spelling)
        if handle is not None:
            return handle
    return None


class Ranked:
    """The items that texts find, rank by rank, each once at its best."""

    def __init__(self, snapshot: Snapshot, texts: Sequence[str], after: FoundPlace | None) -> None:
        self._snapshot = snapshot
        self._texts = texts
        self._after = after
        self._seen: set[Handle] | None = set() if after is None else None
        """All that has a better rank, where everything is read from the start; else names are compared."""

    async def of(self, rank: int, candidates: Candidates, limit: int) -> list[Found]:
        """Those of a rank after the place, by key. Ranks are asked for in their order."""
        behind = self._after.key if self._after is not None and self._after.rank == rank else ""
        texts = list({text.lower(): text for text in self._texts}.values()) if rank == WITHIN else self._texts
        size = limit + FEWEST
        found: list[Found] = []
        while len(found) < limit:
            pages = [await candidates(text, behind, size) for text in texts]
            last = min((page[-1][1] for page in pages if len(page) >= size), default=None)
            keys = {key: handle for page in pages for handle, key in page if last is None or key <= last}
            better = await self._better(rank, keys.values())
            found += [Found(rank, key, keys[key]) for key in sorted(keys) if keys[key] not in better]
            if last is None:
                break
            behind = last
        if self._seen is not None:
            self._seen.update(one.handle for one in found)
        return found[:limit]

    async def _better(self, rank: int, items: Collection[Handle]) -> set[Handle]:
        """Those of the items that have a better rank."""
        if self._seen is not None or rank == 0:
            return self._seen or set()
        rows = await self._snapshot.details(items)
        names = {row.handle: [row.key, *_identifiers(row.spec)] for row in rows}
        ranks = {item: rank_of(said, self._texts) for item, said in names.items()}
        return {item for item, best in ranks.items() if best is not None and best < rank}


def _identifiers(spec: bytes) -> list[str]:
    return [one["value"] for one in orjson.loads(spec).get("identifiers", ())]
