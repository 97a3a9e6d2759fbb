"""Token buckets by client, and who the client is."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from service import rates
from service.app import create_app
from service.clients import client_address
from service.rates import Rates
from service.settings import Settings
from service.stores.memory import MemoryStore


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


def test_a_bucket_empties_and_fills() -> None:
    clock = Clock()
    limiter = Rates(per_s=2, burst=3, clock=clock)
    assert [limiter.take("a") for _ in range(4)] == [0, 0, 0, 0.5]
    assert limiter.take("b") == 0
    clock.now = 0.25
    assert limiter.take("a") == 0.25
    clock.now = 0.5
    assert [limiter.take("a") for _ in range(2)] == [0, 0.5]
    clock.now = 100
    assert [limiter.take("a") for _ in range(4)] == [0, 0, 0, 0.5]


def test_the_memory_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rates, "CLIENTS_MAX", 2)
    limiter = Rates(per_s=1, burst=1, clock=Clock())
    assert [limiter.take(client) for client in "abab"] == [0, 0, 1, 1]
    limiter.take("c")
    assert limiter.take("b") == 1
    assert limiter.take("a") == 0, "the least recently seen was forgotten"
    assert len(limiter._buckets) == 2


def scope(peer: str | None, *forwarded: str) -> dict[str, Any]:
    return {
        "client": None if peer is None else (peer, 1),
        "headers": [(b"x-forwarded-for", value.encode()) for value in forwarded],
    }


@pytest.mark.parametrize(
    ("asked", "proxies", "client"),
    [
        (scope("192.0.2.1"), 0, "192.0.2.1"),
        (scope("192.0.2.1", "203.0.113.7"), 0, "192.0.2.1"),
        (scope("192.0.2.1", "203.0.113.7"), 1, "203.0.113.7"),
        (scope("192.0.2.1", "6.6.6.6, 203.0.113.7"), 1, "203.0.113.7"),
        (scope("192.0.2.1", "6.6.6.6", "203.0.113.7, 192.0.2.2"), 2, "203.0.113.7"),
        (scope("192.0.2.1", "203.0.113.7"), 2, "192.0.2.1"),
        (scope("192.0.2.1", " , "), 1, "192.0.2.1"),
        (scope("2001:db8:1:2:3:4:5:6"), 0, "2001:db8:1:2::/64"),
        (scope("192.0.2.1", "[2001:db8:1:2:9::]"), 1, "2001:db8:1:2::/64"),
        (scope("::ffff:192.0.2.1"), 0, "192.0.2.1"),
        (scope("testclient"), 0, "testclient"),
        (scope(None), 0, ""),
    ],
)
def test_the_client(asked: dict[str, Any], proxies: int, client: str) -> None:
    assert client_address(asked, proxies) == client


@pytest.fixture
def client() -> TestClient:
    config = Settings(store="memory:", rate_per_s=1, rate_burst=2, proxies=1)
    return TestClient(create_app(MemoryStore(), config))


def test_too_many_requests_are_refused(client: TestClient) -> None:
    def ask(address: str) -> Any:
        headers = {"x-forwarded-for": address}
        return client.post("/graphql", json={"query": "{ __typename }"}, headers=headers)

    assert [ask("192.0.2.1").status_code for _ in range(3)] == [200, 200, 429]
    refused = ask("192.0.2.1")
    assert refused.headers["retry-after"] == "1"
    (error,) = refused.json()["errors"]
    assert "1 a second (VOLTRACE_RATE_PER_S), 2 at once (VOLTRACE_RATE_BURST)" in error["message"]
    assert ask("192.0.2.2").status_code == 200
    assert [client.get("/healthz").status_code for _ in range(5)] == [200] * 5
