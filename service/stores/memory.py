"""`memory:` - nothing but the fold of a list: the specification that the other stores must equal."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from itertools import islice
from typing import Any, NamedTuple

from graph_schema.answer import Handle
from graph_schema.canonical import canonical, digest, parse_event
from graph_schema.events import AnyEvent
from graph_schema.graph import changed, fold
from graph_schema.order import Position, instant_of, instant_us, moment_of_us
from graph_schema.outcome import EventStatus, Outcome
from graph_schema.windows import END
from service.chain import Head, extend, recorded_us_after
from service.findings import (
    Audited,
    CountBy,
    Counts,
    FindingFilter,
    FindingPlace,
    KeptFinding,
    Revision,
    Subject,
    counted,
    shown,
)
from service.flow_rows import FlowKind, FlowRevision, FlowsKept
from service.organizations import is_found, names_of, rank_of, stated
from service.ports import (
    WITHIN,
    Change,
    EventFilter,
    Fault,
    Found,
    ItemDetails,
    ItemFilter,
    ItemOrder,
    ItemPlace,
    NewEvent,
    OrganizationFilter,
    StoredEvent,
    T,
    Writer,
)
from service.stores.graph_reader import GraphReader
from service.stores.held_flows import HeldFlows
from service.stores.matching import finds, is_party, matches

GRAPHS_KEPT = 4


class _Record(NamedTuple):
    new: NewEvent
    head: Head
    previous_hash: bytes


class MemoryStore:
    """The log as a list; every snapshot is a fold of its first records."""

    blocking = True

    def __init__(self, url: str = "memory:") -> None:
        self.url = url
        self.records: list[_Record] = []
        self._by_id: dict[str, _Record] = {}
        self.changes: list[Change] = []
        self.audited = Audited()
        self.findings: dict[Subject, dict[str, KeptFinding]] = {}
        self.flows = HeldFlows()
        self.folded = (0, fold([]))
        """How many records there are, and their fold."""
        self._graphs: OrderedDict[int, GraphReader] = OrderedDict()
        self._writing = threading.Lock()

    async def sequence_at(self, known_at: datetime | None) -> int:
        if known_at is None:
            return len(self.records)
        return bisect_right(self.records, instant_us(known_at), key=lambda record: record.head.recorded_us)

    @asynccontextmanager
    async def snapshot(self, sequence: int | None = None) -> AsyncIterator[MemorySnapshot]:
        yield self.at(sequence)

    def at(self, sequence: int | None) -> MemorySnapshot:
        """A view of what the first records say; None: all of them."""
        wanted = len(self.records) if sequence is None else min(sequence, len(self.records))
        return MemorySnapshot(self, wanted, self._graph(self.records[:wanted]))

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        with self._writing:
            writer = MemoryWriter(self)
            result = await work(writer)
            for record in writer.staged:
                self._by_id[record.new.event.event_id] = record
            self.folded = (len(self.records) + len(writer.staged), writer.graph)
            self.records += writer.staged
            self.changes += writer.changes
        return result

    async def keep(self, revision: Revision) -> bool:
        with self._writing:
            if self.audited != revision.before:
                return False
            kept = {subject: self.findings.pop(subject, {}) for subject in revision.subjects}
            for new in revision.findings:
                stood = kept[new.subject].get(new.id)
                self.findings.setdefault(new.subject, {})[new.id] = shown(new, stood, revision.after.at_us)
            self.audited = revision.after
        return True

    async def keep_flows(self, revision: FlowRevision) -> bool:
        with self._writing:
            return self.flows.keep(revision)

    async def verify(self) -> list[Fault]:
        head = Head()
        for record in self.records:
            event, payload = parse_event(record.new.payload)
            head = extend(head, digest(canonical(payload, event)), record.head.recorded_us)
            if head != record.head:
                return [Fault(str(record.head.sequence), "the record does not follow from the one before it")]
        return []

    async def rebuild(self) -> int:
        self._graphs.clear()
        return len(self.records)

    async def bookmark(self) -> str | None:
        return None

    async def close(self) -> None:
        self._graphs.clear()

    def _graph(self, records: list[_Record]) -> GraphReader:
        sequence = len(records)
        reader = self._graphs.get(sequence)
        if reader is None:
            count, graph = self.folded
            reader = GraphReader(graph if count == sequence else fold([record.new.event for record in records]))
            self._graphs[sequence] = reader
            while len(self._graphs) > GRAPHS_KEPT:
                self._graphs.popitem(last=False)
        return reader

    def known(self, event_id: str) -> _Record | None:
        """A record by event id."""
        return self._by_id.get(event_id)


class MemoryWriter:
    """Stages records until the writer is left."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.staged: list[_Record] = []
        self.changes: list[Change] = []
        self.graph = store.folded[1]
        """The fold of all records and of what is staged."""

    async def digests(self, event_ids: Collection[str]) -> dict[str, bytes]:
        staged = {record.new.event.event_id: record for record in self.staged}
        found = ((event_id, self._store.known(event_id) or staged.get(event_id)) for event_id in event_ids)
        return {event_id: record.new.digest for event_id, record in found if record is not None}

    async def head(self) -> Head:
        records = self.staged or self._store.records
        return records[-1].head if records else Head()

    async def foresee(self, events: Sequence[AnyEvent]) -> None:
        """Nothing is far away."""

    async def append(self, events: list[NewEvent], recorded_us: int | None = None) -> dict[str, Outcome]:
        head = await self.head()
        recorded_us = recorded_us_after(head, recorded_us)
        before = self.graph
        for new in events:
            previous = head.hash
            head = extend(head, new.digest, recorded_us)
            self.staged.append(_Record(new, head, previous))
        graph = self.graph = fold([record.new.event for record in self._store.records + self.staged])
        self.changes += (Change(head.sequence, key) for key in sorted(changed(before, graph)))
        return {new.event.event_id: graph.outcomes[new.event.event_id] for new in events}


