"""The events that concern an organization: it is their actor, or a party of an item that they name. Those *about* it
are registrations as well, and receipts and voidings of events that name such an item.

Which items an event names, only its payload says; so stores that keep a graph read records page by page, and ask of
what they name whether the organization is a party of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from graph_schema.canonical import parse_event
from service.ports import StoredEvent

PAGE = 500
"""So many records are read at once."""

Page = Callable[[int | None, int, bool], Awaitable[list[StoredEvent]]]
"""Records after a sequence number, at most so many; or before it, the last first."""
Concerned = Callable[[Collection[str]], Awaitable[set[str]]]
"""Which of the items of these keys the organization is a party of."""
Stored = Callable[[Collection[str]], Awaitable[list[StoredEvent]]]
"""Records by event id."""


class Concerning:
    """The records of a page source that concern an organization, in order."""

    def __init__(self, organization: str, page: Page, concerned: Concerned, stored: Stored | None = None) -> None:
        """`stored` is given where all that is about the organization is asked for."""
        self._organization = organization
        self._page = page
        self._concerned = concerned
        self._stored = stored

    async def page(self, after: int | None, limit: int, reverse: bool) -> list[StoredEvent]:
        """At most so many records after a sequence number, or before it."""
        found: list[StoredEvent] = []
        while len(found) < limit:
            records = await self._page(after, PAGE, reverse)
            found += await self._among(records)
            if len(records) < PAGE:
                break
            after = records[-1].sequence
        return found[:limit]

    async def count(self) -> int:
        """How many there are; reads all."""
        count, after = 0, None
        while True:
            records = await self._page(after, PAGE, False)
            count += len(await self._among(records))
            if len(records) < PAGE:
                return count
            after = records[-1].sequence

    async def _among(self, records: list[StoredEvent]) -> list[StoredEvent]:
        others = [record for record in records if not self._is_theirs(record)]
        named = await self._named(others)
        keys = {key for keys in named.values() for key in keys}
        theirs = await self._concerned(keys) if keys else set()
        return [
            record
            for record in records
            if self._is_theirs(record) or not theirs.isdisjoint(named.get(record.event_id, ()))
        ]

    def _is_theirs(self, record: StoredEvent) -> bool:
        return record.actor == self._organization or (self._stored is not None and record.type == "REGISTRATION")

    async def _named(self, records: list[StoredEvent]) -> dict[str, list[str]]:
        """The keys of the items that records name, each by its id; or, asked what is about whom, that their targets
        name."""
        events = {record.event_id: parse_event(record.payload)[0] for record in records if record.payload is not None}
        named = {event_id: event.named_keys() for event_id, event in events.items()}
        targets = {event_id: target for event_id, event in events.items() if (target := event.refers_to) is not None}
        if self._stored is not None and targets:
            told = await self._stored(set(targets.values()))
            keys = {one.event_id: parse_event(one.payload)[0].named_keys() for one in told if one.payload is not None}
            named |= {event_id: keys.get(target, []) for event_id, target in targets.items()}
        return named
