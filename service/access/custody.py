"""Whose custody counts: what an organization made, or was given.

An event is a claim. Who reports that it passed on, took out or put in what it never had does not come to see it: a span
of custody, or a stay inside something, counts where the event that opened it was reported by whoever had the item until
then, or by an organization that holds an authorization at that time (a repairer, outlet or recycler takes out what
nobody handed over before), or where the item came into being by it.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from graph_schema.answer import Handle
from graph_schema.order import Position, moment_of
from graph_schema.windows import END
from service.organizations import stated
from service.ports import Snapshot


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


class Authorized(NamedTuple):
    """When an organization may do something."""

    since: datetime | None
    until: datetime | None


class Custody:
    """Reads whose custody counts, for many items at once, at one moment of knowledge."""

    def __init__(self, whole: Snapshot) -> None:
        self._whole = whole
        self._born: dict[Handle, Position] = {}
        self._steps: dict[Handle, list[Step]] = {}
        self._actors: dict[Position, str] = {}
        self._authorized: dict[str, list[Authorized]] = {}
        self._held: dict[Handle, list[Held]] = {}

    async def of(self, items: Collection[Handle], organization: str) -> set[Handle]:
        """Those of the items that an organization made, or had at some time in a way that counts."""
        await self._load(items)
        return {
            item
            for item in items
            if self._actors[self._born[item]] == organization
            or any(held.organization == organization for held in self._holders(item))
        }

    async def _load(self, items: Collection[Handle]) -> None:
        """Read the items and, level by level, what they were ever in."""
        level = [item for item in items if item not in self._steps]
        opened: set[Position] = set()
        while level:
            steps: dict[Handle, list[Step]] = defaultdict(list)
            for row in await self._whole.items(level):
                self._born[row.handle] = row.born
                opened.add(row.born)
            for item, organization, low, high in await self._whole.custody(level):
                steps[item].append(Step(low, high or END, organization, None))
            for item, host, low, high, _ in await self._whole.hosts(level):
                steps[item].append(Step(low, high or END, None, host))
            for item in level:
                self._steps[item] = sorted(steps[item], key=lambda step: step.opened)
                opened.update(step.opened for step in steps[item])
            level = list({step.host for found in steps.values() for step in found if step.host is not None})
            level = [item for item in level if item not in self._steps]
        missing = opened.difference(self._actors)
        for event in await self._whole.events(missing) if missing else ():
            self._actors[event.position] = event.actor
        for actor in set(self._actors.values()).difference(self._authorized):
            self._authorized[actor] = await self._authorizations(actor)

    async def _authorizations(self, organization: str) -> list[Authorized]:
        fields: dict[str, Any] = stated(await self._whole.registrations(organization), END)
        return [
            Authorized(_moment(one.get("validFrom")), _moment(one.get("validTo")))
            for one in fields.get("authorizations", ())
        ]

    def _holders(self, item: Handle) -> list[Held]:
        """Who had an item, in a way that counts."""
        if item not in self._held:
            found = self._held[item] = []
            for step in self._steps[item]:
                if self._counts(item, step, found):
                    found += self._passed(step)
        return self._held[item]

    def _passed(self, step: Step) -> list[Held]:
        if step.organization is not None:
            return [Held(step.organization, step.opened, step.closed)]
        spans = (
            Held(held.organization, max(held.low, step.opened), min(held.high, step.closed))
            for held in self._holders(step.host)
        )
        return [span for span in spans if span.low < span.high]

    def _counts(self, item: Handle, step: Step, before: list[Held]) -> bool:
        actor = self._actors[step.opened]
        if step.opened == self._born[item]:
            return True
        if any(held.organization == actor and held.low < step.opened <= held.high for held in before):
            return True
        at = moment_of(step.opened)
        return any(
            (one.since is None or one.since <= at) and (one.until is None or at < one.until)
            for one in self._authorized[actor]
        )


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
