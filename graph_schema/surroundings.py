"""Who held what a trace tells of, and what that was in, also where a bound cut that off."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from enum import IntEnum
from typing import Any

from graph_schema.answer import Role, TraceNode
from graph_schema.order import moment_of
from graph_schema.reader import ItemRow, TraceReader
from graph_schema.walk import Walk
from graph_schema.windows import overlap


class Beyond(IntEnum):
    """What is told beyond a bound of the items within it: nothing, who held them, or also what they were inside of."""

    NOTHING = 0
    HOLDERS = 1
    HOSTS = 2


def holders_of(walks: Iterable[Walk], items: Collection[Any]) -> set[Any]:
    """Who held the items, as nodes of a trace: an organization is its key in a tuple."""
    return {(row[1],) for walk in walks for row in walk.custody if row[0] in items}


async def add_hosts(reader: TraceReader, walks: Iterable[Walk], items: Collection[Any]) -> dict[Any, ItemRow]:
    """Add to each walk the stays of the items that it read and did not follow; the facts of the hosts that it did not
    reach, by handle."""
    missing = set()
    for walk in walks:
        for item in items:
            for row in walk.host_rows.get(item, ()):
                interval = walk.interval(row)
                windows = walk.windows.get(item, ())
                if interval is not None and any(overlap(window, *interval) is not None for window in windows):
                    walk.stays[row] = None
                    if row[1] not in walk.items:
                        missing.add(row[1])
    rows = {row.handle: row for row in await reader.items(missing)} if missing else {}
    for walk in walks:  # one that is only claimed to be a host may be in nobody's facts
        for row in [row for row in walk.stays if row[1] in missing and row[1] not in rows]:
            del walk.stays[row]
    return rows


def host_node(row: ItemRow, depth: int) -> TraceNode:
    """A host beyond the bound, of which no more is told than what it is."""
    return TraceNode(row.key, row.kind, Role.HOST, depth, row.label or row.key, None, moment_of(row.born), row.handle)
