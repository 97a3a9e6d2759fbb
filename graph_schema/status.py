"""The status of items at a moment (the table of the public interface)."""

from __future__ import annotations

from collections.abc import Collection
from enum import StrEnum
from typing import Any

from graph_schema.order import Position
from graph_schema.reader import ItemRow, StayRow, TraceReader
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
    host_rows: dict[Any, list[StayRow]] | None = None,
    positions: dict[Any, Position] | None = None,
) -> dict[Any, ItemStatus]:
    """The status of each item as of the cut. `host_rows` and `positions` are what the caller has read already."""
    places = {} if positions is None else dict(positions)
    marked = await _last_marks(reader, items, cut, places)
    inside: dict[Any, Any] = {}
    known = dict(items)
    level: Collection[Any] = [item for item, row in items.items() if row.kind != "LOT"]
    while level:
        inside.update(await _hosts_now(reader, level, cut, host_rows or {}, places))
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


async def _place(reader: TraceReader, events: Collection[Any], places: dict[Any, Position]) -> None:
    missing = {event for event in events if event is not None and event not in places}
    if missing:
        places.update(await reader.positions(missing))


async def _last_marks(
    reader: TraceReader, items: Collection[Any], cut: Position, places: dict[Any, Position]
) -> dict[Any, str]:
    rows = await reader.marks(items)
    await _place(reader, [row[1] for row in rows], places)
    known = sorted((row for row in rows if places[row[1]] < cut), key=lambda row: places[row[1]])
    return {item: op for item, _, op in known}


async def _hosts_now(
    reader: TraceReader,
    items: Collection[Any],
    cut: Position,
    read: dict[Any, list[StayRow]],
    places: dict[Any, Position],
) -> dict[Any, Any]:
    """The host that each item is in at the cut, None where in none."""
    missing = [item for item in items if item not in read]
    rows = [row for item in items if item in read for row in read[item]]
    if missing:
        rows += await reader.hosts(missing)
    await _place(reader, [event for row in rows for event in row[2:4]], places)
    hosts = dict.fromkeys(items)
    for part, host, opened, closed, _ in rows:
        if places[opened] < cut and (closed is None or places[closed] >= cut):
            hosts[part] = host
    return hosts
