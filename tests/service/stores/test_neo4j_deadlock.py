"""Two writers that each wait for what the other one holds, in a Neo4j."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from service.recording import RecordStatus, record
from service.stores.contract.telling import event, made, tell, unit
from service.stores.errors import StoreError
from service.stores.neo4j import Neo4jStore
from service.stores.neo4j.writer import Neo4jWriter
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.support import RUNNER

pytestmark = NEO4J_ITSELF
HOLD_ITEMS = "MATCH (i:Item) SET i.key = i.key"
HOLD_LOG = "MATCH (l:Log {name: 'voltrace'}) SET l.name = l.name"
BLOCKED = "SHOW TRANSACTIONS YIELD status WHERE status STARTS WITH 'Blocked' RETURN count(*)"
LATER = [event("i", "INSPECTION", 2, item="P", measurements={"cycleCount": 1})]


@pytest.fixture
def watching(server: Server) -> Iterator[Neo4jStore]:
    """A store to look with."""
    store = server.store()
    yield store
    RUNNER.run(store.close())


class Crossing:
    """Somebody who holds items first and then wants the log, which a writer of ours holds that wants one of them next.

    Of two such transactions the server ends the one that holds less, which is ours.
    """

    def __init__(self, watching: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
        self.tries = 0
        self._watching = watching
        self._lock = Neo4jWriter.lock
        self._wants: asyncio.Task[None] | None = None
        self._patch = monkeypatch

    async def _locked(self, transaction: Any, url: str) -> Neo4jWriter:
        writer = await self._lock(transaction, url)
        self.tries += 1
        if self.tries == 1:
            self._wants = asyncio.create_task(self._want_the_log())
            while not await self._blocked():
                assert not self._wants.done(), "it waits for the log"
                await asyncio.sleep(0.05)
        return writer

    async def _want_the_log(self) -> None:
        await (await self._stranger.run(HOLD_LOG)).consume()
        await self._stranger.commit()

    async def _blocked(self) -> int:
        async with self._watching.connection.session(writes=True) as session:
            found = await (await session.run(BLOCKED)).single(strict=True)
            return int(found[0])

    async def record(self, store: Neo4jStore) -> list[RecordStatus]:
        """Record what touches an item, while somebody else holds it."""
        await tell(self._watching, made("p", 1, unit("P"), *(unit(f"P{number}") for number in range(60))))
        self._patch.setattr(Neo4jWriter, "lock", self._locked)
        async with self._watching.connection.session(writes=True) as session:
            self._stranger = await session.begin_transaction()
            await (await self._stranger.run(HOLD_ITEMS)).consume()
            try:
                return [result.status for result in await record(store, LATER)]
            finally:
                self._patch.setattr(Neo4jWriter, "lock", self._lock)
                assert self._wants is not None
                await self._wants
                await store.close()


def test_of_two_that_wait_for_each_other_ours_is_done_again(
    server: Server, watching: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    crossing = Crossing(watching, monkeypatch)
    done = RUNNER.run(asyncio.wait_for(crossing.record(server.store()), 120))
    assert done == [RecordStatus.ACCEPTED]
    assert crossing.tries == 2
    assert RUNNER.run(watching.verify()) == []
    assert RUNNER.run(watching.sequence_at(None)) == 2, "nothing is there twice"


def test_a_deadlock_that_lasts_is_told(server: Server, watching: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    crossing = Crossing(watching, monkeypatch)
    impatient = Neo4jStore(server.url, server.login, retry_s=0)
    with pytest.raises(StoreError, match=r": deadlock; another transaction held what this one wanted.*send it again"):
        RUNNER.run(asyncio.wait_for(crossing.record(impatient), 120))
    assert crossing.tries == 1
    assert RUNNER.run(watching.sequence_at(None)) == 1, "nothing of it was done"
    assert RUNNER.run(tell(watching, *LATER)) == ["ACCEPTED"]
