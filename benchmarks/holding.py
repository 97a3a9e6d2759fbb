"""How long one query keeps all others waiting: the slowest health check while it runs, with one worker.

`python -m benchmarks.holding` measures the queries that read and answer the most on a store of its own, SQLite: a pack
of 9,000 cells, 400 packs that changed hands. The statements of each are counted as well. Then what is only large,
as a request and as a message over a WebSocket.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from functools import partial
from http.client import HTTPConnection
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import orjson
from starlette.testclient import TestClient
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from benchmarks.load import FREE, connection, read_answer
from service.app import create_app
from service.recording import record
from service.running import drive
from service.settings import Settings
from service.stores.sqlite import SqliteStore
from tests.serving import serving

RUNS = 3
JSON = "application/json"
SETTINGS = FREE | {"VOLTRACE_ALIASES_MAX": "1000"}
_EACH = "items(first: 200, filter: {kind: BATTERY}) { edges { node {"
RECORD = "mutation ($events: [EventInput!]!) { %s(events: $events) { results { eventId status } } }"


class Size(NamedTuple):
    """How much there is: cells of the one pack, other packs, and events that are sent at once."""

    cells: int = 9_000
    packs: int = 400
    batch: int = 10_000


class Case(NamedTuple):
    """A query that asks for much."""

    name: str
    """With the `Size` in it, as in a format."""
    query: str
    events: str | None = None
    """The prefix of the ids of events that go with it."""


CASES = (
    Case("flat trace of {cells:,} nodes", '{ trace(key: "BIG", direction: BACKWARD) { nodes { key kind role depth '
         "status at } edges { source target kind from to openedBy } } }"),
    Case("its nodes as objects", '{ trace(key: "BIG", direction: BACKWARD) { nodes { key node { id } } } }'),
    Case("with status and producer", '{ trace(key: "BIG", direction: BACKWARD) { nodes { key node { id ... on Item '
         "{ status producer { name } } } } } }"),
    Case("{cells:,} parts of a pack", '{ battery(key: "BIG") { parts { key kind massKg status } } }'),
    Case("holders of 200 items", f"{{ {_EACH} holder {{ key }} }} }} }} }}"),
    Case("all of 200 items", f"{{ {_EACH} holder {{ key }} endedBy {{ eventId }} custody(first: 2) {{ totalCount }} "
         "history(first: 1) { edges { node { eventId } } } ... on Unit { host { key } vehicle { key } stateOfHealth }"
         " } } } }"),
    Case("items of events and who holds them",
         "{ events(first: 2) { edges { node { items { key holder { key } } } } } }"),
    Case("200 nodes by id", ""),
    Case("events with a count", "{ events(first: 1) { totalCount edges { node { eventId } } } }"),
    Case("validate {batch:,} events", RECORD % "validateEvents", "would-be"),
    Case("record {batch:,} events", RECORD % "recordEvents", "is"),
)  # fmt: skip

_MANY = Settings.body_values_max
_FULL = Settings.body_max_bytes - 1024
LARGE: dict[str, Callable[[], bytes]] = {
    "objects, beyond the limit": lambda: b",".join([b'{"a":{}}'] * 1_700_000),
    "objects, just within": lambda: b",".join([b'{"a":{}}'] * (_MANY // 3 - 10)),
    "keys, each another": lambda: b",".join(b'{"k%d":{}}' % number for number in range(_MANY // 3 - 10)),
    "texts full of commas and quotes": lambda: b'"%s"' % (b',\\"' * (_FULL // 3)),
    "long numbers": lambda: b",".join([b"9" * 100] * (_MANY - 10)),
}
"""What is in a list of an undeclared variable."""


def history(size: Size) -> Iterator[dict[str, Any]]:
    """A pack with very many cells, and many packs with a vehicle and a history each."""
    at = "2024-01-01T00:00:00Z"

    def event(number: int, kind: str, actor: str, **more: Any) -> dict[str, Any]:
        return {"eventId": f"h{number}", "type": kind, "occurredAt": at, "actor": actor, **more}

    organization = {"key": "MAKER", "name": "Maker", "roles": ["BATTERY_MAKER"], "region": "CN-44"}
    yield event(0, "REGISTRATION", "MAKER", organization=organization)
    cells = [{"key": f"C{number:05}", "kind": "CELL", "massKg": 0.01} for number in range(size.cells)]
    yield event(1, "PRODUCTION", "MAKER", outputs=[{"key": "BIG", "kind": "BATTERY", "massKg": 400, "parts": cells}])
    for pack in range(size.packs):
        spec = {"key": f"P{pack:04}", "kind": "BATTERY", "massKg": 400, "chemistry": "LFP"}
        yield event(10 * pack + 10, "PRODUCTION", "MAKER", outputs=[spec, {"key": f"V{pack:04}", "kind": "VEHICLE"}])
        yield event(10 * pack + 11, "INSTALLATION", "MAKER", part=f"P{pack:04}", host=f"V{pack:04}")
        yield event(10 * pack + 12, "TRANSFER", "MAKER", items=[f"V{pack:04}"], to=f"FLEET-{pack % 9}")
        for look in range(6):
            yield event(10 * pack + 13 + look, "INSPECTION", "SHOP", item=f"P{pack:04}",
                        measurements={"stateOfHealthPercent": 99 - look})  # fmt: skip


def body(case: Case, ids: list[str], size: Size) -> bytes:
    """A request."""
    query = case.query or "{ nodes(ids: %s) { id ... on Item { key holder { key } } } }" % json.dumps(ids)
    if case.events is None:
        return orjson.dumps({"query": query})
    events = [
        {"eventId": f"{case.events}-{time.time_ns()}-{number}", "type": "INSPECTION", "actor": "SHOP",
         "occurredAt": "2025-01-01T00:00:00Z", "item": f"P{number % size.packs:04}"}
        for number in range(size.batch)
    ]  # fmt: skip
    return orjson.dumps({"query": query, "variables": {"events": events}})


def posted(address: str, request: bytes) -> bytes:
    """The answer to a request."""
    with closing(HTTPConnection(urlsplit(address).netloc)) as kept:
        kept.request("POST", "/graphql", request, {"Content-Type": JSON})
        return kept.getresponse().read()


def messaged(address: str, request: bytes) -> bytes:
    """The answer to a request as a message over a WebSocket, or the reason of its closing."""
    protocol: Any = ["graphql-transport-ws"]
    with connect(f"ws{address.removeprefix('http')}/graphql", subprotocols=protocol, max_size=None) as socket:
        socket.send('{"type":"connection_init"}')
        socket.recv()
        socket.send(b'{"type":"subscribe","id":"a","payload":%s}' % request, text=True)
        try:
            return socket.recv(decode=False)
        except ConnectionClosedError as closed:
            return str(closed.rcvd).encode()


async def slowest_ms(address: str, ask: Callable[[], bytes]) -> tuple[float, float, bytes]:
    """The slowest health check while something is answered, the time of that, in ms, and the answer."""
    checks: list[float] = []

    async def check(until: asyncio.Event) -> None:
        async with connection(address) as (reader, writer):
            while not until.is_set():
                start = time.perf_counter()
                writer.write(b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
                await read_answer(reader)
                checks.append(time.perf_counter() - start)
                await asyncio.sleep(0.005)

    done = asyncio.Event()
    checking = asyncio.create_task(check(done))
    await asyncio.sleep(0.1)
    start = time.perf_counter()
    answer = await asyncio.to_thread(ask)
    taken = time.perf_counter() - start
    await asyncio.sleep(0.1)
    done.set()
    await checking
    return max(checks) * 1000, taken * 1000, answer


def median_of(runs: int, address: str, ask: Callable[[], bytes], expected: bytes) -> dict[str, float]:
    """Of several runs, the one in the middle; each answer has what is expected in it."""
    found = [asyncio.run(slowest_ms(address, ask)) for _ in range(runs)]
    for _, _, answer in found:
        assert expected in answer, answer[-1000:]
    wait, taken, answer = sorted(found)[runs // 2]
    return {"slowest health check ms": wait, "query ms": taken, "bytes": len(answer)}


def large(words: list[str], runs: int, address: str) -> dict[str, dict[str, float]]:
    """Of what is nothing but large: the same, as a request and as a message."""
    report = {}
    for name, made in LARGE.items():
        if words and not any(word in name for word in words):
            continue
        request = b'{"query":"{ __typename }","variables":{"k":[%s]}}' % made()
        expected = b"BODY_VALUES_MAX" if "beyond" in name else b'"Query"'
        for way, send in (("a request", posted), ("a message", messaged)):
            report[f"{way}: {name}"] = median_of(runs, address, partial(send, address, request), expected)
    return report


def _answered(address: str, case: Case, ids: list[str], size: Size) -> bytes:
    answer = posted(address, body(case, ids, size))
    assert b'"errors"' not in answer, answer[-1000:]
    return answer


@contextmanager
def _counting(store: SqliteStore) -> Iterator[list[int]]:
    count = [0]

    def note(_statement: str) -> None:
        count[0] += 1

    connect = store._connect

    def counted() -> sqlite3.Connection:
        made = connect()
        made.set_trace_callback(note)
        return made

    store._connect = counted  # type: ignore[method-assign]
    yield count


def measure(words: list[str], runs: int = RUNS, size: Size = Size()) -> dict[str, dict[str, float]]:
    """Of the cases with a word in their names (all without any): the slowest health check, the time of the query, the
    bytes of the answer, and the statements."""
    report: dict[str, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder:
        url = f"sqlite:{Path(folder) / 'holding.db'}"
        store = SqliteStore(Path(folder) / "holding.db")
        drive(record(store, list(history(size))))
        cases = [case._replace(name=case.name.format(**size._asdict())) for case in CASES]
        cases = [case for case in cases if not words or any(word in case.name for word in words)]
        settings = Settings(store=url, cost_max=10**9, rate_per_s=10**6, rate_burst=10**6, audit_interval_s=0)
        with _counting(store) as count, TestClient(create_app(store, settings)) as client:
            listed = client.post("/graphql", json={"query": f"{{ {_EACH} id }} }} }} }}"}).json()["data"]["items"]
            ids = [edge["node"]["id"] for edge in listed["edges"]]
            for case in cases:
                if case.events is None:
                    before = count[0]
                    answer = client.post("/graphql", content=body(case, ids, size), headers={"Content-Type": JSON})
                    assert "errors" not in answer.json(), answer.text[-1000:]
                    report[case.name] = {"statements": count[0] - before}
        with serving(url, 1, **SETTINGS) as address:
            for case in cases:
                ask = partial(_answered, address, case, ids, size)
                report[case.name] = median_of(runs, address, ask, b'"data"') | report.get(case.name, {})
            report |= large(words, runs, address)
    return report


if __name__ == "__main__":
    for name, values in measure(sys.argv[1:]).items():
        print(f"{name:36}", "  ".join(f"{what} {value:,.0f}" for what, value in values.items()))
