"""A Neo4j that accepts what it is asked, and never answers."""

import asyncio
import socket
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from seed.story import story
from service import app
from service.cli import main
from service.recording import RecordStatus, record
from service.settings import Settings
from service.stores.contract.telling import made, unit
from service.stores.errors import StoreError
from service.stores.neo4j import Neo4jStore, checking
from service.stores.neo4j import connection as connection_module
from service.stores.neo4j import store as store_module
from service.stores.neo4j.connection import Connection, MaybeRecorded, Reads
from service.stores.neo4j.migrating import _steps, migrate, outstanding, version
from service.stores.neo4j.state import LogLost
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.service.stores.proxy import Proxy
from tests.support import RUNNER, send

pytestmark = NEO4J_ITSELF


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    """What stands before the server, and can hold back what it answers."""
    made_proxy = Proxy(server.url)
    yield made_proxy
    made_proxy.end()


@pytest.fixture
def hung(server: Server, proxy: Proxy) -> Iterator[Neo4jStore]:
    """A store on the server behind the proxy."""
    store = Neo4jStore(proxy.url, server.login)
    yield store
    proxy.let_go()
    RUNNER.run(store.close())


def test_a_server_that_hangs_is_not_waited_for(proxy: Proxy, hung: Neo4jStore) -> None:
    assert RUNNER.run(hung.sequence_at(None)) == 0
    send(hung, [made("p", 1, unit("P"))])
    followed = RUNNER.run(hung.connection.bookmarks())
    proxy.hold()
    hung.connection.read_timeout_s = 0.5
    with pytest.raises(StoreError, match=r"longer than 0\.5 s"):
        RUNNER.run(hung.sequence_at(None))
    assert followed
    assert RUNNER.run(hung.connection.bookmarks()) == followed, "what was written before is still to be seen"
    proxy.let_go()
    hung.connection.read_timeout_s = 30
    assert RUNNER.run(hung.sequence_at(None)) == 1, "it goes on without a restart"


