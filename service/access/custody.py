"""Whose custody counts: what an organization made, or was given.

An event is a claim. Who reports that it passed on, took out or put in what it never had does not come to see it, and
takes it from nobody's sight: a span of custody, or a stay inside something, counts where the event that opened it was
reported by whoever had the item until then, or by an organization that is authorized to take such things out
(`TAKES_OUT`), both when that happened and when it was reported. Of several who say that they brought an item in, it is
who reported it first: an earlier date is soon written.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import NamedTuple

from graph_schema.answer import Handle
from graph_schema.canonical import parse_event
from graph_schema.order import Position, event_id_of, type_of
from graph_schema.outcome import EventStatus
from graph_schema.rules.parties import Authorizations, covers
from graph_schema.specs import new_items
from graph_schema.windows import END, START
from service.ports import Snapshot, StoredEvent

TAKES_OUT = {
    "COLLECTION": frozenset(["REMOVAL"]),
    "REPAIR": frozenset(["REMOVAL"]),
    "DISMANTLING": frozenset(["REMOVAL", "DISMANTLING", "SCRAPPING"]),
    "REPURPOSING": frozenset(["REMOVAL", "DISMANTLING"]),
    "RECYCLING": frozenset(["REMOVAL", "DISMANTLING"]),
}
"""By which events an authorization of a scope lets an organization take out what nobody handed over."""

NOBODY = ""
"""No event has this id."""
ENTRIES = ("ENROLMENT", "PRODUCTION", "REPURPOSING", "RECYCLING", "REFINING")
"""The types of events that bring items in."""


class Held(NamedTuple):
    """An organization had an item, itself or inside something, in [low, high)."""

    organization: str
    low: Position
    high: Position


class Step(NamedTuple):
    """Something that may pass an item on: a span of custody (of an organization) or a stay (in a host)."""

    opened: Position
    closed: Position
    organization: str | None
    host: Handle


class Custody:
    """Reads whose custody counts, for many items at once. It keeps what it found out of organizations at one moment of
    knowledge; several may ask at the same time."""

    def __init__(self) -> None:
        self._authorized: dict[str, Authorizations] = {}

    async def sight(self, whole: Snapshot, items: Collection[Handle | None], organization: str) -> set[Handle]:
        """Those of the items that an organization comes to see in full."""
        found = await whole.concerned(list(items), organization)
        found = await self.of(whole, found, organization) if found else found
        others = [item for item in items if item not in found]
        return found | await self.claimed(whole, others, organization)

    async def of(self, whole: Snapshot, items: Collection[Handle], organization: str) -> set[Handle]:
        """Those of the items that an organization made, or had at some time in a way that counts."""
        facts = await self._facts(whole, items)
        return {item for item in items if facts.concern(item, organization)}

    async def claimed(self, whole: Snapshot, items: Collection[Handle | None], organization: str) -> set[Handle]:
        """Those of the items that an organization was the first to report, though another's report stands. What is not
        there (None) takes the same statements as what is another's."""
        if not items:
            return set()
        positions = await whole.unsettled(items)
        events = await whole.stored([event_id_of(position) for position in positions] or [NOBODY])
        rows = await whole.items(items)
        enrolled = [row.handle for row in rows if type_of(row.born) == "ENROLMENT"]
        for told in (await whole.history(enrolled or [None], types=("ENROLMENT",))).values():
            events += told
        if all(event.actor != organization for event in events):
            return set()
        born = {row.handle: row.born for row in rows}
        return {item for item, entry in (await _makers(whole, born)).items() if entry.maker == organization}

    async def _facts(self, whole: Snapshot, items: Collection[Handle]) -> Facts:
        """Read the items and, level by level, what they were ever in."""
        born: dict[Handle, Position] = {}
        steps: dict[Handle, list[Step]] = {}
        level = list(items)
        while level:
            steps |= {item: [] for item in level}
            for row in await whole.items(level):
                born[row.handle] = row.born
            for item, organization, low, high in await whole.custody(level):
                steps[item].append(Step(low, high or END, organization, None))
            hosts = set()
            for item, host, low, high, _ in await whole.hosts(level):
                steps[item].append(Step(low, high or END, None, host))
                hosts.add(host)
            level = [host for host in hosts if host not in steps]
        makers = await _makers(whole, born)
        opened = {*born.values(), *(step.opened for found in steps.values() for step in found)}
        events = {event.position: event for event in await whole.stored([event_id_of(one) for one in opened])}
        actors = {event.actor for event in events.values()}
        missing = actors.difference(self._authorized)
        registered = await whole.registered(missing, END) if missing else {}
        self._authorized.update({actor: registered.get(actor, {}).get("authorizations") or [] for actor in missing})
        for found in steps.values():
            found.sort(key=lambda step: (events[step.opened].sequence, step.opened))
        return Facts(makers, steps, events, self._authorized)


