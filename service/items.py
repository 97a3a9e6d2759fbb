"""What an item is at a moment: its host, parts, holder, remainder and state of health."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple

import orjson

from graph_schema.order import Position, event_id_of
from graph_schema.outcome import EventStatus
from graph_schema.reader import ItemRow, StayRow, TraceReader
from service.ports import Snapshot, StoredEvent


class CustodySpan(NamedTuple):
    """An organization held an item from one event to another (position None: still)."""

    organization: str
    opened: Position
    closed: Position | None


async def born_before(reader: TraceReader, items: Collection[Any], cut: Position) -> list[ItemRow]:
    """The facts of those items that were there at the cut."""
    return [row for row in await reader.items(items) if row.born < cut]


def _open_at(rows: Collection[StayRow], cut: Position) -> list[StayRow]:
    return [row for row in rows if row[2] < cut and (row[3] is None or row[3] >= cut)]


async def host_of(reader: TraceReader, item: Any, cut: Position) -> Any:
    """The unit that an item is directly inside at the cut, None where in none."""
    rows = _open_at(await reader.hosts([item]), cut)
    return rows[0][1] if rows else None


async def parts_of(reader: TraceReader, item: Any, cut: Position) -> list[Any]:
    """The units directly inside an item at the cut."""
    return [row[0] for row in _open_at(await reader.parts([item]), cut)]


async def outermost(reader: TraceReader, item: Any, cut: Position) -> Any:
    """The unit that an item is in, at any depth, that is itself in none; the item itself where it is in none."""
    while (host := await host_of(reader, item, cut)) is not None:
        item = host
    return item


async def vehicle_of(reader: TraceReader, item: Any, cut: Position) -> ItemRow | None:
    """The vehicle that an item is in, at any depth."""
    above = await host_of(reader, item, cut)
    while above is not None:
        (row,) = await reader.items([above])
        if row.kind == "VEHICLE":
            return row
        above = await host_of(reader, above, cut)
    return None


async def holder_of(reader: TraceReader, item: Any, cut: Position) -> str | None:
    """Who holds an item at the cut; parts inherit their host's holder."""
    for span in await custody_of(reader, await outermost(reader, item, cut), cut):
        if span.closed is None:
            return span.organization
    return None


async def custody_of(reader: TraceReader, item: Any, cut: Position) -> list[CustodySpan]:
    """An item's own custody as of the cut, in the order of events."""
    rows = await reader.custody([item])
    spans = [
        CustodySpan(row[1], row[2], row[3] if row[3] is not None and row[3] < cut else None)
        for row in rows
        if row[2] < cut
    ]
    return sorted(spans, key=lambda span: span.opened)


async def end_of(reader: TraceReader, item: Any, cut: Position) -> str | None:
    """The id of the event that ended an item before the cut."""
    found = [row[1] for row in await reader.marks([item]) if row[2] == "ended" and row[1] < cut]
    return event_id_of(min(found)) if found else None


async def remaining_kg(reader: TraceReader, row: ItemRow, cut: Position) -> float | None:
    """What is left of a lot at the cut, in kg; None where it is unknown."""
    before = [draw for draw in await reader.consumptions([row.handle]) if draw[1] < cut]
    if await end_of(reader, row.handle, cut) is not None:
        return 0.0
    if row.mass_kg is None or any(draw[2] is None for draw in before):
        return None
    drawn: float = sum(draw[2] for draw in before)
    return max(0.0, row.mass_kg - drawn)


async def history_until(snapshot: Snapshot, item: Any, cut: Position) -> list[StoredEvent]:
    """Every event about an item that occurred before the cut, in the total order."""
    return [event for event in await snapshot.history(item) if event.position < cut]


async def state_of_health(snapshot: Snapshot, item: Any, cut: Position) -> float | None:
    """The last state of health that an accepted inspection measured, in percent."""
    for event in reversed(await history_until(snapshot, item, cut)):
        if event.type == "INSPECTION" and event.status is EventStatus.ACCEPTED and event.payload is not None:
            percent = orjson.loads(event.payload).get("measurements", {}).get("stateOfHealthPercent")
            if isinstance(percent, int | float):
                return float(percent)
    return None
