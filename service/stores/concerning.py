"""The events that concern an organization: it is their actor, or a party of an item that they name. Those *about* it
are registrations as well, and all that is in the history of such an item.

Which items an event names, only its payload says; so stores that keep a graph read records page by page, and ask of
what they name whether the organization is a party of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from graph_schema.canonical import parse_event
from service.ports import Snapshot, StoredEvent

PAGE = 500
"""So many records are read at once."""

Page = Callable[[int | None, int, bool], Awaitable[list[StoredEvent]]]
"""Records after a sequence number, at most so many; or before it, the last first."""
Concerned = Callable[[Collection[str]], Awaitable[set[str]]]
"""Which of the items of these keys the organization is a party of."""


class Concerning:
    """The records of a page source that concern an organization, in order."""

    def __init__(self, organization: str, page: Page, concerned: Concerned, about: Snapshot | None = None) -> None:
        """`about` is given where all that is about the organization is asked for."""
        self._organization = organization
        self._page = page
        self._concerned = concerned
        self._about = about

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
        found = {record.event_id for record in records if self._is_theirs(record)}
        others = [record for record in records if record.event_id not in found]
        if self._about is None:
            found |= await self._concerning(_named(others))
        else:
            found |= await self._concerning(await self._about.named([record.event_id for record in others]))
            others = [record for record in others if record.event_id not in found]
            found |= await self._concerning(await self._about.touched([record.event_id for record in others]))
        return [record for record in records if record.event_id in found]

    def _is_theirs(self, record: StoredEvent) -> bool:
        return record.actor == self._organization or (self._about is not None and record.type == "REGISTRATION")

    async def _concerning(self, rows: list[tuple[str, str]]) -> set[str]:
        """Those of the events of rows (event id, key) of whose items the organization is a party."""
        keys = {key for _, key in rows}
        theirs = await self._concerned(keys) if keys else set()
        return {event_id for event_id, key in rows if key in theirs}


def _named(records: list[StoredEvent]) -> list[tuple[str, str]]:
    events = [parse_event(record.payload)[0] for record in records if record.payload is not None]
    return [(event.event_id, key) for event in events for key in event.named_keys()]
