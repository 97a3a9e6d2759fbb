"""Subscriptions of a client are counted over all its WebSockets."""

import asyncio
import base64
import socket
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import orjson
import pytest
import strawberry
from fastapi import FastAPI
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect
from websockets.client import ClientProtocol
from websockets.exceptions import ConnectionClosedError
from websockets.frames import Frame, Opcode
from websockets.protocol import State
from websockets.sync.client import connect
from websockets.uri import parse_uri

from service.access.asker import Asker
from service.access.identity import Identity
from service.access.tokens import Tokens
from service.api.connection import cursor
from service.api.context import Context
from service.api.limits import Limits
from service.api.limits.sockets import _stalled
from service.api.router import Router
from service.rates import RateLimit, Rates
from service.settings import Settings
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from tests.service.api.test_stream import FOLLOW, noted, subscriptions, until
from tests.service.test_operations import serving
from tests.support import send


@strawberry.type
class Query:
    one: int = 1


@strawberry.type
class Subscription:
    @strawberry.subscription
    async def forever(self) -> AsyncGenerator[int, None]:
        yield 1
        await asyncio.Event().wait()


def serve(**settings: Any) -> TestClient:
    config = Settings(store="memory:", proxies=1, **settings)
    rates = Rates(config.rate_per_s, config.rate_burst)
    schema = strawberry.Schema(Query, subscription=Subscription, extensions=[Limits])
    app, identity = FastAPI(), Identity(config)

    def context() -> Context:
        return Context(MemoryStore(), config, Asker(identity) if identity.configured else None)

    app.include_router(Router(schema, config, rates, context), prefix="/graphql")
    app.add_middleware(RateLimit, rates=rates, proxies=config.proxies)
    return TestClient(app)


@contextmanager
def connected(client: TestClient, address: str = "192.0.2.1") -> Iterator[WebSocketTestSession]:
    headers = {"x-forwarded-for": address}
    with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"], headers=headers) as session:
        session.send_json({"type": "connection_init"})
        assert session.receive_json()["type"] == "connection_ack"
        yield session


def subscribe(socket: WebSocketTestSession, name: str) -> Any:
    socket.send_json({"type": "subscribe", "id": name, "payload": {"query": "subscription { forever }"}})
    return socket.receive_json()


def test_subscriptions_of_a_client() -> None:
    client = serve(subscriptions_max=3)
    with connected(client) as one, connected(client) as two, connected(client, "192.0.2.2") as other:
        for socket, name in ((one, "a"), (one, "b"), (two, "a")):
            assert subscribe(socket, name)["type"] == "next"
        for socket in (one, two):
            refused = subscribe(socket, "c")
            assert refused["type"] == "error"
            (error,) = refused["payload"]
            assert error["extensions"] == {
                "code": "LIMIT",
                "limit": 3,
                "setting": "VOLTRACE_SUBSCRIPTIONS_MAX",
                "value": 4,
            }
        assert subscribe(other, "a")["type"] == "next"
        one.send_json({"type": "complete", "id": "a"})
        assert subscribe(one, "d")["type"] == "next"
    with connected(client) as again:
        assert [subscribe(again, name)["type"] for name in "abcd"] == ["next", "next", "next", "error"]


def test_operations_over_a_socket_count_as_requests() -> None:
    client = serve(rate_burst=3, rate_per_s=1)
    with connected(client) as socket:
        assert [subscribe(socket, name)["type"] for name in "ab"] == ["next", "next"]
        refused = subscribe(socket, "c")
    assert refused["payload"][0]["extensions"].items() >= {"code": "RATE_LIMIT", "limit": 3, "value": 4}.items()
    assert "VOLTRACE_RATE_BURST" in refused["payload"][0]["message"]


def test_too_many_sockets_are_refused() -> None:
    client = serve(rate_burst=1, rate_per_s=1)
    with connected(client):
        pass
    with pytest.raises(WebSocketDisconnect), connected(client):
        pass


def test_limits_hold_over_a_socket() -> None:
    client = serve(root_fields_max=1)
    with connected(client) as socket:
        socket.send_json({"type": "subscribe", "id": "a", "payload": {"query": "{ a: one b: one }"}})
        refused = socket.receive_json()
    assert refused["type"] == "error"
    assert refused["payload"][0]["extensions"]["setting"] == "VOLTRACE_ROOT_FIELDS_MAX"


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path / "tokens.json")


