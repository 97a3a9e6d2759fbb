"""What a store must do: few, narrow protocols. `memory:` is their executable specification.

All methods are coroutines. Those of an embedded store never suspend (`Store.blocking` is true), so that `running.run`
can run a whole use case on a worker thread.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Sequence
from contextlib import AbstractAsyncContextManager
from datetime import datetime
from enum import StrEnum
from typing import Any, NamedTuple, Protocol, TypeVar

from graph_schema.answer import Handle
from graph_schema.events import AnyEvent
from graph_schema.order import Position, cut_after
from graph_schema.outcome import EventStatus, Outcome, Problem
from graph_schema.reader import TraceReader
from graph_schema.status import ItemStatus
from graph_schema.windows import END
from service.chain import Head
from service.findings import (
    Audited,
    CountBy,
    Counts,
    FindingFilter,
    FindingOrder,
    FindingPlace,
    KeptFinding,
    Revision,
)
from service.flow_rows import FlowKind, FlowRevision, FlowsKept
from service.places import WITHIN, Found, FoundPlace, OrganizationOrder, OrganizationPlace

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
    """Which items to list: all that is given must hold. Texts are compared exactly, but for `text`.

    `as_of` (inclusive; None is the end of time) is the moment of the world: what came in later is not listed, and
    status, holder, custodian and region are as of then. `party` does not depend on it.
    """

    kind: str | None = None
    text: str | None = None
    """In the key or in an identifier, in any case."""
    chemistry: str | None = None
    model: str | None = None
    material: str | None = None
    producer: str | None = None
    """The organization that made it; nobody made what was enrolled."""
    holder: str | None = None
    """The organization that holds it; parts inherit their host's holder."""
    custodian: str | None = None
    """The organization that holds it itself, not as a part of something."""
    region: str | None = None
    """Where its holder is, as registered."""
    status: ItemStatus | None = None
    produced_from: datetime | None = None
    produced_to: datetime | None = None
    """Both inclusive; what was enrolled was produced nobody knows when."""
    party: str | None = None
    """The organization that made it or ever held it: in its own custody, or as a part (at any depth) of something
    while that was in its custody."""
    findings: tuple[str, ...] | None = None
    """The codes of findings that are kept, any of which it has; they go by neither `as_of` nor the snapshot."""
    as_of: datetime | None = None

    @property
    def cut(self) -> Position:
        """The position that `as_of` cuts at."""
        return END if self.as_of is None else cut_after(self.as_of)


class ItemOrder(StrEnum):
    """By key in the order of code points, or by the time of the event that brought the item in and then by key."""

    KEY = "KEY"
    PRODUCED_AT = "PRODUCED_AT"


class ItemPlace(NamedTuple):
    """Where an item stands in an order: its key, and the microseconds since 1970 of what brought it in, which the order
    by key leaves out."""

    key: str
    born_us: int = 0


class EventFilter(NamedTuple):
    """Which events to list: all that is given must hold. Times are inclusive."""

    types: tuple[str, ...] | None = None
    """Any of these."""
    actor: str | None = None
    status: EventStatus | None = None
    item: str | None = None
    """The key of an item in whose `history` it is."""
    party: str | None = None
    """The organization that is its actor, or a party (`ItemFilter.party`) of an item that it names."""
    about: str | None = None
    """An organization: what it reported, registrations, and what is in the `history` of an item of which it is a
    party."""
    occurred_from: datetime | None = None
    occurred_to: datetime | None = None
    recorded_from: datetime | None = None
    recorded_to: datetime | None = None


class OrganizationFilter(NamedTuple):
    """Which organizations to list: all that is given must hold, as registered up to `as_of` (inclusive)."""

    role: str | None = None
    region: str | None = None
    text: str | None = None
    """In the key, the name or an identifier, in any case."""
    as_of: datetime | None = None

    @property
    def cut(self) -> Position:
        """The position that `as_of` cuts at."""
        return END if self.as_of is None else cut_after(self.as_of)

    @property
    def is_any(self) -> bool:
        """Whether it finds every organization."""
        return self.role is None and self.region is None and self.text is None


