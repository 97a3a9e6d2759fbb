"""A service over a server asks for traces before anybody does."""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from graph_schema.answer import Direction
from service.stores.errors import StoreError
from service.stores.graph_reader import GraphReader
from service.stores.memory import MemoryStore
from service.stores.neo4j import Neo4jStore
from service.warming import WARMING_S, warm, warmed
from tests.support import RUNNER


class Remote(MemoryStore):
    """A store that waits for a server."""

    blocking = False


class Lost(Remote):
    """A store whose server does not answer."""

    @asynccontextmanager
    async def snapshot(self, sequence: int | None = None) -> AsyncIterator[Any]:
        raise StoreError("no Neo4j answers")
        yield


@pytest.fixture
def towards(monkeypatch: pytest.MonkeyPatch) -> list[Direction | None]:
    """The directions that were asked for."""
    found: list[Direction | None] = []

    async def noted(
        self: GraphReader, key: str, towards: Direction | None = None, nodes_max: int | None = None
    ) -> None:
        found.append(towards)

    monkeypatch.setattr(GraphReader, "find", noted)
    return found


@pytest.mark.parametrize(
    ("store", "expected"), [(Remote(), [Direction.FORWARD, Direction.BACKWARD]), (MemoryStore(), [])]
)
def test_a_server_plans_both_directions_at_the_start(
    store: MemoryStore, expected: list[Direction], towards: list[Direction | None]
) -> None:
    async def run() -> None:
        async with warmed(store):
            for _ in range(10):
                await asyncio.sleep(0)

    RUNNER.run(run())
    assert towards == expected


def test_a_server_that_does_not_answer_ends_nothing(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.WARNING, "voltrace"):
        RUNNER.run(warm(Lost()))
    assert "no Neo4j answers" in caplog.text


def test_planning_may_take_longer_than_a_read() -> None:
    """Nobody waits for it; what is asked beside it has the time of the settings."""
    store = Neo4jStore("bolt://127.0.0.1:1", read_timeout_s=7.0)
    found: list[float] = []

    class Planning(Remote):
        @asynccontextmanager
        async def snapshot(self, sequence: int | None = None) -> AsyncIterator[Any]:
            await look()
            raise StoreError("seen")
            yield

    async def look() -> None:
        async with store.connection.reading() as reads:
            found.append(reads.timeout_s)

    async def run() -> None:
        async with warmed(Planning()):
            for _ in range(10):
                await asyncio.sleep(0)
            await look()
        await store.close()

    RUNNER.run(run())
    assert found == [WARMING_S, 7.0]
