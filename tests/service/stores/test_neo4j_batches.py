"""What goes through all that a Neo4j holds does so in batches, and goes on where it was interrupted."""

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest

from graph_schema.neo4j import migrations
from service.findings import Audited, FindingFilter, KeptFinding, Revision, Subject
from service.flow_rows import FlowKind, FlowsKept
from service.stores.contract.flows import ANEW, FIRST, SECOND
from service.stores.contract.telling import made, unit
from service.stores.errors import StoreError
from service.stores.neo4j import Neo4jStore, checking, flows, migrating
from service.stores.neo4j.migrating import migrate
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.support import RUNNER, send

pytestmark = NEO4J_ITSELF


@pytest.fixture
def store(server: Server) -> Iterator[Neo4jStore]:
    made_store = server.store()
    yield made_store
    RUNNER.run(made_store.close())


async def run(store: Neo4jStore, statement: str, **values: Any) -> list[Any]:
    async with store.connection.session(writes=True) as session:
        return [record[0] async for record in await session.run(statement, values)]


def test_every_migration_of_data_commits_as_it_goes() -> None:
    statements = [(step.number, one) for step in migrations() for one in step.statements]
    whole = {
        number
        for number, one in statements
        if not one.startswith(("CREATE CONSTRAINT", "CREATE INDEX", "DROP INDEX")) and migrating.IN_BATCHES not in one
    }
    assert whole == {1, 17, 18}, "the one node of the log, and those that say how far what is kept is"


WAITING = """
SHOW TRANSACTIONS YIELD transactionId, status, currentQuery WHERE status STARTS WITH 'Blocked'
RETURN transactionId
"""
UNCHANGED = "MATCH (i:Item) WHERE i.changed IS NULL RETURN i.key"


def test_a_migration_that_is_ended_goes_on(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """It waits for the last of seven items, which somebody else holds; what it committed before stays."""
    monkeypatch.setattr(migrating, "ROWS", 2)
    send(store, [made(f"p{number}", 1, unit(f"P{number}")) for number in range(7)])

    async def ended() -> None:
        await run(store, "MATCH (i:Item) REMOVE i.changed")
        await run(store, "MATCH (s:Schema) SET s.version = 4")
        last = (await run(store, UNCHANGED))[-1]
        store.connection.retry_s = 0
        async with store.connection.session(writes=True) as session, await session.begin_transaction() as holding:
            await (await holding.run("MATCH (i:Item {key: $key}) SET i.held = true", key=last)).consume()
            migrates = asyncio.create_task(migrate(store.connection))
            while not (waiting := await run(store, WAITING)):
                assert not migrates.done(), migrates.exception()
                await asyncio.sleep(0.05)
            for one in waiting:
                await run(store, "TERMINATE TRANSACTION $id", id=one)
            with pytest.raises(StoreError, match="terminated"):
                await migrates
            await holding.rollback()
        assert await run(store, UNCHANGED) == [last]
        assert next(step.number for step in await migrate(store.connection)) == 5
        assert await run(store, UNCHANGED) == []

    try:
        RUNNER.run(asyncio.wait_for(ended(), 120))
    finally:
        RUNNER.run(migrate(store.connection))
    assert RUNNER.run(store.verify()) == []


def test_flows_that_begin_anew_are_forgotten_in_steps(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Where that is interrupted, nobody takes the rest for all there is, and the next keeper begins anew."""
    monkeypatch.setattr(flows, "FORGOTTEN_AT_ONCE", 2)
    forget = flows._forget
    steps: list[int | None] = []

    async def interrupted(*arguments: Any) -> int | None:
        if len(steps) == 1:
            steps.append(None)
            raise KeyboardInterrupt
        steps.append(await forget(*arguments))
        return steps[-1]

    async def kept() -> tuple[FlowsKept, int]:
        async with store.snapshot() as snapshot:
            pages = [await snapshot.flow_page(kind, "", 100) for kind in FlowKind]
            return await snapshot.flows_kept(), sum(map(len, pages))

    async def keep() -> None:
        assert await store.keep_flows(FIRST)
        assert await store.keep_flows(SECOND)
        assert await kept() == (SECOND.after, 4)

    RUNNER.run(keep())
    monkeypatch.setattr(flows, "_forget", interrupted)
    with pytest.raises(KeyboardInterrupt):
        RUNNER.run(store.keep_flows(ANEW))
    begun = FlowsKept(fingerprint="w", until=4)
    assert RUNNER.run(kept()) == (begun, 2)
    assert not RUNNER.run(store.keep_flows(ANEW)), "it is at another place by now"
    assert RUNNER.run(store.keep_flows(ANEW._replace(before=begun)))
    assert steps == [2, None, None, 2, 0]
    assert RUNNER.run(kept()) == (ANEW.after, 1)


def test_a_rebuild_joins_findings_page_by_page(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is looked at once, and is found by its item and its party as before."""
    monkeypatch.setattr(checking, "JOINED_AT_ONCE", 2)
    join = checking._join
    joined: list[str | None] = []
    send(store, [made(f"p{number}", 1, unit(f"P{number}")) for number in range(5)])
    findings = [
        KeptFinding(f"f{number}", "X", "integrity", "ERROR", Subject(f"P{number}"), 1, "CN-44", ("B", f"C{number}"))
        for number in range(4)
    ]
    findings.append(KeptFinding("f4", "Y", "integrity", "ERROR", Subject("B", True), 1, None, ("B",)))
    revision = Revision(tuple(one.subject for one in findings), tuple(findings), Audited(), Audited(1, "", 1, "rules"))

    async def noted(*arguments: Any) -> str | None:
        joined.append(await join(*arguments))
        return joined[-1]

    async def told() -> list[Any]:
        edges = await run(
            store, "MATCH (f:Finding)-[r]->(n) RETURN [f.id, type(r), n.key, properties(r)] AS row ORDER BY row[0..3]"
        )
        async with store.snapshot() as snapshot:
            of_party = await snapshot.finding_page(FindingFilter(party="B"), None, 10)
        return [*edges, [one.id for one in of_party]]

    assert RUNNER.run(store.keep(revision))
    before = RUNNER.run(told())
    assert before[-1] == ["f0", "f1", "f2", "f3", "f4"]
    monkeypatch.setattr(checking, "_join", noted)
    RUNNER.run(store.rebuild())
    assert joined == ["f1", "f3", "f4", None]
    assert RUNNER.run(told()) == before
