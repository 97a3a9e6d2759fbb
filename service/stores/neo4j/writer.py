"""The write side of Neo4j: append, fold, save, in one transaction that holds the log."""

from __future__ import annotations

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable, Collection, Iterator, Sequence
from contextlib import asynccontextmanager
from typing import Any, TypeVar

from graph_schema.events import AnyEvent
from graph_schema.order import Position
from graph_schema.outcome import Outcome
from service.chain import Head, extend, recorded_us_after
from service.ports import NewEvent
from service.running import is_alone
from service.stores.folding import Folded, fold_in
from service.stores.neo4j.beside import fold_beside, is_large
from service.stores.neo4j.connection import Transaction, done, one
from service.stores.neo4j.folded import FoldedGraph
from service.stores.neo4j.registrations import Registrations
from service.stores.neo4j.rows import native, seconds, when
from service.stores.neo4j.save import save, statements_of
from service.stores.neo4j.state import LogLost, refuse_other_schema, refuse_rebuilding
from service.stores.neo4j.unsaved import Unsaved

T = TypeVar("T")
LOCK = """
MATCH (l:Log {name: 'voltrace'})
SET l.writers = coalesce(l.writers, 0) + 1
WITH l OPTIONAL MATCH (s:Schema {name: 'voltrace'})
RETURN [l.sequence, l.recordedUs, l.hash, l.rebuilding, s.version]
"""
"""Takes the lock of the log: from here on nobody else writes until this transaction ends."""
DIGESTS = """
UNWIND $ids AS id
MATCH (e:Event {eventId: id}) USING INDEX SEEK e:Event(eventId)
RETURN collect([e.eventId, e.digest])
"""
HEAD = f"""
MATCH (l:Log {{name: 'voltrace'}}) SET l.sequence = $sequence, l.recordedUs = $recorded, l.hash = $hash
WITH l UNWIND $batches AS batch
MERGE (b:Batch {{recordedUs: batch.recordedUs}}) SET b.last = batch.last, b.recordedAt = {native("batch.recordedUs")}
"""
SAVED_AT_ONCE = 500
"""How many events are folded before their rows are sent, in the background."""
TURN_EVERY_S = 0.001
LOOPS = 30
"""How often, and then for how many rounds of the event loop, a fold lets that go on: to take in an answer and to send
the next statement takes some twenty rounds."""


