"""What items are at a moment: hosts, parts, holders, remainders and states of health; of many items at once."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from graph_schema.order import Position, event_id_of, moment_of
from graph_schema.outcome import EventStatus
from graph_schema.reader import ItemRow, StayRow, TraceReader
from service.ports import Snapshot, StoredEvent

LOOKS = 4
"""Of so many inspections of an item the last ones are read at first; most state what is asked for."""

HEALTH_MAX = 150
"""Percent. A new unit may have more than its nominal capacity; what is stated beyond this is a mistake."""


SLACK = 1e-9
"""What is left of a lot, as a share of its mass, that is nothing: sums of floats are not exact."""


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


async def hosts_of(reader: TraceReader, items: Collection[Any], cut: Position) -> dict[Any, Any]:
    """The unit that each item is directly inside at the cut; those in none are left out."""
    return {row[0]: row[1] for row in _open_at(await reader.hosts(list(items)), cut)}


async def parts_of(reader: TraceReader, items: Collection[Any], cut: Position) -> dict[Any, list[Any]]:
    """The units directly inside each item at the cut."""
    found: dict[Any, list[Any]] = {item: [] for item in items}
    for row in _open_at(await reader.parts(list(found)), cut):
        found[row[1]].append(row[0])
    return found


async def outermost_of(reader: TraceReader, items: Collection[Any], cut: Position) -> dict[Any, Any]:
    """The unit that each item is in, at any depth, that is itself in none; the item itself where it is in none."""
    found = {item: item for item in items}
    above: dict[Any, Any] = {}
    level = set(found)
    while level:
        hosts = await hosts_of(reader, level, cut)
        above |= hosts
        level = set(hosts.values()) - set(above)
    for item in found:
        while (host := above.get(found[item])) is not None:
            found[item] = host
    return found


async def vehicles_of(reader: TraceReader, items: Collection[Any], cut: Position) -> dict[Any, ItemRow]:
    """The vehicle that each item is in, at any depth; those in none are left out."""
    found: dict[Any, ItemRow] = {}
    place = {item: item for item in items}
    while place:
        hosts = await hosts_of(reader, set(place.values()), cut)
        place = {item: hosts[at] for item, at in place.items() if at in hosts}
        rows = {row.handle: row for row in await reader.items(list(set(place.values())))} if place else {}
        found |= {item: rows[at] for item, at in place.items() if at in rows and rows[at].kind == "VEHICLE"}
        place = {item: at for item, at in place.items() if item not in found}
    return found


async def holders_of(reader: TraceReader, items: Collection[Any], cut: Position) -> dict[Any, str]:
    """Who holds each item at the cut; parts inherit their host's holder. What nobody holds is left out."""
    outermost = await outermost_of(reader, items, cut)
    spans = await custody_of(reader, set(outermost.values()), cut)
    holders = {item: span.organization for item, found in spans.items() for span in found if span.closed is None}
    return {item: holders[top] for item, top in outermost.items() if top in holders}


async def custody_of(reader: TraceReader, items: Collection[Any], cut: Position) -> dict[Any, list[CustodySpan]]:
    """Each item's own custody as of the cut, in the order of events."""
    found: dict[Any, list[CustodySpan]] = {item: [] for item in items}
    for item, organization, opened, closed in await reader.custody(list(found)):
        if opened < cut:
            until = closed if closed is not None and closed < cut else None
            found[item].append(CustodySpan(organization, opened, until))
    for spans in found.values():
        spans.sort(key=lambda span: span.opened)
    return found


async def ends_of(reader: TraceReader, items: Collection[Any], cut: Position) -> dict[Any, str]:
    """The id of the event that ended each item before the cut; those that did not end are left out."""
    found: dict[Any, Position] = {}
    for item, position, mark in await reader.marks(list(items)):
        if mark == "ended" and position < cut:
            found[item] = min(position, found.get(item, position))
    return {item: event_id_of(position) for item, position in found.items()}


async def remaining_kg(reader: TraceReader, items: Collection[Any], cut: Position) -> dict[Any, float | None]:
    """What is left of each lot at the cut, in kg; None where it is unknown. Those that came in later are left out."""
    lots = await _draws(reader, items, cut)
    ended = await ends_of(reader, lots, cut)
    return {item: 0.0 if item in ended else _left(*lot) for item, lot in lots.items()}


async def used_up(reader: TraceReader, items: Collection[Any], cut: Position) -> dict[Any, datetime]:
    """When the last of each lot was drawn, by the cut; lots of which something is left, or may be, are left out."""
    lots = await _draws(reader, items, cut)
    return {item: moment_of(max(drawn)) for item, (kg, drawn) in lots.items() if drawn and _left(kg, drawn) == 0}


async def _draws(
    reader: TraceReader, items: Collection[Any], cut: Position
) -> dict[Any, tuple[float | None, dict[Position, float | None]]]:
    """The mass of each lot that was there at the cut, and what each event before it drew, in kg; None: unknown."""
    found: dict[Any, tuple[float | None, dict[Position, float | None]]] = {
        row.handle: (row.mass_kg, {}) for row in await born_before(reader, list(items), cut)
    }
    for item, position, kg in await reader.consumptions(list(found)):
        if position < cut:
            found[item][1][position] = kg
    return found


def _left(mass_kg: float | None, drawn: Mapping[Position, float | None]) -> float | None:
    if mass_kg is None or None in drawn.values():
        return None
    left = mass_kg - sum(kg for kg in drawn.values() if kg is not None)
    return left if left > SLACK * mass_kg else 0.0


async def states_of_health(snapshot: Snapshot, items: Collection[Any], cut: Position) -> dict[Any, float]:
    """The last state of health of each item that an accepted inspection measured: a number from 0 to `HEALTH_MAX`, in
    percent; what else is stated there is not read."""
    found: dict[Any, float] = {}
    waiting, limit = list(items), LOOKS
    while waiting:
        looks = await snapshot.history(waiting, cut, None, limit, reverse=True, types=("INSPECTION",))
        for item, events in looks.items():
            measured = [percent for event in events if (percent := _measured(event)) is not None]
            found |= {item: measured[0]} if measured else {}
        waiting = [item for item in waiting if item not in found and len(looks.get(item, ())) == limit]
        limit *= 16
    return found


def _measured(event: StoredEvent) -> float | None:
    if event.status is not EventStatus.ACCEPTED or event.payload is None:
        return None
    percent = orjson.loads(event.payload).get("measurements", {}).get("stateOfHealthPercent")
    is_number = isinstance(percent, int | float) and not isinstance(percent, bool)
    return float(percent) if is_number and 0 <= percent <= HEALTH_MAX else None