@contextmanager
def introduced(client: TestClient, token: str, address: str = "192.0.2.1") -> Iterator[WebSocketTestSession]:
    headers = {"x-forwarded-for": address}
    with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"], headers=headers) as session:
        session.send_json({"type": "connection_init", "payload": {"Authorization": f"Bearer {token}"}})
        yield session


def test_a_client_with_a_token_is_its_bearer_at_whatever_address(tokens: Tokens) -> None:
    """Who it is, is known only after the socket was opened."""
    token = tokens.create("gateway", "participant", "MAKER")
    client = serve(subscriptions_max=1, tokens_file=str(tokens.path))
    with introduced(client, token) as one, introduced(client, token, "192.0.2.2") as two, connected(client) as other:
        assert one.receive_json()["type"] == two.receive_json()["type"] == "connection_ack"
        assert subscribe(one, "a")["type"] == "next"
        assert subscribe(two, "a")["payload"][0]["extensions"]["setting"] == "VOLTRACE_SUBSCRIPTIONS_MAX"
        assert subscribe(other, "a")["type"] == "next"
        one.send_json({"type": "complete", "id": "a"})
        one.send_json({"type": "ping"})
        assert one.receive_json()["type"] == "pong"
        assert subscribe(two, "b")["type"] == "next"


def test_requests_are_counted_by_address_over_a_socket_too(tokens: Tokens) -> None:
    """A token does not bring another allowance of requests."""
    token = tokens.create("gateway", "participant", "MAKER")
    client = serve(rate_burst=2, rate_per_s=1, tokens_file=str(tokens.path))
    with introduced(client, token) as session:
        session.receive_json()
        assert subscribe(session, "a")["type"] == "next"
        assert subscribe(session, "b")["payload"][0]["extensions"]["code"] == "RATE_LIMIT"


def closed(session: WebSocketTestSession) -> tuple[int, str]:
    """How a socket was closed."""
    with pytest.raises(WebSocketDisconnect) as caught:
        session.receive_json()
    return caught.value.code, caught.value.reason


def test_a_refused_token_closes_the_socket_with_the_reason(tokens: Tokens) -> None:
    client = serve(tokens_file=str(tokens.path))
    with introduced(client, "voltrace_x_y") as session:
        assert closed(session) == (4403, "the token is not known here")


@pytest.mark.parametrize("query", ["{ one }", "subscription { forever }"])
def test_nothing_begins_over_a_socket_whose_token_was_revoked(tokens: Tokens, query: str) -> None:
    token = tokens.create("gateway", "participant", "MAKER")
    client = serve(tokens_file=str(tokens.path))
    with introduced(client, token) as session:
        session.receive_json()
        tokens.revoke(tokens.all()[0].id)
        session.send_json({"type": "subscribe", "id": "a", "payload": {"query": query}})
        assert closed(session) == (4403, "the token is revoked; ask for a new one")


def test_tokens_that_cannot_be_checked_close_a_socket_for_a_while(tokens: Tokens) -> None:
    token = tokens.create("gateway", "participant", "MAKER")
    client = serve(tokens_file=str(tokens.path))
    with introduced(client, token) as session:
        session.receive_json()
        tokens.path.write_text("{")
        session.send_json({"type": "subscribe", "id": "a", "payload": {"query": "{ one }"}})
        assert closed(session) == (1013, "API tokens cannot be checked now; try again later")


def test_reasons_of_closing_are_short(tokens: Tokens) -> None:
    header = base64.urlsafe_b64encode(orjson.dumps({"alg": "ü" * 300})).decode().rstrip("=")
    token = f"{header}.e30.AA"
    client = serve(oidc_issuer="https://issuer.test", oidc_audience="us", secret="s" * 32)
    with introduced(client, token) as session:
        code, reason = closed(session)
    assert code == 4403
    assert len(reason.encode()) <= 123


def handshake(url: str) -> tuple[Any, Any]:
    """A WebSocket by hand, which reads nothing by itself; the protocol to frame messages with."""
    made = socket.socket()
    made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    made.settimeout(60)
    made.connect(("127.0.0.1", int(url.rpartition(":")[2])))
    protocol = ClientProtocol(parse_uri(url.replace("http", "ws") + "/graphql"), subprotocols=["graphql-transport-ws"])
    protocol.send_request(protocol.connect())
    made.sendall(b"".join(protocol.data_to_send()))
    while protocol.state is State.CONNECTING:
        protocol.receive_data(made.recv(4096))
    return made, protocol


