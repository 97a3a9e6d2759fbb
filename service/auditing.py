"""Auditing: what the rulebook sees of items, read in bulk, and what it says of them.

However many items are asked for, a constant number of questions is asked, and one more for each level of hosts.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from operator import itemgetter
from typing import Any, NamedTuple

import orjson

from graph_schema.answer import Handle
from graph_schema.attribution import decode
from graph_schema.order import REFERRING, TYPE_ORDER, Position, event_id_of
from graph_schema.reader import ItemRow, StayRow
from graph_schema.rules import (
    RULE_SETS,
    Failure,
    Finding,
    History,
    Judgement,
    Party,
    Portion,
    Rulebook,
    RuleSet,
    Told,
)
from graph_schema.rules.history import UNITS
from graph_schema.windows import END
from service.by_keys import ByKeys
from service.ports import EventFilter, ItemDetails, Snapshot, StoredEvent

_NAMING = tuple(name for name in TYPE_ORDER if name not in REFERRING)
"""The types of events that a history is judged by; receipts are read by the transfers that they confirm."""


class Findings(NamedTuple):
    """What was found of many items, by handle (an item without findings has an empty list), and what rules failed."""

    of: dict[Handle, list[Finding]]
    failures: list[Failure]


async def findings_of(
    snapshot: Snapshot, items: Collection[Handle], cut: Position = END, sets: Sequence[RuleSet] = RULE_SETS
) -> Findings:
    """What rule sets say of items, as the events before the cut tell it; unknown items are left out.

    Findings are in the order of `since`, which may lie in the future: `rules.holding` chooses those of a moment. The
    snapshot must be a whole one: what others did with an item is part of its history.
    """
    book = Rulebook(sets)
    judged: dict[Handle, Judgement] = {
        handle: book.judge(history) for handle, history in (await histories(snapshot, items, cut)).items()
    }
    failures = [failure for judgement in judged.values() for failure in judgement.failures]
    return Findings({handle: judgement.findings for handle, judgement in judged.items()}, failures)


async def histories(snapshot: Snapshot, items: Collection[Handle], cut: Position = END) -> dict[Handle, History]:
    """What rules see of items, as of the cut; what was not there then is left out."""
    rows = {row.handle: row for row in await snapshot.items(list(items)) if row.born < cut}
    return await _Reading(snapshot, rows, cut).histories() if rows else {}


class _Reading:
    """What one bulk read of histories has read so far."""

    def __init__(self, snapshot: Snapshot, rows: dict[Handle, ItemRow], cut: Position) -> None:
        self.snapshot = snapshot
        self.wanted = list(rows)
        self.rows = dict(rows)
        self.cut = cut
        self.details: dict[Handle, ItemDetails] = {}
        self.hosts: dict[Handle, list[StayRow]] = {}
        self.parts: dict[Handle, list[StayRow]] = {}
        self.opened: set[Handle] = set()
        self.below: set[Handle] = set()
        self.before: set[Handle] = set()
        self.built_of: dict[Handle, list[Handle]] = {}
        self.custody: dict[Handle, list[Any]] = {}
        self.marks: dict[Handle, list[tuple[Position, str]]] = {}
        self.events: dict[Handle, list[Told]] = {}
        self.inputs: dict[Position, list[Any]] = {}
        self.outputs: dict[Position, list[Handle]] = {}
        self.parties: dict[str, Party] = {}
        self.bearers: dict[str, dict[Handle, str]] = {}
        self.by_keys = ByKeys(self.rows, self.details, self.hosts, self.custody)

    async def histories(self) -> dict[Handle, History]:
        """All of them."""
        await self._read_edges()
        await self._read_births()
        await self._read_things(self._near())
        await self._read_contents()
        await self._read_below()
        await self._read_events()
        await self._read_parties()
        await self._read_bearers()
        first = await self.snapshot.event_page(EventFilter(), None, 1)
        begins = first[0].recorded_at if first else None
        found = {handle: self._history(handle, begins) for handle in self.wanted}
        await self._read_carried(found.values())
        return found

    async def _read_edges(self) -> None:
        """Hosts at any height, direct parts, custody of all that, marks."""
        await self._read_parts(self.wanted)
        await self._read_built_of()
        level = [*self.wanted, *self.before]
        while level:
            self.hosts |= {handle: [] for handle in level}
            for row in await self.snapshot.hosts(level):
                if row[2] < self.cut:
                    self.hosts[row[0]].append(self._stay(row))
            level = list({row[1] for handle in level for row in self.hosts[handle]} - set(self.hosts))
        for row in await self.snapshot.custody(list(self.hosts)):
            if row[2] < self.cut:
                self.custody.setdefault(row[0], []).append((*row[:3], self._closed(row[3])))
        for handle, position, mark in await self.snapshot.marks([*self.wanted, *self.before]):
            if position < self.cut:
                self.marks.setdefault(handle, []).append((position, mark))

    async def _read_parts(self, hosts: Collection[Handle]) -> None:
        """What was directly inside units, each read once."""
        unread = list(dict.fromkeys(host for host in hosts if host not in self.opened))
        self.opened.update(unread)
        for row in await self.snapshot.parts(unread) if unread else ():
            if row[2] < self.cut:
                self.parts.setdefault(row[1], []).append(self._stay(row))

    async def _read_built_of(self) -> None:
        """What batteries, modules and cells were built of that was there before, at any depth."""
        level = [handle for handle in self.wanted if self.rows[handle].kind in UNITS]
        while level:
            built = {host: self._parts_at_birth(host) for host in level}
            await self._read_rows({part for parts in built.values() for part in parts})
            for host, parts in built.items():
                older = [part for part in parts if self.rows[part].born < self.rows[host].born]
                self.built_of[host] = [part for part in older if self.rows[part].kind in UNITS]
            level = list({part for host in level for part in self.built_of[host]} - set(self.built_of))
            unread = set(level) - set(self.wanted)
            await self._read_parts(unread)
            self.before |= unread

    def _parts_at_birth(self, host: Handle) -> list[Handle]:
        born = self.rows[host].born
        return [row[0] for row in self.parts.get(host, ()) if row[2] == born]

    async def _read_rows(self, near: set[Handle]) -> None:
        if missing := list(near - set(self.rows)):
            self.rows |= {row.handle: row for row in await self.snapshot.items(missing)}

    async def _read_births(self) -> None:
        """What went into the transformations that lots are from, and what came out beside them."""
        births = {row.born for row in self.rows.values() if row.kind == "LOT"}
        if not births:
            return
        for item, event, kg in await self.snapshot.inputs(births):
            self.inputs.setdefault(event, []).append((item, kg))
        if self.inputs:
            for event, item in await self.snapshot.outputs(list(self.inputs)):
                self.outputs.setdefault(event, []).append(item)

    def _near(self) -> set[Handle]:
        """The items, their hosts and parts, and what they were made of and with."""
        near = {row[0] for rows in self.parts.values() for row in rows} | set(self.hosts)
        near |= {item for rows in self.inputs.values() for item, _ in rows}
        near |= {item for found in self.outputs.values() for item in found}
        return near | set(self.rows)

    async def _read_things(self, near: set[Handle]) -> None:
        """Light facts of items."""
        await self._read_rows(near)
        if missing := list(near - set(self.details)):
            self.details |= {one.handle: one for one in await self.snapshot.details(missing)}

    async def _read_contents(self) -> None:
        """What was inside of what units were built of that was there before, at any depth, where that may tell whether
        it was heavier than they are: of batteries, modules and cells, and of what weighs less than its parts did."""
        level = [part for host in self.wanted if self._is_weighed(host) for part in self._older_parts(host)]
        while level:
            await self._read_parts(level)
            inside = {row[0] for host in level for row in self.parts.get(host, ())}
            await self._read_rows(inside)
            level = list(inside - self.opened)

    def _is_weighed(self, host: Handle) -> bool:
        kind, stated = self.rows[host].kind, self.rows[host].mass_kg
        if kind == "LOT" or stated is None:
            return False
        masses = [self.rows[part].mass_kg for part in self._parts_at_birth(host)]
        return kind in UNITS or sum(kg for kg in masses if kg is not None) > stated

    def _older_parts(self, host: Handle) -> list[Handle]:
        return [part for part in self._parts_at_birth(host) if self.rows[part].born < self.rows[host].born]

    def _present_kg(self, unit: Handle, at: Position) -> float | None:
        """What a unit weighed right before an event with all that was inside: the sum of the bodies that are known;
        None where none is."""
        row = self.rows[unit]
        settled = row.body_mass_at is None or row.body_mass_at < self.cut
        inside = [one[0] for one in self.parts.get(unit, ()) if one[2] < at and (one[3] is None or one[3] >= at)]
        found = [row.body_mass_kg if settled else None, *(self._present_kg(part, at) for part in inside)]
        known = [kg for kg in found if kg is not None]
        return sum(known) if known else None

    async def _read_below(self) -> None:
        """What was inside components of vehicles, at any depth."""
        level = self._components(handle for handle in self.wanted if self.rows[handle].kind == "VEHICLE")
        while level:
            await self._read_parts(level)
            self.below |= level
            await self._read_things({row[0] for handle in level for row in self.parts.get(handle, ())})
            level = self._components(level) - self.below

    def _components(self, hosts: Iterable[Handle]) -> set[Handle]:
        """The components directly inside units."""
        parts = {row[0] for host in hosts for row in self.parts.get(host, ())}
        return {part for part in parts if self.rows[part].kind == "COMPONENT"}

    async def _read_events(self) -> None:
        found = await self.snapshot.history(self.wanted, self.cut, types=_NAMING)
        # One event is in the history of every unit that it is about.
        read = {event.position: event for events in found.values() for event in events}
        once = {position: _told(event) for position, event in read.items()}
        told = {handle: [once[event.position] for event in events] for handle, events in found.items()}
        receipts = await self._receipts(event for events in told.values() for event in events)
        for handle, events in told.items():
            more = [receipt for event in events for receipt in receipts.get(event.event_id, ())]
            self.events[handle] = sorted([*events, *more], key=lambda event: event.position)

    async def _receipts(self, events: Iterable[Told]) -> dict[str, list[Told]]:
        """The receipts of the transfers among events, by the transfer."""
        transfers = {event.event_id for event in events if event.type == "TRANSFER"}
        receipts: dict[str, list[Told]] = {}
        for stored in await self.snapshot.receipts(list(transfers)) if transfers else []:
            receipt = _told(stored)
            if receipt.position < self.cut:
                receipts.setdefault(str(receipt.payload.get("transfer")), []).append(receipt)
        return receipts

    async def _read_carried(self, histories: Collection[History]) -> None:
        """Events of units that others were in, or that were in them, and their receipts."""
        wanted = {history.key: found for history in histories if (found := history.carriages())}
        if not wanted:
            return
        ids = {event_id_of(position) for found in wanted.values() for position in found}
        transfers = {event.position: event for event in map(_told, await self.snapshot.stored(ids))}
        receipts = await self._receipts(transfers.values())
        for history in histories:
            carried = [transfers[position] for position in wanted.get(history.key, ())]
            carried += [receipt for event in carried for receipt in receipts.get(event.event_id, ())]
            history.carried = sorted(carried, key=lambda event: event.position)
        told = [*transfers.values(), *(receipt for found in receipts.values() for receipt in found)]
        await self._add_parties({event.actor for event in told} | {to for event in told for to in event.keys("to")})

    async def _read_parties(self) -> None:
        keys = {event.actor for events in self.events.values() for event in events}
        keys |= {to for events in self.events.values() for event in events for to in event.keys("to")}
        keys |= {row[1] for rows in self.custody.values() for row in rows}
        keys |= {one.producer for one in self.details.values()}
        await self._add_parties(keys)

    async def _add_parties(self, wanted: set[str]) -> None:
        keys = wanted - set(self.parties)
        if not keys:
            return
        stated: dict[str, list[tuple[Position, Any]]] = {}
        for event in await self.snapshot.registrations(sorted(keys)):
            if event.payload is not None:
                fields = orjson.loads(event.payload)["organization"]
                stated.setdefault(fields["key"], []).append((event.position, fields))
        self.parties |= {key: Party(key, tuple(stated.get(key, ()))) for key in keys}

    async def _read_bearers(self) -> None:
        """Who else is called what the items are called, as key or identifier."""
        names = {text for handle in self.wanted for name in self.by_keys.thing(handle).names for text in name.spellings}
        bearers = [*await self.snapshot.identified(sorted(names)), *(await self.snapshot.keyed(names)).items()]
        await self._read_things({handle for _, handle in bearers})
        for text, handle in bearers:
            if self.rows[handle].born < self.cut:
                self.bearers.setdefault(text, {})[handle] = self.rows[handle].key

    def _namesakes(self, handle: Handle) -> dict[str, dict[str, Position]]:
        """Of each name of an item, the others that may be the same thing by it."""
        thing = self.by_keys.thing(handle)
        found: dict[str, dict[str, Position]] = {}
        for name in thing.names:
            bearers = {one: key for text in name.spellings for one, key in self.bearers.get(text, {}).items()}
            if bearers.keys() <= {handle}:
                continue
            others = sorted((key, one) for one, key in bearers.items() if one != handle)
            if same := {
                key: self.by_keys.thing(one).born for key, one in others if thing.shares(name, self.by_keys.thing(one))
            }:
                found.setdefault(name.written, {}).update(same)
        return found

    def _history(self, handle: Handle, begins: Any) -> History:
        born = self.rows[handle].born
        history = self._placed(handle)
        history.events = self.events.get(handle, [])
        history.parts = self.by_keys.stays(self.parts.get(handle, []))
        history.namesakes = self._namesakes(handle)
        history.log_begins = begins
        if self._is_weighed(handle):
            history.built_in_kg = {
                self.rows[part].key: self._present_kg(part, born) for part in self._older_parts(handle)
            }
        below = self._below(handle) if self.rows[handle].kind == "VEHICLE" else []
        inside = {row[0] for one in (handle, *below) for row in self.parts.get(one, ())}
        history.things |= {self.rows[one].key: self.by_keys.thing(one) for one in inside}
        history.parts_below = {self.rows[one].key: self.by_keys.stays(self.parts.get(one, [])) for one in below}
        if self.rows[handle].kind == "LOT" and born in self.inputs:
            history.inputs = [self._portion(item, kg) for item, kg in self.inputs[born]]
            history.outputs = [self._portion(item, self.rows[item].mass_kg) for item in self.outputs.get(born, ())]
        return history

    def _placed(self, handle: Handle) -> History:
        """Where an item was, who held it, and its marks; the same of what it was built of."""
        above = self.by_keys.above(handle)
        return History(
            self.by_keys.thing(handle),
            [],
            self.by_keys.hosts_of(handle),
            custody=self.by_keys.custody_of(handle),
            marks=sorted(self.marks.get(handle, [])),
            things=dict(above.things),
            hosts_above=above.stays,
            custody_above=above.custody,
            parties=self.parties,
            built_of=[self._placed(part) for part in self.built_of.get(handle, ())],
        )

    def _below(self, vehicle: Handle) -> list[Handle]:
        """The components that were ever inside, at any depth."""
        found: dict[Handle, None] = {}
        level = self._components([vehicle])
        while level:
            found |= dict.fromkeys(sorted(level, key=lambda one: self.rows[one].key))
            level = self._components(level) - set(found)
        return list(found)

    def _portion(self, handle: Handle, kg: float | None) -> Portion:
        """What an event took of an item: of a lot a draw, of a unit its own body."""
        row = self.rows[handle]
        if row.kind != "LOT":
            return Portion(row.key, kg, decode(row.body_composition))
        content = decode(row.composition)
        if content is None or kg is None or row.mass_kg is None:
            return Portion(row.key, kg, None if kg is None or row.mass_kg != kg else content)
        return Portion(row.key, kg, {element: part * kg / row.mass_kg for element, part in content.items()})

    def _closed(self, position: Position | None) -> Position | None:
        return position if position is not None and position < self.cut else None

    def _stay(self, row: StayRow) -> StayRow:
        return (*row[:3], self._closed(row[3]), row[4])


_first = itemgetter(0)


def _told(event: StoredEvent) -> Told:
    return Told(
        event.position,
        event.event_id,
        event.type,
        event.occurred_at,
        event.recorded_at,
        event.actor,
        event.status,
        event.problems,
        {} if event.payload is None else orjson.loads(event.payload),
    )
