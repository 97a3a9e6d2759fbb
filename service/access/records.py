"""Records of the log as a viewer may see them: whole, in outline, or not at all, and what problems tell of others."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection

from graph_schema.answer import Handle
from graph_schema.canonical import parse_event
from graph_schema.outcome import Problem
from service.access.custody import NOBODY
from service.access.viewer import Viewer
from service.ports import EventFilter, Snapshot, StoredEvent

MANY = 500
"""So many events or organizations are looked through at once."""
CODE = "WITHHELD"
WITHHELD = "withheld: it concerns another party"
WAY_OUT = {
    "EVENT_ID_REUSED": "this id is in use; send a new one",
    "NOT_ENTITLED": "only its actor or a regulator voids it",
}
"""What is said instead of problems that name another's event: no more than their code does."""
UNTOLD = frozenset([WITHHELD, *WAY_OUT.values()])
"""The messages of problems that do not tell all."""

Keyed = Callable[[Collection[str]], Awaitable[dict[str, Handle]]]
"""Of some keys those of items that the viewer sees in full."""
Parties = Callable[[Collection[Handle], str], Awaitable[set[Handle]]]
"""Those of some items that an organization is a party of, by what the viewer is told."""


class Records:
    """The records of a snapshot that withholds nothing, for a viewer."""

    def __init__(self, whole: Snapshot, viewer: Viewer, keyed: Keyed, parties: Parties) -> None:
        self._whole = whole
        self._organization = viewer.organization
        self._keyed = keyed
        self._parties = parties

    async def pages(
        self, where: EventFilter, after: int | None, size: int, reverse: bool = False
    ) -> AsyncIterator[list[StoredEvent]]:
        """What is shown of what may concern the viewer, page by page."""
        async for page in self._pages(where, after, size, reverse, self.shown):
            yield page

    async def count(self, where: EventFilter) -> int:
        """How many records of a filter are shown; what is shown of them is not made."""

        async def seen(events: list[StoredEvent]) -> list[StoredEvent]:
            found, _ = await self._seen(events)
            return [event for event in events if event.event_id in found]

        return sum([len(page) async for page in self._pages(where, None, MANY, False, seen)])

    async def _pages(
        self,
        where: EventFilter,
        after: int | None,
        size: int,
        reverse: bool,
        seen: Callable[[list[StoredEvent]], Awaitable[list[StoredEvent]]],
    ) -> AsyncIterator[list[StoredEvent]]:
        if self._organization is None:
            return
        if where.item is not None and not await self._keyed({where.item}):
            return
        other = None if where.party == self._organization else where.party
        own = where._replace(about=self._organization, party=None if other else where.party)
        while True:
            page = await self._whole.event_page(own, after, size, reverse)
            shown = await seen(page)
            yield shown if other is None else await self._concerning(other, page, shown)
            if len(page) < size:
                return
            after, size = page[-1].sequence, max(size, MANY)

    async def _concerning(self, party: str, page: list[StoredEvent], shown: list[StoredEvent]) -> list[StoredEvent]:
        """What is shown of a page that another organization reported, or that names an item in full sight which it is
        told to be a party of."""
        named = {one.event_id: parse_event(one.payload)[0].named_keys() for one in page if one.payload is not None}
        full = await self._keyed({key for keys in named.values() for key in keys})
        theirs = await self._parties(list(full.values()), party)
        keys = {key for key, item in full.items() if item in theirs}
        return [one for one in shown if one.actor == party or not keys.isdisjoint(named.get(one.event_id, ()))]

    async def asked(self, event_ids: Collection[str]) -> list[StoredEvent]:
        """What is shown of events that were asked for by their ids; what is not there takes the same statements as what
        is withheld."""
        return await self.shown(await self._whole.stored(event_ids), asked=True)

    async def shown(self, events: list[StoredEvent], always: bool = False, asked: bool = False) -> list[StoredEvent]:
        """The events by the viewer, or in the history of an item in full sight; of the latter only the outline where
        they name others' items, too. `always`: it is known that all are in such a history."""
        seen, full = await self._seen(events, always, asked)
        shown = []
        for event in events:
            whole = seen.get(event.event_id)
            if whole:
                shown.append(_unchained(event, await self.told(event.problems)))
            elif whole is not None:
                problems = [_outlined(one, full) for one in await self.told(event.problems)]
                shown.append(_unchained(event, tuple(problems))._replace(payload=None))
        return shown

    async def _seen(
        self, events: list[StoredEvent], always: bool = False, asked: bool = False
    ) -> tuple[dict[str, bool], Collection[str]]:
        """Of the events those that are shown, by id: whether whole, else in outline; and of the keys that they have to
        do with, those of items in full sight."""
        others = [event.event_id for event in events if not self._says(event)]
        ids = others or ([NOBODY] if asked else [])
        named = _by_event(await self._whole.named(ids))
        touched = _by_event(await self._whole.touched(ids)) if asked else {}
        keys = {key for about in (named, touched) for keys in about.values() for key in keys}
        full = await self._keyed(keys or {NOBODY} if asked else keys)
        if not asked and not always:
            rest = [event_id for event_id in others if full.keys().isdisjoint(named[event_id])]
            touched = _by_event(await self._whole.touched(rest)) if rest else {}
            full |= await self._keyed({key for keys in touched.values() for key in keys})
        found = {event.event_id: True for event in events if self._says(event)}
        for event_id in others:
            seen = [key in full for key in named[event_id]]
            if always or any(seen) or any(key in full for key in touched.get(event_id, ())):
                found[event_id] = bool(seen) and all(seen)
        return found, full

    def _says(self, event: StoredEvent) -> bool:
        """Whether an event is the viewer's own, or public."""
        return event.actor == self._organization or event.type == "REGISTRATION"

    async def told(self, problems: tuple[Problem, ...]) -> tuple[Problem, ...]:
        """Problems of an event, without what they say of others' items and events."""
        keys = {problem.key for problem in problems if problem.key is not None}
        others = {problem.conflicts_with for problem in problems if problem.conflicts_with is not None}
        if not keys and not others:
            return problems
        hidden = set(await self._whole.keyed(keys)).difference(await self._keyed(keys))
        stored = await self._whole.stored(others)
        own = {event.event_id for event in stored if event.actor == self._organization}
        return tuple(_without(problem, hidden, own) for problem in problems)


