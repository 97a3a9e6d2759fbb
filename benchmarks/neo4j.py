"""The same workload on Neo4j: recording beside raw batches of the same rows, traces beside hand-written Cypher."""

from __future__ import annotations

import asyncio
import io
import math
import re
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, nullcontext
from statistics import median
from typing import Any
from weakref import WeakKeyDictionary

import neo4j
import orjson
from neo4j.exceptions import Neo4jError

from benchmarks import disk, http, hub, load
from benchmarks.cypher import NAIVE, POINT, RAW, told_by, told_in
from benchmarks.measure import BATCH, batches
from benchmarks.recording import SMALL_BATCH, SMALL_EVENTS, transfers
from benchmarks.tracing import NODES_MAX
from graph_schema.answer import Direction, Trace
from graph_schema.trace import TraceQuestion, trace
from seed.nation import generate
from service import collecting
from service.ingesting import Ingest
from service.ports import ItemDetails, ItemFilter, ItemOrder
from service.recording import record
from service.running import alone
from service.stores.errors import StoreError
from service.stores.neo4j import Neo4jStore
from service.testing.neo4j import VERSIONS, running, versions
from service.testing.neo4j.server import Server

Unit = list[tuple[str, dict[str, Any]]]
"""The statements of a transaction, with their values."""
WRITES = re.compile(r"\b(CREATE|MERGE|SET|REMOVE|DELETE)\b")
TURNS = 3
NAIVE_S = 20.0
NAIVE_STARTS = 5
LOTS = 200
SMALL_WRITES = 50


@contextmanager
def captured(statements: list[Unit]) -> Iterator[None]:
    """Take down the writing statements of every transaction."""
    run = neo4j.AsyncManagedTransaction.run
    units: WeakKeyDictionary[Any, Unit] = WeakKeyDictionary()

    async def noted(self: Any, query: str, parameters: Any = None, **values: Any) -> Any:
        if WRITES.search(query):
            if self not in units:
                statements.append(units.setdefault(self, []))
            units[self].append((query, dict(parameters or {}, **values)))
        return await run(self, query, parameters, **values)

    neo4j.AsyncManagedTransaction.run = noted  # type: ignore[method-assign]
    try:
        yield
    finally:
        neo4j.AsyncManagedTransaction.run = run  # type: ignore[method-assign]


async def _ingested(store: Neo4jStore, told: bytes) -> float:
    """What `voltrace ingest` does with a file."""
    with collecting.rarely(), alone():
        start = time.perf_counter()
        await Ingest(store, BATCH).run(["-"], io.BytesIO(told), "jsonl")
        return time.perf_counter() - start


def _raw(server: Server, statements: list[Unit]) -> float:
    """The same rows, ready in memory, in the same statements and transactions by the plain driver."""
    auth = None if server.login.user is None else (server.login.user, server.login.password)

    def work(transaction: Any, unit: Unit) -> None:
        for query, parameters in unit:
            transaction.run(query, parameters).consume()

    with neo4j.GraphDatabase.driver(server.url, auth=auth, notifications_min_severity="OFF") as driver:
        start = time.perf_counter()
        with driver.session(database=server.login.database) as session:
            for unit in statements:
                session.execute_write(work, unit)
        return time.perf_counter() - start


def _as_sent(event: dict[str, Any]) -> bytes:
    """An event as a party sends it, without `recordedAt`."""
    return orjson.dumps({name: value for name, value in event.items() if name != "recordedAt"})


async def recording(server: Server, store: Neo4jStore, batteries: int) -> dict[str, float]:
    """Recording, in turns with raw batches; the first turn of each, which warms the server, does not count.

    In that the statements are taken down: to keep the rows of many would burden the garbage collection of ingest.
    """
    told = b"\n".join(map(_as_sent, generate(batteries)))
    events = told.count(b"\n") + 1
    ours, raw = [], []
    statements: list[Unit] = []
    for turn in range(TURNS + 1):
        await asyncio.to_thread(server.empty)
        with captured(statements) if not turn else nullcontext():
            taken = await _ingested(store, told)
        await asyncio.to_thread(server.empty)
        bare = await asyncio.to_thread(_raw, server, statements)
        if turn:
            ours.append(taken)
            raw.append(bare)
    return {
        "events": events,
        "ingest, events/s": events / median(ours),
        "raw batches, events/s": events / median(raw),
        "ingest / raw batches": median(ours) / median(raw),
        "ingest of what states recordedAt, events/s": events / await _history(server, store, batteries),
    }


