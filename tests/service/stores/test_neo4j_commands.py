"""The commands on a Neo4j: `voltrace migrate`, `voltrace copy` to it and from it, and what loses its server midway."""

import re
from collections.abc import Iterator
from datetime import date, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from click.testing import CliRunner, Result

from graph_schema.answer import Direction
from graph_schema.neo4j import migrations
from graph_schema.neo4j.examples import AS_KNOWN_AT, AS_OF, CONTENT, CUSTODY, EXAMPLES, TRACE
from graph_schema.trace import TraceQuestion, trace
from seed.story import (
    ALUMINIUM,
    BLACK_MASS,
    CARBONATE,
    FLEET,
    PACK_A,
    PACK_NEW,
    PACK_RECYCLED,
    SULPHATE,
    module,
    story,
)
from service import copying
from service.cli import main
from service.ports import ItemFilter, Store
from service.stores.neo4j import Neo4jStore
from service.stores.neo4j import connection as connection_module
from service.stores.neo4j.migrating import version
from service.stores.sqlite import SqliteStore
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.service.stores.proxy import Proxy
from tests.support import RUNNER, ask, found_by, send, wait

pytestmark = NEO4J_ITSELF
STEPS = migrations()
ROOT = Path(__file__).parents[3]


@pytest.fixture
def server(server: Server, monkeypatch: pytest.MonkeyPatch) -> Server:
    """Commands find its login, too."""
    for name, value in server.settings.items():
        monkeypatch.setenv(name, value)
    return server


@pytest.fixture
def store(server: Server) -> Iterator[Neo4jStore]:
    made = server.store()
    yield made
    RUNNER.run(made.close())


def run(*arguments: str) -> Result:
    return CliRunner().invoke(main, list(arguments))


def told(result: Result) -> list[str]:
    assert result.exit_code == 0, result.output
    return result.output.splitlines()


def test_an_older_schema_is_refused_until_it_is_migrated(server: Server, store: Neo4jStore) -> None:
    """`voltrace migrate` says what it would do, does it, and then has nothing to do."""

    async def age() -> None:
        async with store.connection.session(writes=True) as session:
            await (await session.run("DROP INDEX voltrace_event_occurred_at IF EXISTS")).consume()
            await (await session.run("MATCH (s:Schema) SET s.version = 2")).consume()

    async def is_there() -> bool:
        async with store.connection.session(writes=False) as session:
            found = await session.run("SHOW INDEXES YIELD name WHERE name = 'voltrace_event_occurred_at'")
            return await found.single() is not None

    send(store, story())
    RUNNER.run(age())
    refused = run("verify", "--store", server.url)
    assert refused.exit_code == 1
    assert "schema version 2" in refused.output
    assert "run `voltrace migrate`" in refused.output
    names = [f"{step.number:04d} {step.name}" for step in STEPS[2:]]
    assert told(run("migrate", "--store", server.url, "--dry-run")) == [f"would apply {name}" for name in names]
    assert RUNNER.run(version(store.connection)) == 2, "a dry run does nothing"
    assert not RUNNER.run(is_there())
    assert told(run("migrate", "--store", server.url)) == [f"applied {name}" for name in names]
    assert RUNNER.run(version(store.connection)) == STEPS[-1].number
    assert RUNNER.run(is_there())
    assert told(run("migrate", "--store", server.url)) == [f"{server.url}: the schema is up to date"]
    assert "57 records" in told(run("verify", "--store", server.url))[0]


def log(store: Store) -> list[tuple[Any, ...]]:
    """The log as a store tells it."""

    async def read() -> list[tuple[Any, ...]]:
        async with store.snapshot() as snapshot:
            return [tuple(event) for event in await snapshot.event_page(copying.EventFilter(), None, 1_000)]

    return wait(store, read())


@pytest.fixture
def file(tmp_path: Path) -> Iterator[SqliteStore]:
    """A store with the story, in batches."""
    made = SqliteStore(tmp_path / "source.db")
    events = story()
    for start in range(0, len(events), 10):
        send(made, events[start : start + 10])
    yield made
    wait(made, made.close())


def test_a_copy_to_neo4j_and_back(server: Server, store: Neo4jStore, file: SqliteStore, tmp_path: Path) -> None:
    there, back = f"sqlite:{tmp_path / 'source.db'}", f"sqlite:{tmp_path / 'back.db'}"
    (done,) = told(run("copy", "--from", there, "--to", server.url))
    assert done == f"{server.url}: 57 records, 57 of them copied now, verified"
    assert log(store) == log(file)
    assert found_by(ask(store, PACK_A)) == found_by(ask(file, PACK_A))
    (done,) = told(run("copy", "--from", server.url, "--to", back))
    assert done == f"{back}: 57 records, 57 of them copied now, verified"
    copied = SqliteStore(tmp_path / "back.db")
    assert log(copied) == log(file)
    then = [found_by(ask(one, PACK_A, sequence=30)) for one in (copied, file)]
    assert then[0] == then[1], "moments of knowledge come along"
    wait(copied, copied.close())


def test_an_interrupted_copy_goes_on_where_it_stopped(
    server: Server, store: Neo4jStore, file: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "PAGE", 10)
    write, writes = Neo4jStore.write, []

    async def interrupted(target: Neo4jStore, work: Any) -> Any:
        writes.append(work)
        if len(writes) == 4:
            raise KeyboardInterrupt
        return await write(target, work)

    with monkeypatch.context() as patch:
        patch.setattr(Neo4jStore, "write", interrupted)
        arguments = ("copy", "--from", f"sqlite:{tmp_path / 'source.db'}", "--to", server.url)
        assert run(*arguments).exit_code != 0
    before = RUNNER.run(store.sequence_at(None))
    assert 0 < before < 57
    (done,) = told(run(*arguments))
    assert done == f"{server.url}: 57 records, {57 - before} of them copied now, verified"
    assert log(store) == log(file)


