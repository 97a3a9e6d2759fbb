"""How a write of Neo4j ends: what it sends in the background is over then, and the error that explains it is told."""

import asyncio
from collections.abc import Callable, Coroutine, Iterator
from typing import Any, cast

import pytest

from service.chain import Head
from service.ports import Writer
from service.recording import OnConflict, RecordStatus, read_event, record
from service.stores.contract.telling import made, unit
from service.stores.errors import StoreError
from service.stores.neo4j import Neo4jStore, writer
from service.stores.neo4j.writer import Neo4jWriter
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.service.stores.proxy import Proxy
from tests.support import RUNNER

pytestmark = NEO4J_ITSELF


class CountingProxy(Proxy):
    """Counts the connections that clients make."""

    def __init__(self, url: str) -> None:
        self.connections = 0
        super().__init__(url)

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.connections += 1
        await super()._accept(reader, writer)


@pytest.fixture
def proxy(server: Server) -> Iterator[CountingProxy]:
    made_proxy = CountingProxy(server.url)
    yield made_proxy
    made_proxy.end()


def test_what_is_tried_or_refused_costs_no_connection(server: Server, proxy: CountingProxy) -> None:
    """Not where it is more than is sent in the background at once, either."""
    events = [made(f"p{number}", 2, unit(f"P{number}")) for number in range(writer.SAVED_AT_ONCE + 50)]
    pending: list[Any] = [made("again", 3, unit("P1"))]

    async def run() -> None:
        store = Neo4jStore(proxy.url, server.login)
        try:
            assert await store.sequence_at(None) == 0
            connections = proxy.connections
            tried = await record(store, [*events, *pending], dry_run=True)
            assert {one.status for one in tried} == {RecordStatus.ACCEPTED, RecordStatus.CONTESTED}
            assert await store.sequence_at(None) == 0
            told = await record(store, [*events, *pending], on_conflict=OnConflict.REJECT)
            assert told[-1].status == RecordStatus.REJECTED
            assert await store.sequence_at(None) == len(events)
            assert await store.verify() == []
            assert proxy.connections == connections
        finally:
            await store.close()

    RUNNER.run(run())


def test_a_work_that_fails_while_rows_are_sent_costs_no_connection(
    server: Server, proxy: CountingProxy, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(writer, "SAVED_AT_ONCE", 1)
    saved: list[str] = []
    save = writer.save

    async def noted(transaction: Any, rows: Any) -> None:
        await save(transaction, rows)
        saved.append("saved")

    async def run() -> None:
        store = Neo4jStore(proxy.url, server.login)
        try:
            assert await store.sequence_at(None) == 0
            connections = proxy.connections

            async def work(writer: Writer) -> None:
                for number in range(3):
                    await writer.append([_new(f"p{number}")])
                raise LookupError("the work")

            monkeypatch.setattr("service.stores.neo4j.writer.save", noted)
            with pytest.raises(LookupError, match="the work"):
                await store.write(work)
            assert len(saved) == 2
            assert await store.sequence_at(None) == 0
            assert proxy.connections == connections
        finally:
            await store.close()

    RUNNER.run(run())


def _new(event_id: str) -> Any:
    return read_event(made(event_id, 1, unit(event_id)))


async def _fails() -> None:
    raise StoreError("the server")


async def _lasts() -> None:
    await asyncio.sleep(60)


async def _saving(save: Callable[[], Coroutine[Any, Any, None]]) -> Neo4jWriter:
    made_writer = Neo4jWriter(cast(Any, None), Head())
    made_writer._saving = asyncio.create_task(save())
    await asyncio.sleep(0)
    return made_writer


@pytest.mark.parametrize("save", [_fails, _lasts])
def test_who_is_cancelled_is_cancelled_whatever_the_rows_come_to(save: Callable[[], Any]) -> None:
    async def run() -> None:
        ending = await _saving(save)

        async def work() -> None:
            async with ending.writing():
                await asyncio.sleep(60)

        working = asyncio.create_task(work())
        await asyncio.sleep(0)
        working.cancel()
        with pytest.raises(asyncio.CancelledError):
            await working
        assert ending._saving is not None
        assert ending._saving.done(), "nothing is under way"

    asyncio.run(run())


def test_rows_that_could_not_be_sent_end_the_fold_at_once() -> None:
    async def run() -> None:
        ending = await _saving(_fails)
        with pytest.raises(StoreError, match="the server"):
            await ending._turn()

    asyncio.run(run())


def test_the_error_of_the_rows_explains_any_later_one() -> None:
    async def run() -> None:
        ending = await _saving(_fails)
        with pytest.raises(StoreError, match="the server") as caught:
            async with ending.writing():
                raise ValueError("the transaction is closed")
        assert isinstance(caught.value.__cause__, ValueError)

    asyncio.run(run())