async def _history(server: Server, store: Neo4jStore, batteries: int) -> float:
    """Have the store hold a generated history and nothing else; seconds."""
    await asyncio.to_thread(server.empty)
    return await _ingested(store, b"\n".join(map(orjson.dumps, generate(batteries))))


async def _mean_ms(keys: list[str], ask: Callable[[str], Awaitable[Any]]) -> float:
    """The mean time of a start, each the faster of two turns; the first starts also once before, to warm up."""
    for key in keys[:10]:
        await ask(key)
    taken = []
    for key in keys:
        turns = []
        for _ in range(2):
            start = time.perf_counter()
            await ask(key)
            turns.append(time.perf_counter() - start)
        taken.append(min(turns))
    return sum(taken) * 1000 / max(1, len(taken))


class _Asking:
    """Asks one store in one direction, each way."""

    def __init__(self, store: Neo4jStore, direction: Direction) -> None:
        self.store = store
        self.direction = direction

    async def ours(self, key: str) -> Trace:
        async with self.store.snapshot() as snapshot:
            question = TraceQuestion(key, self.direction, nodes_max=NODES_MAX, weigh=False)
            found = await trace(snapshot, question)
        assert found is not None
        return found

    async def query(self, text: str, key: str) -> Any:
        async with self.store.connection.reading() as reads:
            return await reads.record(text, {"key": key})

    async def raw(self, key: str) -> Any:
        return await self.query(RAW[self.direction], key)

    async def naive(self, key: str) -> float | None:
        """How many milliseconds all paths took, None where they were ended."""
        start = time.perf_counter()
        try:
            await asyncio.wait_for(self.query(NAIVE[self.direction], key), NAIVE_S)
        except (TimeoutError, StoreError, Neo4jError):
            return None
        return (time.perf_counter() - start) * 1000


async def _same(asking: _Asking, keys: list[str]) -> list[str]:
    """Those of which the hand-written query finds the very nodes and edges of the trace; it never finds less."""
    same = []
    for key in keys:
        nodes, edges = told_in(await asking.ours(key))
        raw_nodes, raw_edges = told_by(await asking.raw(key))
        assert nodes <= raw_nodes, (key, nodes - raw_nodes)
        assert edges <= raw_edges, (key, edges - raw_edges)
        if nodes == raw_nodes and edges == raw_edges:
            same.append(key)
    return same


