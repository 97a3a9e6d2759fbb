"""What is known of the items of a document while its events are told: from the store, and from the events before."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

import orjson

from graph_schema.order import event_id_of, moment_of, type_of
from service.ports import Snapshot


@dataclass
class Stay:
    """A unit inside another, from one moment to another (None: still)."""

    host: str
    opened: datetime
    closed: datetime | None = None


class Handover(NamedTuple):
    """A transfer of items; those of a store whose payload is erased have none."""

    event_id: str
    at: datetime
    actor: str
    to: str
    items: tuple[str, ...]


@dataclass
class Ledger:
    """By key: when items came in, where they are inside, who was handed them, which ended their first life.

    Moments of the store are before an event where they are strictly earlier; what this document tells is before it
    where it was told before.
    """

    stored: dict[str, tuple[datetime, bool]] = field(default_factory=dict)
    """When the store's items came in, and whether by an enrolment."""
    told: set[str] = field(default_factory=set)
    stays: dict[str, list[Stay]] = field(default_factory=dict)
    handovers: dict[str, list[Handover]] = field(default_factory=dict)
    retired: dict[str, datetime] = field(default_factory=dict)
    guests: dict[str, set[str]] = field(default_factory=dict)
    """By host, the units that were ever inside."""
    lots_in: dict[str, set[str]] = field(default_factory=dict)
    """By container, the lots that travel in it; the model has no place for these."""
    lot_kg: dict[str, float | None] = field(default_factory=dict)
    confirmed: set[str] = field(default_factory=set)
    """The ids of handovers that were."""
    voided: set[str] = field(default_factory=set)

    def exists(self, key: str, at: datetime) -> bool:
        """Whether an item is known before an event at a moment."""
        return key in self.told or (key in self.stored and self.stored[key][0] < at)

    def needs_enrolment(self, key: str, at: datetime) -> bool:
        """Whether nobody but perhaps a later enrolment says where an item is from."""
        if key in self.told:
            return False
        born, enrolled = self.stored.get(key, (None, False))
        return born is None or (enrolled and born > at)

    def is_retired(self, key: str, at: datetime) -> bool:
        """Whether the first life of a unit is over."""
        return key in self.retired and self.retired[key] <= at

    def host(self, key: str, at: datetime) -> str | None:
        """What a unit is directly inside."""
        inside = [stay for stay in self.stays.get(key, ()) if stay.opened <= at and _open(stay, at)]
        return max(inside, key=lambda stay: stay.opened).host if inside else None

    def parts(self, host: str, at: datetime) -> list[str]:
        """The units directly inside one."""
        return sorted(key for key in self.guests.get(host, ()) if self.host(key, at) == host)

    def go_in(self, key: str, host: str, at: datetime) -> None:
        """A unit goes into another."""
        self.come_out(key, at)
        self.stay(key, Stay(host, at))

    def stay(self, key: str, stay: Stay) -> None:
        """A unit is inside another for a time."""
        self.stays.setdefault(key, []).append(stay)
        self.guests.setdefault(stay.host, set()).add(key)

    def come_out(self, key: str, at: datetime) -> None:
        """A unit comes out of what it is in."""
        for stay in self.stays.get(key, ()):
            if stay.opened <= at and _open(stay, at):
                stay.closed = at

    def hand_over(self, handover: Handover, keys: Iterable[str] | None = None) -> None:
        """Items are handed over."""
        for key in handover.items if keys is None else keys:
            self.handovers.setdefault(key, []).append(handover)

    def last_handover(self, key: str, at: datetime) -> Handover | None:
        """The last handover of an item, or of what it is in."""
        found = [one for one in self.handovers.get(key, ()) if one.at <= at and one.event_id not in self.voided]
        host = self.host(key, at)
        above = self.last_handover(host, at) if host is not None and host != key else None
        return max([*found, *([above] if above else [])], key=lambda one: one.at, default=None)

    def last_to(self, to: str, key: str, at: datetime) -> Handover | None:
        """The last handover of an item to somebody that is not confirmed."""
        found = [one for one in self.handovers.get(key, ()) if one.at <= at and one.to == to]
        waiting = (one for one in found if one.event_id not in self.voided | self.confirmed)
        return max(waiting, key=lambda one: one.at, default=None)


def _open(stay: Stay, at: datetime) -> bool:
    return stay.closed is None or stay.closed > at


async def known(snapshot: Snapshot, keys: Collection[str]) -> Ledger:
    """What a store knows of items, of what they are in, and of what is in them; in bulk."""
    ledger = Ledger()
    handles = await snapshot.keyed(keys)
    names = {handle: key for key, handle in handles.items()}
    stays = [*await snapshot.hosts(list(names)), *await snapshot.parts(list(names))]
    others = {handle for row in stays for handle in row[:2]} - names.keys()
    names |= {row.handle: row.key for row in await snapshot.items(list(others))}
    for detail in await snapshot.details(list(names)):
        ledger.stored[detail.key] = (moment_of(detail.born), type_of(detail.born) == "ENROLMENT")
    for row in await snapshot.items(list(names)):
        if row.kind == "LOT":
            ledger.lot_kg[row.key] = row.mass_kg
    for part, host, opened, closed in {tuple(row[:4]) for row in stays}:
        stay = Stay(names[host], moment_of(opened), None if closed is None else moment_of(closed))
        ledger.stay(names[part], stay)
    for item, event, mark in await snapshot.marks(list(names)):
        if mark == "retired":
            ledger.retired[names[item]] = moment_of(event)
    await _learn_handovers(snapshot, names, ledger)
    return ledger


async def _learn_handovers(snapshot: Snapshot, names: dict[Any, str], ledger: Ledger) -> None:
    rows = [row for row in await snapshot.custody(list(names)) if type_of(row[2]) == "TRANSFER"]
    ids = {event_id_of(row[2]) for row in rows}
    stored = {event.event_id: event for event in await snapshot.stored(ids)}
    for item, holder, opened, _ in sorted(rows, key=lambda row: row[2]):
        event = stored[event_id_of(opened)]
        items = () if event.payload is None else tuple(orjson.loads(event.payload)["items"])
        ledger.hand_over(Handover(event.event_id, event.occurred_at, event.actor, holder, items), [names[item]])