class Change(NamedTuple):
    """An item of which something changed in the batch that ended with a record of the log: its key, which may be one
    that only pending events name."""

    sequence: int
    key: str


LAST_KEY = chr(0x10FFFF)
"""Behind every key: `Change(sequence, LAST_KEY)` is behind all changes up to a sequence."""


class Snapshot(TraceReader, Protocol):
    """The graph and the log at one moment of knowledge, the log's first `sequence` records; consistent throughout."""

    sequence: int

    async def latest(self) -> Snapshot:
        """The same store as the whole log says; handles are the same."""

    async def keyed(self, keys: Collection[str]) -> dict[str, Handle]:
        """The known items of these keys (no other identifiers), by key."""

    async def details(self, items: Collection[Handle]) -> list[ItemDetails]:
        """The full facts of items, in any order; unknown handles are left out."""

    async def item_page(
        self,
        where: ItemFilter,
        after: ItemPlace | None,
        limit: int,
        reverse: bool = False,
        order: ItemOrder = ItemOrder.KEY,
    ) -> list[tuple[Any, str]]:
        """Known items (handle, key) in an order, after a place in it; `reverse` turns the order round."""

    async def item_count(self, where: ItemFilter) -> int:
        """How many items a filter finds."""

    async def concerned(self, items: Collection[Handle], organization: str) -> set[Handle]:
        """Those of the items that an organization is a party of (`ItemFilter.party`)."""

    async def event_page(
        self, where: EventFilter, after: int | None, limit: int, reverse: bool = False
    ) -> list[StoredEvent]:
        """Records of the log in the order of their sequence, after one (`reverse`: the last first, before one)."""

    async def event_count(self, where: EventFilter) -> int:
        """How many records a filter finds."""

    async def stored(self, event_ids: Collection[str]) -> list[StoredEvent]:
        """Records by event id, in any order; unknown ids are left out."""

    async def history(
        self,
        items: Collection[Handle],
        cut: Position = END,
        after: Position | None = None,
        limit: int | None = None,
        reverse: bool = False,
        types: tuple[str, ...] | None = None,
    ) -> dict[Handle, list[StoredEvent]]:
        """The events before the cut that name each item or did something to it, whatever their status, and the receipts
        and voidings of such events, of receipts and of voidings, in the total order (`reverse`: the last first), of any
        of the types, beyond a place in that order, so many of each item; items without any are left out."""

    async def history_count(self, items: Collection[Handle], cut: Position = END) -> dict[Handle, int]:
        """How many events `history` tells of each item; items without any are left out."""

    async def named(self, event_ids: Collection[str]) -> list[tuple[str, str]]:
        """The items (event id, key) that events name, or that what they refer to names, directly or over others: also
        such as nobody knows yet. Of erased payloads nothing is known."""

    async def touched(self, event_ids: Collection[str]) -> list[tuple[str, str]]:
        """The items (event id, key) to which events, or what they refer to, did something without naming them: those
        that are `named` or touched and known are the ones in whose `history` an event is."""

    async def identified(self, names: Collection[str]) -> list[tuple[str, Handle]]:
        """The known items that carry any of the names as an identifier (not as the key), in any order."""

    async def receipts(self, transfers: Collection[str]) -> list[StoredEvent]:
        """The receipts of transfers, by their event ids, whatever their status, in the total order."""

    async def registrations(self, organizations: Collection[str]) -> list[StoredEvent]:
        """The accepted registrations of organizations, in the total order."""

    async def registered(self, organizations: Collection[str] | None, cut: Position) -> dict[str, dict[str, Any]]:
        """The fields that accepted registrations before the cut state, of some (None: all) organizations by key; those
        that have none are left out."""

    async def organization_page(
        self,
        where: OrganizationFilter,
        after: OrganizationPlace | None,
        limit: int,
        reverse: bool = False,
        order: OrganizationOrder = OrganizationOrder.KEY,
    ) -> list[str]:
        """The keys of organizations (`are_organizations`) in an order, after a place in it; `reverse` turns the order
        round. Names are those of the filter's moment."""

    async def organization_count(self, where: OrganizationFilter) -> int:
        """How many organizations a filter finds."""

    async def search(
        self,
        texts: Sequence[str],
        after: FoundPlace | None,
        limit: int,
        as_of: datetime | None = None,
        worst: int = WITHIN,
    ) -> list[Found]:
        """Items that came in up to a moment whose key or identifier is like one of the texts, and organizations whose
        key, name or identifier, as registered by then, is; each once at its best rank, the best first (`Found.place`),
        after a place. `worst` is the last rank of items that is wanted."""

    async def are_organizations(self, keys: Collection[str]) -> set[str]:
        """Those of the keys under which an organization was registered, acted, or held something."""


