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
from service.warming import warm, warmed
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
