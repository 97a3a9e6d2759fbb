"""The write side of Neo4j: append, fold, save, in one transaction that holds the log."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from graph_schema.events import AnyEvent
from graph_schema.neo4j import migrations
from graph_schema.order import Position
from graph_schema.outcome import Outcome
from service.chain import Head, extend, recorded_us_after
from service.ports import NewEvent
from service.stores.errors import StoreError
from service.stores.folding import fold_in
from service.stores.neo4j.connection import Transaction, done, one
from service.stores.neo4j.rows import seconds, when
from service.stores.neo4j.save import Saver, refers_to
from service.stores.neo4j.source import Neo4jSource, Neo4jVoidings
from service.stores.neo4j.state import LogLost, Unready
from service.stores.values import outcome_of

LOCK = """
MATCH (l:Log {name: 'voltrace'})
SET l.writers = coalesce(l.writers, 0) + 1
WITH l OPTIONAL MATCH (s:Schema {name: 'voltrace'})
RETURN [l.sequence, l.recordedUs, l.hash, l.rebuilding, s.version]
"""
"""Takes the lock of the log: from here on nobody else writes until this transaction ends."""
VERSION = migrations()[-1].number
DIGESTS = """
UNWIND $ids[0] AS id
MATCH (e:Event {eventId: id}) USING INDEX SEEK e:Event(eventId)
RETURN collect([e.eventId, e.digest])
"""
HEAD = """
MATCH (l:Log {name: 'voltrace'}) SET l.sequence = $sequence, l.recordedUs = $recorded, l.hash = $hash
MERGE (b:Batch {recordedUs: $recorded}) SET b.last = $sequence
"""
OUTCOMES = """
UNWIND $ids[0] AS id
MATCH (e:Event {eventId: id}) USING INDEX SEEK e:Event(eventId)
RETURN collect([e.eventId, e.status, e.problems, e.mixing, e.claims])
"""


class Neo4jWriter:
    """A `Writer` over a transaction that holds the log."""

    def __init__(self, transaction: Transaction, head: Head) -> None:
        self._transaction = transaction
        self._head = head

    @classmethod
    async def lock(cls, transaction: Transaction, url: str) -> Neo4jWriter:
        """Wait until nobody else writes. Raises Unready, and StoreError during a rebuild."""
        found = await one(transaction, LOCK)
        if found is None:
            raise LogLost(url)
        if found[4] != VERSION:
            raise Unready(
                f"{url} has the schema version {found[4] or 0} by now, this voltrace knows {VERSION}; "
                "run `voltrace migrate`, or start the voltrace that migrated it"
            )
        if found[3]:
            raise StoreError(f"{url} is being rebuilt; wait, or run `voltrace rebuild` again if it was interrupted")
        return cls(transaction, Head(*found[:3]) if found[0] else Head())

    async def digests(self, event_ids: Collection[str]) -> dict[str, bytes]:
        return dict(await one(self._transaction, DIGESTS, ids=[list(event_ids)]))

    async def head(self) -> Head:
        return self._head

    async def append(self, events: list[NewEvent], recorded_us: int | None = None) -> dict[str, Outcome]:
        head = self._head
        recorded_us = recorded_us_after(head, recorded_us)
        records: dict[Position, dict[str, Any]] = {}
        for new in events:
            previous = head
            head = extend(head, new.digest, recorded_us)
            records[new.event.position] = record_of(new, head, previous)
        outcomes = await self.fold([new.event for new in events], records, head.sequence)
        await done(self._transaction, HEAD, sequence=head.sequence, recorded=recorded_us, hash=head.hash)
        self._head = head
        return outcomes

    async def fold(
        self, events: list[AnyEvent], records: dict[Position, dict[str, Any]], known: int
    ) -> dict[str, Outcome]:
        """Fold events in whose records are given, to be known from a sequence on."""
        voidings = Neo4jVoidings(self._transaction, events)
        folded = await fold_in(events, Neo4jSource(self._transaction), voidings, self._outcomes)
        stored = {key for key, line in folded.sweep.lines.items() if line.stored}
        await Saver(self._transaction, known, stored).save(folded, records)
        return folded.outcomes(events)

    async def _outcomes(self, event_ids: list[str]) -> dict[str, Outcome]:
        if not event_ids:
            return {}
        rows = await one(self._transaction, OUTCOMES, ids=[event_ids])
        return {event_id: outcome_of(*columns) for event_id, *columns in rows}


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
        "refersTo": refers_to(event),
        "payload": new.payload.decode(),
        "digest": new.digest,
        "hash": head.hash,
        "previousHash": previous.hash,
    }