class StoreSnapshot(Snapshot, Protocol):
    """A snapshot as the store itself hands it out, to those who may know of everything."""

    async def changes(self, after: Change, limit: int) -> list[Change]:
        """Items of which an edge, or an event that names them or did something to them, or its status, changed after a
        place in this list, in the order of sequences; those of one sequence in an order of the store's own.

        Whoever reads on to the end hears of each item once at least, the last time at its last change up to this
        moment or later; now and then of one to which nothing happened.
        """

    async def audited(self) -> Audited:
        """How far the findings that are kept were worked out."""

    async def finding_page(
        self,
        where: FindingFilter,
        after: FindingPlace | None,
        limit: int,
        reverse: bool = False,
        order: FindingOrder = FindingOrder.SHOWN_AT,
    ) -> list[KeptFinding]:
        """Findings as they are kept now, whatever the moment of knowledge, in an order, after a place in it
        (`reverse`: the last first, before one)."""

    async def finding_counts(self, where: FindingFilter, by: CountBy | None = None) -> Counts:
        """How many findings a filter finds, by a value each has; `by` None is all of them as one count, of None."""

    async def flows_kept(self) -> FlowsKept:
        """How far the rows of flows that are kept were worked out."""

    async def flow_page(self, kind: FlowKind, after: str, limit: int) -> list[tuple[str, bytes]]:
        """Keys and bodies of the rows of a kind as they are kept now, in one order of keys, after one ("": the
        first)."""


class Writer(Protocol):
    """What can be done inside one exclusive write (`Store.write`), all of which becomes durable at once."""

    async def digests(self, event_ids: Collection[str]) -> dict[str, bytes]:
        """The digests of the stored events among these ids."""

    async def head(self) -> Head:
        """The end of the log."""

    async def foresee(self, batches: Sequence[Sequence[AnyEvent]]) -> None:
        """Hear which batches will be appended in this write: what they need may be read at once."""

    async def append(self, events: list[NewEvent], recorded_us: int | None = None) -> dict[str, Outcome]:
        """Append events in this order as one batch, fold, and answer with the outcome of each.

        Their ids must be new and distinct. They are recorded now, later than all before them; or, where another log is
        copied or a file says when it was told, at `recorded_us` (microseconds since 1970). Batches of one such moment
        become known as one: `sequence_at` is the end of the last. ValueError where it is earlier than the last batch.
        """

    async def send(self) -> None:
        """Have all that was appended be where it is to become durable, which it does when the write ends."""


class Store(Protocol):
    """An event log and its graph."""

    url: str
    blocking: bool

    async def sequence_at(self, known_at: datetime | None) -> int:
        """The last sequence number recorded at or before a moment; None is now. 0 before the first event."""

    def snapshot(self, sequence: int | None = None) -> AbstractAsyncContextManager[StoreSnapshot]:
        """A consistent view of what the log's first records say: up to a `sequence` that `sequence_at` told, or all."""

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        """Do some work as the one writer; waits for another to finish.

        What the work did is durable when this returns, and undone where it raises. The work may be run again where
        the store could not commit it, so it must not do anything else.
        """

    async def keep(self, revision: Revision) -> bool:
        """Replace what is kept of the findings of some subjects, and note how far the audit is, all at once.
        False, and nothing is done, where the audit is not at `before` any more: another one
        was there first."""

    async def keep_flows(self, revision: FlowRevision) -> bool:
        """Take away and put in kept rows of flows, and note how far they are, all at once. False, and nothing is done,
        where they are not at `before` any more. To begin anew may take several steps: meanwhile they are noted as begun
        by `after.fingerprint`, and at no record."""

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
