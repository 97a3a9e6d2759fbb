"""What several batches of one write leave in Neo4j is what each would have left in a write of its own."""

import random
from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from graph_schema.order import instant_us
from service.recording import Stated, record_batches
from service.stores.contract.telling import START
from service.stores.neo4j import Neo4jStore, writer
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.oracle.histories import random_history
from tests.support import RUNNER

pytestmark = NEO4J_ITSELF
NODES = "MATCH (n) WHERE NOT n:Schema RETURN collect([elementId(n), labels(n), n {.*, writers: null, rebuilt: null}])"
EDGES = "MATCH (a)-[r]->(b) RETURN collect([elementId(a), type(r), properties(r), elementId(b)])"


@pytest.fixture
def store(server: Server) -> Iterator[Neo4jStore]:
    made_store = server.store()
    yield made_store
    RUNNER.run(made_store.close())


async def everything(store: Neo4jStore) -> Counter[str]:
    """All nodes and edges as texts, whatever ids the database gave them."""
    async with store.connection.reading() as reads:
        nodes = {identity: repr((labels, _sorted(facts))) for identity, labels, facts in await reads.one(NODES)}
        edges = [(nodes[a], kind, _sorted(facts), nodes[b]) for a, kind, facts, b in await reads.one(EDGES)]
    return Counter([*nodes.values(), *map(repr, edges)])


def _sorted(facts: dict[str, Any]) -> list[tuple[str, Any]]:
    return sorted(facts.items())


@pytest.mark.parametrize("seed", range(4))
def test_batches_together_leave_what_they_leave_alone(
    seed: int, server: Server, store: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = random.Random(seed)
    events = random_history(chance, 40)
    batches = []
    while events:
        size = chance.choice([1, 1, 2, 3, 8])
        moment = Stated(instant_us(START + timedelta(days=900, hours=len(batches))))
        batches.append((events[:size], moment))
        events = events[size:]

    async def tell(together: int, saved_at_once: int) -> Counter[str]:
        server.empty()
        monkeypatch.setattr(writer, "SAVED_AT_ONCE", saved_at_once)
        for first in range(0, len(batches), together):
            await record_batches(store, batches[first : first + together])
        return await everything(store)

    async def run() -> None:
        alone = await tell(1, 1_000)
        assert len(alone) > 100
        for together, saved_at_once in ((len(batches), 1_000), (len(batches), 4), (5, 1)):
            found = await tell(together, saved_at_once)
            assert found == alone, (together, saved_at_once, alone - found, found - alone)
        await store.rebuild()
        assert await everything(store) == alone
        assert await store.verify() == []

    RUNNER.run(run())
