"""The write side of the embedded store: append, fold, save, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection, Sequence
from typing import Any

from graph_schema.events import AnyEvent, Registration
from graph_schema.order import Position
from graph_schema.outcome import Outcome
from graph_schema.voiding import REGULATOR
from service.chain import Head, extend, recorded_us_after
from service.ports import NewEvent
from service.running import check_wanted
from service.stores.folding import fold_in
from service.stores.sqlite.save import Saver
from service.stores.sqlite.source import SqliteSource
from service.stores.sqlite.voidings import SqliteVoidings
from service.stores.values import dumps, outcome_of


class SqliteWriter:
    """A `Writer` over a connection that is inside `BEGIN IMMEDIATE`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection

    async def digests(self, event_ids: Collection[str]) -> dict[str, bytes]:
        return dict(
            self._connection.execute(
                "SELECT event_id, digest FROM json_each(?) j CROSS JOIN log ON event_id = j.value",
                (dumps(list(event_ids)),),
            )
        )

    async def head(self) -> Head:
        row = self._connection.execute("SELECT seq, recorded_us, hash FROM log ORDER BY seq DESC LIMIT 1").fetchone()
        return Head() if row is None else Head(*row)

    async def foresee(self, batches: Sequence[Sequence[AnyEvent]]) -> None:
        """Nothing is far away."""

    async def append(self, events: list[NewEvent], recorded_us: int | None = None) -> dict[str, Outcome]:
        head = await self.head()
        recorded_us = recorded_us_after(head, recorded_us)
        records: dict[Position, tuple[Any, ...]] = {}
        bodies = []
        for new in events:
            head = extend(head, new.digest, recorded_us)
            event = new.event
            records[event.position] = (
                head.sequence, event.event_id, event.position, event.actor, recorded_us, new.digest, head.hash,
            )  # fmt: skip
            bodies.append((head.sequence, new.payload))
        self._connection.executemany("INSERT INTO payload VALUES (?, ?)", bodies)
        self._connection.execute("INSERT OR REPLACE INTO batch VALUES (?, ?)", (recorded_us, head.sequence))
        parsed = [new.event for new in events]
        self.refer(parsed, {position: record[0] for position, record in records.items()})
        return await self.fold(parsed, records, head.sequence)

    async def send(self) -> None:
        """It is there."""

    def refer(self, events: list[AnyEvent], sequences: dict[Position, int]) -> None:
        """Index the events that name other events, and registrations."""
        references, registrations = [], []
        for event in events:
            if event.refers_to is not None:
                references.append((event.refers_to, sequences[event.position]))
            elif isinstance(event, Registration):
                regulator = REGULATOR in (event.organization.roles or ())
                registrations.append((event.organization.key, sequences[event.position], regulator))
        self._connection.executemany("INSERT INTO reference VALUES (?, ?)", references)
        self._connection.executemany("INSERT INTO registration VALUES (?, ?, ?)", registrations)

    async def fold(
        self, events: list[AnyEvent], records: dict[Position, tuple[Any, ...]], known: int
    ) -> dict[str, Outcome]:
        """Fold events in whose records are given, to be known from a sequence on."""
        source = SqliteSource(self._connection)
        source.sequences.update({position: record[0] for position, record in records.items()})
        voidings = SqliteVoidings(self._connection, events, source.sequences)
        folded = await fold_in(events, source, voidings, self._outcomes)
        check_wanted()
        Saver(self._connection, source, known).save(folded, records)
        folded.release()
        return folded.outcomes(events)

    async def _outcomes(self, event_ids: list[str]) -> dict[str, Outcome]:
        if not event_ids:
            return {}
        rows = self._connection.execute(
            "SELECT event_id, status, problems, mixing, claims FROM json_each(?) j"
            " CROSS JOIN log ON event_id = j.value",
            (dumps(event_ids),),
        )
        return {event_id: outcome_of(*columns) for event_id, *columns in rows}
