"""What a store must do: few, narrow protocols. `memory:` is their executable specification.

All methods are coroutines. Those of an embedded store never suspend (`Store.blocking` is true), so that `running.run`
can run a whole use case on a worker thread.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from graph_schema.answer import Handle
from graph_schema.events import AnyEvent
from graph_schema.order import Position
from graph_schema.outcome import EventStatus, Outcome, Problem
from graph_schema.reader import TraceReader
from service.chain import Head

T = TypeVar("T")


class NewEvent(NamedTuple):
    """An event to append: parsed, its payload as JSON text as it was stated, and the digest of its canonical form."""

    event: AnyEvent
    payload: bytes
    digest: bytes


class StoredEvent(NamedTuple):
    """A record of the log, judged at the snapshot's moment of knowledge. `payload` is JSON text, None where erased."""

    position: Position
    sequence: int
    event_id: str
    type: str
    occurred_at: datetime
    actor: str
    recorded_at: datetime
    hash: bytes
    previous_hash: bytes
    digest: bytes
    status: EventStatus
    problems: tuple[Problem, ...]
    payload: bytes | None


class ItemDetails(NamedTuple):
    """What the event that brought an item in says of it: its spec as JSON text, without parts; who and when."""

    handle: Any
    key: str
    kind: str
    spec: bytes
    born: Position
    producer: str


class ItemFilter(NamedTuple):
    """Which items to list: of a kind, with a text in the key."""

    kind: str | None = None
    text: str | None = None


class EventFilter(NamedTuple):
    """Which events to list: of a type, by an actor, with a status, naming or touching an item (its key)."""

    type: str | None = None
    actor: str | None = None
    status: EventStatus | None = None
    item: str | None = None


class Snapshot(TraceReader, Protocol):
    """The graph and the log at one moment of knowledge, the log's first `sequence` records; consistent throughout."""

    sequence: int

    async def concerned(self, items: Collection[Handle], organization: str) -> set[Handle]:
        """Which of these items an organization made or ever held, itself or inside something that it held."""

    async def keyed(self, keys: Collection[str]) -> dict[str, Handle]:
        """The known items of these keys (no other identifiers), by key."""

    async def details(self, items: Collection[Handle]) -> list[ItemDetails]:
        """The full facts of items, in any order; unknown handles are left out."""

    async def item_page(
        self, where: ItemFilter, after: str | None, limit: int, reverse: bool = False
    ) -> list[tuple[Any, str]]:
        """Known items (handle, key) in the order of keys by code point, after (reverse: before) a key."""

    async def item_count(self, where: ItemFilter) -> int:
        """How many items a filter finds."""

    async def event_page(self, where: EventFilter, after: int | None, limit: int) -> list[StoredEvent]:
        """Records of the log in the order of their sequence, after one."""

    async def event_count(self, where: EventFilter) -> int:
        """How many records a filter finds."""

    async def stored(self, event_ids: Collection[str]) -> list[StoredEvent]:
        """Records by event id, in any order; unknown ids are left out."""

    async def history(self, item: Handle) -> list[StoredEvent]:
        """Every event that names an item or did something to it, whatever its status, in the total order."""

    async def registrations(self, organization: str) -> list[StoredEvent]:
        """The accepted registrations of an organization, in the total order."""

    async def is_organization(self, key: str) -> bool:
        """Whether an organization of that key was registered, acted, or held something."""


class Writer(Protocol):
    """What can be done inside one exclusive write (`Store.write`), all of which becomes durable at once."""

    async def digests(self, event_ids: Collection[str]) -> dict[str, bytes]:
        """The digests of the stored events among these ids."""

    async def head(self) -> Head:
        """The end of the log."""

    async def append(self, events: list[NewEvent], recorded_us: int | None = None) -> dict[str, Outcome]:
        """Append events in this order as one batch, fold, and answer with the outcome of each.

        Their ids must be new and distinct. `recorded_us` (microseconds since 1970) is given where another log is
        copied; ValueError where it is not later than the last batch.
        """


class Store(Protocol):
    """An event log and its graph."""

    url: str
    blocking: bool

    async def sequence_at(self, known_at: datetime | None) -> int:
        """The last sequence number recorded at or before a moment; None is now. 0 before the first event."""

    def snapshot(self, sequence: int | None = None) -> AbstractAsyncContextManager[Snapshot]:
        """A consistent view of what the log's first records say: up to a `sequence` that `sequence_at` told, or all."""

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        """Do some work as the one writer; waits for another to finish.

        What the work did is durable when this returns, and undone where it raises. The work may be run again where
        the store could not commit it, so it must not do anything else.
        """

    async def verify(self) -> list[Fault]:
        """Check the chain, and that the graph equals a fresh fold of the log; the first fault of each kind."""

    async def rebuild(self) -> int:
        """Fold the graph again from the log, keeping every moment of knowledge; the number of events."""

    async def bookmark(self) -> str | None:
        """What later reads must follow (`causality`) to see all that was written here; None: they always do."""

    async def close(self) -> None:
        """Let go of everything."""


class Fault(NamedTuple):
    """What `verify` found: where (a sequence number or an item key) and what."""

    where: str
    what: str