async def _makers(whole: Snapshot, born: dict[Handle, Position]) -> dict[Handle, Entry]:
    """By whom each item was brought in: who reported that first, of those whose reports stand or were contested for
    another such report. A report of what is yet to come counts from when it comes; one that its reporter voided and
    repeated, from the first time."""
    keys = {row.key: row.handle for row in await whole.items(list(born))}
    entered = await whole.stored({event_id_of(at) for at in born.values()})
    at = {event.position: event for event in entered}
    found = {item: [at[position]] for item, position in born.items()}
    unsettled = [event_id_of(position) for position in await whole.unsettled(list(born))]
    for event in await whole.stored(unsettled) if unsettled else ():
        for problem in event.problems:
            if problem.code == "DUPLICATE_KEY" and problem.key in keys:
                found[keys[problem.key]].append(event)
    names = {item: key for key, item in keys.items()}
    stated = Stated()
    for item, events in (await whole.history(list(born), types=("ENROLMENT",))).items():
        standing = (event for event in events if event.status is EventStatus.ACCEPTED)
        found[item] += [one for one in standing if one.position == born[item] or names[item] in stated.new(one)]
    disputed = [item for item, events in found.items() if len({event.actor for event in events}) > 1]
    repeated = await whole.history(disputed, types=ENTRIES) if disputed else {}
    firsts = {item: _first(events, names[item], repeated.get(item, []), stated) for item, events in found.items()}
    return {item: Entry(born[item], first.actor, first.position == born[item]) for item, first in firsts.items()}


def _first(standing: list[StoredEvent], key: str, told: list[StoredEvent], stated: Stated) -> StoredEvent:
    """Of several entries of an item that of who reported it first."""
    begun = {event.actor: _rank(event) for event in standing}
    for event in standing:
        begun[event.actor] = min(begun[event.actor], _rank(event))
    for event in told:
        if event.status is EventStatus.VOIDED and event.actor in begun and key in stated.new(event):
            begun[event.actor] = min(begun[event.actor], _rank(event))
    return min(standing, key=lambda event: (begun[event.actor], _rank(event)))


def _rank(event: StoredEvent) -> tuple[datetime, int]:
    """When a report counts from: nobody is the first by a date ahead."""
    return max(event.recorded_at, event.occurred_at), event.sequence


class Stated:
    """What events state as new, and do not only name as a part that is known; each is read once, however many items
    ask: some state thousands."""

    def __init__(self) -> None:
        self._new: dict[str, set[str]] = {}

    def new(self, event: StoredEvent) -> set[str]:
        """The keys of the items that an event states as new."""
        if event.event_id not in self._new:
            stated = None if event.payload is None else parse_event(event.payload)[0]
            specs = getattr(stated, "items", None) or getattr(stated, "outputs", None) or []
            self._new[event.event_id] = {spec.key for spec in new_items(specs)}
        return self._new[event.event_id]


class Entry(NamedTuple):
    """How an item came in: where in the order, who brought it in, and whether that is who the graph says."""

    born: Position
    maker: str
    undisputed: bool


class Facts:
    """What was read of some items and of all that they were ever in. Steps are in the order of their reports."""

    def __init__(
        self,
        entries: dict[Handle, Entry],
        steps: dict[Handle, list[Step]],
        events: dict[Position, StoredEvent],
        authorized: dict[str, Authorizations],
    ) -> None:
        self._entries = entries
        self._steps = steps
        self._events = events
        self._authorized = authorized
        self._held: dict[Handle, list[Held]] = {}

    def concern(self, item: Handle, organization: str) -> bool:
        """Whether an organization made an item, or had it in a way that counts."""
        made = self._entries[item].maker == organization
        return made or any(held.organization == organization for held in self._holders(item))

    def _holders(self, item: Handle) -> list[Held]:
        """Who had an item, in a way that counts.

        Reports come in any order: what does not count yet is looked at again once more does. A later report takes
        nothing from what counts already: it only ends, for what comes after, the time of who passed the item on.
        """
        if item in self._held:
            return self._held[item]
        entry = self._entries[item]
        found = [] if entry.undisputed else [Held(entry.maker, START, END)]
        waiting = self._steps[item]
        while True:
            left = []
            for step in waiting:
                if not self._counts(entry, step, found):
                    left.append(step)
                    continue
                found = [
                    held._replace(high=min(held.high, step.opened)) if held.low < step.opened else held
                    for held in found
                ]
                found += self._passed(step)
            if len(left) == len(waiting):
                break
            waiting = left
        self._held[item] = found
        return found

    def _passed(self, step: Step) -> list[Held]:
        if step.organization is not None:
            return [Held(step.organization, step.opened, END)]
        had = [held._replace(low=max(held.low, step.opened)) for held in self._holders(step.host)]
        return [held for held in had if held.low < min(held.high, step.closed)]

    def _counts(self, entry: Entry, step: Step, before: list[Held]) -> bool:
        event = self._events[step.opened]
        if step.opened == entry.born:
            return entry.undisputed
        if any(held.organization == event.actor and held.low < step.opened <= held.high for held in before):
            return True
        return any(
            event.type in TAKES_OUT.get(one["scope"], ())
            and covers(one, event.occurred_at)
            and covers(one, event.recorded_at)
            for one in self._authorized[event.actor]
        )