def test_a_write_ends_where_the_server_hangs_in_the_middle(
    proxy: Proxy, hung: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whether it hangs before or while it confirms; what was sent is sent again, and recorded once."""
    monkeypatch.setattr(connection_module, "GRACE_S", 0.1)
    hung.connection.retry_s = 0.2
    assert RUNNER.run(hung.sequence_at(None)) == 0
    hung.connection.write_timeout_s = 0.7
    proxy.hold()
    with pytest.raises(StoreError, match=r"took longer than 0\.7 s \(VOLTRACE_WRITE_TIMEOUT_S\); .* send the same"):
        RUNNER.run(asyncio.wait_for(record(hung, [made("p", 1, unit("P"))]), 60))
    proxy.let_go()
    hung.connection.write_timeout_s = 60
    sent = RUNNER.run(record(hung, [made("p", 1, unit("P")), made("q", 2, unit("Q"))]))
    assert {one.status for one in sent} <= {RecordStatus.ACCEPTED, RecordStatus.DUPLICATE}
    assert RUNNER.run(hung.sequence_at(None)) == 2


def test_a_check_ends_where_the_server_hangs(proxy: Proxy, hung: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Before it begins, and in the middle; what takes long between two answers is no hanging."""
    monkeypatch.setattr(connection_module, "GRACE_S", 0.5)
    whole = store_module.check

    async def check_and_hang(graph: checking.Neo4jGraph) -> Any:
        proxy.hold()
        return await whole(graph)

    send(hung, story())
    assert RUNNER.run(hung.verify()) == []
    hung.connection.read_timeout_s = 0.5
    monkeypatch.setattr(store_module, "check", check_and_hang)
    for _ in range(2):
        with pytest.raises(StoreError, match=r"does not answer.*0\.5 s \(VOLTRACE_READ_TIMEOUT_S\)"):
            RUNNER.run(hung.verify())


def test_a_rebuild_ends_where_the_server_hangs(proxy: Proxy, hung: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """In the middle; run again, it completes."""
    monkeypatch.setattr(connection_module, "GRACE_S", 0.1)
    some = checking._some

    async def hang(*arguments: Any) -> int:
        proxy.hold()
        return await some(*arguments)

    send(hung, story())
    with monkeypatch.context() as patched:
        patched.setattr(checking, "REBUILD_TIMEOUT_S", 0.5)
        patched.setattr(checking, "_some", hang)
        with pytest.raises(StoreError, match=r"a write took longer than 0\.5 s"):
            RUNNER.run(asyncio.wait_for(hung.rebuild(), 60))
    proxy.let_go()
    assert RUNNER.run(hung.rebuild()) == len(story())
    assert RUNNER.run(hung.verify()) == []


def test_a_read_waits_once_where_the_server_hangs(
    proxy: Proxy, hung: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And of many that come at once to a server that hung, one looks whether it is back."""
    monkeypatch.setattr(connection_module, "GRACE_S", 0.1)
    answer = Reads.answer
    asked: list[str] = []

    async def counted(self: Reads, query: str, values: dict[str, Any]) -> Any:
        asked.append(query)
        return await answer(self, query, values)

    async def find() -> None:
        async with hung.snapshot(1) as snapshot:
            await snapshot.find("P")

    async def all_at_once() -> list[Any]:
        return await asyncio.gather(*(hung.sequence_at(None) for _ in range(5)), return_exceptions=True)

    send(hung, [made("p", 1, unit("P"))])
    assert RUNNER.run(hung.sequence_at(None)) == 1
    monkeypatch.setattr(Reads, "answer", counted)
    proxy.hold()
    hung.connection.read_timeout_s = 0.5
    with pytest.raises(StoreError, match="a read took longer"):
        RUNNER.run(find())
    assert len(asked) == 1, "no more is asked where nothing is answered"
    asked.clear()
    found = RUNNER.run(all_at_once())
    assert [type(error) for error in found] == [StoreError] * 5
    assert len(asked) == 1
    proxy.let_go()
    hung.connection.read_timeout_s = 30
    assert RUNNER.run(all_at_once()) == [1] * 5


@pytest.mark.parametrize("error", [ValueError("no text"), OSError("No space left"), KeyError("spec")])
def test_what_the_work_raises_is_not_told_of_the_server(server: Server, error: Exception) -> None:
    """A file that cannot be read, an event that makes no sense: the address of the server is right."""
    store = server.store()

    async def read() -> None:
        async with store.snapshot():
            raise error

    async def refuse(_: object) -> None:
        raise error

    try:
        RUNNER.run(store.sequence_at(None))
        for ask in (read(), store.write(refuse)):
            with pytest.raises(type(error)) as raised:
                RUNNER.run(ask)
            assert raised.value is error
    finally:
        RUNNER.run(store.close())


@pytest.mark.parametrize(("second", "lost"), [(ValueError("no text"), False), (LogLost("bolt://x"), True)])
def test_what_is_sent_again_tells_what_it_became(
    server: Server, monkeypatch: pytest.MonkeyPatch, second: Exception, lost: bool
) -> None:
    store = server.store()
    errors = [MaybeRecorded("lost in the moment of the commit"), second]

    async def written(*_: object) -> None:
        raise errors.pop(0)

    try:
        RUNNER.run(store.sequence_at(None))
        with monkeypatch.context() as patched:
            patched.setattr(store.connection, "written", written)
            with pytest.raises(type(second)):
                send(store, [made("p", 1, unit("P"))])
        assert errors == []
        assert store._ready is not lost
    finally:
        RUNNER.run(store.close())


@pytest.fixture
def mute() -> Iterator[str]:
    """The address of what accepts every connection, and never says a word."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        yield f"bolt://127.0.0.1:{listener.getsockname()[1]}"


@pytest.mark.parametrize("ask", [version, outstanding, _steps, migrate], ids=lambda ask: ask.__name__)
def test_what_never_answers_is_not_waited_for(
    mute: str, ask: Callable[[Connection], Awaitable[object]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(connection_module, "GRACE_S", 0.1)

    async def asking() -> None:
        store = Neo4jStore(mute, read_timeout_s=0.2)
        try:
            await ask(store.connection)
        finally:
            await store.close()

    with pytest.raises(StoreError, match=r"does not answer.*VOLTRACE_READ_TIMEOUT_S"):
        RUNNER.run(asyncio.wait_for(asking(), 60))


def test_ingest_says_that_nothing_answers(mute: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(connection_module, "GRACE_S", 0.1)
    monkeypatch.setenv("VOLTRACE_READ_TIMEOUT_S", "1")
    file = tmp_path / "events.jsonl"
    file.write_bytes(b"\n".join(map(orjson.dumps, story())))
    done = CliRunner().invoke(main, ["ingest", str(file), "--store", mute])
    assert done.exit_code == 1
    assert f"{mute} does not answer: a read took longer than 1 s (VOLTRACE_READ_TIMEOUT_S)" in done.output


def test_readyz_does_not_wait_long(mute: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(app, "READY_S", 0.3)
    with TestClient(app.create_app(Neo4jStore(mute, read_timeout_s=60), Settings(store=mute))) as client:
        answer = client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["error"].startswith("no answer within 0.3 s; VOLTRACE_READ_TIMEOUT_S")


def test_the_look_at_the_schema_ends_with_its_store(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where it goes on after all who asked went away, it opens a connection that nobody closes."""

    async def closed() -> None:
        store = Neo4jStore("bolt://127.0.0.1:1")
        begun, more = asyncio.Event(), asyncio.Event()

        async def slow(connection: Connection) -> list[Any]:
            begun.set()
            await more.wait()
            connection.driver()
            return []

        monkeypatch.setattr(store_module, "outstanding", slow)
        asked = asyncio.create_task(store.sequence_at(None))
        await begun.wait()
        (looking,) = store._looking.values()
        asked.cancel()
        await asyncio.wait([asked])
        await store.close()
        more.set()
        await asyncio.wait([looking])
        assert not any(store.connection._drivers.values())
        with pytest.raises(StoreError, match="is closed here"):
            store.connection.driver()

    RUNNER.run(closed())
