"""Events as they are recorded: over web sockets and as server-sent events."""

import asyncio
import socket
import subprocess
import sys
import threading
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
import uvicorn
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from service.access.tokens import Tokens
from service.api import subscription
from service.api.connection import cursor
from service.app import create_app
from service.feed import Feed, TooMany
from service.ports import Store
from service.settings import Settings
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from tests.support import send

ROOT = Path(__file__).parents[3]
FOLLOW = (
    "subscription ($filter: EventFilter, $after: String) { eventRecorded(filter: $filter, after: $after)"
    " { cursor node { eventId status sequence items { key } } } }"
)


def made(name: str, actor: str = "MAKER") -> dict[str, Any]:
    outputs = [{"key": f"PACK-{name}", "kind": "BATTERY"}]
    return {
        "eventId": name,
        "type": "PRODUCTION",
        "occurredAt": "2026-01-01T00:00:00Z",
        "actor": actor,
        "outputs": outputs,
    }


def settings(store: Store, **more: Any) -> Settings:
    return Settings(store=store.url, feed_interval_ms=20, **more)


@contextmanager
def connected(client: TestClient, payload: dict[str, Any] | None = None) -> Iterator[WebSocketTestSession]:
    with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as session:
        session.send_json({"type": "connection_init", "payload": payload or {}})
        assert session.receive_json()["type"] == "connection_ack"
        yield session


def follow(session: WebSocketTestSession, name: str = "1", query: str = FOLLOW, **variables: Any) -> None:
    session.send_json({"id": name, "type": "subscribe", "payload": {"query": query, "variables": variables}})


def heard(session: WebSocketTestSession) -> dict[str, Any]:
    message = session.receive_json()
    assert message["type"] == "next", message
    assert "errors" not in message["payload"], message
    return message["payload"]["data"]["eventRecorded"]  # type: ignore[no-any-return]


def test_events_come_as_they_are_recorded_and_again_from_acursor(store: Store) -> None:
    send(store, [made("before")])
    with TestClient(create_app(store, settings(store))) as client:
        record = "mutation ($e: [EventInput!]!) { recordEvents(events: $e) { counts { count } } }"
        with connected(client) as session:
            follow(session)
            time.sleep(0.3)
            for name in "abc":
                client.post("/graphql", json={"query": record, "variables": {"e": [made(name)]}})
            edges = [heard(session) for _ in "abc"]
        assert [edge["node"]["eventId"] for edge in edges] == ["a", "b", "c"]
        assert edges[0]["node"] | {"sequence": 0} == {
            "eventId": "a",
            "status": "ACCEPTED",
            "sequence": 0,
            "items": [{"key": "PACK-a"}],
        }
        with connected(client) as session:
            follow(session, after=edges[0]["cursor"])
            assert [heard(session)["node"]["eventId"] for _ in "bc"] == ["b", "c"]
            follow(session, "2", "{ events { totalCount } }")
            assert session.receive_json()["payload"]["data"]["events"]["totalCount"] == 4


def test_filters_and_bad_cursors() -> None:
    store = MemoryStore()
    with TestClient(create_app(store, settings(store))) as client, connected(client) as session:
        follow(session, filter={"actor": "SECOND"})
        time.sleep(0.2)
        send(store, [made("a"), made("b", "SECOND"), made("c"), made("d", "SECOND")])
        assert [heard(session)["node"]["eventId"] for _ in "bd"] == ["b", "d"]
        follow(session, "2", after="!")
        message = session.receive_json()
        assert "'!' is no cursor" in orjson.dumps(message).decode()


def test_a_cursor_of_another_log_ends_with_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(subscription, "BEHIND_S", 0.1)
    store = MemoryStore()
    send(store, [made("a")])
    with TestClient(create_app(store, settings(store))) as client, connected(client) as session:
        follow(session, after=cursor(17))
        assert "is beyond the end of the log" in orjson.dumps(session.receive_json()).decode()


def test_a_cursor_that_a_replica_has_not_reached_yet_is_waited_for() -> None:
    store = MemoryStore()
    send(store, [made("a")])
    with TestClient(create_app(store, settings(store))) as client, connected(client) as session:
        follow(session, after=cursor(2))
        time.sleep(0.2)
        send(store, [made("b"), made("c")])
        assert heard(session)["node"]["eventId"] == "c"


def test_a_client_has_so_many_subscriptions() -> None:
    feed = Feed(MemoryStore(), 1, 2)
    refused = pytest.raises(TooMany, match="has 2 subscriptions open")
    with feed.subscription("a"), feed.subscription("a"), feed.subscription("b"), refused, feed.subscription("a"):
        pass
    with feed.subscription("a"), feed.subscription("a"):
        pass
    store = MemoryStore()
    with TestClient(create_app(store, settings(store, subscriptions_max=1))) as client, connected(client) as session:
        follow(session, "1")
        time.sleep(0.2)
        follow(session, "2")
        assert "limit" in orjson.dumps(session.receive_json()).decode()


