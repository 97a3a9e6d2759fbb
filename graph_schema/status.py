"""The status of items at a moment (the table of the public interface)."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from graph_schema.order import Position
from graph_schema.reader import ItemRow, MarkRow, StayRow, TraceReader
from graph_schema.windows import END


class ItemStatus(StrEnum):
    """The first that holds, from the top of this list: ENDED, RETIRED, IN_SECOND_LIFE, INSTALLED, AVAILABLE."""

    AVAILABLE = "AVAILABLE"
    INSTALLED = "INSTALLED"
    RETIRED = "RETIRED"
    IN_SECOND_LIFE = "IN_SECOND_LIFE"
    ENDED = "ENDED"


async def statuses(
    reader: TraceReader,
    items: dict[Any, ItemRow],
    cut: Position = END,
    host_rows: Mapping[Any, list[StayRow]] = MappingProxyType({}),
    marks: list[MarkRow] | None = None,
) -> dict[Any, ItemStatus]:
    """The status of each item as of the cut. `host_rows` and `marks` (of all items) are what the caller has read."""
    marked = _last_marks(await reader.marks(items) if marks is None else marks, cut)
    inside: dict[Any, Any] = {}
    known = dict(items)
    level: Collection[Any] = [item for item, row in items.items() if row.kind != "LOT"]
    while level:
        inside.update(await _hosts_now(reader, level, cut, host_rows))
        above = {host for item in level if (host := inside.get(item)) is not None}
        missing = [host for host in above if host not in known]
        known.update({row.handle: row for row in await reader.items(missing)} if missing else {})
        level = [host for host in above if host not in inside]
    return {item: _status(item, known, marked, inside) for item in items}


def _status(item: Any, known: dict[Any, ItemRow], marked: dict[Any, str], inside: dict[Any, Any]) -> ItemStatus:
    mark = marked.get(item)
    if mark == "ended":
        return ItemStatus.ENDED
    if mark == "retired":
        return ItemStatus.RETIRED
    above: Any = item
    while above is not None:
        if known[above].second_life:
            return ItemStatus.IN_SECOND_LIFE
        above = inside.get(above)
    return ItemStatus.AVAILABLE if inside.get(item) is None else ItemStatus.INSTALLED


def _last_marks(rows: list[MarkRow], cut: Position) -> dict[Any, str]:
    return {item: op for item, _, op in sorted((row for row in rows if row[1] < cut), key=_event_of)}


def _event_of(row: MarkRow) -> Position:
    return row[1]


async def _hosts_now(
    reader: TraceReader, items: Collection[Any], cut: Position, read: Mapping[Any, list[StayRow]]
) -> dict[Any, Any]:
    """The host that each item is in at the cut, None where in none."""
    missing = [item for item in items if item not in read]
    rows = [row for item in items if item in read for row in read[item]]
    if missing:
        rows += await reader.hosts(missing)
    hosts = dict.fromkeys(items)
    for part, host, opened, closed, _ in rows:
        if opened < cut and (closed is None or closed >= cut):
            hosts[part] = host
    return hosts