def say(made: Any, protocol: Any, message: Any) -> None:
    protocol.send_text(orjson.dumps(message))
    made.sendall(b"".join(protocol.data_to_send()))


def read_on(made: Any, protocol: Any) -> list[str]:
    """Take all that was sent up to the closing; the cursors in it."""
    while data := made.recv(1 << 20):
        protocol.receive_data(data)
    protocol.receive_eof()
    texts = [
        bytes(one.data) for one in protocol.events_received() if isinstance(one, Frame) and one.opcode is Opcode.TEXT
    ]
    messages = [orjson.loads(one) for one in texts]
    return [one["payload"]["data"]["eventRecorded"]["cursor"] for one in messages if one["type"] == "next"]


def many(path: Path) -> SqliteStore:
    """A store with more events than the buffers of a connection hold."""
    store = SqliteStore(path / "log.db")
    for batch in range(10):
        send(store, [noted(batch * 100 + number, 40_000) for number in range(100)])
    return store


def follow(made: Any, protocol: Any) -> None:
    say(made, protocol, {"type": "connection_init"})
    following = {"query": FOLLOW, "variables": {"after": cursor(0)}}
    say(made, protocol, {"type": "subscribe", "id": "a", "payload": following})


DROPPED = "a reader of a WebSocket took more than {} s for a message and was dropped"


def test_a_stalled_reader_is_dropped(tmp_path: Path) -> None:
    with serving(many(tmp_path).url, tmp_path, VOLTRACE_SUBSCRIPTION_STALL_S="1") as (_, url, log):
        made, protocol = handshake(url)
        with made:
            follow(made, protocol)
            until(lambda: subscriptions(url) == 1)
            until(lambda: subscriptions(url) == 0)
        told = log.read_text()
    assert DROPPED.format(1) in told
    assert "Traceback" not in told


def test_a_stalled_reader_that_reads_on_is_told_why(tmp_path: Path) -> None:
    with serving(many(tmp_path).url, tmp_path, VOLTRACE_SUBSCRIPTION_STALL_S="4") as (_, url, log):
        made, protocol = handshake(url)
        with made:
            follow(made, protocol)
            until(lambda: DROPPED.format(4) in log.read_text())
            cursors = read_on(made, protocol)
    assert protocol.close_code == 1013
    why, _, place = protocol.close_reason.partition("; go on after ")
    assert why == "the reader took more than 4 s (VOLTRACE_SUBSCRIPTION_STALL_S)"
    assert place in cursors[-2:], "of what was sent the last may not have been taken in time"


def test_a_message_is_as_large_as_a_body(tmp_path: Path) -> None:
    with serving("memory:", tmp_path, VOLTRACE_BODY_MAX_BYTES="2000") as (_, url, _log):
        address = url.replace("http", "ws") + "/graphql"
        with connect(address, subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
            socket.send(orjson.dumps({"type": "connection_init"}), text=True)
            assert orjson.loads(socket.recv(10))["type"] == "connection_ack"
            socket.send(orjson.dumps({"type": "ping", "payload": {"x": "x" * 1000}}), text=True)
            assert orjson.loads(socket.recv(10))["type"] == "pong"
            socket.send(orjson.dumps({"type": "ping", "payload": {"x": "x" * 3000}}), text=True)
            with pytest.raises(ConnectionClosedError) as caught:
                socket.recv(10)
            assert caught.value.rcvd is not None
            assert caught.value.rcvd.code == 1009


def test_where_a_stalled_reader_goes_on_is_told_as_far_as_it_fits() -> None:
    place, why = "x" * 64, "the reader took more than 1 s (VOLTRACE_SUBSCRIPTION_STALL_S)"
    assert _stalled(1, {"a": None}) == why, "it got nothing: it goes on from where it began"
    assert _stalled(1, {"a": "x1"}) == f"{why}; go on after x1"
    assert _stalled(1, {"a": place}) == f"stalled; go on after {place}"
    assert _stalled(1, {"a": "x1", "b": None, "c": "x3"}) == f"{why}; go on after a: x1, c: x3"
    assert _stalled(1, {"a": place, "b": place}) == why
