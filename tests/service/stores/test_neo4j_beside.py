"""What takes Python long is folded beside the event loop, piece by piece, and comes out as ever."""

import asyncio
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from graph_schema import refold
from graph_schema.outcome import EventStatus
from seed.story import story
from service.ports import EventFilter
from service.recording import record
from service.running import alone
from service.stores.contract.telling import event, made, unit, voided
from service.stores.neo4j import Neo4jStore, beside, save, source
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.support import RUNNER

pytestmark = NEO4J_ITSELF


@pytest.fixture
def store(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Neo4jStore]:
    """One to which all is large."""
    monkeypatch.setattr(beside, "LARGE", -1)
    monkeypatch.setattr(save, "ROWS_AT_ONCE", 3)
    monkeypatch.setattr(source, "AT_ONCE", 3)
    monkeypatch.setattr(source, "LARGE_PAYLOAD", 10)
    opened = Neo4jStore(server.url, server.login)
    yield opened
    RUNNER.run(opened.close())


@pytest.fixture
def folds(monkeypatch: pytest.MonkeyPatch) -> list[threading.Thread]:
    """The threads that judge events."""
    threads: list[threading.Thread] = []
    judge = refold.apply

    def noted(*arguments: Any) -> Any:
        threads.append(threading.current_thread())
        return judge(*arguments)

    monkeypatch.setattr(refold, "apply", noted)
    return threads


def test_what_is_folded_beside_the_loop_is_the_same_graph(store: Neo4jStore, folds: list[threading.Thread]) -> None:
    """In order, late, and when some of it is voided."""
    told = list(story())
    threads: set[threading.Thread] = set()

    async def run() -> None:
        await record(store, told[::2])
        await record(store, told[1::2])
        regulator = {"key": "REG", "roles": ["REGULATOR"]}
        await record(store, [event("reg", "REGISTRATION", 0, "REG", organization=regulator),
                             voided("undo", 1, told[20]["eventId"], "REG")])  # fmt: skip
        threads.update(folds)
        assert await store.verify() == []
        async with store.snapshot() as snapshot:
            assert await snapshot.event_count(EventFilter(status=EventStatus.VOIDED)) == 1

    RUNNER.run(run())
    assert threads
    assert threading.main_thread() not in threads


def test_little_is_folded_right_here(
    store: Neo4jStore, folds: list[threading.Thread], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(beside, "LARGE", 3)
    RUNNER.run(record(store, [made("p", 1, unit("P"), unit("Q"))]))
    assert {*folds} == {threading.main_thread()}


def test_a_command_has_its_loop_for_itself(store: Neo4jStore, folds: list[threading.Thread]) -> None:
    async def run() -> None:
        with alone():
            await record(store, list(story()))
        assert {*folds} == {threading.main_thread()}
        assert await store.verify() == []

    RUNNER.run(run())


def test_a_write_that_nobody_waits_for_ends_after_its_fold(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is asked of the transaction when that is over."""
    judging, go_on = threading.Event(), threading.Event()
    judge = refold.apply

    def slow(*arguments: Any) -> Any:
        judging.set()
        go_on.wait(30)
        return judge(*arguments)

    monkeypatch.setattr(refold, "apply", slow)

    async def run() -> None:
        assert await store.sequence_at(None) == 0
        writing = asyncio.ensure_future(record(store, [made("p", 1, unit("P")), made("q", 2, unit("Q"))]))
        while not judging.is_set():
            await asyncio.sleep(0.01)
        writing.cancel()
        await asyncio.sleep(0.05)
        assert not writing.done()
        go_on.set()
        with pytest.raises(asyncio.CancelledError):
            await writing
        assert await store.sequence_at(None) == 0
        await record(store, [made("p", 1, unit("P"))])
        assert await store.verify() == []

    RUNNER.run(run())
