"""Bulk loaders: what many fields of one answer ask for is read at once.

A loader is asked for a moment and a key. What is asked for in one turn of the event loop makes one question for each
moment; its answers are kept for the request.
"""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias, TypeVar

from strawberry.dataloader import DataLoader

from graph_schema.order import REFERRING, Position
from graph_schema.reader import ItemRow
from graph_schema.rules import Finding
from graph_schema.status import ItemStatus, statuses
from service import items
from service.access.findings import findings_in_sight
from service.access.guard import Guarded
from service.api.turns import in_turns, turns
from service.failures import Failures
from service.ports import EventFilter, ItemDetails, ItemFilter, OrganizationFilter, Snapshot, StoredEvent
from service.rule_sets import rule_sets

if TYPE_CHECKING:
    from service.api.context import Context, Moment

LOG = logging.getLogger("voltrace")
T = TypeVar("T")
Loader: TypeAlias = DataLoader[tuple["Moment", Any], T]
Question: TypeAlias = Callable[[Snapshot, list[Any], Position], Awaitable[dict[Any, Any]]]
"""Asks a snapshot for many keys as of a cut; what has no answer may be left out."""

HOSTS = 8
"""The parts of so many hosts are read at first; of more where they have few."""
FEW = 1000


class History(NamedTuple):
    """A page of an item's events."""

    item: Any
    after: Position | None
    limit: int


