"""Checking the embedded store against its log, and folding it again."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from graph_schema.canonical import canonical, digest, parse_event
from graph_schema.errors import MalformedEvent
from graph_schema.events import AnyEvent
from graph_schema.graph import Graph, fold
from graph_schema.order import Position
from service.chain import Head, extend
from service.ports import Fault
from service.stores.sqlite.schema import FOREVER, GRAPH, GRAPH_TABLES
from service.stores.sqlite.source import SqliteSource, loads
from service.stores.sqlite.writer import SqliteWriter

KEYS_AT_ONCE = 500


async def verify(connection: sqlite3.Connection) -> list[Fault]:
    """The first fault of the chain, or else the first difference between the graph and a fresh fold of the log."""
    fault, events = _check_chain(connection)
    if fault is not None:
        return [fault]
    graph = fold(events)
    found = _check_outcomes(connection, graph) or await _check_lives(connection, graph)
    return [found] if found is not None else []


def _check_chain(connection: sqlite3.Connection) -> tuple[Fault | None, list[AnyEvent]]:
    head = Head()
    events = []
    for seq, event_id, pos, actor, recorded_us, stored_digest, stored_hash, body in connection.execute(
        "SELECT l.seq, event_id, pos, actor, recorded_us, digest, hash, body FROM log l"
        " LEFT JOIN payload p ON p.seq = l.seq ORDER BY l.seq"
    ):
        where = f"{seq} ({event_id})"
        if seq != head.sequence + 1:
            return Fault(where, f"the log goes from {head.sequence} to {seq}: records are missing"), []
        if recorded_us < head.recorded_us:
            return Fault(where, "recordedAt is earlier than that of the record before"), []
        head = extend(head, stored_digest, recorded_us)
        if head.hash != stored_hash:
            return Fault(where, "the hash does not follow from the record before it"), []
        if body is None:
            return Fault(where, "the payload is missing"), []
        try:
            event, payload = parse_event(body)
        except MalformedEvent as error:
            return Fault(where, f"the payload is malformed: {error}"), []
        if digest(canonical(payload, event)) != stored_digest:
            return Fault(where, "the payload is not what was recorded"), []
        if (event.event_id, event.position, event.actor) != (event_id, pos, actor):
            return Fault(where, "event id, time, type or actor beside the payload are not those in it"), []
        events.append(event)
    return None, events


def _check_outcomes(connection: sqlite3.Connection, graph: Graph) -> Fault | None:
    for seq, event_id, status, problems in connection.execute("SELECT seq, event_id, status, problems FROM log"):
        outcome = graph.outcomes[event_id]
        codes = [problem[0] for problem in loads(problems) or ()]
        if status != outcome.status or codes != [problem.code for problem in outcome.problems]:
            return Fault(
                f"{seq} ({event_id})",
                f"stands as {status} {codes or ''}, but a fresh fold makes it {outcome.status.value}; run a rebuild",
            )
    return None


async def _check_lives(connection: sqlite3.Connection, graph: Graph) -> Fault | None:
    source = SqliteSource(connection)
    for keys in _chunks(sorted(graph.timelines)):
        await source.tails(keys)
        for key, entries in (await source.timelines(keys)).items():
            stored = [(position, effects) for position, effects in entries if effects]
            if stored != graph.timelines[key]:
                return Fault(key, "its edges are not those of a fresh fold; run a rebuild")
    (known,) = connection.execute("SELECT count(*) FROM yielded WHERE known_to = ?", (FOREVER,)).fetchone()
    if known != len(graph.timelines):
        return Fault("items", f"the graph has {known} items, a fresh fold {len(graph.timelines)}; run a rebuild")
    return None


def _chunks(keys: list[str]) -> Iterator[list[str]]:
    for start in range(0, len(keys), KEYS_AT_ONCE):
        yield keys[start : start + KEYS_AT_ONCE]


async def rebuild(connection: sqlite3.Connection) -> int:
    """Fold every batch again, as it was recorded; inside a write transaction. The number of events."""
    for table in GRAPH_TABLES:
        connection.execute(f"DROP TABLE {table}")
    for table in ("reference", "registration"):
        connection.execute(f"DELETE FROM {table}")
    for statement in GRAPH.split(";"):
        if statement.strip():
            connection.execute(statement)
    connection.execute("CREATE TEMP TABLE old AS SELECT seq, event_id, pos, actor, recorded_us, digest, hash FROM log")
    connection.execute("DELETE FROM log")
    writer = SqliteWriter(connection)
    count = 0
    rows = connection.execute("SELECT o.*, body FROM old o JOIN payload p ON p.seq = o.seq ORDER BY o.seq")
    for _, batch in groupby(rows, key=lambda row: row[4]):
        records: dict[Position, tuple[Any, ...]] = {}
        events = []
        for *record, body in batch:
            event, _ = parse_event(body)
            events.append(event)
            records[event.position] = tuple(record)
        writer.refer(events, {position: record[0] for position, record in records.items()})
        await writer.fold(events, records, max(record[0] for record in records.values()))
        count += len(events)
    connection.execute("DROP TABLE old")
    return count
