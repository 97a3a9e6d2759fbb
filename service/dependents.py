"""Whose history (`graph_schema.rules.History`) is another one where some items changed.

What a history sees beyond the item's own edges and events decides that; whoever widens it adds the way here:

- hosts at any height: their stays, their custody and the transfers that open it, their facts -> everything that was
  ever inside, at any depth;
- facts of direct parts -> the units that they were ever directly inside;
- where what a unit was built of was, who held that, and its marks -> the units that it was built into, at any depth;
- what was inside of what a unit was built of, and its body -> the units that anything above it was built into;
- of vehicles: what was inside their components, at any depth -> all that these, and batteries, were ever inside of;
- masses of what went into the event that a lot came out of, and of what came out beside it -> the lots of such events;
- who else bears a name -> all that bear a name of it, then and now;
- receipts of transfers -> what the transfer names; registrations -> all that the organization had to do with, with
  what that was ever inside of, and what inside it.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Iterable
from typing import Any

import orjson

from graph_schema.answer import Handle
from graph_schema.canonical import parse_event
from graph_schema.events import AnyEvent, Receipt, Registration, Voiding
from graph_schema.identifiers.names import Name, names_of
from graph_schema.order import type_of
from graph_schema.reader import ItemRow, StayRow
from graph_schema.voiding import REGULATOR
from service.ports import EventFilter, ItemDetails, ItemFilter, ItemPlace, Snapshot, StoredEvent

PAGE = 500
BUILDS = ("ENROLMENT", "PRODUCTION", "REPURPOSING")
"""What brings a unit in with parts in it."""


class _Facts:
    """What a snapshot says of some items, by key: facts, hosts and custody."""

    def __init__(self) -> None:
        self.handles: dict[str, Handle] = {}
        self.rows: dict[str, ItemRow] = {}
        self.details: dict[str, ItemDetails] = {}
        self.stays: dict[str, list[Any]] = {}
        self.custody: dict[str, list[Any]] = {}

    @classmethod
    async def read(cls, snapshot: Snapshot, keys: Collection[str]) -> _Facts:
        """Read them."""
        facts = cls()
        facts.handles = await snapshot.keyed(keys)
        handles = list(facts.handles.values())
        names = {handle: key for key, handle in facts.handles.items()}
        facts.rows = {row.key: row for row in await snapshot.items(handles)}
        facts.details = {one.key: one for one in await snapshot.details(handles)}
        for row in await snapshot.hosts(handles):
            facts.stays.setdefault(names[row[0]], []).append(row[1:])
        for span in await snapshot.custody(handles):
            facts.custody.setdefault(names[span[0]], []).append(span[1:])
        return facts

    def of(self, key: str) -> tuple[Any, ...]:
        """What others see of the item itself."""
        details = self.details.get(key)
        return self.rows.get(key), details and (details.spec, details.producer)

    def places(self, key: str) -> tuple[Any, ...]:
        """Where it was, and who held it."""
        return sorted(self.stays.get(key, []), key=repr), sorted(self.custody.get(key, []), key=repr)

    def names(self, keys: Iterable[str]) -> set[str]:
        """What items are called, in all spellings."""
        found = {text for key in keys for text in Name(key).spellings}
        for key in keys:
            if key in self.details:
                stated = orjson.loads(self.details[key].spec).get("identifiers") or ()
                names = names_of(self.rows[key].kind, key, stated)
                found |= {text for name in names for text in name.spellings}
        return found


async def dependents(base: Snapshot, now: Snapshot, keys: Collection[str]) -> set[str]:
    """The keys of the items whose history is another one since `base` because something of these items is."""
    before, after = await _Facts.read(base, keys), await _Facts.read(now, keys)
    others = {key for key in keys if before.of(key) != after.of(key)}
    moved = others | {key for key in keys if before.places(key) != after.places(key)}
    found = await inside(now, [after.handles[key] for key in moved if key in after.handles])
    found |= await _vehicles(now, after, moved, keys)
    above = await around(now, [after.handles[key] for key in moved if key in after.handles])
    above |= await around(base, [before.handles[key] for key in moved if key in before.handles])
    found |= await _built_into(now, found.union(above, after.handles.values()))
    found |= await _beside(now, [after.handles[key] for key in others if key in after.handles])
    handles = [row.key for row in await now.items(list(found))]
    names = before.names(others) | after.names(others)
    bearers = [handle for _, handle in await now.identified(names)] if names else []
    bearers += (await now.keyed(names)).values()
    return {*handles, *(row.key for row in await now.items(bearers))}


async def _built_into(now: Snapshot, parts: Collection[Handle]) -> set[Handle]:
    """The units that parts were built into as these came in, at any depth."""
    found: set[Handle] = set()
    while parts:
        stays = [row for row in await now.hosts(list(parts)) if type_of(row[2]) in BUILDS]
        born = {row.handle: row.born for row in await now.items(list({end for row in stays for end in row[:2]}))}
        parts = {row[1] for row in stays if born[row[0]] < born[row[1]] == row[2]} - found
        found |= parts
    return found


async def _vehicles(now: Snapshot, after: _Facts, moved: set[str], keys: Collection[str]) -> set[Handle]:
    """What components, or the hosts of batteries that moved, were ever inside of, at any height."""
    kinds = {key: after.rows[key].kind for key in keys if key in after.rows}
    hosts = {after.handles[key] for key, kind in kinds.items() if kind == "COMPONENT"}
    hosts |= {stay[0] for key in moved if kinds.get(key) == "BATTERY" for stay in after.stays.get(key, ())}
    return await around(now, list(hosts)) if hosts else set()


async def inside(now: Snapshot, hosts: list[Handle]) -> set[Handle]:
    """All that was ever inside, at any depth."""
    return await _reached(now.parts, 0, hosts)


async def around(now: Snapshot, parts: list[Handle]) -> set[Handle]:
    """All that they were ever inside of, at any height."""
    return await _reached(now.hosts, 1, parts)


async def _reached(
    stays: Callable[[list[Handle]], Awaitable[list[StayRow]]], end: int, level: list[Handle]
) -> set[Handle]:
    """What stays lead to, level by level."""
    found: set[Handle] = set()
    while level:
        level = list({row[end] for row in await stays(level)} - found)
        found |= set(level)
    return found


async def _beside(now: Snapshot, items: list[Handle]) -> set[Handle]:
    """The direct hosts, the lots that items went into, and the lots that came out beside them."""
    if not items:
        return set()
    hosts = {row[1] for row in await now.hosts(items)}
    events = {event for _, event, _ in await now.consumptions(items)}
    events |= {row.born for row in await now.items(items) if row.kind == "LOT"}
    outputs = {item for _, item in await now.outputs(list(events))} if events else set()
    lots = {row.handle for row in await now.items(list(outputs)) if row.kind == "LOT"}
    return hosts | lots


async def told_about(base: int, now: Snapshot) -> AsyncIterator[list[str]]:
    """The keys, page by page, of items of which receipts, registrations or voidings since `base` say something.

    Keys may come more than once. Not all of them need to be known.
    """
    organizations: set[str] = set()
    async for page in _pages(now, EventFilter(types=("RECEIPT", "REGISTRATION", "VOIDING")), base):
        events = await _with_voided(now, page)
        organizations |= {event.organization.key for event in events if isinstance(event, Registration)}
        if receipts := [event for event in events if isinstance(event, Receipt)]:
            yield await _touched(now, [*receipts])
    for organization in sorted(organizations):
        async for keys in _of(organization, now):
            yield keys


async def _with_voided(now: Snapshot, page: list[StoredEvent]) -> list[AnyEvent]:
    """Events, and what voidings among them void, over any number of voidings; a new regulator's count from now on."""
    found = _parsed(page)
    raised = [event.organization.key for event in found if isinstance(event, Registration) and _is_regulator(event)]
    for organization in raised:
        async for more in _pages(now, EventFilter(types=("VOIDING",), actor=organization)):
            found += _parsed(more)
    followed: set[str] = set()
    level = found
    while voided := {event.voids for event in level if isinstance(event, Voiding)} - followed:
        followed |= voided
        level = _parsed(await now.stored(voided))
        found = found + level
    return found


