"""Several services over one Neo4j: subscriptions across them, and a database that is not migrated."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import httpx2 as httpx
import orjson
from starlette.testclient import TestClient
from websockets.sync.client import connect

from graph_schema.neo4j import migrations
from service.api.connection import cursor
from service.app import create_app
from service.settings import Settings
from service.stores.neo4j import Neo4jStore
from service.stores.neo4j.migrating import migrate
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.serving import serving
from tests.support import RUNNER

pytestmark = NEO4J_ITSELF

RECORD = "mutation ($events: [EventInput!]!) { recordEvents(events: $events) { counts { status count } } }"
FOLLOW = "subscription ($after: String) { eventRecorded(after: $after) { cursor node { eventId sequence } } }"
HEARD_S = 30
LAST = migrations()[-1].number


@contextmanager
def service(server: Server) -> Iterator[str]:
    """The address of one service process."""
    with serving(server.url, VOLTRACE_FEED_INTERVAL_MS="50", **server.settings) as address:
        yield address


@contextmanager
def following(address: str, after: str) -> Iterator[Callable[[], dict[str, Any]]]:
    """Gives the next event that a subscriber of a service hears."""
    with connect(f"{address.replace('http', 'ws')}/graphql", subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
        socket.send(orjson.dumps({"type": "connection_init"}).decode())
        assert orjson.loads(socket.recv(HEARD_S))["type"] == "connection_ack"
        payload = {"query": FOLLOW, "variables": {"after": after}}
        socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": payload}).decode())

        def heard() -> dict[str, Any]:
            message = orjson.loads(socket.recv(HEARD_S))
            assert message["type"] == "next", message
            return message["payload"]["data"]["eventRecorded"]  # type: ignore[no-any-return]

        yield heard


def record(address: str, *names: str) -> None:
    events = [
        {
            "eventId": name,
            "type": "ENROLMENT",
            "occurredAt": "2026-01-01T00:00:00Z",
            "actor": "A",
            "items": [{"key": f"PACK-{name}", "kind": "BATTERY"}],
        }
        for name in names
    ]
    body = {"query": RECORD, "variables": {"events": events}}
    answer = httpx.post(f"{address}/graphql", json=body, timeout=HEARD_S).json()
    assert answer["data"]["recordEvents"]["counts"] == [{"status": "ACCEPTED", "count": len(names)}], answer


def test_what_one_process_records_subscribers_of_another_hear(server: Server) -> None:
    with service(server) as one, service(server) as other:
        with following(one, cursor(0)) as at_one, following(other, cursor(0)) as at_other:
            record(one, "a", "b")
            record(other, "c")
            record(one, "d")
            told = [at_other() for _ in "abcd"]
            assert [edge["node"] for edge in told] == [
                {"eventId": name, "sequence": number} for number, name in enumerate("abcd", 1)
            ]
            assert [at_one() for _ in "abcd"] == told, "each in the same order, with the same cursors"
        record(other, "e")
        with following(one, told[1]["cursor"]) as heard:
            assert [heard()["node"]["eventId"] for _ in "cde"] == ["c", "d", "e"], (
                "who comes back elsewhere misses nothing"
            )


@contextmanager
def marked(server: Server, number: int) -> Iterator[Neo4jStore]:
    """Gives another store on the database while that says that its schema has some version."""
    store = server.store()

    async def mark(version: int) -> None:
        async with store.connection.session(writes=True) as session:
            await (await session.run("MATCH (s:Schema) SET s.version = $version", version=version)).consume()

    RUNNER.run(migrate(store.connection))
    RUNNER.run(mark(number))
    try:
        yield store
    finally:
        RUNNER.run(mark(LAST))
        RUNNER.run(store.close())


def test_an_old_schema_is_not_ready_until_it_is_migrated(server: Server) -> None:
    settings, query = Settings(store=server.url), {"query": "{ items { totalCount } }"}
    with marked(server, LAST - 1) as other, TestClient(create_app(server.store(), settings)) as client:
        answer = client.get("/readyz")
        assert answer.status_code == 503
        assert f"schema version {LAST - 1}, this voltrace needs {LAST}; run `voltrace migrate`" in answer.text
        assert client.get("/healthz").status_code == 200, "it is up all the same"
        assert client.post("/graphql", json=query).json()["errors"]
        RUNNER.run(migrate(other.connection))
        assert client.get("/readyz").json()["status"] == "ready"
        assert client.post("/graphql", json=query).json()["data"] == {"items": {"totalCount": 0}}


def test_a_newer_schema_is_not_ready(server: Server) -> None:
    with marked(server, 99), TestClient(create_app(server.store(), Settings(store=server.url))) as client:
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert f"schema version 99, this voltrace knows {LAST}" in answer.text
