"""Whose custody counts: what an organization made, or was given.

An event is a claim. Who reports that it passed on, took out or put in what it never had does not come to see it: a span
of custody, or a stay inside something, counts where the event that opened it was reported by whoever had the item until
then, or by an organization that holds an authorization at that time (a repairer, outlet or recycler takes out what
nobody handed over before), or where the item came into being by it.
"""

from __future__ import annotations

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from graph_schema.answer import Handle
from graph_schema.order import Position, moment_of
from graph_schema.windows import END
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
    """Reads whose custody counts, for many items at once. It keeps what it found out of organizations at one moment of
    knowledge; several may ask at the same time."""

    def __init__(self) -> None:
        self._authorized: dict[str, list[Authorized]] = {}

    async def of(self, whole: Snapshot, items: Collection[Handle], organization: str) -> set[Handle]:
        """Those of the items that an organization made, or had at some time in a way that counts."""
        facts = await self._facts(whole, items)
        return {item for item in items if facts.concern(item, organization)}

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
        opened = {*born.values(), *(step.opened for found in steps.values() for step in found)}
        actors = {event.position: event.actor for event in await whole.events(opened)}
        missing = set(actors.values()).difference(self._authorized)
        registered = await whole.registered(missing, END) if missing else {}
        self._authorized.update({actor: _authorizations(registered.get(actor, {})) for actor in missing})
        for found in steps.values():
            found.sort(key=lambda step: step.opened)
        return Facts(born, steps, actors, self._authorized)


class Facts:
    """What was read of some items and of all that they were ever in."""

    def __init__(
        self,
        born: dict[Handle, Position],
        steps: dict[Handle, list[Step]],
        actors: dict[Position, str],
        authorized: dict[str, list[Authorized]],
    ) -> None:
        self._born = born
        self._steps = steps
        self._actors = actors
        self._authorized = authorized
        self._held: dict[Handle, list[Held]] = {}

    def concern(self, item: Handle, organization: str) -> bool:
        """Whether an organization made an item, or had it in a way that counts."""
        made = self._actors[self._born[item]] == organization
        return made or any(held.organization == organization for held in self._holders(item))

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


def _authorizations(fields: dict[str, Any]) -> list[Authorized]:
    return [
        Authorized(_moment(one.get("validFrom")), _moment(one.get("validTo")))
        for one in fields.get("authorizations", ())
    ]


def _moment(text: str | None) -> datetime | None:
    return None if text is None else datetime.fromisoformat(text)