def _by_event(rows: list[tuple[str, str]]) -> dict[str, list[str]]:
    """The keys of rows (event id, key), by event."""
    found: dict[str, list[str]] = defaultdict(list)
    for event_id, key in rows:
        found[event_id].append(key)
    return found


def _without(problem: Problem, hidden: Collection[str], own: Collection[str]) -> Problem:
    """A problem without what it says of others: one about a hidden item says not even of which kind it is."""
    if problem.key in hidden:
        return problem._replace(code=CODE, message=WITHHELD, field=None, conflicts_with=None)
    if problem.conflicts_with is not None and problem.conflicts_with not in own:
        return problem._replace(message=WAY_OUT.get(problem.code, WITHHELD), conflicts_with=None)
    return problem


def _outlined(problem: Problem, full: Collection[str]) -> Problem:
    """A problem of an event whose payload is withheld: nothing of what that names beside what is in sight."""
    if problem.key is None or problem.key in full:
        return problem
    return problem._replace(code=CODE, message=WITHHELD, field=None, key=None, conflicts_with=None)


def _unchained(event: StoredEvent, problems: tuple[Problem, ...]) -> StoredEvent:
    """An event without its place in the chain: from a hash and the one before it, whoever guesses a payload can tell
    whether it was that one; also from those of the events before and after it."""
    return event._replace(hash=b"", previous_hash=b"", digest=b"", problems=problems)
