"""What only a Neo4j store promises: its schema, its plans, several services that write at once."""

import re
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import neo4j
import pytest

from graph_schema.answer import Direction
from graph_schema.neo4j import migrations
from graph_schema.neo4j.description import EDGES, NODES, document
from graph_schema.trace import TraceQuestion, trace
from seed.story import PACK_A, PACK_NEW, story
from service.bootstrap import open_store
from service.causality import FOLLOWED, decode
from service.findings import Audited, KeptFinding, Revision, Subject
from service.flow_keeping import FlowKeeper
from service.settings import Settings
from service.stores.contract.knowing import check_history
from service.stores.contract.script import BATCHES, ORGANIZATIONS
from service.stores.contract.telling import lot, made, tell, unit
from service.stores.errors import StoreError
from service.stores.neo4j import Neo4jStore, ahead, checking, cypher
from service.stores.neo4j.connection import Reads
from service.stores.neo4j.migrating import migrate, version
from service.stores.neo4j.rows import LABELS
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF, NEO4J_VERSIONS
from tests.support import RUNNER

pytestmark = NEO4J_ITSELF
ROOT = Path(__file__).parents[3]


@pytest.fixture
def store(server: Server) -> Iterator[Neo4jStore]:
    made_store = server.store()
    yield made_store
    RUNNER.run(made_store.close())


def test_migrating_again_changes_nothing(store: Neo4jStore) -> None:
    async def run() -> None:
        await migrate(store.connection)
        assert await migrate(store.connection) == []
        async with store.connection.session(writes=True) as session:
            await (await session.run("MATCH (s:Schema) SET s.version = 0")).consume()
        known = migrations()
        assert await migrate(store.connection, dry_run=True) == known, "a dry run says what is missing"
        assert await version(store.connection) == 0, "and does nothing"
        assert await migrate(store.connection) == known, "every statement may be run again"
        assert await version(store.connection) == known[-1].number

    RUNNER.run(run())


def test_a_newer_schema_is_refused(store: Neo4jStore) -> None:
    async def run() -> None:
        await migrate(store.connection)
        async with store.connection.session(writes=True) as session:
            await (await session.run("MATCH (s:Schema) SET s.version = 99")).consume()
        try:
            with pytest.raises(StoreError, match="schema version 99"):
                await store.sequence_at(None)
            with pytest.raises(StoreError, match="schema version 99"):
                await migrate(store.connection)
        finally:
            async with store.connection.session(writes=True) as session:
                await (await session.run("MATCH (s:Schema) SET s.version = $v", v=migrations()[-1].number)).consume()

    RUNNER.run(run())


def test_an_imported_log_asks_for_its_indexes_and_a_strange_database_is_refused(
    server: Server, store: Neo4jStore
) -> None:
    async def run(statement: str) -> None:
        async with store.connection.session(writes=True) as session:
            await (await session.run(statement)).consume()

    async def ask() -> None:
        other = server.store()
        try:
            await other.sequence_at(None)
        finally:
            await other.close()

    RUNNER.run(tell(store, made("p", 1, unit("P"))))
    RUNNER.run(run("MATCH (s:Schema) DELETE s"))
    try:
        with pytest.raises(StoreError, match="run `voltrace migrate`"):
            RUNNER.run(ask())
        RUNNER.run(run("MATCH (l:Log) DELETE l"))
        with pytest.raises(StoreError, match="not of voltrace"):
            RUNNER.run(ask())
    finally:
        RUNNER.run(run("MATCH (n) DETACH DELETE n"))
        RUNNER.run(migrate(store.connection))


def operators(plan: dict[str, Any]) -> list[str]:
    name = plan["operatorType"].partition("@")[0]
    return [name, *(inner for child in plan.get("children", ()) for inner in operators(child))]


AHEAD = (ahead.AHEAD_FORWARD, ahead.AHEAD_BACKWARD)


@pytest.mark.parametrize(
    "query",
    [cypher.AROUND_FORWARD, cypher.AROUND_BACKWARD, cypher.ABOUT, cypher.DEGREES, *AHEAD],
    ids=["level forward", "level backward", "about", "degrees", "ahead forward", "ahead backward"],
)
def test_a_trace_begins_at_the_index_and_tries_no_paths(store: Neo4jStore, query: str) -> None:
    async def run() -> list[str]:
        await tell(store, made("p", 1, unit("P")))
        values: dict[str, Any] = {"new": ["P"], "inside": ["P"], "along": ["P"], "wanted": ["P"], "k": 1}
        values |= {"key": "P", "width": 5, "items": ["P"], "used": ["P"], "made": ["P"], "events": ["p"]}
        async with store.connection.reading() as reads:
            _, summary = await reads.answer("EXPLAIN " + query, values)
        return operators(summary.plan or {})

    found = RUNNER.run(run())
    assert "NodeUniqueIndexSeek" in found
    assert not {"AllNodesScan", "NodeByLabelScan"} & set(found)
    far = {name for name in found if "VarLength" in name or "Repeat" in name}
    assert far == ({"VarLengthExpand(Pruning,BFS,All)"} if query in AHEAD else set())