def test_one_question_for_all_who_wait() -> None:
    class Counting(MemoryStore):
        asked = 0

        async def sequence_at(self, known_at: Any) -> int:
            self.asked += 1
            return await super().sequence_at(known_at)

    store = Counting()

    async def run() -> None:
        feed = Feed(store, 0.05, 100)
        waiting = [asyncio.create_task(feed.beyond(0)) for _ in range(50)]
        await asyncio.sleep(0.3)
        for task in waiting:
            task.cancel()
        await asyncio.gather(*waiting, return_exceptions=True)

    asyncio.run(run())
    assert 2 <= store.asked <= 10


def test_nothing_of_an_unexpected_error_leaks() -> None:
    class Broken(MemoryStore):
        def snapshot(self, sequence: int | None = None) -> Any:
            raise RuntimeError("password=hunter2")

    store = Broken()
    send(store, [made("a")])
    with TestClient(create_app(store, settings(store))) as client, connected(client) as session:
        follow(session, after=cursor(0))
        text = orjson.dumps(session.receive_json()).decode()
        assert "Unexpected error." in text
        assert "hunter2" not in text


def test_subscribers_see_what_their_token_shows_until_it_is_revoked(tmp_path: Path) -> None:
    store, tokens = MemoryStore(), Tokens(tmp_path / "tokens.json")
    token = tokens.create("the maker", "participant", "MAKER")
    with TestClient(create_app(store, settings(store, tokens_file=str(tokens.path)))) as client:
        with connected(client, {"Authorization": f"Bearer {token}"}) as session:
            follow(session)
            time.sleep(0.2)
            send(store, [made("another's", "SECOND"), made("mine")])
            assert heard(session)["node"]["eventId"] == "mine"
            tokens.revoke(tokens.all()[0].id)
            send(store, [made("later")])
            assert "revoked" in orjson.dumps(session.receive_json()).decode()
        with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as session:
            session.send_json({"type": "connection_init", "payload": {"Authorization": "Bearer voltrace_x_y"}})
            with pytest.raises(WebSocketDisconnect) as caught:
                session.receive_json()
            assert caught.value.code == 4403
        with connected(client) as session:
            for query in (FOLLOW, "subscription { findingRaised { cursor } }"):
                follow(session, query=query)
                (error,) = session.receive_json()["payload"]["errors"]
                assert error["extensions"] == {"code": "FORBIDDEN"}
                assert "state a token" in error["message"]
                assert session.receive_json()["type"] == "complete"
            follow(session, "2", "{ viewer { role } }")
            assert session.receive_json()["payload"]["data"]["viewer"]["role"] == "PUBLIC"


@pytest.mark.parametrize("below", [False, True])
@pytest.mark.parametrize("name", ["Authorization", "authorization", "AUTHORIZATION"])
def test_a_token_over_a_socket_is_taken_as_clients_state_it(tmp_path: Path, name: str, below: bool) -> None:
    store, tokens = MemoryStore(), Tokens(tmp_path / "tokens.json")
    stated = {name: f"Bearer {tokens.create('the maker', 'participant', 'MAKER')}"}
    with (
        TestClient(create_app(store, settings(store, tokens_file=str(tokens.path)))) as client,
        connected(client, {"headers": stated} if below else {"unrelated": None, **stated}) as session,
    ):
        follow(session, query="{ viewer { organization } }")
        assert session.receive_json()["payload"]["data"]["viewer"] == {"organization": "MAKER"}


@contextmanager
def served(store: Store) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    server = uvicorn.Server(
        uvicorn.Config(create_app(store, settings(store)), host="127.0.0.1", port=port, log_level="error")
    )
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    yield f"http://127.0.0.1:{port}"
    server.should_exit = True
    server.force_exit = True
    thread.join()


def events(url: str, query: str, variables: dict[str, Any], **headers: str) -> Iterator[dict[str, str]]:
    body = orjson.dumps({"query": query, "variables": variables})
    request = urllib.request.Request(
        f"{url}/graphql/stream", body, {"Content-Type": "application/json", "Accept": "text/event-stream", **headers}
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        assert answer.headers["Content-Type"].startswith("text/event-stream")
        told: dict[str, str] = {}
        for line in answer:
            name, _, value = line.decode().rstrip("\n").partition(": ")
            if name:
                told[name.rstrip(":")] = value
            elif told:
                yield told
                told = {}


def test_server_sent_events_from_another_process(tmp_path: Path) -> None:
    """The browser's own reconnecting works: the last event id takes the place of `after`."""
    store = SqliteStore(tmp_path / "log.db")
    send(store, [made("a"), made("b")])
    with served(store) as url:
        stream = events(url, FOLLOW, {"after": cursor(0)})
        first, second = next(stream), next(stream)
        assert (first["event"], first["id"]) == ("next", cursor(1))
        told = tmp_path / "more.jsonl"
        told.write_bytes(orjson.dumps(made("c")))
        command = [sys.executable, "-m", "service.cli", "ingest", "--store", store.url, str(told)]
        subprocess.run(command, check=True, capture_output=True, cwd=ROOT)
        third = next(stream)
        assert orjson.loads(third["data"])["data"]["eventRecorded"]["node"]["eventId"] == "c"
        stream.close()
        again = events(url, FOLLOW, {"after": cursor(0)}, **{"Last-Event-ID": second["id"]})
        assert orjson.loads(next(again)["data"])["data"]["eventRecorded"]["node"]["eventId"] == "c"
        again.close()
        assert [event["event"] for event in events(url, "{ viewer { role } }", {})] == ["next", "complete"]
