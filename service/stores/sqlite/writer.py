"""The write side of the embedded store: append, fold, save, in one transaction."""

from __future__ import annotations

import sqlite3
from collections.abc import Collection
from typing import Any

from graph_schema.events import AnyEvent, Receipt, Registration, Voiding
from graph_schema.order import Position
from graph_schema.outcome import Outcome
from graph_schema.refold import Sweep
from graph_schema.voiding import REGULATOR, Settled, settle
from service.chain import Head, extend, now_us
from service.ports import NewEvent
from service.stores.sqlite.save import Saver
from service.stores.sqlite.source import SqliteSource, dumps, outcome_of
from service.stores.sqlite.voidings import SqliteVoidings


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

    def head(self) -> Head:
        """The end of the chain."""
        row = self._connection.execute("SELECT seq, recorded_us, hash FROM log ORDER BY seq DESC LIMIT 1").fetchone()
        return Head() if row is None else Head(*row)

    async def append(self, events: list[NewEvent]) -> dict[str, Outcome]:
        head = self.head()
        recorded_us = max(now_us(), head.recorded_us + 1)
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

    def refer(self, events: list[AnyEvent], sequences: dict[Position, int]) -> None:
        """Index the events that name other events, and registrations."""
        references, registrations = [], []
        for event in events:
            if isinstance(event, Receipt):
                references.append((event.transfer, sequences[event.position]))
            elif isinstance(event, Voiding):
                references.append((event.voids, sequences[event.position]))
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
        settled = await settle(SqliteVoidings(self._connection, events, source.sequences), events)
        before = self._outcomes(
            [target for target in settled.voided if target in settled.targets]
            + [event_id for event_id, (voiding, _) in settled.outcomes.items() if voiding.position not in records]
        )
        targets = [
            settled.targets[event_id].position
            for event_id, voided in settled.voided.items()
            if event_id in before and voided != (before[event_id].status == "VOIDED")
        ]
        sweep = Sweep(source)
        await sweep.run([event for event in events if not isinstance(event, Voiding)], settled.voided, targets)
        Saver(self._connection, source, known).save(sweep, _voidings(settled, before), records)
        outcomes = {event_id: outcome for event_id, (_, outcome) in settled.outcomes.items()}
        outcomes.update({judged.event.event_id: judged.outcome for judged in sweep.results.values()})
        return {event.event_id: outcomes[event.event_id] for event in events}

    def _outcomes(self, event_ids: list[str]) -> dict[str, Outcome]:
        if not event_ids:
            return {}
        rows = self._connection.execute(
            "SELECT event_id, status, problems, mixing, claims FROM json_each(?) j"
            " CROSS JOIN log ON event_id = j.value",
            (dumps(event_ids),),
        )
        return {event_id: outcome_of(*columns) for event_id, *columns in rows}


def _voidings(settled: Settled, before: dict[str, Outcome]) -> dict[Position, tuple[Outcome, Outcome | None]]:
    return {
        voiding.position: (outcome, before.get(event_id)) for event_id, (voiding, outcome) in settled.outcomes.items()
    }
