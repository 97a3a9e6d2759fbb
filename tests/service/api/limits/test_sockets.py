"""Subscriptions of a client are counted over all its WebSockets."""

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import strawberry
from fastapi import FastAPI
from starlette.testclient import TestClient, WebSocketTestSession
from starlette.websockets import WebSocketDisconnect

from service.api.context import Context
from service.api.limits import Limits
from service.api.router import Router
from service.rates import RateLimit, Rates
from service.settings import Settings
from service.stores.memory import MemoryStore


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
    app = FastAPI()
    app.include_router(Router(schema, config, rates, lambda: Context(MemoryStore(), config)), prefix="/graphql")
    app.add_middleware(RateLimit, rates=rates, proxies=config.proxies)
    return TestClient(app)


@contextmanager
def connected(client: TestClient, address: str = "192.0.2.1") -> Iterator[WebSocketTestSession]:
    headers = {"x-forwarded-for": address}
    with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"], headers=headers) as socket:
        socket.send_json({"type": "connection_init"})
        assert socket.receive_json()["type"] == "connection_ack"
        yield socket


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
    assert refused["payload"][0]["extensions"] == {"code": "RATE_LIMIT"}
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
