"""A subscription is as fast as its budget allows, and each of its events has the time of an operation."""

import asyncio
from typing import Any

import orjson
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.testclient import TestClient

from service.api.connection import cursor
from service.api.limits.pace import Pace
from service.app import create_app
from service.ports import Snapshot
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.api.test_stream import noted
from tests.support import send

FOLLOW = "subscription ($after: String) { eventRecorded(after: $after) { cursor node { eventId } } }"
NAMED = "subscription ($after: String) { eventRecorded(after: $after) { cursor node { items { key } } } }"


def test_a_budget_at_once_and_then_as_it_comes_back() -> None:
    now = [0.0]
    pace = Pace(100, 50, lambda: now[0])
    assert [pace.spend(40), pace.spend(60), pace.spend(10), pace.spend(10)] == [0, 0, 5, 10]
    now[0] = 10.0
    assert pace.spend(20) == 10
    now[0] = 1000.0
    assert [pace.spend(100), pace.spend(1)] == [0, 0.5]


@given(
    st.lists(st.tuples(st.integers(1, 100), st.floats(0, 30)), min_size=1),
    st.integers(100, 1000),
    st.integers(1, 100),
)
def test_never_more_than_the_budget_and_what_came_back(
    events: list[tuple[int, float]], budget: int, refill_s: int
) -> None:
    """Whoever waits as told has spent, at each moment, no more than that."""
    now, spent = [0.0], 0
    pace = Pace(budget, refill_s, lambda: now[0])
    for cost, rest in events:
        now[0] += rest
        now[0] += pace.spend(cost)
        spent += cost
        assert spent <= budget + now[0] * budget / refill_s + 1e-6


def test_a_subscription_waits_for_its_budget(monkeypatch: pytest.MonkeyPatch) -> None:
    """An event costs 4: two are in the budget of 8, the third comes when half of it is back."""
    store, waits = MemoryStore(), []
    send(store, [noted(number) for number in range(3)])

    async def pause(self: Any, seconds: float) -> None:
        waits.append(seconds)

    monkeypatch.setattr("service.feed.Feed.pause", pause)
    settings = Settings(store="memory:", cost_max=8, subscription_refill_s=1000, audit_interval_s=0)
    with TestClient(create_app(store, settings)) as client:
        with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as session:
            session.send_json({"type": "connection_init"})
            session.receive_json()
            asked = {"query": FOLLOW, "variables": {"after": cursor(0)}}
            session.send_json({"type": "subscribe", "id": "a", "payload": asked})
            heard = [session.receive_json()["payload"] for _ in range(3)]
        assert [one["extensions"]["cost"] for one in heard] == [{"computed": 4, "budget": 8}] * 3
    assert [round(wait) for wait in waits if wait > 1] == [500]


class Stuck(MemoryStore):
    """A store that is waited for, as Neo4j is, and whose snapshots never find an item."""

    blocking = False

    def snapshot(self, sequence: int | None = None) -> Any:
        return _Stuck(super().snapshot(sequence))


class _Stuck:
    def __init__(self, inner: Any) -> None:
        self.inner = inner

    async def __aenter__(self) -> Snapshot:
        found: Any = await self.inner.__aenter__()

        async def never(*_: Any) -> Any:
            await asyncio.Event().wait()

        for name in ("find", "keyed"):
            if hasattr(found, name):
                setattr(found, name, never)
        return found  # type: ignore[no-any-return]

    async def __aexit__(self, *why: Any) -> Any:
        return await self.inner.__aexit__(*why)


def test_an_event_that_takes_too_long_ends_the_subscription() -> None:
    store = Stuck()
    send(store, [noted(1)])
    with TestClient(create_app(store, Settings(store="memory:", execution_timeout_s=1))) as client:
        text = client.post("/graphql/stream", json={"query": NAMED, "variables": {"after": cursor(0)}}).text
    assert text.endswith("event: complete\ndata:\n\n")
    (error,) = orjson.loads(text.partition("data: ")[2].splitlines()[0])["errors"]
    assert error["extensions"].items() >= {"code": "LIMIT", "setting": "VOLTRACE_EXECUTION_TIMEOUT_S"}.items()
