"""The events that concern an organization: it is their actor, or a party of an item that they name.

Which items an event names, only its payload says; so stores that keep a graph read records page by page, and ask of
what they name whether the organization is a party of it.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection

from graph_schema.canonical import parse_event
from service.ports import StoredEvent

PAGE = 500
"""So many records are read at once."""

Page = Callable[[int, int], Awaitable[list[StoredEvent]]]
"""Records after a sequence number, at most so many."""
Concerned = Callable[[Collection[str]], Awaitable[set[str]]]
"""Which of the items of these keys the organization is a party of."""


class Concerning:
    """The records of a page source that concern an organization, in order."""

    def __init__(self, organization: str, page: Page, concerned: Concerned) -> None:
        self._organization = organization
        self._page = page
        self._concerned = concerned

    async def page(self, after: int, limit: int) -> list[StoredEvent]:
        """At most so many records after a sequence number."""
        found: list[StoredEvent] = []
        while len(found) < limit:
            records = await self._page(after, PAGE)
            found += await self._among(records)
            if len(records) < PAGE:
                break
            after = records[-1].sequence
        return found[:limit]

    async def count(self) -> int:
        """How many there are; reads all."""
        count = after = 0
        while records := await self._page(after, PAGE):
            count += len(await self._among(records))
            after = records[-1].sequence
        return count

    async def _among(self, records: list[StoredEvent]) -> list[StoredEvent]:
        named = {
            record.event_id: parse_event(record.payload)[0].named_keys()
            for record in records
            if record.actor != self._organization and record.payload is not None
        }
        keys = {key for keys in named.values() for key in keys}
        theirs = await self._concerned(keys) if keys else set()
        return [
            record
            for record in records
            if record.actor == self._organization or not theirs.isdisjoint(named.get(record.event_id, ()))
        ]