async def tracing(store: Neo4jStore, keys: list[str], direction: Direction) -> dict[str, float]:
    """Traces, hand-written Cypher for the same answers, naive paths; milliseconds a start."""
    asking = _Asking(store, direction)
    found = [await asking.ours(key) for key in keys]
    same = await _same(asking, keys)
    ours, raw = await _mean_ms(same, asking.ours), await _mean_ms(same, asking.raw)
    largest = [one.root for one in sorted(found, key=lambda one: -len(one.nodes))]
    few = largest[:: max(1, len(largest) // NAIVE_STARTS)][:NAIVE_STARTS]
    naive = {key: await asking.naive(key) for key in few}
    ended = [key for key, taken in naive.items() if taken is not None]
    report: dict[str, float] = {
        "starts": len(keys),
        "nodes": sum(len(one.nodes) for one in found),
        "edges": sum(len(one.edges) for one in found),
        "ms a trace": await _mean_ms(keys, asking.ours),
        "starts of which hand-written Cypher finds the same": len(same),
        "of these, ms a trace": ours,
        "of these, hand-written ms": raw,
        "trace / hand-written": ours / raw if same else math.nan,
        "starts of naive paths": len(naive),
        f"of these, not done in {NAIVE_S:.0f} s": len(naive) - len(ended),
    }
    if ended:
        naive_ms = sum(taken for taken in naive.values() if taken is not None) / len(ended)
        report |= {"of those done, ms": naive_ms, "naive paths / trace": naive_ms / await _mean_ms(ended, asking.ours)}
    return report


async def point_reads(store: Neo4jStore, keys: list[str]) -> dict[str, float]:
    """An item by its key, with its facts, beside hand-written Cypher for the same."""
    asking = _Asking(store, Direction.FORWARD)

    async def ours(key: str) -> list[ItemDetails]:
        async with store.snapshot() as snapshot:
            return await snapshot.details([await snapshot.find(key)])

    async def raw(key: str) -> Any:
        return await asking.query(POINT, key)

    for key in keys:
        (found,), by_hand = await ours(key), await raw(key)
        assert (found.key, found.kind, found.spec.decode(), found.born, found.producer) == tuple(by_hand), key
    taken, bare = await _mean_ms(keys, ours), await _mean_ms(keys, raw)
    return {"ms": taken, "hand-written ms": bare, "point read / hand-written": taken / bare}


async def through_http(server: Server, store: Neo4jStore) -> dict[str, float]:
    """Where the substance of a lot came from, of the newest that with the most ancestors, beside the store's time."""
    asking = _Asking(store, Direction.BACKWARD)
    async with store.snapshot() as snapshot:
        lots = await snapshot.item_page(ItemFilter(kind="LOT"), None, LOTS, True, ItemOrder.PRODUCED_AT)
    found = max([await asking.ours(key) for _, key in lots], key=lambda one: len(one.nodes))
    taken = []
    for _ in range(http.TURNS):
        start = time.perf_counter()
        await asking.ours(found.root)
        taken.append(time.perf_counter() - start)
    more = server.settings
    size = len(found.nodes), len(found.edges)
    return await asyncio.to_thread(http.beside, median(taken), server.url, found.root, *size, **more)


async def small_batches(server: Server, store: Neo4jStore, batteries: int, size: int) -> dict[str, float]:
    """Small batches on a store that holds a history, beside the same rows as raw statements on the same history; the
    first of them, which warm the server, do not count."""
    await _history(server, store, batteries)
    async with store.snapshot() as snapshot:
        keys = [key for _, key in await snapshot.item_page(ItemFilter(kind="BATTERY"), None, SMALL_EVENTS)]
    told = list(batches(transfers(keys), size))[: 2 * SMALL_WRITES]
    counted = told[len(told) // 2 :]
    await _recorded(store, told[: -len(counted)])
    statements: list[Unit] = []
    with captured(statements):
        taken = await _recorded(store, counted)
    await _history(server, store, batteries)
    await _recorded(store, told[: -len(counted)])
    bare = await asyncio.to_thread(_raw, server, statements)
    events = sum(map(len, counted))
    return {
        "events": events,
        "events/s": events / taken,
        "raw, events/s": events / bare,
        "recording / raw": taken / bare,
    }


async def _recorded(store: Neo4jStore, told: list[list[bytes]]) -> float:
    start = time.perf_counter()
    for batch in told:
        await record(store, batch)
    return time.perf_counter() - start


def measure(
    batteries: int, keys: list[str], named: load.Named, seconds: float, draws: int
) -> dict[str, dict[str, float]]:
    """Everything, on the first of the versions that the tests run on; of `keys`, those that are there."""
    version = versions()[0]

    async def run(server: Server) -> dict[str, dict[str, float]]:
        store = server.store()
        try:
            await store.sequence_at(None)
            recorded = await recording(server, store, batteries)
            return {
                f"Neo4j {version}: recording, batches of 2,000": recorded,
                f"Neo4j {version}: recording one by one": await small_batches(server, store, batteries, 1),
                f"Neo4j {version}: recording, batches of 10": await small_batches(
                    server, store, batteries, SMALL_BATCH
                ),
                f"Neo4j {version}: trace forward": await tracing(store, keys, Direction.FORWARD),
                f"Neo4j {version}: trace backward": await tracing(store, keys, Direction.BACKWARD),
                f"Neo4j {version}: point reads": await point_reads(store, keys),
                f"Neo4j {version}: trace through HTTP": await through_http(server, store),
                **await asyncio.to_thread(
                    load.measure, server.url, named, f"Neo4j {version}", seconds, server.settings
                ),
                f"Neo4j {version}: trace at a hub": await hub.measure(store, draws),
            }
        finally:
            await store.close()

    with running(version, measured=True) as server:
        report = asyncio.run(run(server))
    return report | {f"Neo4j {VERSIONS[0]}: on disk": disk.of_neo4j(VERSIONS[0], batteries)}
