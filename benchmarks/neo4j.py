"""The same workload on Neo4j: recording beside raw batches of the same rows, traces beside hand-written Cypher."""

from __future__ import annotations

import asyncio
import io
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from statistics import median
from typing import Any

import neo4j
from neo4j.exceptions import Neo4jError

from benchmarks import load
from benchmarks.measure import BATCH, batches, lines
from benchmarks.recording import SMALL_BATCH, transfers
from benchmarks.tracing import NODES_MAX
from graph_schema.answer import Direction
from graph_schema.trace import TraceQuestion, trace
from service.ingesting import Ingest
from service.recording import record
from service.stores.neo4j import Neo4jStore
from service.testing.neo4j import running, versions
from service.testing.neo4j.server import Server

WRITES = ("CREATE", "MERGE", " SET ")
NAIVE_S = 20.0
NAIVE_STARTS = 5

RAW_FORWARD = """
MATCH (root:Item {key: $key})
CALL (root) {
  MATCH (root)<-[:PART_OF*0..8]-(inside)
  RETURN collect(DISTINCT inside) AS insides
}
CALL (insides) {
  UNWIND insides AS inside
  MATCH (inside)-[:CONSUMED_IN|YIELDED|PART_OF*0..60]->(reached)
  RETURN collect(DISTINCT reached) AS nodes
}
CALL (nodes) {
  UNWIND nodes AS node
  MATCH (node)-[edge:CONSUMED_IN|YIELDED|PART_OF]->()
  RETURN collect([type(edge), edge.opened, edge.closed, edge.massKg, elementId(startNode(edge)),
                  elementId(endNode(edge))]) AS edges
}
CALL (nodes) {
  UNWIND nodes AS node
  MATCH (node)-[held:HELD_BY]->(organization)
  RETURN collect([node.key, held.opened, held.closed, organization.key]) AS custody
}
RETURN [node IN nodes | [elementId(node), node.key, node.eventId, node.model, node.massKg]] AS found, edges, custody
"""
"""What reaches what, with its edges and custody, in one round trip: a superset of a trace, without its physics."""

NAIVE = "MATCH path = (root:Item {key: $key})-[*]->(reached) RETURN collect(path)"


@contextmanager
def captured(statements: list[list[tuple[str, dict[str, Any]]]]) -> Iterator[None]:
    """Take down the writing statements of every transaction."""
    run, commit = neo4j.AsyncManagedTransaction.run, neo4j.AsyncManagedTransaction._commit
    current: list[tuple[str, dict[str, Any]]] = []

    async def noted(self: Any, query: str, parameters: Any = None, **values: Any) -> Any:
        if any(word in query for word in WRITES):
            current.append((query, dict(parameters or {}, **values)))
        return await run(self, query, parameters, **values)

    async def done(self: Any) -> None:
        await commit(self)
        statements.append(current.copy())
        current.clear()

    neo4j.AsyncManagedTransaction.run = noted  # type: ignore[method-assign]
    neo4j.AsyncManagedTransaction._commit = done  # type: ignore[method-assign]
    try:
        yield
    finally:
        neo4j.AsyncManagedTransaction.run = run  # type: ignore[method-assign]
        neo4j.AsyncManagedTransaction._commit = commit  # type: ignore[method-assign]


async def _ingested(store: Neo4jStore, told: bytes) -> float:
    """What `voltrace ingest` does with a file."""
    start = time.perf_counter()
    await Ingest(store, BATCH).run(["-"], io.BytesIO(told), "jsonl")
    return time.perf_counter() - start


def _raw(server: Server, statements: list[list[tuple[str, dict[str, Any]]]]) -> float:
    """The same rows, ready in memory, in the same statements and transactions by the plain driver."""
    auth = None if server.login.user is None else (server.login.user, server.login.password)

    def work(transaction: Any, unit: list[tuple[str, dict[str, Any]]]) -> None:
        for query, parameters in unit:
            transaction.run(query, parameters).consume()

    with neo4j.GraphDatabase.driver(server.url, auth=auth, notifications_min_severity="OFF") as driver:
        start = time.perf_counter()
        with driver.session(database=server.login.database) as session:
            for unit in statements:
                session.execute_write(work, unit)
        return time.perf_counter() - start


