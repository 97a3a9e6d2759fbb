"""A Neo4j that goes away, refuses, or answers too late; and clients that do."""

import asyncio
import io
import json
import threading
import time
from collections.abc import Iterator
from typing import Any

import neo4j
import pytest
from starlette.testclient import TestClient

from seed.story import story
from service import copying
from service.app import create_app
from service.causality import decode, encode
from service.ingesting import Ingest
from service.recording import RecordStatus
from service.settings import Settings
from service.stores.contract.telling import made, standing, tell, unit
from service.stores.errors import StoreError
from service.stores.memory import MemoryStore
from service.stores.neo4j import Neo4jStore
from service.stores.neo4j.migrating import refuse_older
from service.stores.neo4j.ways_out import WAYS_OUT
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.service.stores.proxy import Proxy
from tests.support import RUNNER, send

pytestmark = NEO4J_ITSELF
AWAY_S = 1.5


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    made_proxy = Proxy(server.url)
    yield made_proxy
    made_proxy.end()


def test_an_ingest_outlives_a_lost_server(server: Server, proxy: Proxy) -> None:
    """The server is away for a while in the middle: nothing is lost, nothing twice."""
    lines = b"\n".join(json.dumps(event).encode() for event in story())
    store = Neo4jStore(proxy.url, server.login)
    cut: list[threading.Thread] = []

    def away() -> None:
        proxy.close()
        time.sleep(AWAY_S)
        proxy.open()

    def progress(now: Any) -> None:
        if now.events >= 20 and not cut:
            cut.append(threading.Thread(target=away))
            cut[0].start()

    async def run() -> None:
        report = await Ingest(store, batch=5, on_progress=progress).run(["-"], io.BytesIO(lines))
        assert report.rejected == 0
        assert sum(report.counts.values()) == 57
        assert report.counts[RecordStatus.REJECTED] == report.counts[RecordStatus.DUPLICATE] == 0
        assert await store.verify() == []
        assert await store.sequence_at(None) == 57
        await store.close()

    RUNNER.run(run())
    cut[0].join()


@pytest.mark.parametrize("committed", [True, False], ids=["it was recorded", "it was not"])
def test_a_write_that_was_not_confirmed_is_sent_again(
    server: Server, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture, committed: bool
) -> None:
    """The server is lost in the very moment of the commit: each event is recorded once, and told as what it became."""
    store, copied = server.store(), MemoryStore()
    write = neo4j.AsyncSession.execute_write
    lost: list[bool] = []

    async def losing(session: neo4j.AsyncSession, *arguments: Any, **named: Any) -> Any:
        if lost:
            return await write(session, *arguments, **named)
        lost.append(committed)
        if committed:
            await write(session, *arguments, **named)
        raise neo4j.exceptions.IncompleteCommit("lost")

    send(copied, story())
    expected = [result.status for result in send(MemoryStore(), story())]
    RUNNER.run(store.sequence_at(None))
    monkeypatch.setattr(neo4j.AsyncSession, "execute_write", losing)
    assert [result.status for result in send(store, story())] == expected
    assert "may be recorded; send the same events again: each is recorded once: it is sent again now" in caplog.text
    assert {result.status for result in send(store, story())} == {RecordStatus.DUPLICATE}
    server.empty()
    lost.clear()
    assert RUNNER.run(copying.copy(copied, store)) == (0, 57)
    assert RUNNER.run(store.verify()) == []
    RUNNER.run(store.close())


def test_what_was_not_acknowledged_is_ingested_again(server: Server, proxy: Proxy) -> None:
    """Where it stays away, the ingest ends with an error; run again, it completes."""
    lines = b"\n".join(json.dumps(event).encode() for event in story())
    store = Neo4jStore(proxy.url, server.login, retry_s=0.5)

    def progress(now: Any) -> None:
        if now.events >= 20:
            proxy.close()

    async def run() -> None:
        with pytest.raises(StoreError, match=r"no Neo4j answers at bolt://.*is it started"):
            await Ingest(store, batch=5, on_progress=progress).run(["-"], io.BytesIO(lines))
        proxy.open()
        report = await Ingest(store, batch=5).run(["-"], io.BytesIO(lines))
        assert report.counts[RecordStatus.DUPLICATE] >= 20, "what was acknowledged is there"
        assert sum(report.counts.values()) == 57
        assert await store.sequence_at(None) == 57
        await store.close()

    RUNNER.run(run())


