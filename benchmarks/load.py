"""The service under load, through HTTP, as `voltrace serve --workers 2` runs it: requests a second, and how long.

The load comes from the same machine and takes a good part of a core itself.
"""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson

from service.stores.sqlite import SqliteStore
from tests.serving import serving

WORKERS = 2
CLIENTS = (1, 8, 64)
FREE = {"VOLTRACE_RATE_PER_S": "1000000", "VOLTRACE_RATE_BURST": "1000000", "VOLTRACE_COST_MAX": "1000000000"}

POINT = "query ($key: String!) { battery(key: $key) { key massKg model producedAt } }"
PAGE = "{ items(first: 50, filter: { kind: BATTERY }) { edges { node { key massKg producedAt } } } }"
TRACE = """query ($key: String!, $way: TraceDirection!) { trace(key: $key, direction: $way) {
  nodes { key kind role depth label status at } edges { source target kind from to massKg openedBy closedBy } } }"""
RECORD = "mutation ($events: [EventInput!]!) { recordEvents(events: $events) { counts { status count } } }"


class Named(NamedTuple):
    """What is asked about: a pack, and a lot with many ancestors."""

    pack: str
    lot: str


def named(store: SqliteStore) -> Named:
    """The first pack, and the first batch of black mass; the last lot, where there is none."""
    connection = store.borrow()
    black_mass_first = "ORDER BY key GLOB 'SYN-BM-*' DESC, CASE WHEN key GLOB 'SYN-BM-*' THEN id ELSE -id END LIMIT 1"
    (lot,) = connection.execute(f"SELECT key FROM item WHERE kind = 'LOT' {black_mass_first}").fetchone()
    (pack,) = connection.execute("SELECT key FROM item WHERE kind = 'BATTERY' ORDER BY id LIMIT 1").fetchone()
    store.give_back(connection)
    return Named(pack, lot)


def measure(
    url: str, about: Named, title: str, seconds: float, environment: dict[str, str] | None = None
) -> dict[str, dict[str, Any]]:
    """Each kind of request from 1, 8 and 64 clients at once, for so many seconds each."""
    numbers = itertools.count()
    run = time.time_ns()

    def mutation() -> bytes:
        event = {
            "eventId": f"load-{run}-{next(numbers)}",
            "type": "INSPECTION",
            "occurredAt": "2099-01-01T00:00:00Z",
            "actor": "LOAD",
            "item": about.pack,
        }
        return orjson.dumps({"query": RECORD, "variables": {"events": [event]}})

    def always(query: str, **variables: Any) -> Any:
        body = orjson.dumps({"query": query, "variables": variables})
        return lambda: body

    kinds = {
        "point query": always(POINT, key=about.pack),
        "page of 50": always(PAGE),
        "small trace": always(TRACE, key=about.pack, way="FORWARD"),
        "large trace": always(TRACE, key=about.lot, way="BACKWARD"),
        "mutation": mutation,
    }
    report: dict[str, dict[str, Any]] = {}
    with serving(url, WORKERS, **FREE, **(environment or {})) as address:
        asyncio.run(_load(address, kinds["point query"], 8, seconds))
        for kind, body in kinds.items():
            for clients in CLIENTS:
                found = asyncio.run(_load(address, body, clients, seconds))
                report.setdefault(f"{title} through HTTP: {kind}", {}).update(
                    {f"{clients} clients, {name}": value for name, value in found.items()}
                )
        waited = asyncio.run(_health(address, kinds["large trace"], seconds))
    report[f"{title} through HTTP: health check while 8 clients ask for large traces"] = {"slowest ms": waited}
    return report


async def _load(address: str, body: Any, clients: int, seconds: float) -> dict[str, float]:
    taken: list[float] = []
    start = time.perf_counter()
    await asyncio.gather(*(_client(address, body, start + seconds, taken) for _ in range(clients)))
    seconds = time.perf_counter() - start
    taken.sort()
    return {
        "requests/s": len(taken) / seconds,
        "p50 ms": taken[len(taken) // 2] * 1000,
        "p99 ms": taken[int(len(taken) * 0.99)] * 1000,
    }


async def _client(address: str, body: Any, until: float, taken: list[float]) -> None:
    """Ask again and again over one connection, once at least."""
    async with connection(address) as (reader, writer):
        while True:
            data = body()
            start = time.perf_counter()
            writer.write(b"POST /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Type: application/json\r\n")
            writer.write(b"Content-Length: %d\r\n\r\n" % len(data) + data)
            answer = await read_answer(reader)
            taken.append(time.perf_counter() - start)
            assert b'"errors"' not in answer[:200], answer[:500]
            if time.perf_counter() >= until:
                return


@asynccontextmanager
async def connection(address: str) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A connection to a service."""
    parts = urlsplit(address)
    reader, writer = await asyncio.open_connection(parts.hostname, parts.port)
    try:
        yield reader, writer
    finally:
        writer.close()
        await writer.wait_closed()


async def read_answer(reader: asyncio.StreamReader) -> bytes:
    """The body of an answer of stated length."""
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0])
    return await reader.readexactly(length)


async def _health(address: str, body: Any, seconds: float) -> float:
    """The slowest health check, in milliseconds, while others ask for much."""
    until = time.perf_counter() + seconds
    others = [asyncio.create_task(_client(address, body, until, [])) for _ in range(8)]
    slowest = 0.0
    async with connection(address) as (reader, writer):
        while time.perf_counter() < until:
            start = time.perf_counter()
            writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            await read_answer(reader)
            slowest = max(slowest, time.perf_counter() - start)
            await asyncio.sleep(0.02)
    await asyncio.gather(*others)
    return slowest * 1000