async def recording(server: Server, store: Neo4jStore, batteries: int) -> dict[str, float]:
    """Recording, in turns with raw batches; the first turn of each, which warms the server, does not count."""
    told = b"\n".join(lines(batteries))
    events = told.count(b"\n") + 1
    ours, raw = [], []
    for turn in range(3):
        await asyncio.to_thread(server.empty)
        statements: list[list[tuple[str, dict[str, Any]]]] = []
        with captured(statements):
            taken = await _ingested(store, told)
        await asyncio.to_thread(server.empty)
        bare = await asyncio.to_thread(_raw, server, statements)
        if turn:
            ours.append(taken)
            raw.append(bare)
    await asyncio.to_thread(server.empty)
    await _ingested(store, told)
    return {
        "events": events,
        "ingest, events/s": events / median(ours),
        "raw batches, events/s": events / median(raw),
        "ingest / raw batches": median(ours) / median(raw),
    }


async def _median_ms(keys: list[str], ask: Callable[[str], Awaitable[Any]]) -> float:
    for key in keys[:10]:
        await ask(key)
    taken = []
    for key in keys:
        start = time.perf_counter()
        await ask(key)
        taken.append(time.perf_counter() - start)
    return sum(taken) * 1000 / len(taken)


async def tracing(store: Neo4jStore, keys: list[str]) -> dict[str, float]:
    """Traces, point reads, hand-written Cypher, naive paths; milliseconds a start."""

    async def ours(key: str) -> Any:
        async with store.snapshot() as snapshot:
            return await trace(snapshot, TraceQuestion(key, Direction.FORWARD, nodes_max=NODES_MAX, weigh=False))

    async def point(key: str) -> Any:
        async with store.snapshot() as snapshot:
            return await snapshot.details([await snapshot.find(key)])

    async def query(text: str, key: str) -> Any:
        async with store.connection.reading() as reads:
            return await reads.record(text, {"key": key})

    async def naive(key: str) -> Any:
        try:
            return await asyncio.wait_for(query(NAIVE, key), NAIVE_S)
        except (TimeoutError, Neo4jError):
            return None

    found = [one for key in keys if (one := await ours(key)) is not None]
    traced = await _median_ms(keys, ours)
    raw = await _median_ms(keys, lambda key: query(RAW_FORWARD, key))
    few = keys[:: max(1, len(keys) // NAIVE_STARTS)][:NAIVE_STARTS]
    naive_ms = await _median_ms(few, naive)
    return {
        "traces": len(found),
        "nodes": sum(len(one.nodes) for one in found),
        "edges": sum(len(one.edges) for one in found),
        "ms a trace": traced,
        "hand-written ms": raw,
        "trace / hand-written": traced / raw,
        f"naive paths ms (ended after {NAIVE_S:.0f} s)": naive_ms,
        "naive paths / trace": naive_ms / await _median_ms(few, ours),
        "point read ms": await _median_ms(keys, point),
    }


async def small_batches(store: Neo4jStore, keys: list[str]) -> dict[str, float]:
    """Batches of ten on a store that holds a history."""
    told = list(batches(transfers(keys), SMALL_BATCH))
    events = sum(map(len, told))
    start = time.perf_counter()
    for batch in told:
        await record(store, batch)
    return {"events": events, "events/s": events / (time.perf_counter() - start)}


def _login(server: Server) -> dict[str, str]:
    login = server.login
    return {"VOLTRACE_NEO4J_USER": login.user, "VOLTRACE_NEO4J_PASSWORD": login.password} if login.user else {}


def measure(batteries: int, keys: list[str], named: load.Named, seconds: float) -> dict[str, dict[str, float]]:
    """Everything, on the first of the versions that the tests run on; of `keys`, those that are there."""
    version = versions()[0]

    async def run(server: Server) -> dict[str, dict[str, float]]:
        store = server.store()
        try:
            await store.sequence_at(None)
            recorded = await recording(server, store, batteries)
            return {
                f"Neo4j {version}: recording, batches of 2,000": recorded,
                f"Neo4j {version}: recording, batches of 10": await small_batches(store, keys),
                f"Neo4j {version}: trace forward": await tracing(store, keys),
                **await asyncio.to_thread(load.measure, server.url, named, f"Neo4j {version}", seconds, _login(server)),
            }
        finally:
            await store.close()

    with running(version) as server:
        return asyncio.run(run(server))
