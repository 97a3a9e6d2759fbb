"""Each fault over HTTP: an error that says what to do, not ready, and all is well again without a restart."""

import re
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from typing import Any, NamedTuple
from urllib.parse import urlsplit

import neo4j
import pytest
from neo4j._async.io import AsyncRoutedBoltPool
from starlette.testclient import TestClient

from graph_schema.neo4j import migrations, rules
from service.app import create_app
from service.bootstrap import open_store
from service.settings import Settings
from service.stores.contract.telling import made, unit
from service.stores.errors import StoreError
from service.stores.neo4j import Login, Neo4jStore, migrating
from service.stores.neo4j import connection as connection_module
from service.stores.neo4j import store as store_module
from service.stores.neo4j.connection import RETRY_AFTER_S
from service.stores.neo4j.migrating import migrate
from service.testing.neo4j import with_login
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF, NEO4J_VERSIONS
from tests.service.stores.proxy import Proxy
from tests.service.stores.test_neo4j_shared import run
from tests.support import RUNNER, send

pytestmark = NEO4J_ITSELF
COUNT = {"query": "{ items { totalCount } }"}
RECORD = "mutation ($events: [EventInput!]!) { recordEvents(events: $events) { results { status } } }"
NEEDED = r"; voltrace needs Neo4j 5\.26 or newer; upgrade the server"


@pytest.fixture(autouse=True)
def nobody_else_asks(monkeypatch: pytest.MonkeyPatch) -> None:
    """The server hears only what a test asks, at once and often."""

    async def nothing(_store: object) -> None:
        """Nothing beforehand."""

    monkeypatch.setattr("service.warming.warm", nothing)
    monkeypatch.setattr(connection_module, "RETRY_AFTER_S", (0.0,))
    monkeypatch.setattr(connection_module, "RETRY_DELAY_S", 0.05)
    monkeypatch.setattr(store_module, "LOOK_AGAIN_S", 0.0)
    monkeypatch.setattr(store_module, "LOOK_BACK_AGAIN_S", 0.0)


@pytest.fixture
def proxy(server: Server) -> Iterator[Proxy]:
    made_proxy = Proxy(server.url)
    yield made_proxy
    made_proxy.end()


def service(store: Any) -> TestClient:
    return TestClient(create_app(store, Settings(store=store.url, audit_interval_s=0)))


def recorded(client: TestClient, name: str) -> Any:
    """What becomes of an event."""
    events = [made(name, 1, unit(name.upper()))]
    return client.post("/graphql", json={"query": RECORD, "variables": {"events": events}})


def assert_accepted(answer: Any) -> None:
    assert answer.status_code == 200, answer.text
    assert answer.json()["data"]["recordEvents"]["results"] == [{"status": "ACCEPTED"}]


def assert_serves(client: TestClient, items: int) -> None:
    ready = client.get("/readyz")
    assert ready.status_code == 200, ready.text
    assert client.post("/graphql", json=COUNT).json()["data"] == {"items": {"totalCount": items}}


def assert_away(answer: Any, told: str) -> None:
    """An answer that says that the store is away, and why."""
    assert answer.status_code == 503, answer.text
    (error,) = answer.json()["errors"]
    assert error["extensions"] == {"code": "STORE_UNAVAILABLE"}
    assert re.search(told, error["message"]), error["message"]


def assert_not_ready(client: TestClient, told: str) -> None:
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert re.search(told, ready.json()["error"]), ready.text


class Place(NamedTuple):
    """Where something goes wrong."""

    proxy: Proxy
    store: Neo4jStore
    """Past the proxy."""
    monkeypatch: pytest.MonkeyPatch


@contextmanager
def away(at: Place) -> Iterator[None]:
    at.proxy.close()
    try:
        yield
    finally:
        at.proxy.open()


