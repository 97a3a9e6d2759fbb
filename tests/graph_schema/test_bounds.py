"""A bounded trace is the beginning of the whole one, and reads little of what it does not tell."""

from collections.abc import Collection
from typing import Any

import pytest

from graph_schema.answer import Direction, Trace
from graph_schema.reader import About
from graph_schema.trace import TraceQuestion, trace
from service.ports import Snapshot
from service.stores.contract.telling import draw, event, lot, made, unit
from service.stores.graph_reader import GraphReader
from service.stores.memory import MemoryStore
from tests.support import RUNNER, send

DRAWS = 60


def history() -> list[dict[str, Any]]:
    """A hub, whose units go into packs, which change hands."""
    cells = [f"C{number}" for number in range(DRAWS)]
    packs = [made(f"p{key}", 3, unit(f"P{key}", parts=[key])) for key in cells]
    moved = [event(f"t{key}", "TRANSFER", 4, items=[f"P{key}"], to="B") for key in cells]
    units = [made(f"u{key}", 2, unit(key, "CELL"), inputs=[draw("HUB", 1.0)]) for key in cells]
    return [event("e", "ENROLMENT", 0, items=[lot("HUB", 1.0 * DRAWS)]), *units, *packs, *moved]


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    made_store = MemoryStore()
    assert {one.status.value for one in send(made_store, history())} == {"ACCEPTED"}
    return made_store


def asked(store: MemoryStore, key: str, direction: Direction, **bounds: Any) -> Trace:
    async def answer() -> Trace | None:
        async with store.snapshot() as snapshot:
            return await trace(snapshot, TraceQuestion(key, direction, weigh=False, **bounds))

    found = RUNNER.run(answer())
    assert found is not None
    return found


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("key", ["HUB", "C7", "PC7"])
@pytest.mark.parametrize("nodes_max", [1, 2, 10, DRAWS, 3 * DRAWS, 5 * DRAWS])
def test_a_bounded_trace_is_the_beginning_of_the_whole(
    store: MemoryStore, key: str, direction: Direction, nodes_max: int
) -> None:
    whole, bounded = asked(store, key, direction), asked(store, key, direction, nodes_max=nodes_max)
    assert bounded.nodes == whole.nodes[:nodes_max]
    kept = {node.key for node in bounded.nodes}
    assert bounded.edges == [edge for edge in whole.edges if edge.source in kept and edge.target in kept]


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("depth_max", [0, 1, 2, 3, 4])
def test_a_trace_of_bounded_depth_is_the_nearest_of_the_whole(
    store: MemoryStore, direction: Direction, depth_max: int
) -> None:
    whole, bounded = asked(store, "HUB", direction), asked(store, "HUB", direction, depth_max=depth_max)
    assert bounded.nodes == [node for node in whole.nodes if node.depth <= depth_max]
    assert bounded.truncated == (len(bounded.nodes) < len(whole.nodes))


def test_what_is_not_told_is_not_asked_about(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    of = []
    about = GraphReader.about

    async def counting(self: Snapshot, items: Collection[Any]) -> About:
        of.append(len(items))
        return await about(self, items)

    monkeypatch.setattr(GraphReader, "about", counting)
    asked(store, "HUB", Direction.FORWARD, nodes_max=10)
    asked(store, "HUB", Direction.FORWARD, depth_max=1)
    asked(store, "HUB", Direction.FORWARD)
    assert of[0] <= 10
    assert of[1] == 1
    assert of[2] > DRAWS
