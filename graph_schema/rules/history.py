"""What a rule sees: one item with all that was said of it, and light facts of what it was joined with.

A history is complete before a rule sees it, and nothing changes it then: what is asked often is worked out once.

Nothing here depends on a clock. Positions are places in the total order (`graph_schema.order`); "before" always means
before one.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from itertools import chain, takewhile
from typing import Any, NamedTuple

from graph_schema.life import Custody, Stay
from graph_schema.order import Position, moment_of, type_of
from graph_schema.outcome import EventStatus, Problem
from graph_schema.rules.parties import Party
from graph_schema.rules.regions import CHINA, country_of
from graph_schema.rules.thing import Thing
from graph_schema.windows import END

TAKES_APART = ("DISMANTLING", "SCRAPPING")
UNITS = frozenset(["BATTERY", "MODULE", "CELL"])
"""What the law on waste batteries is about."""
NAMED = {
    "TRANSFER": "items",
    "DISMANTLING": "item",
    "SCRAPPING": "item",
    "RECYCLING": "inputs",
    "REFINING": "inputs",
    "PRODUCTION": "inputs",
    "INSTALLATION": "part",
    "REMOVAL": "part",
    "DISPOSAL": "items",
    "RETIREMENT": "item",
}
"""The field in which an event names what is done to."""
TAKES_ALONG = frozenset(["TRANSFER", "RECYCLING", "DISPOSAL"])
"""What is done to a unit by these is done to what is inside it."""


class Told(NamedTuple):
    """An event: what the log holds of it and what became of it. `payload` is empty where it was erased."""

    position: Position
    event_id: str
    type: str
    occurred_at: datetime
    recorded_at: datetime
    actor: str
    status: EventStatus
    problems: tuple[Problem, ...]
    payload: Mapping[str, Any]

    @property
    def accepted(self) -> bool:
        """Whether it counts."""
        return self.status is EventStatus.ACCEPTED

    def keys(self, name: str) -> list[str]:
        """The keys that a field names: one key, or a list of keys or of objects with a key."""
        value = self.payload.get(name)
        values = value if isinstance(value, list) else [] if value is None else [value]
        return [one["key"] if isinstance(one, dict) else one for one in values]


class Portion(NamedTuple):
    """A body or a draw that went into an event, in kg; None is unknown. `listed` are the elements that are stated."""

    key: str
    mass_kg: float | None
    composition: Mapping[str, float] | None


@dataclass
class History:
    """One item, as far as a moment of knowledge and of the world goes. All lists are in the total order."""

    thing: Thing
    events: list[Told]
    """All that name it or did something to it, whatever became of them, and the receipts of its transfers."""
    hosts: list[Stay] = field(default_factory=list)
    """When it was directly inside which unit."""
    parts: list[Stay] = field(default_factory=list)
    """Which units were directly inside it when."""
    custody: list[Custody] = field(default_factory=list)
    """Who held it itself when."""
    marks: list[tuple[Position, str]] = field(default_factory=list)
    """`retired`, `taken_up`, `ended`."""
    things: dict[str, Thing] = field(default_factory=dict)
    """Its hosts at any height, its parts, and what went into the event that brought it in."""
    hosts_above: dict[str, list[Stay]] = field(default_factory=dict)
    """Of each of its hosts, when that was inside which unit."""
    custody_above: dict[str, list[Custody]] = field(default_factory=dict)
    """Of each of its hosts, who held that."""
    inputs: list[Portion] = field(default_factory=list)
    """What went into the transformation that brought it in, and what came out beside it."""
    outputs: list[Portion] = field(default_factory=list)
    parties: dict[str, Party] = field(default_factory=dict)
    built_of: list[History] = field(default_factory=list)
    """The units that were there before it and were built into it as it came in: where they were, who held them, their
    marks, and what they were built of; no events."""
    built_in_kg: dict[str, float | None] = field(default_factory=dict)
    """Of units that were there before it and were built into it as it came in, what they weighed then with all that
    was inside, as far as known. Not of everything: of a battery, module or cell, and of what weighs less than its parts
    did as built."""
    namesakes: dict[str, dict[str, Position]] = field(default_factory=dict)
    """Of each of its names (key and identifiers), the other items that carry it as key or identifier
    (`Thing.shares`), with the event that brought each in."""
    parts_below: dict[str, list[Stay]] = field(default_factory=dict)
    """Of a vehicle: of each component that was ever in it, at any depth, which units were directly inside that when."""
    carried: list[Told] = field(default_factory=list)
    """The transfers of units that it was in, while it may have been waste or in second life, and their receipts; of a
    vehicle, how batteries left components that were in it."""
    log_begins: datetime | None = None
    """When the log learned its first event: what occurred before was reported elsewhere, and carried over."""

    @property
    def key(self) -> str:
        """The item's key."""
        return self.thing.key

    @cached_property
    def accepted(self) -> list[Told]:
        """The events that count."""
        return [event for event in self.events if event.status is EventStatus.ACCEPTED]

    @property
    def ended(self) -> Position | None:
        """The event that ended it."""
        return next((at for at, mark in self.marks if mark == "ended"), None)

    @property
    def enrolled(self) -> bool:
        """Whether it came in without a record of its production."""
        return type_of(self.thing.born) == "ENROLMENT"

    @cached_property
    def handled(self) -> list[Told]:
        """The events that count, with those of units that it was carried in."""
        if not self.carried:
            return self.accepted
        return sorted(
            (event for event in (*self.events, *self.carried) if event.accepted), key=lambda one: one.position
        )

    def event(self, position: Position) -> Told | None:
        """The event at a position."""
        return self._at.get(position)

    @cached_property
    def _at(self) -> dict[Position, Told]:
        return {event.position: event for event in reversed((*self.events, *self.carried))}

    def concerns(self, event: Told) -> bool:
        """Whether an event is about the item: names it, or takes along what it was in; of a receipt, its transfer.

        What is inside a battery, module or cell goes with that, and is told of it. Of an event whose payload was
        erased, what it did to the item says so.
        """
        if event.type == "RECEIPT":
            transfer = event.payload.get("transfer")
            return any(
                self.concerns(one) for one in self.handled if one.type == "TRANSFER" and one.event_id == transfer
            )
        if not event.payload:
            return any(span.opened == event.position for span in self.custody) or self.ended == event.position
        named = event.keys(NAMED[event.type]) if event.type in NAMED else []
        if self.key in named:
            return True
        return event.type in TAKES_ALONG and not set(named).isdisjoint(self.carriers_before(event.position))

    def carried_by(self, event: Told) -> bool:
        """Whether an event that concerns it does not name it, but something that it was in."""
        return bool(event.payload) and self.key not in event.keys(NAMED.get(event.type, ""))

    def receiver(self, transfer: Told) -> str | None:
        """To whom a transfer went; where its payload was erased, who holds it since. None: it does not say."""
        spans = chain(self.custody, *self.custody_above.values())
        held = (span.organization for span in spans if span.opened == transfer.position)
        return next(iter(transfer.keys("to")), None) or next(held, None)

    def batteries(self) -> Iterator[tuple[str, Position, Position]]:
        """The batteries that were in it, at any depth, each with (since, until); what is inside a battery is not."""
        level = [(self.parts, b"", END)]
        while level:
            inside = [
                (stay.part, max(since, stay.opened), until if stay.closed is None else min(until, stay.closed))
                for stays, since, until in level
                for stay in stays
                if stay.opened < until and (stay.closed is None or stay.closed > since)
            ]
            yield from (one for one in inside if one[0] in self.things and self.things[one[0]].kind == "BATTERY")
            level = [(self.parts_below[key], since, until) for key, since, until in inside if key in self.parts_below]

    def carriages(self) -> set[Position]:
        """The events that `carried` is to have, but for receipts."""
        if self.thing.kind not in UNITS:
            below = {stay.closed for stays in self.parts_below.values() for stay in stays}
            return {until for _, _, until in self.batteries() if until in below}
        if not self._carriers or not self.used_before(END):
            return set()
        return {
            span.opened
            for key, since, until in self._places_before(END)
            for span in (() if key is None else self.custody_above.get(key, ()))
            if since < span.opened <= until and type_of(span.opened) == "TRANSFER" and self.used_before(span.opened)
            and key in self.carriers_before(span.opened)
        }  # fmt: skip

    @property
    def _carriers(self) -> bool:
        """Whether it was ever in anything else than a battery, module or cell."""
        hosts = (self.things.get(stay.host) for stay in self.hosts)
        return any(host is not None and host.kind not in UNITS for host in hosts)

    def retired_before(self, position: Position) -> bool:
        """Whether it was a waste battery right before: retired, and not taken up for a second life since."""
        marks = [mark for at, mark in self.marks if at < position and mark != "ended"]
        return bool(marks) and marks[-1] == "retired"

    def used_before(self, position: Position) -> bool:
        """Whether it is of waste batteries: by what it is, what was reported of it, what it came out of, or what it was
        built of."""
        retired = any(mark == "retired" and at < position for at, mark in self.marks)
        came_out = any(True for _ in self.came_out_of_waste(position))
        return self.thing.second_life or retired or came_out or self.built_of_used

    @property
    def built_of_used(self) -> bool:
        """Whether it was built of such, at any depth."""
        return any(part.used_before(self.thing.born) for part in self.built_of)

    def retired_by(self, position: Position) -> str | None:
        """Who reported the last retirement before a position, that one included."""
        marks = [at for at, mark in self.marks if at <= position and mark == "retired"]
        event = self.event(marks[-1]) if marks else None
        return None if event is None else event.actor

    def waste_before(self, position: Position) -> bool:
        """Whether it was a waste battery right before, though nobody may have retired it: it came out of something that
        was taken apart, and was not put into anything since."""
        since = [stay.opened for stay in self.hosts if stay.opened < position and not self.is_packaging(stay.host)]
        last = max(since, default=b"")
        came_out = (at > last and not self.never_left(at) for at in self.came_out_of_waste(position))
        return self.retired_before(position) or any(came_out)

    @property
    def built_of_waste(self) -> list[str]:
        """The waste that it was built of, and what was built of waste by who may not do so."""
        born = self.thing.born
        return [part.key for part in self.built_of if part.waste_before(born) or part.laundered_before(born)]

    def laundered_before(self, position: Position) -> bool:
        """Whether it was built of waste by who may not do so, and no repurposing took it up since."""
        maker, born = self.party(self.thing.producer), self.thing.born
        taken_up = any(stay.opened < position and type_of(stay.opened) == "REPURPOSING" for stay in self.hosts)
        if self.thing.second_life or taken_up or (maker.located and not maker.chinese) or not self.built_of_waste:
            return False
        return not maker.authorized("REPURPOSING", moment_of(born), born)

    def never_left(self, position: Position) -> bool:
        """Whether nobody but its maker ever held it before, and nobody retired it."""
        made = type_of(self.thing.born) == "PRODUCTION" and not self.retired_before(position)
        return made and not set(self.holders_before(position)) - {self.thing.producer}

    def near(self) -> list[str]:
        """The keys of other things that a sentence about it may name, in order."""
        keys = {*self.things, *(key for others in self.namesakes.values() for key in others)}
        keys |= {problem.key for event in self.events for problem in event.problems if problem.key is not None}
        fields = ("items", "item", "part", "host", "parts", "inputs", "outputs")
        keys |= {key for event in self.events for name in fields for key in event.keys(name)}
        return sorted(keys - {self.key})

    def party(self, key: str) -> Party:
        """An organization; one that nobody registered has only a key."""
        return self.parties.get(key) or Party(key)

    def stay_before(self, position: Position) -> Stay | None:
        """The stay in a host that an event found."""
        return next((stay for stay in self.hosts if _open(stay.opened, stay.closed, position)), None)

    def parts_before(self, position: Position) -> list[Thing]:
        """The units directly inside it that an event found."""
        inside = [stay.part for stay in self.parts if _open(stay.opened, stay.closed, position)]
        return [self.things[key] for key in inside if key in self.things]

    def hosts_before(self, position: Position) -> list[str]:
        """The units that an event found it in, the innermost first."""
        found: list[str] = []
        stays = self.hosts
        while (stay := next((one for one in stays if _open(one.opened, one.closed, position)), None)) is not None:
            found.append(stay.host)
            stays = self.hosts_above.get(stay.host, [])
        return found

    def carriers_before(self, position: Position) -> list[str]:
        """Of the units that an event found it in, the innermost first, those inside of which it is the outermost
        battery, module or cell."""
        kinds = ((key, self.things.get(key)) for key in self.hosts_before(position))
        return [key for key, _ in takewhile(lambda one: one[1] is not None and one[1].kind not in UNITS, kinds)]

    def in_china(self, event: Told) -> bool:
        """Whether Chinese rules are for what an event's actor did with it. Of an actor that no registration locates, it
        is where the event was, else where the last holder before it is of whom that is known, else where the item's
        producer is."""
        party = self.party(event.actor)
        if party.located:
            return party.chinese
        country = country_of((event.payload.get("place") or {}).get("region"))
        if country is not None:
            return country == CHINA
        before = (self.party(key) for key in [*self.holders_before(event.position), self.thing.producer])
        return next((one.chinese for one in before if one.located), False)

    def holders_before(self, position: Position) -> list[str]:
        """Who held it before an event, itself or a unit that it was in at the time; the last first."""
        spans = [
            (max(span.opened, since), span.organization)
            for key, since, until in self._places_before(position)
            for span in (self.custody if key is None else self.custody_above.get(key, ()))
            if span.opened < until and (span.closed is None or span.closed > since)
        ]
        return list(dict.fromkeys(organization for _, organization in sorted(spans, reverse=True)))

    def came_out_of_waste(self, position: Position) -> Iterator[Position]:
        """When it, or a unit that it was in at the time, came out of a host that was taken apart or scrapped, before a
        position. To take packaging apart is to unpack."""
        return (
            stay.closed
            for key, since, until in self._places_before(position)
            for stay in (self.hosts if key is None else self.hosts_above.get(key, ()))
            if stay.closed is not None
            and since < stay.closed < until
            and type_of(stay.closed) in TAKES_APART
            and not self.is_packaging(stay.host)
        )

    def is_packaging(self, key: str) -> bool:
        """Whether things only travel in a host."""
        thing = self.things.get(key)
        return thing is not None and thing.packaging

    def _places_before(self, position: Position) -> Iterator[tuple[str | None, Position, Position]]:
        """Itself (None) and each unit that it was in, at any height, with the part of (since, until) that it was."""
        level: list[tuple[str | None, Position, Position]] = [(None, b"", position)]
        while level:
            yield from level
            level = [
                (stay.host, max(since, stay.opened), until if stay.closed is None else min(until, stay.closed))
                for key, since, until in level
                for stay in (self.hosts if key is None else self.hosts_above.get(key, ()))
                if stay.opened < until and (stay.closed is None or stay.closed > since)
            ]

    def custody_before(self, position: Position) -> Custody | None:
        """The custody that an event found: its own, or that of the outermost unit that it was in."""
        hosts = self.hosts_before(position)
        spans = self.custody_above.get(hosts[-1], []) if hosts else self.custody
        return next((span for span in spans if _open(span.opened, span.closed, position)), None)


def _open(opened: Position, closed: Position | None, position: Position) -> bool:
    return opened < position and (closed is None or closed >= position)