class MemorySnapshot(GraphReader):
    """A graph reader that knows the log too."""

    def __init__(self, store: MemoryStore, sequence: int, reader: GraphReader) -> None:
        self.__dict__.update(reader.__dict__)
        self.sequence = sequence
        self._store = store

    async def latest(self) -> MemorySnapshot:
        return self._store.at(None)

    async def details(self, items: Collection[Handle]) -> list[ItemDetails]:
        found = []
        for key in items:
            life = self.lives.get(key)  # type: ignore[call-overload]
            if life is None or life.birth is None:
                continue
            spec = self.specs[str(key)]
            stated = spec.model_dump_json(by_alias=True, exclude_none=True, exclude={"parts", "position"})
            producer = self.actor_of(life.birth.position)
            found.append(
                ItemDetails(key, key, life.birth.kind, stated.encode(), life.birth.position, producer)  # type: ignore[arg-type]
            )
        return found

    async def _items(self, where: ItemFilter) -> list[str]:
        return [key for key in self.lives if await matches(self, self, key, where)]

    def _place(self, key: str, order: ItemOrder) -> tuple[int, str]:
        return (instant_of(self.birth_of(key).position) if order is ItemOrder.PRODUCED_AT else 0), key

    async def item_page(
        self,
        where: ItemFilter,
        after: ItemPlace | None,
        limit: int,
        reverse: bool = False,
        order: ItemOrder = ItemOrder.KEY,
    ) -> list[tuple[Any, str]]:
        places = sorted((self._place(key, order) for key in await self._items(where)), reverse=reverse)
        if after is not None:
            edge = (after.born_us if order is ItemOrder.PRODUCED_AT else 0), after.key
            places = [place for place in places if (place < edge if reverse else place > edge)]
        return [(key, key) for _, key in places[:limit]]

    async def item_count(self, where: ItemFilter) -> int:
        return len(await self._items(where))

    async def concerned(self, items: Collection[Handle], organization: str) -> set[Handle]:
        known = [key for key in items if key in self.lives and self.lives[str(key)].birth is not None]
        return {key for key in known if is_party(self, str(key), organization)}

    def _events(self, where: EventFilter) -> list[StoredEvent]:
        touched = None if where.item is None else {event.event_id for event in self._history(where.item)}
        records = self._store.records[: self.sequence]
        found = [(self._stored(record), record.new.event) for record in records]
        return [stored for stored, event in found if finds(self, stored, event, touched, where)]

    async def event_page(
        self, where: EventFilter, after: int | None, limit: int, reverse: bool = False
    ) -> list[StoredEvent]:
        found = self._events(where)[::-1] if reverse else self._events(where)
        if after is not None:
            found = [one for one in found if (one.sequence < after if reverse else one.sequence > after)]
        return found[:limit]

    async def event_count(self, where: EventFilter) -> int:
        return len(self._events(where))

    async def stored(self, event_ids: Collection[str]) -> list[StoredEvent]:
        found = (self._store.known(event_id) for event_id in event_ids)
        return [
            self._stored(record) for record in found if record is not None and record.head.sequence <= self.sequence
        ]

    async def history(
        self,
        items: Collection[Handle],
        cut: Position = END,
        after: Position | None = None,
        limit: int | None = None,
        reverse: bool = False,
        types: tuple[str, ...] | None = None,
    ) -> dict[Handle, list[StoredEvent]]:
        found: dict[Handle, list[StoredEvent]] = {}
        for item in items:
            events = [event for event in self._history(str(item)) if event.position < cut]
            events = [event for event in events if types is None or event.type in types]
            if after is not None:
                events = [one for one in events if (one.position < after if reverse else one.position > after)]
            found[item] = (events[::-1] if reverse else events)[:limit]
        return {item: events for item, events in found.items() if events}

    async def history_count(self, items: Collection[Handle], cut: Position = END) -> dict[Handle, int]:
        return {item: len(events) for item, events in (await self.history(items, cut)).items()}

    def _history(self, key: str) -> list[StoredEvent]:
        touched = {position[17:].decode() for position, _ in self.graph.timelines.get(key, ())}
        events = [
            event for event in self.graph.events.values() if event.event_id in touched or key in event.named_keys()
        ]
        records = [self._store.known(event.event_id) for event in events]
        return [self._stored(record) for record in records if record is not None]

    async def identified(self, names: Collection[str]) -> list[tuple[str, Handle]]:
        return [
            (name, key)
            for key, spec in self.specs.items()
            for name in sorted({one.value for one in spec.identifiers or ()}.intersection(names))
        ]

    async def receipts(self, transfers: Collection[str]) -> list[StoredEvent]:
        return [
            self._stored(self._store.known(event.event_id))
            for event in self.graph.events.values()
            if event.type == "RECEIPT" and event.transfer in transfers
        ]

    async def registrations(self, organizations: Collection[str]) -> list[StoredEvent]:
        return [
            self._stored(self._store.known(event.event_id))
            for event in self.graph.events.values()
            if event.type == "REGISTRATION" and event.organization.key in organizations
            if self.graph.outcomes[event.event_id].status is EventStatus.ACCEPTED
        ]

    async def registered(self, organizations: Collection[str] | None, cut: Position) -> dict[str, dict[str, Any]]:
        keys = self._organizations() if organizations is None else organizations
        found = {key: stated(await self.registrations([key]), cut) for key in keys}
        return {key: fields for key, fields in found.items() if fields}

    def _organizations(self) -> set[str]:
        registered = {event.organization.key for event in self.graph.events.values() if event.type == "REGISTRATION"}
        actors = {event.actor for event in self.graph.events.values()}
        return registered | actors | {held.organization for life in self.lives.values() for held in life.custody}

    async def _found(self, where: OrganizationFilter) -> list[str]:
        keys = self._organizations()
        fields = await self.registered(keys, where.cut)
        return sorted(key for key in keys if is_found(key, fields.get(key, {}), where))

    async def organization_page(self, where: OrganizationFilter, after: str | None, limit: int) -> list[str]:
        return [key for key in await self._found(where) if after is None or key > after][:limit]

    async def organization_count(self, where: OrganizationFilter) -> int:
        return len(await self._found(where))

    async def search(self, text: str, limit: int, as_of: datetime | None = None, worst: int = WITHIN) -> list[Found]:
        cut = ItemFilter(as_of=as_of).cut
        found = []
        for key, spec in self.specs.items():
            rank = rank_of([key, *(one.value for one in spec.identifiers or ())], text)
            if rank is not None and rank <= worst and self.birth_of(key).position < cut:
                found.append(Found(rank, key, key))
        fields = await self.registered(None, cut)
        for key in self._organizations():
            rank = rank_of(names_of(key, fields.get(key, {})), text)
            if rank is not None:
                found.append(Found(rank, key))
        return sorted(found, key=lambda one: one.order)[:limit]

    async def changes(self, after: Change, limit: int) -> list[Change]:
        found = (one for one in self._store.changes if after < one and one.sequence <= self.sequence)
        return list(islice(found, limit))

    async def audited(self) -> Audited:
        return self._store.audited

    async def flows_kept(self) -> FlowsKept:
        return self._store.flows.kept

    async def flow_page(self, kind: FlowKind, after: str, limit: int) -> list[tuple[str, bytes]]:
        return self._store.flows.page(kind, after, limit)

    def _findings(self, where: FindingFilter) -> list[KeptFinding]:
        return [one for kept in self._store.findings.values() for one in kept.values() if where.finds(one)]

    async def finding_page(
        self, where: FindingFilter, after: FindingPlace | None, limit: int, reverse: bool = False
    ) -> list[KeptFinding]:
        found = sorted(self._findings(where), key=lambda one: one.place, reverse=reverse)
        if after is not None:
            found = [one for one in found if (one.place < after if reverse else one.place > after)]
        return found[:limit]

    async def finding_counts(self, where: FindingFilter, by: CountBy | None = None) -> Counts:
        found = self._findings(where)
        return [(None, len(found))] if by is None else counted(found, by)

    async def are_organizations(self, keys: Collection[str]) -> set[str]:
        return self._organizations().intersection(keys)

    def _stored(self, record: _Record | None) -> StoredEvent:
        assert record is not None
        event = record.new.event
        outcome = self.graph.outcomes[event.event_id]
        return StoredEvent(
            event.position,
            record.head.sequence,
            event.event_id,
            event.type,
            event.occurred_at,
            event.actor,
            moment_of_us(record.head.recorded_us),
            record.head.hash,
            record.previous_hash,
            record.new.digest,
            outcome.status,
            outcome.problems,
            record.new.payload,
        )
