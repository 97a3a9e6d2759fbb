"""What one request knows: the store, the moment of knowledge it is pinned to, and bulk loaders."""

from __future__ import annotations

import asyncio
import base64
import binascii
from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from graphql import GraphQLError
from strawberry.fastapi import BaseContext

from graph_schema.order import Position, cut_after
from graph_schema.windows import END
from service.access.asker import Asker
from service.access.guard import Known
from service.access.identity import Identity
from service.access.sight import Sight
from service.access.viewer import EVERYBODY, Role
from service.api.limits.spending import Spending
from service.api.loaders import Loaders
from service.clients import client_address
from service.feed import Feed
from service.metrics import Metrics
from service.ports import Snapshot, Store
from service.running import run, run_at_once
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

    @property
    def known(self) -> Moment:
        """The same knowledge, whatever `asOf`."""
        return Moment(self.sequence, None)


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
        self.spending = Spending()
        self.counting = asyncio.Lock()
        """One after another is counted through a viewer's sight, so that nothing is once the budget is spent."""
        self.last_event_id: str | None = None
        """The cursor that a stream is resumed at, where its reader lost its connection."""
        self.forget()

    def forget(self) -> None:
        """Begin anew: a later operation of the same connection is about another moment."""
        self._pinned: int | None = None
        self.forget_read()

    def forget_read(self) -> None:
        """Keep nothing of what was read, and stay at the moment."""
        self._known: dict[int, Known] = {}
        self.load = Loaders(self)

    def fork(self) -> Context:
        """The same for one more operation of a connection."""
        made = Context(self.store, self.settings, self.asker, self.feed, self.metrics)
        made.request, made.response, made.last_event_id = self.request, self.response, self.last_event_id
        return made

    def resumed(self, after: str | None) -> tuple[str | None, str]:
        """The cursor that a subscription goes on after, and what states it: the reader of a lost stream, or `after`."""
        return (after, "after") if self.last_event_id is None else (self.last_event_id, "Last-Event-ID")

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
                self._pinned = await run_at_once(self.store, lambda: self.store.sequence_at(None))
            sequence = self._pinned
        if as_of is None and above is not None:
            as_of = above.as_of
        return Moment(sequence, as_of)

    @property
    def latest(self) -> int | None:
        """The moment of knowledge of all of this operation that names none; None where nothing asked for it yet."""
        return self._pinned

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
