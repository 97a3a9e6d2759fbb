"""A Neo4j whose schema becomes another one while a service runs."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import pytest

from graph_schema.neo4j import migrations
from graph_schema.neo4j.description import EDGES, NODES, document
from graph_schema.order import instant_us
from service.findings import FindingFilter
from service.keeping import Keeper
from service.recording import RecordStatus
from service.stores.contract.telling import event, made, unit
from service.stores.errors import StoreError
from service.stores.neo4j import Neo4jStore
from service.stores.neo4j.migrating import migrate
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.support import RUNNER, send

pytestmark = NEO4J_ITSELF
NEWEST = migrations()[-1].number


@pytest.fixture
def store(server: Server) -> Iterator[Neo4jStore]:
    made_store = server.store()
    yield made_store
    RUNNER.run(made_store.close())


async def run(store: Neo4jStore, statement: str, **values: Any) -> None:
    async with store.connection.session(writes=True) as session:
        await (await session.run(statement, values)).consume()


def test_a_schema_that_became_older_is_told(store: Neo4jStore) -> None:
    """As a database has it that was set back to before an upgrade."""
    send(store, [made("p", 1, unit("P"))])
    RUNNER.run(run(store, "MATCH (s:Schema) SET s.version = 2"))
    try:
        with pytest.raises(StoreError, match=rf"schema version 2 by now, .* {NEWEST}; run `voltrace migrate`"):
            send(store, [made("q", 1, unit("Q"))])
        with pytest.raises(StoreError, match=r"has the schema version 2, .*run `voltrace migrate`"):
            RUNNER.run(store.sequence_at(None))
    finally:
        RUNNER.run(migrate(store.connection))
    assert RUNNER.run(store.sequence_at(None)) == 1, "without a restart"


def test_nobody_reads_or_writes_a_schema_that_became_newer(store: Neo4jStore) -> None:
    """Nor does anybody who began to read before."""
    send(store, [made("p", 1, unit("P"))])
    newer = f"schema version 99 by now, this voltrace knows {NEWEST}.*start the voltrace that migrated it"

    async def begun() -> None:
        async with store.snapshot() as snapshot:
            await run(store, "MATCH (s:Schema) SET s.version = 99")
            await snapshot.find("P")

    async def read() -> None:
        async with store.snapshot(1) as snapshot:
            await snapshot.find("P")

    try:
        with pytest.raises(StoreError, match=newer):
            RUNNER.run(begun())
        for ask in (lambda: read(), lambda: store.sequence_at(None), lambda: store.verify()):
            with pytest.raises(StoreError, match=f"schema version 99, this voltrace knows {NEWEST}; use the voltrace"):
                RUNNER.run(ask())
        store._ready = True
        with pytest.raises(StoreError, match=newer):
            send(store, [made("q", 1, unit("Q"))])
        store._ready = True
        with pytest.raises(StoreError, match=newer):
            RUNNER.run(store.sequence_at(None))
    finally:
        RUNNER.run(run(store, "MATCH (s:Schema) SET s.version = $v", v=NEWEST))
    assert [one.status for one in send(store, [made("q", 1, unit("Q"))])] == [RecordStatus.ACCEPTED]


def test_what_was_kept_before_all_changes_were_told_is_worked_out_anew(store: Neo4jStore) -> None:
    send(store, [made("p", 1, unit("P")), event("t", "TRANSFER", 2, "STRANGER", items=["P"], to="B")])
    RUNNER.run(Keeper(store).run())
    RUNNER.run(run(store, "MATCH (f:Finding) DETACH DELETE f"))
    RUNNER.run(Keeper(store).run())

    async def codes() -> list[str]:
        async with store.snapshot() as snapshot:
            return sorted({one.code for one in await snapshot.finding_page(FindingFilter(), None, 99)})

    assert RUNNER.run(codes()) == [], "nothing changed since"
    RUNNER.run(run(store, "MATCH (s:Schema) SET s.version = 16"))
    RUNNER.run(migrate(store.connection))
    RUNNER.run(Keeper(store).run())
    assert "UNREGISTERED_ORGANIZATION" in RUNNER.run(codes())


TWINS = {"recordedUs": "recordedAt", "sinceUs": "since", "shownUs": "shown", "atUs": "at"}
INTERNAL = {"Log", "INVOLVES"}
"""What only voltrace goes by, as docs/graph.md says."""


def test_times_that_people_look_at_are_native() -> None:
    for name, kind in (NODES | EDGES).items():
        numbers = {one for one in kind.properties if one.endswith("Us")}
        assert numbers <= TWINS.keys()
        if name not in INTERNAL:
            assert {kind.properties[TWINS[one]][0] for one in numbers} <= {"ZONED DATETIME"}
    assert all(f"`{name}`" in document().replace("`:", "`") for name in INTERNAL)


def test_an_older_database_gets_native_times(store: Neo4jStore) -> None:
    """As new ones are written with them, in batches."""
    labels = {name: one for name, kind in NODES.items() for one in kind.properties if one in TWINS and name != "Log"}

    async def twins() -> dict[str, list[Any]]:
        found = {}
        async with store.connection.reading() as reads:
            for label, number in sorted(labels.items()):
                both = f"collect([n.{number}, toString(n.{TWINS[number]})])"
                found[label] = sorted(await reads.one(f"MATCH (n:{label}) RETURN {both}"))
        return found

    send(store, [made("p", 1, unit("P")), event("t", "TRANSFER", 2, "STRANGER", items=["P"], to="B")])
    send(store, [made("q", 3, unit("Q"))])
    RUNNER.run(Keeper(store).run())
    before = RUNNER.run(twins())
    assert {label: len(rows) for label, rows in before.items()} == {"Audit": 1, "Batch": 2, "Event": 3, "Finding": 4}
    for rows in before.values():
        assert [instant_us(datetime.fromisoformat(native)) for _, native in rows] == [number for number, _ in rows]
    RUNNER.run(run(store, "MATCH (n:Batch|Audit|Finding) REMOVE n.recordedAt, n.at, n.shown"))
    RUNNER.run(run(store, "MATCH (s:Schema) SET s.version = 17"))
    assert RUNNER.run(twins()) != before
    RUNNER.run(migrate(store.connection))
    assert RUNNER.run(twins()) == before
