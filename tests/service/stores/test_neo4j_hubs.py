"""Histories with hubs and diamonds, traced on Neo4j as `memory:` traces them, which is the specification."""

from collections.abc import Iterator
from typing import Any

import pytest

from service.stores.contract.telling import draw, event, lot, made, unit
from service.stores.memory import MemoryStore
from service.stores.neo4j import Neo4jStore
from tests.conftest import NEO4J_VERSIONS
from tests.support import RUNNER, ask, found_by, send

pytestmark = pytest.mark.xdist_group(f"neo4j {NEO4J_VERSIONS[0]}")
DRAWS = 240


@pytest.fixture
def store(neo4j_servers: Any) -> Iterator[Neo4jStore]:
    server = neo4j_servers(NEO4J_VERSIONS[0])
    server.empty()
    made_store = server.store()
    yield made_store
    RUNNER.run(made_store.close())


def hub() -> list[dict[str, Any]]:
    """One lot that many units draw on, and that many packs went into."""
    packs = [made(f"m{number}", 1, unit(f"P{number}", massKg=2.0)) for number in range(DRAWS)]
    inputs = [draw(f"P{number}") for number in range(DRAWS)]
    recycled = event("r", "RECYCLING", 2, inputs=inputs, outputs=[lot("HUB", 2.0 * DRAWS)])
    units = [made(f"u{number}", 3, unit(f"U{number}", "CELL"), inputs=[draw("HUB", 1.0)]) for number in range(DRAWS)]
    return [*packs, recycled, *units]


def diamonds(rungs: int = 12) -> list[dict[str, Any]]:
    """Lots that part into two and come together again, rung after rung: 2 ** rungs ways from top to bottom."""
    events = [event("top", "ENROLMENT", 0, items=[lot("L0", 1000.0)])]
    for rung in range(rungs):
        hour = 3 * rung + 1
        for side in ("a", "b"):
            output = lot(f"{side}{rung}", 100.0)
            events.append(event(f"{side}{rung}", "REFINING", hour, inputs=[draw(f"L{rung}", 100.0)], outputs=[output]))
        inputs = [draw(f"a{rung}", 100.0), draw(f"b{rung}", 100.0)]
        events.append(event(f"c{rung}", "RECYCLING", hour + 1, inputs=inputs, outputs=[lot(f"L{rung + 1}", 200.0)]))
    return events


@pytest.mark.parametrize(
    ("events", "keys", "size"),
    [(hub(), ["HUB", "P7", "U7"], 2 * DRAWS), (diamonds(), ["L0", "L5", "b5", "L12"], 3 * 12)],
    ids=["hub", "diamonds"],
)
def test_a_trace_equals_the_specification(
    store: Neo4jStore, events: list[dict[str, Any]], keys: list[str], size: int
) -> None:
    specification = MemoryStore()
    expected = [one.status.value for one in send(specification, events)]
    assert set(expected) == {"ACCEPTED"}
    assert [one.status.value for one in send(store, events)] == expected
    largest = 0
    for key in keys:
        for direction in ("FORWARD", "BACKWARD", "BOTH"):
            whole = ask(store, key, direction)
            assert found_by(whole) == found_by(ask(specification, key, direction)), (key, direction)
            assert whole is not None
            largest = max(largest, len(whole.nodes))
            for bounds in ({"nodes_max": 10}, {"depth_max": 3}, {"nodes_max": 10, "further": tuple(keys)}):
                ours, theirs = (ask(one, key, direction, **bounds) for one in (store, specification))
                assert ours is not None
                assert theirs is not None
                assert [node.key for node in ours.nodes] == [node.key for node in theirs.nodes]
                assert ours.truncated == theirs.truncated
    assert largest > size