@pytest.fixture
def lossy(server: Server, monkeypatch: pytest.MonkeyPatch) -> Iterator[Proxy]:
    """What loses its server once, in the middle of the fourth write, which nobody waits for long."""
    proxy = Proxy(server.url)
    write, writes = Neo4jStore.write, []

    async def losing(target: Neo4jStore, work: Any) -> Any:
        writes.append(work)

        async def lost(writer: Any) -> Any:
            done = await work(writer)
            if len(writes) == 4:
                proxy.close()
            return done

        return await write(target, lost if len(writes) == 4 else work)

    monkeypatch.setattr(Neo4jStore, "write", losing)
    monkeypatch.setattr(connection_module, "RETRY_TIMEOUT_S", 0.2)
    monkeypatch.setattr(connection_module, "RETRY_DELAY_S", 0.05)
    yield proxy
    proxy.end()


AWAY = r"Error: no Neo4j answers at bolt://.*; then run the same command again: nothing is recorded twice\n"


def test_an_ingest_that_loses_its_server_says_how_it_goes_on(store: Neo4jStore, lossy: Proxy, tmp_path: Path) -> None:
    """It tells what it recorded so far; the same command then records the rest."""
    path = tmp_path / "events.jsonl"
    path.write_bytes(b"\n".join(map(orjson.dumps, story())))
    arguments = ("ingest", str(path), "--store", lossy.url, "--batch", "5")
    lost = run(*arguments)
    assert lost.exit_code == 1
    assert re.search(AWAY, lost.output), lost.output
    assert "In the store now" not in lost.output, "nobody knows"
    recorded = sum(map(int, re.findall(r"^ +(\d+) ", lost.output, re.MULTILINE)))
    assert 0 < recorded < 57
    lossy.open()
    assert recorded <= RUNNER.run(store.sequence_at(None)) < 57
    there = RUNNER.run(store.sequence_at(None))
    done = "\n".join(told(run(*arguments)))
    assert re.search(rf"^ +{there} duplicate$", done, re.MULTILINE), done
    assert RUNNER.run(store.sequence_at(None)) == 57
    assert RUNNER.run(store.verify()) == []


def test_a_copy_that_loses_its_server_says_how_it_goes_on(
    store: Neo4jStore, lossy: Proxy, file: SqliteStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "PAGE", 10)
    arguments = ("copy", "--from", f"sqlite:{tmp_path / 'source.db'}", "--to", lossy.url)
    lost = run(*arguments)
    assert lost.exit_code == 1
    assert re.search(AWAY, lost.output), lost.output
    assert f"{lossy.url}: 30 of 57 records, 30 of them copied now\n" in lost.output
    lossy.open()
    there = RUNNER.run(store.sequence_at(None))
    assert 30 <= there < 57
    (done,) = told(run(*arguments))
    assert done == f"{lossy.url}: 57 records, {57 - there} of them copied now, verified"
    assert log(store) == log(file)


def test_the_cypher_of_the_documents_finds_something(store: Neo4jStore) -> None:
    """Each example is run on the story."""
    texts = [path.read_text("utf-8") for path in (ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md")))]
    queries = [query for text in texts for query in re.findall(r"```cypher\n(.*?)```", text, re.DOTALL)]
    assert queries
    send(store, story())

    async def found(query: str) -> list[Any]:
        async with store.connection.session(writes=False) as session:
            return [record.values() async for record in await session.run(query)]

    for query in queries:
        assert RUNNER.run(found(query)), query
    assert {example.cypher.strip() for example in EXAMPLES} <= {query.strip() for query in queries}
    answers = {example: RUNNER.run(found(example.cypher)) for example in EXAMPLES}
    held = ItemFilter(kind="BATTERY", holder=FLEET, as_of=datetime.fromisoformat("2024-01-01T00:00:00+08:00"))

    async def told() -> tuple[list[str], set[str]]:
        async with store.snapshot() as snapshot:
            theirs = [key for _, key in await snapshot.item_page(held, None, 99)]
            further = await trace(snapshot, TraceQuestion(PACK_RECYCLED, Direction.FORWARD))
            assert further is not None
            return theirs, {node.key for node in further.nodes if node.kind not in ("EVENT", "ORGANIZATION")}

    theirs, reached = RUNNER.run(told())
    assert [key for key, *_ in answers[AS_OF]] == theirs == [PACK_A]
    parts = {(host, part) for host, part, *_ in answers[AS_KNOWN_AT]}
    assert {(PACK_A, module(1)), (PACK_A, module(2)), (PACK_NEW, module(2, date(2026, 9, 10)))} <= parts
    became = {key for key, _ in answers[TRACE]}
    assert {BLACK_MASS, ALUMINIUM, CARBONATE, SULPHATE} <= became <= reached
    drawn = {lot: (kg, recycled) for lot, _, kg, recycled in answers[CONTENT]}
    assert drawn == {CARBONATE: (pytest.approx(0.26 / 1.4), True), SULPHATE: (0.0, True)}
    chain = [(holder, host, until is None) for holder, host, _, until in answers[CUSTODY]]
    makers = ["Minjiang Cell", "Minjiang Cell", "Pudong Motors", "Pudong Motors"]
    holders = [*makers, "Shenzhen City Fleet", "Nanshan Workshop", "Xiang Metals"]
    assert [holder for holder, *_ in chain] == holders
    assert chain[-2:] == [("Nanshan Workshop", module(2), False), ("Xiang Metals", module(2), False)]