class Loaders:
    """The loaders of one request. What is so whatever `asOf` is asked for at `Moment.known`."""

    rows: Loader[ItemRow | None]
    keyed: Loader[ItemRow | None]
    """Items by key alone, no other identifiers."""
    named: Loader[list[ItemRow]]
    """What an event, which is the key, is about: those that are known, in the order of their keys."""
    details: Loader[ItemDetails | None]
    records: Loader[StoredEvent | None]
    organizations: Loader[bool]
    stated: Loader[dict[str, Any]]
    """What an organization has registered of itself, empty where it has not."""
    in_full: Loader[bool]
    """Whether an item is in full sight."""
    status: Loader[ItemStatus]
    hosts: Loader[ItemRow | None]
    parts: Loader[list[ItemRow]]
    vehicles: Loader[ItemRow | None]
    holders: Loader[str | None]
    custody: Loader[list[items.CustodySpan]]
    ends: Loader[str | None]
    remaining_kg: Loader[float | None]
    state_of_health: Loader[float | None]
    histories: Loader[list[StoredEvent]]
    history_counts: Loader[int]
    findings: Loader[list[Finding]]
    """All of an item, of whatever moment."""
    counts: Loader[int]
    """How many a filter finds."""

    def __init__(self, context: Context) -> None:
        self._context = context

    def __getattr__(self, name: str) -> DataLoader[Any, Any]:
        """A loader that is used for the first time: most requests need one or two."""
        if name not in _MADE:
            raise AttributeError(name)
        made = _MADE[name](self)
        setattr(self, name, made)
        return made

    def _of(self, question: Question, missing: Any = None, whole: bool = False) -> DataLoader[Any, Any]:
        async def load(wanted: list[tuple[Moment, Any]]) -> list[Any]:
            read = self._context.read_whole if whole else self._context.read
            found: dict[tuple[Moment, Any], Any] = {}
            for moment, keys in _by_moment(wanted).items():

                async def ask(snapshot: Snapshot, moment: Moment = moment, keys: list[Any] = keys) -> dict[Any, Any]:
                    return await question(snapshot, keys, moment.cut)

                found |= {(moment, key): answer for key, answer in (await read(moment, ask)).items()}
            return [found.get(each, missing) for each in wanted]

        return DataLoader(load)

    async def _load_keyed(self, wanted: list[tuple[Moment, str]]) -> list[ItemRow | None]:
        found: dict[tuple[Moment, str], ItemRow] = {}
        for moment, keys in _by_moment(wanted).items():
            found |= {(moment, key): row for key, row in (await self._keyed(moment, keys)).items()}
        return [found.get(each) for each in wanted]

    async def _load_named(self, wanted: list[tuple[Moment, StoredEvent]]) -> list[list[ItemRow]]:
        """Some events name thousands of items, so others have their turns meanwhile."""
        found: dict[tuple[Moment, StoredEvent], list[ItemRow]] = {}
        for moment, events in _by_moment(wanted).items():
            ids = [event.event_id for event in events]
            told = await self._context.read_whole(moment, lambda snapshot, ids=ids: snapshot.named(ids))  # type: ignore[misc]
            named: dict[str, set[str]] = {event_id: set() for event_id in ids}
            async for some in in_turns(told):
                for event_id, key in some:
                    named[event_id].add(key)
            self._context.spending.check(sum(len(named[one.event_id]) for one in events if _says_itself(one)), "items")
            rows = await self._keyed(moment, list(set().union(*named.values())))
            full = {row.handle for row in rows.values()}
            if not all(map(_says_itself, events)):
                full = set(await self._context.read(moment, partial(_in_full, handles=list(full), cut=moment.cut)))
            for event in events:
                await turns().wait()
                seen = [rows[key] for key in sorted(named[event.event_id]) if key in rows]
                found[moment, event] = [row for row in seen if row.handle in full or _says_itself(event)]
            self._context.spending.check(sum(len(found[moment, event]) for event in events), "items")
        return [found[each] for each in wanted]

    async def _keyed(self, moment: Moment, keys: list[str]) -> dict[str, ItemRow]:
        """Items by key. What is withheld and what does not exist are asked for alike."""
        there = await self._context.read_whole(moment, lambda snapshot: snapshot.keyed(keys))
        handles = [there.get(key) for key in keys]
        rows = await self._context.read(moment, lambda snapshot: snapshot.items(handles))
        return {row.key: row for row in rows}

    async def _findings(self, snapshot: Snapshot, handles: list[Any], cut: Position) -> dict[Any, list[Finding]]:
        sets = rule_sets(self._context.settings.rules.split())
        found = await findings_in_sight(snapshot, handles, cut, sets)
        for line in Failures(found.failures).lines():
            LOG.error("%s", line)
        self._context.spending.check(sum(map(len, found.of.values())), "findings")
        return dict(found.of)

    async def _parts(self, snapshot: Snapshot, hosts: list[Any], cut: Position) -> dict[Any, list[ItemRow]]:
        """The parts in the order of their keys; read host by host where they have many, and no more than may be shown.

        Raises GraphQLError naming the limit.
        """
        found: dict[Any, list[ItemRow]] = {}
        start, size, count = 0, HOSTS, 0
        while start < len(hosts):
            parts = await items.parts_of(snapshot, hosts[start : start + size], cut)
            handles = [handle for each in parts.values() for handle in each]
            count += len(handles)
            self._context.spending.check(count, "parts")
            rows = {row.handle: row for row in await snapshot.items(handles)}
            for host, each in parts.items():
                found[host] = sorted((rows[one] for one in each if one in rows), key=lambda row: row.key)
            start, size = start + size, size * 2 if len(handles) < FEW else size
        return found


def _by_moment(wanted: Iterable[tuple[Moment, Any]]) -> dict[Moment, list[Any]]:
    found: dict[Moment, list[Any]] = {}
    for moment, key in wanted:
        found.setdefault(moment, []).append(key)
    return found


def _says_itself(event: StoredEvent) -> bool:
    """Whether the viewer reads in the event itself which items it is about; else only those in full sight are told."""
    return event.payload is not None and event.type not in REFERRING


async def _rows(snapshot: Snapshot, handles: list[Any], cut: Position) -> dict[Any, ItemRow]:
    return {row.handle: row for row in await snapshot.items(handles)}


async def _details(snapshot: Snapshot, handles: list[Any], cut: Position) -> dict[Any, ItemDetails]:
    return {row.handle: row for row in await snapshot.details(handles)}


