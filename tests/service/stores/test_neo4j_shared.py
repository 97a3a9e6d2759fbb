"""A database that several use at once, or that is not, or no longer, what a service takes it for."""

import asyncio
import base64
import itertools
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import pytest

from graph_schema.neo4j import migrations
from seed.story import story
from service.ports import Store
from service.recording import RecordStatus, record
from service.stores.contract.telling import draw, event, lot, made, tell, unit, voided
from service.stores.errors import StoreError
from service.stores.neo4j import Login, Neo4jStore, checking, migrating
from service.stores.neo4j import store as store_module
from service.stores.neo4j.connection import one
from service.stores.neo4j.migrating import migrate, version
from service.stores.neo4j.statements import GONE_EVENT
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.support import RUNNER, send

pytestmark = NEO4J_ITSELF
NEWEST = migrations()[-1].number
INT_32 = b"\xca"
"""Before a number of four bytes, in PackStream."""
CROSSING = "CREATE CONSTRAINT crossing FOR (c:Crossing) REQUIRE c.key IS UNIQUE"
"""Which is refused where it is there, as of two services that make it at once."""


@pytest.fixture
def store(server: Server) -> Iterator[Neo4jStore]:
    made_store = server.store()
    yield made_store
    RUNNER.run(made_store.close())


async def run(store: Neo4jStore, *statements: str, **values: Any) -> None:
    async with store.connection.session(writes=True) as session:
        for statement in statements:
            await (await session.run(statement, values)).consume()


async def forget_everything(store: Neo4jStore) -> None:
    """A database without anything, as a server that was just installed has it."""
    async with store.connection.session(writes=True) as session:
        constraints = [record[0] async for record in await session.run("SHOW CONSTRAINTS YIELD name RETURN name")]
        drops = [f"DROP CONSTRAINT {name}" for name in constraints]
        for statement in ["MATCH (n) DETACH DELETE n", *drops]:
            await (await session.run(statement)).consume()
        indexes = "SHOW INDEXES YIELD name, type WHERE type <> 'LOOKUP' RETURN name"
        for statement in [f"DROP INDEX {record[0]}" async for record in await session.run(indexes)]:
            await (await session.run(statement)).consume()


@pytest.mark.parametrize("services", [1, 6])
def test_an_empty_database_bears_many_first_requests_at_once(server: Server, store: Neo4jStore, services: int) -> None:
    async def first() -> None:
        await forget_everything(store)
        stores = [server.store() for _ in range(services)]
        try:
            found = await asyncio.gather(*(stores[number % services].sequence_at(None) for number in range(6)))
        finally:
            await asyncio.gather(*(one.close() for one in stores))
        assert found == [0] * 6
        assert await version(store.connection) == NEWEST

    RUNNER.run(first())


def test_a_foreign_database_is_left_as_it_is(store: Neo4jStore) -> None:
    async def refused() -> None:
        await forget_everything(store)
        await run(store, "CREATE (:Event {id: 1})")
        try:
            for dry_run in (True, False):
                with pytest.raises(StoreError, match=r"not of voltrace.*VOLTRACE_NEO4J_DATABASE"):
                    await migrate(store.connection, dry_run)
            async with store.connection.session(writes=False) as session:
                assert [record async for record in await session.run("SHOW CONSTRAINTS")] == []
        finally:
            await forget_everything(store)

    RUNNER.run(refused())


