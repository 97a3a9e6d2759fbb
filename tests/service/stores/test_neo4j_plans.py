"""How the server goes about what a Neo4j store asks: where a plan begins, and that it reads no more than it must."""

from collections.abc import Iterator
from itertools import islice
from typing import Any

import neo4j
import pytest

from seed.nation import generate
from service.recording import record
from service.stores.neo4j import Neo4jStore
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_VERSIONS
from tests.support import RUNNER

pytestmark = pytest.mark.xdist_group(f"neo4j {NEO4J_VERSIONS[0]}")
BATCH = 250


@pytest.fixture
def server(neo4j_servers: Any) -> Server:
    found: Server = neo4j_servers(NEO4J_VERSIONS[0])
    found.empty()
    return found


@pytest.fixture
def store(server: Server) -> Iterator[Neo4jStore]:
    made_store = server.store()
    yield made_store
    RUNNER.run(made_store.close())


def steps(plan: dict[str, Any]) -> list[str]:
    """The operators of a plan, each with what it is about."""
    about = f"{plan['operatorType'].partition('@')[0]} {plan['args'].get('Details', '')}"
    return [about, *(step for child in plan.get("children", ()) for step in steps(child))]


def test_recording_finds_every_node_by_a_seek_whatever_the_database_holds(
    store: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A plan that reads all keys of an index for each row takes the time of the whole database, row by row."""
    run = neo4j.AsyncManagedTransaction.run
    scans: set[tuple[str, str]] = set()
    asked: set[str] = set()

    async def explained(self: Any, query: str, parameters: Any = None, **values: Any) -> Any:
        plan = (await (await run(self, f"EXPLAIN {query}", parameters, **values)).consume()).plan
        scans.update((query, step) for step in steps(plan or {}) if "Scan" in step and not step.endswith(" s:Schema"))
        asked.add(query)
        return await run(self, query, parameters, **values)

    async def ingest() -> None:
        events = generate(60)
        while batch := list(islice(events, BATCH)):
            await record(store, batch)

    RUNNER.run(store.sequence_at(None))
    monkeypatch.setattr(neo4j.AsyncManagedTransaction, "run", explained)
    RUNNER.run(ingest())
    assert len(asked) > 25
    assert scans == set()