@pytest.mark.xdist_group(f"neo4j {NEO4J_VERSIONS[0]}")
def test_what_was_not_read_ahead_is_read_when_asked_for(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ahead, "WIDTH", 1)
    RUNNER.run(check_history(store, [batch for _, batch in BATCHES], ORGANIZATIONS, each=7))


def test_a_trace_takes_two_round_trips(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The moment of knowledge, and the item with everything around it, and that no rebuild came between."""
    asked: list[str] = []
    record = Reads.record

    async def noted(self: Reads, query: str, values: dict[str, Any]) -> Any:
        asked.append(query)
        return await record(self, query, values)

    async def run() -> None:
        await tell(store, *story())
        monkeypatch.setattr(Reads, "record", noted)
        for key, direction in ((PACK_A, Direction.FORWARD), (PACK_NEW, Direction.BACKWARD)):
            asked.clear()
            async with store.snapshot() as snapshot:
                found = await trace(snapshot, TraceQuestion(key, direction, weigh=False))
            assert found is not None
            assert len(found.nodes) > 10
            assert len(asked) == 2

    RUNNER.run(run())


SCRIPT = """
import asyncio, sys
from service.recording import record
from service.stores.contract.telling import made, unit
from service.stores.neo4j import Login, Neo4jStore

async def main(url, user, password, database, name, count):
    store = Neo4jStore(url, Login(user or None, password, database or None))
    for number in range(count):
        batch = [made(f"{name}-{number}-{each}", 1, unit(f"{name}-{number}-{each}")) for each in range(3)]
        results = await record(store, batch)
        print(f"{name}-{number}", {result.status.value for result in results}, flush=True)
    await store.close()

asyncio.run(main(*sys.argv[1:6], int(sys.argv[6])))
"""


def writer(server: Server, name: str, count: int) -> subprocess.Popen[str]:
    login = [word or "" for word in server.login]
    command = [sys.executable, "-c", SCRIPT, server.url, *login, name, str(count)]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True)


def test_services_write_at_once_and_one_is_killed(server: Server, store: Neo4jStore) -> None:
    RUNNER.run(store.sequence_at(None))
    with writer(server, "a", 12) as one_, writer(server, "b", 12) as two, writer(server, "k", 10_000) as killed:
        assert killed.stdout is not None
        acknowledged = [killed.stdout.readline() for _ in range(3)]
        killed.kill()
        told = [process.communicate(timeout=120)[0] for process in (one_, two)]
    assert [text.count("{'ACCEPTED'}") for text in told] == [12, 12]
    assert all("{'ACCEPTED'}" in line for line in acknowledged)

    async def run() -> None:
        while await _busy(store):
            time.sleep(0.1)
        assert await store.verify() == [], "one chain, nothing lost, nothing twice"
        async with store.snapshot() as snapshot:
            ids = [f"{name}-{number}-2" for name in "ab" for number in range(12)] + [f"k-{n}-2" for n in range(3)]
            assert len(await snapshot.stored(ids)) == len(ids), "all that was acknowledged"
            assert (await store.sequence_at(None)) % 3 == 0, "batches are there whole, or not at all"

    RUNNER.run(run())


async def _busy(store: Neo4jStore) -> bool:
    """Whether the transaction of a killed writer still waits to be ended."""
    async with store.connection.session(writes=True) as session:
        count = await (await session.run("SHOW TRANSACTIONS YIELD currentQuery RETURN count(*)")).single()
    return count is not None and count[0] > 1


def test_another_process_is_seen_by_its_bookmarks(
    server: Server, store: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[frozenset[str]] = []
    opened = neo4j.AsyncDriver.session

    def session(driver: Any, **config: Any) -> Any:
        asked.append(config["bookmarks"].raw_values)
        return opened(driver, **config)

    async def run() -> None:
        other = server.store()
        await tell(other, made("p", 1, unit("P")))
        told = await other.bookmark()
        assert told is not None
        await store.sequence_at(None)
        monkeypatch.setattr(neo4j.AsyncDriver, "session", session)
        token = FOLLOWED.set(decode(told))
        async with store.snapshot() as snapshot:
            assert await snapshot.find("P") == "P"
        FOLLOWED.reset(token)
        assert asked == [decode(told)], "the server is asked to have seen it"
        assert decode(await store.bookmark() or "") >= decode(told), "what was followed is handed on"
        await other.close()

    RUNNER.run(run())


def test_a_read_that_takes_too_long_ends(server: Server) -> None:
    impatient = Neo4jStore(server.url, server.login, read_timeout_s=0.2)

    async def run() -> None:
        await impatient.sequence_at(None)
        with pytest.raises(StoreError, match="it took longer than it may, and was ended"):
            async with impatient.connection.reading() as reads:
                await reads.one("UNWIND range(1, 1000000000) AS n WITH sum(sqrt(n)) AS s RETURN s")
        await impatient.close()

    RUNNER.run(run())


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("bolt://127.0.0.1:1", "no Neo4j answers at bolt://127.0.0.1:1"),
        ("bolt://user:secret@127.0.0.1:1", "VOLTRACE_NEO4J_PASSWORD"),
        ("mysql://127.0.0.1", "is no store; there are"),
    ],
)
def test_a_wrong_address_is_told(url: str, reason: str) -> None:
    async def run() -> None:
        wrong = open_store(url, Settings())
        try:
            await wrong.sequence_at(None)
        finally:
            await wrong.close()

    with pytest.raises(StoreError) as caught:
        RUNNER.run(run())
    assert reason in str(caught.value)
    assert "secret" not in str(caught.value)


def test_every_label_type_and_property_is_described(store: Neo4jStore) -> None:
    """What the scripted history leaves in a database is what `docs/graph.md` describes, and the other way round."""
    element = re.compile("mass[A-Z][a-z]?Kg")
    pairs = "UNWIND [name IN keys({0}) | [name, valueType({0}[name])]] AS pair"
    nodes = f"MATCH (n) UNWIND labels(n) AS label {pairs.format('n')} RETURN DISTINCT label, pair[0], pair[1]"
    edges = f"MATCH (a)-[r]->(b) {pairs.format('r')} RETURN DISTINCT type(r), pair[0], pair[1]"
    ends = "MATCH (a)-[r]->(b) UNWIND labels(a) AS s UNWIND labels(b) AS t RETURN DISTINCT type(r), s, t"

    async def rows(query: str) -> set[tuple[str, str, str]]:
        async with store.connection.session(writes=False) as session:
            found = [record.values() async for record in await session.run(query)]
        types = [(a, b, c.replace(" NOT NULL", "").replace("LIST<INTEGER>", "BYTES")) for a, b, c in found]
        return {(a, "mass<Element>Kg" if element.fullmatch(b) else b, c) for a, b, c in types}

    async def run() -> None:
        for _, batch in BATCHES:
            await tell(store, *batch)
        await tell(store, *story())
        await tell(store, made("graded", 1, lot("GRADED", 5) | {"grade": "battery grade"}))
        await store.rebuild()
        finding = KeptFinding("f", "CUSTODY_GAP", "integrity", "ERROR", Subject(PACK_A), 1, "CN-44", ("B",))
        await store.keep(Revision((finding.subject,), (finding,), Audited(), Audited(1, "", 1, "rules")))
        await FlowKeeper(store).run()
        found = {row for row in await rows(nodes) if row[0] not in LABELS.values()}
        said = {(label, name, kind) for label, node in NODES.items() for name, (kind, _) in node.properties.items()}
        assert found == said
        found = await rows(edges)
        assert found == {
            (kind, name, edge.properties[name][0]) for kind, edge in EDGES.items() for name in edge.properties
        }
        found = {row for row in await rows(ends) if not set(row) & set(LABELS.values())}
        assert found == {(name, edge.source, edge.target) for name, edge in EDGES.items()}

    RUNNER.run(run())


def test_the_server_of_the_tests_knows_all_names(server: Server, store: Neo4jStore) -> None:
    """Else each query that has one which is new to it is planned again."""
    server.know_names()

    async def known(procedure: str) -> set[str]:
        async with store.connection.session(writes=False) as session:
            return {record[0] async for record in await session.run(f"CALL db.{procedure}()")}

    assert RUNNER.run(known("propertyKeys")) >= {"rebuilding", "knownFrom", *NODES["Log"].properties}


def test_what_is_there_until_a_rebuild_is_done_is_described(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    async def interrupted(*arguments: Any) -> int:
        raise KeyboardInterrupt

    async def found(query: str) -> set[str]:
        async with store.connection.session(writes=False) as session:
            return {record[0] async for record in await session.run(query)}

    RUNNER.run(tell(store, made("p", 1, unit("P"))))
    with monkeypatch.context() as patch:
        patch.setattr(checking, "_fold_again", interrupted)
        with pytest.raises(KeyboardInterrupt):
            RUNNER.run(store.rebuild())
    labels = RUNNER.run(found("MATCH (n) UNWIND labels(n) AS label RETURN label")) - NODES.keys()
    properties = RUNNER.run(found("MATCH (l:Log) UNWIND keys(l) AS name RETURN name")) - NODES["Log"].properties.keys()
    assert (labels, properties) == ({"Unfolded"}, {"rebuilding"})
    assert all(f"`{name}`" in document() for name in (":Unfolded", "rebuilding"))
    assert RUNNER.run(store.rebuild()) == 1


def test_the_description_is_up_to_date() -> None:
    assert (ROOT / "docs" / "graph.md").read_text() == document() + "\n", "run: voltrace schema neo4j > docs/graph.md"
