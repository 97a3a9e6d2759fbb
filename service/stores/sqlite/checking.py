"""Reading the embedded store for a check, and folding it again."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from itertools import groupby
from typing import Any

from graph_schema.canonical import parse_event
from graph_schema.order import Position
from graph_schema.outcome import Outcome
from service.ports import Fault
from service.stores.checking import StoredRecord
from service.stores.sqlite.schema import FOREVER, GRAPH, GRAPH_TABLES
from service.stores.sqlite.source import SqliteSource
from service.stores.sqlite.writer import SqliteWriter
from service.stores.values import outcome_of


class SqliteGraph:
    """A `StoredGraph` over one connection inside a read transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.source = SqliteSource(connection)

    async def records(self) -> AsyncIterator[StoredRecord]:
        for row in self._connection.execute(
            "SELECT l.seq, event_id, pos, actor, recorded_us, digest, hash, body, target FROM log l"
            " LEFT JOIN payload p ON p.seq = l.seq LEFT JOIN reference r ON r.seq = l.seq ORDER BY l.seq"
        ):
            yield StoredRecord._make(row)

    async def batches(self) -> dict[int, int]:
        return dict(self._connection.execute("SELECT recorded_us, last FROM batch"))

    async def registrations(self) -> set[tuple[str, str, bool]]:
        rows = self._connection.execute(
            "SELECT event_id, organization, regulator FROM registration r JOIN log USING (seq)"
        )
        return {(event_id, key, bool(regulator)) for event_id, key, regulator in rows}

    async def outcomes(self) -> AsyncIterator[tuple[int, str, Outcome]]:
        for seq, event_id, *columns in self._connection.execute(
            "SELECT seq, event_id, status, problems, mixing, claims FROM log"
        ):
            yield seq, event_id, outcome_of(*columns)

    async def keys(self) -> list[str]:
        return [key for (key,) in self._connection.execute("SELECT key FROM item")]

    async def facts(self) -> dict[str, tuple[bytes, str | None]]:
        return {
            key: (spec, label)
            for key, spec, label in self._connection.execute(
                "SELECT key, spec, label FROM yielded JOIN item ON id = item WHERE known_to = ?", (FOREVER,)
            )
        }

    async def identifiers(self) -> list[tuple[str, str, str]]:
        return self._connection.execute(
            "SELECT key, scheme, value FROM identifier JOIN item ON id = item WHERE known_to = ?", (FOREVER,)
        ).fetchall()

    async def named(self) -> set[tuple[str, str]]:
        return set(
            self._connection.execute(
                "SELECT key, event_id FROM mention JOIN item ON id = item JOIN log ON seq = event WHERE named"
            )
        )

    async def check_known(self) -> list[Fault]:
        """The first item or event that reads take to be known at another moment than the fold does."""
        (last,) = self._connection.execute("SELECT max(seq) FROM log").fetchone()
        for table, query in UNTIMELY.items():
            for (where,) in self._connection.execute(f"{query} LIMIT 1", {"last": last, "forever": FOREVER}):
                return [Fault(where, f"since when it is known ({table}) does not fit the log; run a rebuild")]
        return []


def _untimely(table: str, item: str, since: str, ends: str = "") -> str:
    gone = "known_to <> :forever AND known_to NOT BETWEEN known_from AND :last"
    wrong = f"known_from NOT BETWEEN {since} AND :last OR ({gone}){ends}"
    return f"SELECT key FROM {table} JOIN item ON id = {item} WHERE {wrong}"


_ENDS = " OR (closed IS NULL) <> (closed_known IS NULL) OR closed_known NOT BETWEEN closed AND :last"
UNTIMELY = {
    "yielded": _untimely("yielded", "item", "event"),
    "part_of": _untimely("part_of", "part", "opened", _ENDS),
    "held_by": _untimely("held_by", "item", "opened", _ENDS),
    "consumed": _untimely("consumed", "item", "event"),
    "mark": _untimely("mark", "item", "event"),
    "identifier": _untimely("identifier", "item", "1"),
    "log": "SELECT event_id FROM log WHERE coalesce(judged, 0) NOT BETWEEN seq AND :last",
}
"""Finds what is known before it was recorded or after all was, and ends of which it is not said since when."""


async def rebuild(connection: sqlite3.Connection) -> int:
    """Fold every batch again, as it was recorded; inside a write transaction. The number of events."""
    for table in GRAPH_TABLES:
        connection.execute(f"DROP TABLE {table}")
    for table in ("reference", "registration", "batch"):
        connection.execute(f"DELETE FROM {table}")
    for statement in GRAPH.split(";"):
        if statement.strip():
            connection.execute(statement)
    connection.execute("CREATE TEMP TABLE old AS SELECT seq, event_id, pos, actor, recorded_us, digest, hash FROM log")
    connection.execute("DELETE FROM log")
    writer = SqliteWriter(connection)
    count = 0
    rows = connection.execute("SELECT o.*, body FROM old o JOIN payload p ON p.seq = o.seq ORDER BY o.seq")
    for recorded_us, batch in groupby(rows, key=lambda row: row[4]):
        records: dict[Position, tuple[Any, ...]] = {}
        events = []
        for *record, body in batch:
            event, _ = parse_event(body)
            events.append(event)
            sequence, _, _, _, *chained = record
            records[event.position] = (sequence, event.event_id, event.position, event.actor, *chained)
        writer.refer(events, {position: record[0] for position, record in records.items()})
        last = max(record[0] for record in records.values())
        connection.execute("INSERT OR REPLACE INTO batch VALUES (?, ?)", (recorded_us, last))
        await writer.fold(events, records, last)
        count += len(events)
    connection.execute("DROP TABLE old")
    return count
