"""`memory:` - nothing but the fold of a list: the specification that the other stores must equal."""

from __future__ import annotations

import threading
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Sequence
from contextlib import asynccontextmanager
from datetime import datetime
from typing import NamedTuple

from graph_schema.canonical import canonical, digest, parse_event
from graph_schema.events import AnyEvent
from graph_schema.graph import changed, fold
from graph_schema.order import instant_us
from graph_schema.outcome import Outcome
from service.chain import Head, extend, recorded_us_after
from service.findings import (
    Audited,
    KeptFinding,
    Revision,
    Subject,
    shown,
)
from service.flow_rows import FlowRevision
from service.ports import (
    Change,
    Fault,
    NewEvent,
    T,
    Writer,
)
from service.running import check_wanted
from service.stores.graph_reader import GraphReader
from service.stores.held_flows import HeldFlows
from service.stores.memory_snapshot import MemorySnapshot

GRAPHS_KEPT = 4


class MemoryRecord(NamedTuple):
    """A record of the log, its place in the chain, and the hash before it."""

    new: NewEvent
    head: Head
    previous_hash: bytes


class MemoryStore:
    """The log as a list; every snapshot is a fold of its first records."""

    blocking = True

    def __init__(self, url: str = "memory:") -> None:
        self.url = url
        self.records: list[MemoryRecord] = []
        self._by_id: dict[str, MemoryRecord] = {}
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
            check_wanted()
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

    def _graph(self, records: list[MemoryRecord]) -> GraphReader:
        sequence = len(records)
        reader = self._graphs.get(sequence)
        if reader is None:
            count, graph = self.folded
            reader = GraphReader(graph if count == sequence else fold([record.new.event for record in records]))
            self._graphs[sequence] = reader
            while len(self._graphs) > GRAPHS_KEPT:
                self._graphs.popitem(last=False)
        return reader

    def known(self, event_id: str) -> MemoryRecord | None:
        """A record by event id."""
        return self._by_id.get(event_id)


class MemoryWriter:
    """Stages records until the writer is left."""

    def __init__(self, store: MemoryStore) -> None:
        self._store = store
        self.staged: list[MemoryRecord] = []
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

    async def foresee(self, batches: Sequence[Sequence[AnyEvent]]) -> None:
        """Nothing is far away."""

    async def append(self, events: list[NewEvent], recorded_us: int | None = None) -> dict[str, Outcome]:
        head = await self.head()
        recorded_us = recorded_us_after(head, recorded_us)
        before = self.graph
        for new in events:
            previous = head.hash
            head = extend(head, new.digest, recorded_us)
            self.staged.append(MemoryRecord(new, head, previous))
        graph = self.graph = fold([record.new.event for record in self._store.records + self.staged])
        self.changes += (Change(head.sequence, key) for key in sorted(changed(before, graph)))
        return {new.event.event_id: graph.outcomes[new.event.event_id] for new in events}

    async def send(self) -> None:
        """It is there."""