def test_what_no_second_try_mends_is_tried_once(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """As where two nodes have one key: the migrations tell it at once, and go on where that is mended."""
    tries: list[int] = []
    apply = migrating._apply

    async def counted(*arguments: Any) -> None:
        tries.append(1)
        await apply(*arguments)

    async def refused() -> None:
        await forget_everything(store)
        await run(store, "CREATE (:Log {name: 'voltrace', sequence: 0}), (:Item {key: 'P'}), (:Item {key: 'P'})")
        with pytest.raises(StoreError, match=r"Both Node.* have the label `Item` and property `key` = .P."):
            await migrate(store.connection)
        assert len(tries) == 1
        await run(store, "MATCH (i:Item) DELETE i")
        assert [step.number for step in await migrate(store.connection)][-1] == NEWEST

    monkeypatch.setattr(migrating, "_apply", counted)
    RUNNER.run(refused())


def test_services_that_cross_each_other_try_for_a_time(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """However often it takes, and not for ever."""
    a_look_takes_10_s = itertools.count(0, 10)
    tries: list[int] = []
    crossings = 99
    apply = migrating._apply

    async def crossed(*arguments: Any) -> None:
        tries.append(1)
        if len(tries) > crossings:
            await apply(*arguments)
            return
        async with store.connection.session(writes=True) as session:
            await session.execute_write(one, CROSSING)

    async def tried() -> None:
        nonlocal crossings
        await forget_everything(store)
        await run(store, CROSSING)
        store.connection.retry_s = 65
        with pytest.raises(StoreError, match="already exists"):
            await migrate(store.connection, clock=lambda: next(a_look_takes_10_s))
        assert len(tries) == 7, "until 10, 20 ... 70 s"
        crossings = len(tries) + 5
        assert [step.number for step in await migrate(store.connection)][-1] == NEWEST
        assert len(tries) == crossings + 1
        await run(store, "DROP CONSTRAINT crossing")

    monkeypatch.setattr(migrating, "PAUSES_S", (0.0, 0.0))
    monkeypatch.setattr(migrating, "_apply", crossed)
    RUNNER.run(tried())


def test_a_log_that_is_gone_is_not_begun_again_unasked(store: Neo4jStore) -> None:
    """Whether a read or a write finds out: a service that had a log begins no other one behind its users' backs."""

    async def lost() -> None:
        for ask in (lambda: store.sequence_at(None), lambda: tell(store, made("q", 1, unit("Q")))):
            await tell(store, made("p", 1, unit("P")))
            await run(store, "MATCH (n) DETACH DELETE n")
            for _ in range(2):
                with pytest.raises(StoreError, match=r"holds no log of voltrace any more.*run `voltrace migrate`"):
                    await ask()
            assert [step.number for step in await migrate(store.connection)][-1] == NEWEST
            assert await store.sequence_at(None) == 0

    RUNNER.run(lost())


def test_what_is_recorded_during_a_check_is_no_fault(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    send(store, story())
    whole = store_module.check

    async def check_slowly(graph: checking.Neo4jGraph) -> Any:
        outcomes = graph.outcomes

        async def later() -> Any:
            await record(store, [made("late", 9, unit("LATE"))])
            async for row in outcomes():
                yield row

        monkeypatch.setattr(graph, "outcomes", later)
        return await whole(graph)

    monkeypatch.setattr(store_module, "check", check_slowly)
    with pytest.raises(StoreError, match="from 57 to 58; run `voltrace verify` again"):
        RUNNER.run(store.verify())
    monkeypatch.setattr(store_module, "check", whole)
    assert RUNNER.run(store.verify()) == []


def test_a_rebuild_during_a_check_is_told(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    send(store, story())
    whole = store_module.check

    async def check_slowly(graph: checking.Neo4jGraph) -> Any:
        await store.rebuild()
        return await whole(graph)

    monkeypatch.setattr(store_module, "check", check_slowly)
    with pytest.raises(StoreError, match="was rebuilt while it was read"):
        RUNNER.run(store.verify())


def test_nobody_answers_from_half_a_graph(server: Server, store: Neo4jStore) -> None:
    """Neither who asks during a rebuild for what was known at a sequence, nor who began to read before it and reads
    on; who had read all is answered."""
    send(store, [made("p", 1, unit("P"))])

    async def read(meanwhile: Callable[[], Awaitable[object]], stumbles: bool = False, again: bool = True) -> None:
        async with store.snapshot(await store.sequence_at(None)) as snapshot:
            await snapshot.find("P")
            await meanwhile()
            if stumbles:
                raise LookupError("half a graph")
            if again:
                await snapshot.find("P")

    async def nothing() -> None:
        pass

    async def begun() -> None:
        sequence = await store.sequence_at(None)
        await run(store, checking.BEGIN, by="somebody")
        async with store.snapshot(sequence) as snapshot:
            await snapshot.find("P")

    with pytest.raises(StoreError, match="is being rebuilt"):
        RUNNER.run(begun())
    other = server.store()
    try:
        assert RUNNER.run(other.rebuild()) == 1
        for stumbles in (False, True):
            with pytest.raises(StoreError, match="was rebuilt while it was read; ask again"):
                RUNNER.run(read(other.rebuild, stumbles))
        RUNNER.run(read(other.rebuild, again=False))
    finally:
        RUNNER.run(other.close())
    RUNNER.run(read(nothing))
    with pytest.raises(LookupError, match="half a graph"):
        RUNNER.run(read(nothing, stumbles=True))


def test_of_two_rebuilds_one_goes_on(server: Server, store: Neo4jStore) -> None:
    for number in range(4):
        send(store, [made(f"p{number}", number, unit(f"P{number}"))])

    async def both() -> list[Any]:
        other = server.store()
        await other.sequence_at(None)
        try:
            return await asyncio.gather(store.rebuild(), other.rebuild(), return_exceptions=True)
        finally:
            await other.close()

    found = RUNNER.run(both())
    counts = [one for one in found if not isinstance(one, StoreError)]
    assert counts == [4]
    (ended,) = [str(one) for one in found if isinstance(one, StoreError)]
    assert "another rebuild began" in ended
    assert RUNNER.run(store.verify()) == []


def test_a_rebuild_that_was_overtaken_deletes_nothing(
    server: Server, store: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another one begins after it, and ends before it goes on to forget."""
    send(store, story())
    forget = checking._some
    others: list[int] = []

    async def overtaken(*arguments: Any) -> int:
        if not others:
            others.append(0)
            other = server.store()
            others.append(await other.rebuild())
            await other.close()
        return await forget(*arguments)

    monkeypatch.setattr(checking, "_some", overtaken)
    with pytest.raises(StoreError, match="another rebuild began"):
        RUNNER.run(store.rebuild())
    assert others == [0, 57]
    assert RUNNER.run(store.verify()) == []


def test_an_interrupted_rebuild_refuses_all_until_it_is_run_again(store: Neo4jStore) -> None:
    send(store, [made("p", 1, unit("P"))])
    RUNNER.run(run(store, checking.BEGIN, by="somebody"))
    with pytest.raises(StoreError, match=r"being rebuilt.*run `voltrace rebuild` again"):
        RUNNER.run(store.sequence_at(None))
    with pytest.raises(StoreError, match="being rebuilt"):
        send(store, [made("q", 1, unit("Q"))])
    assert RUNNER.run(store.rebuild()) == 1
    assert send(store, [made("q", 1, unit("Q"))])[0].status is RecordStatus.ACCEPTED


def test_a_voided_hub_lot(store: Neo4jStore) -> None:
    """An edge of a hub is found from both ends by the index, whatever the database held when that was planned."""
    draws = [made(f"d{number}", 2, unit(f"U{number}"), inputs=[draw("L", 0.01)]) for number in range(60)]
    send(store, [event("e", "ENROLMENT", 1, items=[lot("L", 1.0)]), *draws])
    send(store, [voided("v", 9, "e")])
    assert RUNNER.run(store.verify()) == []

    async def plan() -> str:
        async with store.connection.session(writes=True) as session:
            rows = [[{"key": "L", "by": "d1", "known": 1}]]
            result = await session.run("EXPLAIN " + GONE_EVENT % "CONSUMED_IN", rows=rows)
            return str((await result.consume()).plan)

    found = RUNNER.run(plan())
    assert "Expand(Into)" in found
    assert "Expand(All)" not in found


@pytest.mark.parametrize("timeout_s", [0.2, 60.0], ids=["before the server ends it", "by the server"])
def test_a_database_that_was_set_back_is_followed_again(server: Server, store: Neo4jStore, timeout_s: float) -> None:
    """What this process wrote before is no longer there, and its bookmark is never reached."""
    send(store, [made("p", 1, unit("P"))])

    async def set_back() -> int:
        await run(store, "MATCH (s:Schema) SET s.version = 2")
        ahead = {_later(one) for one in await store.connection.bookmarks()}
        await store.connection._bookmarks.update_bookmarks(await store.connection.bookmarks(), ahead)
        store.connection.read_timeout_s = timeout_s
        with pytest.raises(StoreError):
            await store.sequence_at(None)
        store.connection.read_timeout_s = 60
        with pytest.raises(StoreError, match=r"has the schema version 2, .*run `voltrace migrate`"):
            await store.sequence_at(None)
        await migrate(store.connection)
        return await store.sequence_at(None)

    server.empty()
    assert RUNNER.run(set_back()) == 0


def _later(bookmark: str) -> str:
    """A bookmark of this database that it has not reached: a list of its id, the number of a transaction, and more."""
    kind, _, text = bookmark.partition(":")
    told = base64.b64decode(text)
    database, number, more = told[:19], told[19:-1], told[-1:]
    reached = number[0] if len(number) == 1 else int.from_bytes(number[1:])
    later = base64.b64encode(database + INT_32 + (reached + 1000).to_bytes(4) + more)
    return f"{kind}:{later.decode()}"


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("neo4j://127.0.0.1:abc", "is no address of a Neo4j"),
        ("bolt://127.0.0.1:7687/mydb", "set VOLTRACE_NEO4J_DATABASE=mydb"),
        ("bolt://127.0.0.1:7687?x=y", "is no address of a Neo4j"),
    ],
)
def test_an_address_that_is_none_is_told(url: str, reason: str) -> None:
    async def ask() -> None:
        store: Store = Neo4jStore(url)
        try:
            await store.sequence_at(None)
        finally:
            await store.close()

    with pytest.raises(StoreError, match=reason):
        RUNNER.run(ask())


def test_a_database_that_is_not_there_is_told(server: Server) -> None:
    store = Neo4jStore(server.url, Login(server.login.user, server.login.password, "nowhere"))
    with pytest.raises(StoreError, match=r"nowhere.*VOLTRACE_NEO4J_DATABASE"):
        RUNNER.run(store.sequence_at(None))
    RUNNER.run(store.close())
