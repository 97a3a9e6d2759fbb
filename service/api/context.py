"""What one request knows: the store, the moment of knowledge it is pinned to, and bulk loaders."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Coroutine
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple, TypeVar

from graphql import GraphQLError
from strawberry.dataloader import DataLoader
from strawberry.fastapi import BaseContext

from graph_schema.order import Position, cut_after
from graph_schema.reader import ItemRow
from graph_schema.status import ItemStatus, statuses
from graph_schema.windows import END
from service.access.asker import Asker
from service.access.guard import Known
from service.access.identity import Identity
from service.access.sight import Sight
from service.access.viewer import EVERYBODY, Role
from service.clients import client_address
from service.feed import Feed
from service.items import born_before
from service.metrics import Metrics
from service.ports import ItemDetails, Snapshot, Store, StoredEvent
from service.running import run
from service.settings import Settings

T = TypeVar("T")


class Moment(NamedTuple):
    """What an answer is about: the world at `as_of` (None: the end of time), as the first `sequence` records say."""

    sequence: int
    as_of: datetime | None

    @property
    def cut(self) -> Position:
        """The position that `as_of` cuts at."""
        return END if self.as_of is None else cut_after(self.as_of)


class Context(BaseContext):
    """The context of one request."""

    def __init__(
        self,
        store: Store,
        settings: Settings,
        asker: Asker | None = None,
        feed: Feed | None = None,
        metrics: Metrics | None = None,
    ) -> None:
        super().__init__()
        self.store = store
        self.settings = settings
        self.asker = asker or Asker(Identity(settings), EVERYBODY)
        self.feed = feed or Feed(store, settings.feed_interval_ms / 1000, settings.subscriptions_max)
        self.metrics = metrics or Metrics()
        self.forget()

    def forget(self) -> None:
        """Begin anew: a later operation of the same connection is about another moment."""
        self._pinned: int | None = None
        self._known: dict[int, Known] = {}
        self.details: DataLoader[tuple[int, Any], ItemDetails | None] = DataLoader(self._load_details)
        self.rows: DataLoader[tuple[int, Any], ItemRow | None] = DataLoader(self._load_rows)
        self.records: DataLoader[tuple[int, str], StoredEvent | None] = DataLoader(self._load_records)
        self.stated: DataLoader[tuple[Moment, str], dict[str, Any]] = DataLoader(self._load_stated)
        """What an organization has registered of itself, empty where it has not."""
        self.status: DataLoader[tuple[Moment, Any], ItemStatus] = DataLoader(self._load_status)

    def fork(self) -> Context:
        """The same for one more operation of a connection."""
        made = Context(self.store, self.settings, self.asker, self.feed, self.metrics)
        made.request, made.response = self.request, self.response
        return made

    @property
    def sight(self) -> Sight:
        """What the viewer may see."""
        return self.asker.sight

    @property
    def client(self) -> str:
        """Whose share of what is limited this takes: of a viewer with a token, else of an address."""
        viewer = self.asker.viewer
        if viewer.name and self.asker.identity.configured:
            return f"{viewer.organization or ''} {viewer.name}"
        return "" if self.request is None else client_address(self.request.scope, self.settings.proxies)

    @property
    def budget(self) -> int:
        """What one operation of this viewer may cost."""
        cost_max: int = getattr(self.settings, self.budget_setting)
        return cost_max

    @property
    def budget_setting(self) -> str:
        """Which setting says so: it goes by the viewer's role."""
        if not self.asker.identity.configured:
            return "cost_max"
        if self.asker.viewer.sees_all:
            return "cost_max_regulator"
        return "cost_max_public" if self.asker.viewer.role is Role.PUBLIC else "cost_max"

    async def moment(self, as_of: datetime | None, known_at: datetime | None, above: Moment | None = None) -> Moment:
        """The moment that arguments name; what they leave out is inherited, or now."""
        if known_at is not None:
            sequence = await run(self.store, lambda: self.store.sequence_at(known_at))
        elif above is not None:
            sequence = above.sequence
        else:
            if self._pinned is None:
                self._pinned = await run(self.store, lambda: self.store.sequence_at(None))
            sequence = self._pinned
        if as_of is None and above is not None:
            as_of = above.as_of
        return Moment(sequence, as_of)

    async def read(self, moment: Moment, question: Callable[[Snapshot], Coroutine[Any, Any, T]]) -> T:
        """Ask a snapshot at a moment, as the viewer may see it."""
        known = self._known.setdefault(moment.sequence, Known())
        return await self.read_whole(moment, lambda snapshot: question(self.sight.on(snapshot, known)))

    async def read_whole(self, moment: Moment, question: Callable[[Snapshot], Coroutine[Any, Any, T]]) -> T:
        """Ask a snapshot at a moment, nothing withheld: only what may be told of items that are in sight."""

        async def ask() -> T:
            async with self.store.snapshot(moment.sequence) as snapshot:
                return await question(snapshot)

        return await run(self.store, ask)

    async def _load_rows(self, keys: list[tuple[int, Any]]) -> list[ItemRow | None]:
        found: dict[tuple[int, Any], ItemRow] = {}
        for sequence, handles in _by_sequence(keys).items():
            for row in await self.read(Moment(sequence, None), lambda snapshot, ask=handles: snapshot.items(ask)):  # type: ignore[misc]
                found[sequence, row.handle] = row
        return [found.get(key) for key in keys]

    async def _load_records(self, keys: list[tuple[int, str]]) -> list[StoredEvent | None]:
        found: dict[tuple[int, str], StoredEvent] = {}
        for sequence, ids in _by_sequence(keys).items():
            for record in await self.read(Moment(sequence, None), lambda snapshot, ask=ids: snapshot.stored(ask)):  # type: ignore[misc]
                found[sequence, record.event_id] = record
        return [found.get(key) for key in keys]

    async def _load_details(self, keys: list[tuple[int, Any]]) -> list[ItemDetails | None]:
        found: dict[tuple[int, Any], ItemDetails] = {}
        for sequence, handles in _by_sequence(keys).items():
            for row in await self.read(Moment(sequence, None), lambda snapshot, ask=handles: snapshot.details(ask)):  # type: ignore[misc]
                found[sequence, row.handle] = row
        return [found.get(key) for key in keys]

    async def _load_stated(self, keys: list[tuple[Moment, str]]) -> list[dict[str, Any]]:
        found: dict[tuple[Moment, str], dict[str, Any]] = {}
        for moment in {moment for moment, _ in keys}:
            wanted = [key for at, key in keys if at == moment]
            question = partial(_stated, wanted=wanted, moment=moment)
            found |= {(moment, key): fields for key, fields in (await self.read(moment, question)).items()}
        return [found.get(key, {}) for key in keys]

    async def _load_status(self, keys: list[tuple[Moment, Any]]) -> list[ItemStatus | Exception]:
        found: dict[tuple[Moment, Any], ItemStatus] = {}
        for moment in {moment for moment, _ in keys}:
            handles = [handle for at, handle in keys if at == moment]
            ask = partial(_statuses, handles=handles, moment=moment)
            for handle, status in (await self.read_whole(moment, ask)).items():
                found[moment, handle] = status
        unknown = GraphQLError("asOf, knownAt: the item is not known then")
        return [found.get(key, unknown) for key in keys]


def _by_sequence(keys: list[tuple[int, Any]]) -> dict[int, list[Any]]:
    found: dict[int, list[Any]] = {}
    for sequence, key in keys:
        found.setdefault(sequence, []).append(key)
    return found


async def _stated(snapshot: Snapshot, wanted: list[str], moment: Moment) -> dict[str, dict[str, Any]]:
    return await snapshot.registered(wanted, moment.cut)


async def _statuses(snapshot: Snapshot, handles: list[Any], moment: Moment) -> dict[Any, ItemStatus]:
    rows = await born_before(snapshot, handles, moment.cut)
    return await statuses(snapshot, {row.handle: row for row in rows}, moment.cut)


def global_id(type_name: str, key: str) -> str:
    """An opaque id for a type and a key."""
    return base64.urlsafe_b64encode(f"{type_name}:{key}".encode()).decode().rstrip("=")


def from_global_id(text: str, argument: str = "id") -> tuple[str, str]:
    """Type and key of a global id. Raises GraphQLError naming the argument."""
    try:
        type_name, _, key = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        type_name = key = ""
    if not key:
        raise GraphQLError(f"{argument}: {text!r} is no id of this service; take one from an `id` field")
    return type_name, key