class Neo4jWriter:
    """A `Writer` over a transaction that holds the log."""

    def __init__(self, transaction: Transaction, head: Head) -> None:
        self._transaction = transaction
        self._head = head
        self._graph = FoldedGraph(transaction, self._saved, self._turn)
        self._registrations = Registrations(transaction, self._saved)
        self._digests: dict[str, bytes | None] = {}
        self._unsaved = Unsaved()
        self._batches: dict[int, int] = {}
        self._large = False
        """Whether so much is written that the event loop would be held for too long."""
        self._saving: asyncio.Task[None] | None = None
        self._next_turn = 0.0

    @classmethod
    async def lock(cls, transaction: Transaction, url: str) -> Neo4jWriter:
        """Wait until nobody else writes. Raises Unready, and StoreError during a rebuild."""
        found = await one(transaction, LOCK)
        if found is None:
            raise LogLost(url)
        refuse_other_schema(found[4], url)
        refuse_rebuilding(found[3], url)
        return cls(transaction, Head(*found[:3]) if found[0] else Head())

    async def digests(self, event_ids: Collection[str]) -> dict[str, bytes]:
        missing = [event_id for event_id in event_ids if event_id not in self._digests]
        if missing:
            await self._saved()
            read = dict(await one(self._transaction, DIGESTS, ids=missing))
            self._digests.update((event_id, read.get(event_id)) for event_id in missing)
        return {event_id: digest for event_id in event_ids if (digest := self._digests[event_id]) is not None}

    async def head(self) -> Head:
        return self._head

    async def foresee(self, batches: Sequence[Sequence[AnyEvent]]) -> None:
        await self.digests([event.event_id for events in batches for event in events])
        new = [[event for event in events if self._digests[event.event_id] is None] for events in batches]
        await self._graph.foresee(new)

    async def append(self, events: list[NewEvent], recorded_us: int | None = None) -> dict[str, Outcome]:
        head = self._head
        recorded_us = recorded_us_after(head, recorded_us)
        records: dict[Position, dict[str, Any]] = {}
        for new in events:
            previous = head
            head = extend(head, new.digest, recorded_us)
            records[new.event.position] = record_of(new, head, previous)
            self._digests[new.event.event_id] = new.digest
        outcomes = await self.fold([new.event for new in events], records, head.sequence)
        self._head = head
        self._batches[recorded_us] = head.sequence
        return outcomes

    async def fold(
        self, events: list[AnyEvent], records: dict[Position, dict[str, Any]], known: int
    ) -> dict[str, Outcome]:
        """Fold events in whose records are given, one at least, to be known from a sequence on.

        What is folded is sent when more comes or all is done, so that a write that is only tried sends nothing.
        """
        if len(self._unsaved.events) >= SAVED_AT_ONCE:
            await self._save()
        self._graph.tell(events)
        large = is_large(events) and not is_alone()
        self._large = self._large or large
        folded = await (fold_beside if large else fold_here)(events, self._graph)
        shown = await self._registrations.shown(folded.judged())

        def take_in() -> Iterator[None]:
            self._graph.fold(folded)
            yield
            yield from self._unsaved.add(folded, records, shown, known)
            folded.release()

        await self._piecewise(take_in())
        return folded.outcomes(events)

    async def _aside(self, work: Callable[[], T]) -> T:
        """Do what takes Python long where much is to be written: on a worker thread."""
        return await asyncio.to_thread(work) if self._large else work()

    async def _piecewise(self, work: Iterator[None]) -> None:
        """The same, in pieces between which what is being written goes on."""
        if self._large:
            await asyncio.to_thread(deque, work, 0)
        else:
            for _ in work:
                await self._turn()

    async def send(self) -> None:
        await self._save()
        await self._saved()

    async def _finish(self) -> None:
        """Have everything written that was found."""
        await self.send()
        if self._batches:
            batches = [{"recordedUs": at, "last": last} for at, last in self._batches.items()]
            head = self._head
            values = {"sequence": head.sequence, "recorded": head.recorded_us, "hash": head.hash}
            await done(self._transaction, HEAD, **values, batches=batches)

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[None]:
        """What is done inside ends with nothing under way; where it succeeds, with everything written.

        Where it fails, what is being sent is waited for, for a request that is cut off costs the connection. An error
        which that ended with is raised instead, since it explains the other. Where it is cancelled, so is that.
        """
        try:
            yield
            await self._finish()
            await self._aside(self._graph.release)
        except Exception as error:
            if self._saving is not None:
                (found,) = await asyncio.gather(self._saving, return_exceptions=True)
                if isinstance(found, Exception) and found is not error:
                    raise found from error
            raise
        finally:
            if self._saving is not None:
                self._saving.cancel()
                await asyncio.gather(self._saving, return_exceptions=True)

    async def _save(self) -> None:
        """Begin to write what is not written. Its rows are put together here, since the next fold goes on from them."""
        rows = []
        statements = statements_of(self._unsaved)
        while (statement := await self._aside(lambda: next(statements, None))) is not None:
            rows.append(statement)
            await self._turn()
        await self._aside(self._unsaved.release)
        self._unsaved = Unsaved()
        await self._saved()
        self._saving = asyncio.create_task(save(self._transaction, rows))
        await asyncio.sleep(0)

    async def _saved(self) -> None:
        """Wait for what is being written."""
        if self._saving is not None:
            await self._saving
            self._saving = None

    async def _turn(self) -> None:
        """Let what is being written go on, now and then. Raises the error that it ended with."""
        if self._saving is None or time.perf_counter() < self._next_turn:
            return
        for _ in range(LOOPS):
            if self._saving.done():
                await self._saved()
                return
            await asyncio.sleep(0)
        self._next_turn = time.perf_counter() + TURN_EVERY_S


async def fold_here(events: list[AnyEvent], graph: FoldedGraph) -> Folded:
    """Fold events into a graph."""
    return await fold_in(events, graph, graph, graph.outcomes)


def record_of(new: NewEvent, head: Head, previous: Head) -> dict[str, Any]:
    """A record of the log as properties of its event."""
    event = new.event
    return {
        "eventId": event.event_id,
        "type": event.type,
        "sequence": head.sequence,
        "position": event.position,
        "occurredAt": when(event.position),
        "recordedAt": seconds(head.recorded_us),
        "recordedUs": head.recorded_us,
        "actor": event.actor,
        "refersTo": event.refers_to,
        "payload": new.payload.decode(),
        "digest": new.digest,
        "hash": head.hash,
        "previousHash": previous.hash,
    }
