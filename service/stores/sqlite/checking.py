"""Checking the embedded store against its log, and folding it again."""

from __future__ import annotations

import sqlite3
from collections import defaultdict
from collections.abc import Iterator
from itertools import groupby
from typing import Any

from graph_schema.canonical import canonical, digest, parse_event
from graph_schema.errors import MalformedEvent
from graph_schema.events import AnyEvent, Enrolment
from graph_schema.graph import Graph, fold
from graph_schema.order import Position
from graph_schema.refold import Effects
from graph_schema.specs import new_items
from graph_schema.state import State, advance
from service.chain import Head, extend
from service.ports import Fault
from service.stores.sqlite.save import spec_text
from service.stores.sqlite.schema import FOREVER, GRAPH, GRAPH_TABLES
from service.stores.sqlite.source import SqliteSource, loads, outcome_of, state_columns
from service.stores.sqlite.writer import SqliteWriter

KEYS_AT_ONCE = 500


async def verify(connection: sqlite3.Connection) -> list[Fault]:
    """The first fault of the chain, or else the first difference between the graph and a fresh fold of the log."""
    fault, events = _check_chain(connection)
    if fault is not None:
        return [fault]
    graph = fold(events)
    found = (
        _check_outcomes(connection, graph)
        or await _check_lives(connection, graph)
        or _check_facts(connection, graph)
        or _check_mentions(connection, graph)
    )
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
    for seq, event_id, *columns in connection.execute(
        "SELECT seq, event_id, status, problems, mixing, claims FROM log"
    ):
        where, outcome = f"{seq} ({event_id})", graph.outcomes[event_id]
        status, codes = columns[0], [problem[0] for problem in loads(columns[1]) or ()]
        if status != outcome.status or codes != [problem.code for problem in outcome.problems]:
            return Fault(
                where,
                f"stands as {status} {codes or ''}, but a fresh fold makes it {outcome.status.value}; run a rebuild",
            )
        if outcome_of(*columns) != outcome._replace(effects={}):
            return Fault(where, "its problems, mixing or claims are not those of a fresh fold; run a rebuild")
    return None


async def _check_lives(connection: sqlite3.Connection, graph: Graph) -> Fault | None:
    source = SqliteSource(connection)
    named = [key for (key,) in connection.execute("SELECT key FROM item")]
    for keys in _chunks(sorted({*named, *graph.timelines})):
        tails = await source.tails(keys)
        for key, entries in (await source.timelines(keys)).items():
            stored = [(position, effects) for position, effects in entries if effects]
            if stored != graph.timelines.get(key, []):
                return Fault(key, "its edges are not those of a fresh fold; run a rebuild")
            if state_columns(*tails[key]) != state_columns(_replayed(stored), entries[-1][0] if entries else b""):
                return Fault(key, "its present state is not that of a fresh fold; run a rebuild")
    (known,) = connection.execute("SELECT count(*) FROM yielded WHERE known_to = ?", (FOREVER,)).fetchone()
    if known != len(graph.timelines):
        return Fault("items", f"the graph has {known} items, a fresh fold {len(graph.timelines)}; run a rebuild")
    return None


def _replayed(entries: list[tuple[Position, Effects]]) -> State | None:
    state = None
    for position, effects in entries:
        state = advance(state, position, effects)
    return state


def _check_facts(connection: sqlite3.Connection, graph: Graph) -> Fault | None:
    """What items are called and what was stated of them."""
    facts = {
        key: rest
        for key, *rest in connection.execute(
            "SELECT key, spec, label FROM yielded JOIN item ON id = item WHERE known_to = ?", (FOREVER,)
        )
    }
    names: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for key, *name in connection.execute(
        "SELECT key, scheme, value FROM identifier JOIN item ON id = item WHERE known_to = ?", (FOREVER,)
    ):
        names[key].add(tuple(name))
    for event_id, outcome in graph.outcomes.items():
        event = graph.events[event_id]
        specs: Any = event.items if isinstance(event, Enrolment) else getattr(event, "outputs", ())
        for spec in new_items(specs):
            if outcome.effects.get(spec.key, (("",),))[0][0] != "born":
                continue
            stated = {(identifier.scheme, identifier.value) for identifier in spec.identifiers or ()}
            if facts[spec.key] != [spec_text(spec), spec.model or spec.material] or names[spec.key] != stated:
                return Fault(spec.key, "its facts or identifiers are not those of a fresh fold; run a rebuild")
    return None


def _check_mentions(connection: sqlite3.Connection, graph: Graph) -> Fault | None:
    """Events that name an item without effect on it must be found from it."""
    stored = set(
        connection.execute(
            "SELECT key, event_id FROM mention JOIN item ON id = item JOIN log ON seq = event WHERE named"
        )
    )
    for event_id, outcome in graph.outcomes.items():
        for key in graph.events[event_id].named_keys():
            if key not in outcome.effects and (key, event_id) not in stored:
                return Fault(key, f"it is not noted that {event_id} names it; run a rebuild")
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
