"""How fast a trace is, against a bare traversal of the same file and against plain dicts in memory."""

from __future__ import annotations

import cProfile
from datetime import UTC, datetime
from typing import Any

from benchmarks.bare import levels, traverse
from benchmarks.measure import lines, seconds
from benchmarks.recording import top
from graph_schema.answer import Direction, Trace
from graph_schema.canonical import parse_event
from graph_schema.graph import fold
from graph_schema.reader import TraceReader
from graph_schema.trace import TraceQuestion, trace
from service.running import drive
from service.stores.graph_reader import GraphReader
from service.stores.sqlite import SqliteStore

NODES_MAX = 1_000_000


def starts(store: SqliteStore, count: int) -> list[str]:
    """Batteries of all ages."""
    connection = store.borrow()
    keys = [key for (key,) in connection.execute("SELECT key FROM item WHERE kind = 'BATTERY' ORDER BY id")]
    store.give_back(connection)
    return keys[:: max(1, len(keys) // count)][:count]


def ask(
    reader: TraceReader, key: str, direction: Direction, weigh: bool, as_of: datetime | None = None
) -> Trace | None:
    """One trace."""
    return drive(trace(reader, TraceQuestion(key, direction, as_of, weigh=weigh, nodes_max=NODES_MAX)))


def against_bare(store: SqliteStore, keys: list[str], direction: Direction) -> dict[str, float]:
    """The structure and the attribution of traces, as ratios to the bare traversal."""

    async def snapshot_of() -> dict[str, float]:
        async with store.snapshot() as snapshot:
            found = [ask(snapshot, key, direction, weigh=False) for key in keys]
            connection = snapshot._connection
            plans = [levels(connection, one) for one in found if one is not None]
            nodes = sum(len(one.nodes) for one in found if one is not None)
            edges = sum(len(one.edges) for one in found if one is not None)
            bare = seconds(lambda: [traverse(connection, plan, direction) for plan in plans])
            plain = seconds(lambda: [ask(snapshot, key, direction, weigh=False) for key in keys])
            weighed = seconds(lambda: [ask(snapshot, key, direction, weigh=True) for key in keys])
        return {
            "traces": len(keys),
            "nodes": nodes,
            "edges": edges,
            "ms a trace": plain * 1000 / len(keys),
            "bare ms a trace": bare * 1000 / len(keys),
            "structure / bare": plain / bare,
            "with attribution / bare": weighed / bare,
        }

    return drive(snapshot_of())


def point_reads(store: SqliteStore, keys: list[str]) -> dict[str, float]:
    """An item by its key, with its facts."""

    async def read(key: str) -> None:
        async with store.snapshot() as snapshot:
            await snapshot.details([await snapshot.find(key)])

    return {"ms": seconds(lambda: [drive(read(key)) for key in keys]) * 1000 / len(keys)}


def against_past(store: SqliteStore, keys: list[str]) -> dict[str, float]:
    """A trace of what was known when half of the log was there, a node, against a trace of now, a node."""

    async def measured() -> dict[str, float]:
        last = await store.sequence_at(None)
        connection = store.borrow()
        (half,) = connection.execute(
            "SELECT last FROM batch WHERE last >= ? ORDER BY last LIMIT 1", (last // 2,)
        ).fetchone()
        store.give_back(connection)
        costs = []
        for sequence in (half, last):
            async with store.snapshot(sequence) as snapshot:
                known = [key for key in keys if await snapshot.find(key) is not None]
                nodes = sum(len(one.nodes) for key in known if (one := ask(snapshot, key, Direction.FORWARD, False)))
                costs.append(seconds(lambda: [ask(snapshot, key, Direction.FORWARD, False) for key in known]) / nodes)  # noqa: B023
        return {"knownAt / now, a node": costs[0] / costs[1]}

    return drive(measured())


def against_dicts(batteries: int, store: SqliteStore, keys: list[str]) -> dict[str, float]:
    """The same traces over plain dicts in memory."""
    reader = GraphReader(fold(parse_event(line)[0] for line in lines(batteries)))
    in_memory = seconds(lambda: [ask(reader, key, Direction.FORWARD, False) for key in keys])

    async def stored() -> float:
        async with store.snapshot() as snapshot:
            return seconds(lambda: [ask(snapshot, key, Direction.FORWARD, False) for key in keys])

    return {"store / dicts in memory": drive(stored()) / in_memory}


def of_one_size(small: SqliteStore, large: SqliteStore) -> dict[str, float]:
    """The same small trace - a pack in its first days - in a small and in a large history."""
    early = datetime(2020, 1, 20, tzinfo=UTC)

    def cost(store: SqliteStore) -> float:
        key = starts(store, 1)[0]

        async def measured() -> float:
            async with store.snapshot() as snapshot:
                return seconds(lambda: [ask(snapshot, key, Direction.FORWARD, False, early) for _ in range(50)], 5)

        return drive(measured())

    return {"large / small history": cost(large) / cost(small)}


def profile(store: SqliteStore, keys: list[str]) -> str:
    """Where the time of tracing goes."""
    profiler = cProfile.Profile()

    async def measured() -> Any:
        async with store.snapshot() as snapshot:
            profiler.enable()
            for key in keys:
                ask(snapshot, key, Direction.FORWARD, False)
            profiler.disable()

    drive(measured())
    return top(profiler)