@contextmanager
def one_that_speaks(reply: bytes, port: int = 0) -> Iterator[int]:
    """A server that takes a version of Bolt, and says no more; its port."""

    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            self.request.recv(20)
            self.request.sendall(reply)
            self.request.recv(1)

    class Old(socketserver.ThreadingTCPServer):
        allow_reuse_address = daemon_threads = True

    with Old(("127.0.0.1", port), Handler) as old:
        thread = threading.Thread(target=old.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield old.server_address[1]
        finally:
            old.shutdown()
            thread.join()


@contextmanager
def of_old_bolt(at: Place) -> Iterator[None]:
    """Until it is upgraded."""
    port = urlsplit(at.proxy.url).port
    assert port is not None
    with away(at), one_that_speaks(b"\0\0\4\4", port):
        yield


@contextmanager
def of_old_agent(at: Place) -> Iterator[None]:
    """Until it is upgraded."""
    with at.monkeypatch.context() as patched:
        patched.setattr(neo4j.ServerInfo, "agent", "Neo4j/5.13.0")
        yield


@contextmanager
def without_an_index(at: Place) -> Iterator[None]:
    RUNNER.run(run(at.store, "DROP INDEX voltrace_item_changes"))
    try:
        yield
    finally:
        RUNNER.run(migrate(at.store.connection))


@contextmanager
def imported(at: Place) -> Iterator[None]:
    """As `neo4j-admin database import` leaves a database: with all there is, but for the schema."""

    drops = (f"DROP {'CONSTRAINT' if rule.unique else 'INDEX'} {name}" for name, rule in rules(migrations()).items())
    RUNNER.run(run(at.store, "MATCH (s:Schema) DELETE s", *drops))
    try:
        yield
    finally:
        RUNNER.run(migrate(at.store.connection))


FAULTS: dict[str, tuple[Callable[[Place], AbstractContextManager[None]], str]] = {
    "away": (away, "no Neo4j answers at bolt://.*; is it started, is the address right"),
    "of an old Bolt": (of_old_bolt, rf"bolt://\S+ is a Neo4j before 5\.7{NEEDED}$"),
    "of an old version": (of_old_agent, rf"bolt://\S+ is Neo4j/5\.13\.0{NEEDED}$"),
    "without an index": (without_an_index, "what was dropped: voltrace_item_changes; run `voltrace migrate`"),
    "imported": (imported, "without its indexes, as an import leaves it; run `voltrace migrate`"),
}


@pytest.mark.parametrize("at_the_start", [False, True], ids=["meanwhile", "at the start"])
@pytest.mark.parametrize("name", FAULTS)
def test_a_service_tells_what_is_wrong_and_recovers(
    server: Server, proxy: Proxy, monkeypatch: pytest.MonkeyPatch, name: str, at_the_start: bool
) -> None:
    fault, told = FAULTS[name]
    store = server.store()
    with ExitStack() as whole:
        whole.callback(lambda: RUNNER.run(store.close()))
        send(store, [made("p", 1, unit("P"))])
        broken = whole.enter_context(ExitStack())
        if at_the_start:
            broken.enter_context(fault(Place(proxy, store, monkeypatch)))
        client = whole.enter_context(service(Neo4jStore(proxy.url, server.login, retry_s=0.2)))
        if not at_the_start:
            assert_serves(client, 1)
            broken.enter_context(fault(Place(proxy, store, monkeypatch)))
        assert_not_ready(client, told)
        assert_away(client.post("/graphql", json=COUNT), told)
        assert_away(recorded(client, "q"), told)
        broken.close()
        assert_serves(client, 1)
        assert_accepted(recorded(client, "q"))
        assert_serves(client, 2)


@pytest.mark.parametrize("scheme", ["bolt", "neo4j"])
@pytest.mark.parametrize("version", [(0, 0), (3, 0), (4, 4), (5, 1)], ids=str)
def test_an_older_server_is_told_from_its_first_word(scheme: str, version: tuple[int, int]) -> None:
    """Whatever it would say next, which it need not: the driver has more to ask than it can answer."""
    major, minor = version
    with one_that_speaks(bytes((0, 0, minor, major))) as port, pytest.raises(StoreError) as caught:
        RUNNER.run(last_of(f"{scheme}://127.0.0.1:{port}", Login()))
    assert re.search(rf"^{scheme}://\S+ is a Neo4j before 5\.7{NEEDED}$", str(caught.value))


async def last_of(url: str, login: Login) -> int:
    """The last record of a store."""
    store = Neo4jStore(url, login)
    try:
        return await store.sequence_at(None)
    finally:
        await store.close()


@pytest.fixture(scope="module")
def guarded() -> Iterator[tuple[Server, Callable[[str], None]]]:
    """A server that asks for a login, and what its administrator may tell it."""
    with (
        with_login(NEO4J_VERSIONS[0]) as server,
        neo4j.GraphDatabase.driver(server.url, auth=server.login[:2]) as driver,
    ):

        def told(statement: str) -> None:
            driver.execute_query(statement, database_="system")

        users = ("clerk", "newcomer", "stranger")
        for user in users:
            told(f"CREATE OR REPLACE USER {user} SET PASSWORD 'of an earlier day' CHANGE NOT REQUIRED")
        yield server, told
        for user in users:
            told(f"DROP USER {user}")


def test_a_wrong_password_is_told_until_it_is_right(guarded: tuple[Server, Callable[[str], None]]) -> None:
    """The service may have the new one before the server does."""
    server, administer = guarded
    refused = r"refuses the login: .*authentication failure.*VOLTRACE_NEO4J_PASSWORD"
    with service(Neo4jStore(server.url, Login("clerk", "of a later day"))) as client:
        assert_not_ready(client, refused)
        assert_away(client.post("/graphql", json=COUNT), refused)
        administer("ALTER USER clerk SET PASSWORD 'of a later day' CHANGE NOT REQUIRED")
        assert_serves(client, 0)
        assert_accepted(recorded(client, "p"))


def test_what_keeps_a_login_out_is_told_with_the_settings(guarded: tuple[Server, Callable[[str], None]]) -> None:
    """Also the fourth time, when the server looks at no password any more."""
    server, administer = guarded
    administer("ALTER USER newcomer SET PASSWORD CHANGE REQUIRED")
    wrong = Login("stranger", "guessed at")
    for login, why in (
        *((wrong, r"refuses the login: .*authentication failure.*"),) * 3,
        (wrong, r"too many times.*; set VOLTRACE_NEO4J_USER and VOLTRACE_NEO4J_PASSWORD, and wait some seconds"),
        (Login(), r"refuses the login: it wants one, and none is set; set VOLTRACE_NEO4J_USER and"),
        (
            Login("newcomer", "of an earlier day"),
            r"; change that password, as with .*, and set VOLTRACE_NEO4J_PASSWORD",
        ),
    ):
        with pytest.raises(StoreError, match=why):
            RUNNER.run(last_of(server.url, login))


@pytest.fixture
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was seen of the schema holds for as long as it does."""
    monkeypatch.setattr(store_module, "LOOK_AGAIN_S", 60.0)


def test_a_mutation_waits_for_the_server_and_then_says_that_it_is_away(
    server: Server, proxy: Proxy, patient: None
) -> None:
    """With a twentieth of the time that an operation has, and of the pauses."""
    user, password, database = (value or "" for value in server.login)
    settings = Settings(
        store=proxy.url, execution_timeout_s=3, audit_interval_s=0,
        neo4j_user=user, neo4j_password=password, neo4j_database=database,
    )  # fmt: skip
    with TestClient(create_app(open_store(proxy.url, settings, serving=True), settings)) as client:
        assert_accepted(recorded(client, "p"))
        proxy.close()
        assert_away(recorded(client, "q"), r"no Neo4j answers at bolt://.*is it started")
        back = threading.Timer(0.3, proxy.open)
        back.start()
        assert_accepted(recorded(client, "q"))
        back.join()
        assert_serves(client, 2)


def test_a_service_tries_again_for_less_than_an_operation_may_take() -> None:
    """Where each try takes as long as it may, too; a command has a minute."""
    settings = Settings()
    serving, command = (open_store("bolt://127.0.0.1:1", settings, serving=one) for one in (True, False))
    assert isinstance(serving, Neo4jStore)
    assert isinstance(command, Neo4jStore)
    assert command.connection.retry_s == 60
    delay, began = 1.0, connection_module.CONNECT_TIMEOUT_S
    now = began
    while now - began <= serving.connection.retry_s:
        now += 1.2 * delay + connection_module.CONNECT_TIMEOUT_S
        delay *= connection_module.RETRY_GROWTH
    assert now < settings.execution_timeout_s


@pytest.fixture
def leader(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """Where what is written goes; without an entry, the driver finds nobody, as in a cluster that lost its leader."""
    select, known = AsyncRoutedBoltPool._select_address, {"known"}

    async def found(pool: Any, *, access_mode: str, database: str | None) -> Any:
        if access_mode == neo4j.WRITE_ACCESS and not known:
            raise neo4j.exceptions.WriteServiceUnavailable("No write service currently available")
        return await select(pool, access_mode=access_mode, database=database)

    monkeypatch.setattr(AsyncRoutedBoltPool, "_select_address", found)
    return known


@pytest.mark.parametrize("doubtful", [False, True], ids=["", "after a read in vain"])
def test_reads_go_on_without_a_leader(server: Server, leader: set[str], doubtful: bool) -> None:
    """Those of a service that runs, and of one that starts; writes are told, and go on with the next one."""
    url = server.url.replace("bolt://", "neo4j://")
    running, starting = (Neo4jStore(url, server.login, retry_s=0.2) for _ in range(2))
    with service(running) as client, service(starting) as other:
        assert_accepted(recorded(client, "p"))
        leader.clear()
        running.connection.doubtful = doubtful
        for one in (client, other):
            assert_serves(one, 1)
            assert_away(recorded(one, "q"), r"no Neo4j answers at neo4j://.*'WRITE' server; is it started")
            assert_serves(one, 1)
        assert running.connection.doubtful is doubtful, "only the leader knows"
        leader.add("another")
        assert_accepted(recorded(client, "q"))
        assert not running.connection.doubtful
        assert_serves(other, 2)


def test_a_leader_that_is_away_is_not_asked_before_every_read(
    server: Server, leader: set[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each such look tries again for more than a second."""
    monkeypatch.setattr(connection_module, "RETRY_AFTER_S", RETRY_AFTER_S)
    monkeypatch.setattr(store_module, "LOOK_BACK_AGAIN_S", 600.0)
    select, asked = AsyncRoutedBoltPool._select_address, []

    async def noted(pool: Any, *, access_mode: str, database: str | None) -> Any:
        asked.append(access_mode)
        return await select(pool, access_mode=access_mode, database=database)

    monkeypatch.setattr(AsyncRoutedBoltPool, "_select_address", noted)
    store = Neo4jStore(server.url.replace("bolt://", "neo4j://"), server.login, retry_s=0.2)
    assert RUNNER.run(store.sequence_at(None)) == 0
    leader.clear()
    store.connection.doubtful = True
    looks = []
    for _ in range(3):
        asked.clear()
        assert RUNNER.run(store.sequence_at(None)) == 0
        looks.append(asked.count(neo4j.WRITE_ACCESS))
    assert looks == [1 + len(RETRY_AFTER_S), 0, 0]
    leader.add("another")
    monkeypatch.setattr(store_module, "LOOK_BACK_AGAIN_S", 0.0)
    assert RUNNER.run(store.sequence_at(None)) == 0
    assert not store.connection.doubtful
    RUNNER.run(store.close())


def test_what_a_replica_does_not_know_yet_the_leader_is_asked(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that lags behind a migration."""
    steps, asked = migrating._steps, []
    store = server.store()

    async def lagging(connection: Any, leader: bool = True) -> Any:
        asked.append(leader)
        applied, again, missing = await steps(connection, leader)
        return (applied, again, missing) if leader else (applied - 1, again, list(migrations()[-1:]))

    monkeypatch.setattr(migrating, "_steps", lagging)
    assert RUNNER.run(store.sequence_at(None)) == 0
    assert asked == [False, True]
    RUNNER.run(store.close())