def test_the_service_recovers_with_the_server(server: Server, proxy: Proxy) -> None:
    store = Neo4jStore(proxy.url, server.login, retry_s=0.5)
    query = {"query": "{ items { totalCount } }"}
    with TestClient(create_app(store, Settings(store=store.url))) as client:
        assert client.get("/readyz").status_code == 200
        proxy.close()
        away = client.get("/readyz")
        assert away.status_code == 503
        assert "no Neo4j answers" in away.json()["error"]
        failed = client.post("/graphql", json=query).json()
        assert "no Neo4j answers" in failed["errors"][0]["message"], failed
        assert failed["errors"][0]["extensions"] == {"code": "STORE_UNAVAILABLE"}
        proxy.open()
        assert client.get("/readyz").status_code == 200, "without a restart"
        assert client.post("/graphql", json=query).json()["data"] == {"items": {"totalCount": 0}}


def test_another_service_is_followed_over_http(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """One server shows every write to every read: that a cluster would, too, is asked of the sessions."""
    first, second = server.store(), server.store()

    async def nothing(_store: object) -> None:
        """Only what is asked for asks the server."""

    monkeypatch.setattr("service.warming.warm", nothing)
    event = made("p", 1, unit("P"))
    record = "mutation ($events: [EventInput!]!) { recordEvents(events: $events) { results { status } } }"
    with (
        TestClient(create_app(first, Settings(store=first.url, audit_interval_s=0))) as writer,
        TestClient(create_app(second, Settings(store=second.url, audit_interval_s=0))) as reader,
    ):
        answer = writer.post("/graphql", json={"query": record, "variables": {"events": [event]}})
        assert answer.json()["data"]["recordEvents"]["results"] == [{"status": "ACCEPTED"}]
        bookmark = answer.headers["voltrace-bookmark"]
        headers = {"voltrace-bookmark": bookmark}
        assert reader.get("/readyz").status_code == 200, "it has looked at the schema"
        sessions = Sessions(monkeypatch)
        found = reader.post("/graphql", json={"query": '{ item(key: "P") { key } }'}, headers=headers)
        assert found.json()["data"] == {"item": {"key": "P"}}
        reads = [asked for asked in sessions.asked if asked["default_access_mode"] == neo4j.READ_ACCESS]
        assert reads
        assert all(decode(bookmark) <= asked["bookmarks"].raw_values for asked in reads)
        refused = reader.post("/graphql", json={"query": "{ __typename }"}, headers={"voltrace-bookmark": "%"})
        assert refused.status_code == 400
        assert "Voltrace-Bookmark" in refused.json()["errors"][0]["message"]


@pytest.mark.parametrize("bookmarks", [["nonsense"], ["FB:AAAA"]], ids=["no bookmark", "none of this server"])
def test_a_bookmark_that_is_none_of_ours_is_refused_over_http(server: Server, bookmarks: list[str]) -> None:
    """With 400 and the name of the header; and nobody else is the worse for it."""
    store = server.store()
    query = {"query": "{ items { totalCount } }"}
    with TestClient(create_app(store, Settings(store=store.url))) as client:
        assert client.post("/graphql", json=query).status_code == 200
        refused = client.post("/graphql", json=query, headers={"voltrace-bookmark": encode(bookmarks)})
        assert refused.status_code == 400, refused.text
        (error,) = refused.json()["errors"]
        assert error["extensions"] == {"code": "BOOKMARK"}
        assert error["message"].startswith("Voltrace-Bookmark: no bookmark of this ")
        assert client.post("/graphql", json=query).json()["data"] == {"items": {"totalCount": 0}}


class Sessions:
    """What a store asks of the driver."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.asked: list[dict[str, Any]] = []
        opened = neo4j.AsyncDriver.session

        def session(driver: Any, **config: Any) -> Any:
            self.asked.append(config)
            return opened(driver, **config)

        monkeypatch.setattr(neo4j.AsyncDriver, "session", session)


def test_reads_may_go_to_replicas_and_follow_writes(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """Over `neo4j://`: a routing driver, reads with read access and bookmarks, writes to the leader."""
    store = Neo4jStore(server.url.replace("bolt://", "neo4j://"), server.login)

    async def run() -> None:
        await store.sequence_at(None)
        sessions = Sessions(monkeypatch)
        await tell(store, made("p", 1, unit("P")))
        assert [asked["default_access_mode"] for asked in sessions.asked] == [neo4j.WRITE_ACCESS]
        sessions.asked.clear()
        assert await standing(store, "p") == ["ACCEPTED"]
        assert {asked["default_access_mode"] for asked in sessions.asked} == {neo4j.READ_ACCESS}
        assert all(asked["bookmark_manager"] is not None for asked in sessions.asked)
        assert await store.connection.bookmarks(), "the write left a bookmark"
        assert isinstance(store.connection.driver(), neo4j.AsyncNeo4jDriver), "one that routes"
        await store.close()

    RUNNER.run(run())


def test_a_query_ends_with_its_client(server: Server) -> None:
    store = server.store()

    async def run() -> None:
        await store.sequence_at(None)

        async def long() -> None:
            async with store.connection.reading() as reads:
                await reads.one("UNWIND range(1, 1000000000) AS forever WITH sum(sqrt(forever)) AS s RETURN s")

        task = asyncio.create_task(long())
        while not await _running(store, "forever"):
            await asyncio.sleep(0.02)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        while await _running(store, "forever"):
            await asyncio.sleep(0.02)
        assert await store.sequence_at(None) == 0, "the store goes on"
        await store.close()

    RUNNER.run(asyncio.wait_for(run(), 60))


async def _running(store: Neo4jStore, text: str) -> bool:
    async with store.connection.session(writes=True) as session:
        found = [record[0] async for record in await session.run("SHOW TRANSACTIONS YIELD currentQuery")]
    return any(text in query for query in found)


def test_an_old_server_is_refused() -> None:
    refuse_older("bolt://new", "Neo4j/5.26.0")
    refuse_older("bolt://new", "Neo4j/2026.09.0")
    with pytest.raises(StoreError, match=r"bolt://old is Neo4j/5\.25\.1; voltrace needs Neo4j 5\.26 or newer"):
        refuse_older("bolt://old", "Neo4j/5.25.1")


def test_what_the_server_ends_is_told_in_our_words(server: Server) -> None:
    """Its own advice is to try again, which would take as long."""
    store = Neo4jStore(server.url, server.login, read_timeout_s=0.5)
    endless = "UNWIND range(1, 100000000000) AS n WITH n WHERE n < 0 RETURN count(n)"

    async def read() -> None:
        async with store.connection.reading() as reads:
            await reads.one(endless)

    told = r": it took longer than it may, and was ended; VOLTRACE_READ_TIMEOUT_S and VOLTRACE_WRITE_TIMEOUT_S are"
    with pytest.raises(StoreError, match=told) as caught:
        RUNNER.run(read())
    assert "Retry" not in str(caught.value)
    assert "retry" not in str(caught.value)
    RUNNER.run(store.close())


@pytest.mark.parametrize("code", ["General.MemoryPoolOutOfMemoryError", "General.TransactionMemoryLimit"])
def test_what_is_too_much_at_once_names_a_way_out(code: str) -> None:
    assert "--batch of `voltrace ingest`" in WAYS_OUT[f"Neo.TransientError.{code}"]
    assert "memory.transaction" in WAYS_OUT[f"Neo.TransientError.{code}"]