def _is_regulator(event: Registration) -> bool:
    return REGULATOR in (event.organization.roles or ())


async def _pages(now: Snapshot, where: EventFilter, after: int | None = None) -> AsyncIterator[list[StoredEvent]]:
    while page := await now.event_page(where, after, PAGE):
        yield page
        after = page[-1].sequence


async def _of(organization: str, now: Snapshot) -> AsyncIterator[list[str]]:
    """What an organization made, held, or reported of."""
    place: ItemPlace | None = None
    while items := await now.item_page(ItemFilter(party=organization), place, PAGE):
        place = ItemPlace(items[-1][1])
        yield await _joined(now, {key for _, key in items})
    async for events in _pages(now, EventFilter(actor=organization)):
        yield await _touched(now, _parsed(events))


async def _touched(now: Snapshot, events: list[AnyEvent]) -> list[str]:
    """What events name, receipts by their transfers, and what that was joined with."""
    if transfers := {event.transfer for event in events if isinstance(event, Receipt)}:
        events = [*events, *_parsed(await now.stored(transfers))]
    return await _joined(now, {key for event in events for key in event.named_keys()})


async def _joined(now: Snapshot, keys: set[str]) -> list[str]:
    """Items, what they were ever inside of, and what inside them: what happens to one may happen to the other. The end
    of a host is one of its parts, too, and the end of a part takes it out of its host."""
    handles = list((await now.keyed(keys)).values())
    joined = await inside(now, handles) | await around(now, handles)
    return sorted(keys | {row.key for row in await now.items(list(joined))})


def _parsed(records: Iterable[StoredEvent]) -> list[AnyEvent]:
    return [parse_event(record.payload)[0] for record in records if record.payload is not None]