async def _records(snapshot: Snapshot, event_ids: list[str], cut: Position) -> dict[str, StoredEvent]:
    return {record.event_id: record for record in await snapshot.stored(event_ids)}


async def _organizations(snapshot: Snapshot, keys: list[str], cut: Position) -> dict[str, bool]:
    return dict.fromkeys(await snapshot.are_organizations(keys), True)


async def _stated(snapshot: Snapshot, keys: list[str], cut: Position) -> dict[str, dict[str, Any]]:
    return await snapshot.registered(keys, cut)


async def _in_full(snapshot: Snapshot, handles: list[Any], cut: Position) -> dict[Any, bool]:
    full = await snapshot.full(handles) if isinstance(snapshot, Guarded) else handles
    return dict.fromkeys(full, True)


async def _statuses(snapshot: Snapshot, handles: list[Any], cut: Position) -> dict[Any, ItemStatus]:
    rows = await items.born_before(snapshot, handles, cut)
    return await statuses(snapshot, {row.handle: row for row in rows}, cut)


async def _hosts(snapshot: Snapshot, handles: list[Any], cut: Position) -> dict[Any, ItemRow]:
    hosts = await items.hosts_of(snapshot, handles, cut)
    rows = {row.handle: row for row in await snapshot.items(list(set(hosts.values())))}
    return {item: rows[host] for item, host in hosts.items() if host in rows}


async def _histories(snapshot: Snapshot, pages: list[History], cut: Position) -> dict[History, list[StoredEvent]]:
    found: dict[History, list[StoredEvent]] = {}
    for after, limit in {(page.after, page.limit) for page in pages}:
        handles = [page.item for page in pages if (page.after, page.limit) == (after, limit)]
        events = await snapshot.history(handles, cut, after, limit)
        found |= {History(item, after, limit): told for item, told in events.items()}
    return found


async def _history_counts(snapshot: Snapshot, handles: list[Any], cut: Position) -> dict[Any, int]:
    return await snapshot.history_count(handles, cut)


async def _counts(
    snapshot: Snapshot, filters: list[ItemFilter | EventFilter | OrganizationFilter], cut: Position
) -> dict[Any, int]:
    found: dict[Any, int] = {}
    for where in filters:
        if isinstance(where, ItemFilter):
            found[where] = await snapshot.item_count(where)
        elif isinstance(where, EventFilter):
            found[where] = await snapshot.event_count(where)
        else:
            found[where] = await snapshot.organization_count(where)
    return found


_MADE: dict[str, Callable[[Any], DataLoader[Any, Any]]] = {
    "rows": lambda loaders: loaders._of(_rows),
    "keyed": lambda loaders: DataLoader(loaders._load_keyed),
    "named": lambda loaders: DataLoader(loaders._load_named),
    "details": lambda loaders: loaders._of(_details),
    "records": lambda loaders: loaders._of(_records),
    "organizations": lambda loaders: loaders._of(_organizations, False),
    "stated": lambda loaders: loaders._of(_stated, {}),
    "in_full": lambda loaders: loaders._of(_in_full, False),
    "status": lambda loaders: loaders._of(_statuses, ItemStatus.AVAILABLE, whole=True),
    "hosts": lambda loaders: loaders._of(_hosts),
    "parts": lambda loaders: loaders._of(loaders._parts, []),
    "vehicles": lambda loaders: loaders._of(items.vehicles_of),
    "holders": lambda loaders: loaders._of(items.holders_of),
    "custody": lambda loaders: loaders._of(items.custody_of, []),
    "ends": lambda loaders: loaders._of(items.ends_of),
    "remaining_kg": lambda loaders: loaders._of(items.remaining_kg),
    "state_of_health": lambda loaders: loaders._of(items.states_of_health),
    "histories": lambda loaders: loaders._of(_histories, []),
    "history_counts": lambda loaders: loaders._of(_history_counts, 0),
    "findings": lambda loaders: loaders._of(loaders._findings, []),
    "counts": lambda loaders: loaders._of(_counts, 0),
}
"""How the loaders are made."""
