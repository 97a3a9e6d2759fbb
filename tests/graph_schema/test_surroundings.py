"""Who held what a bounded trace tells of, and what that was in, is that of the whole trace."""

import random
from typing import Any

import pytest

from graph_schema.answer import Direction, Trace, TraceEdge
from graph_schema.surroundings import Beyond
from service.stores.memory import MemoryStore
from tests.graph_schema.test_bounds import DRAWS, asked, history
from tests.oracle.histories import random_history
from tests.support import ask, send

SEEDS = range(30)


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    made = MemoryStore()
    send(made, history())
    return made


def of(trace: Trace, kind: str, keys: set[str]) -> list[TraceEdge]:
    return [edge for edge in trace.edges if edge.kind == kind and edge.source in keys]


def check(whole: Trace, bounded: Trace, held: Trace, around: Trace) -> None:
    """`held` and `around` are `bounded` with what is around its items, and no more."""
    kept = {node.key for node in bounded.nodes}
    assert of(held, "HELD_BY", kept) == of(around, "HELD_BY", kept)
    assert of(held, "PART_OF", kept) == of(bounded, "PART_OF", kept)
    for kind in ("HELD_BY", "PART_OF"):
        assert set(of(bounded, kind, kept)) <= set(of(around, kind, kept)) <= set(of(whole, kind, kept))
    more = {node.key for node in held.nodes} - kept
    assert more == {edge.target for edge in of(held, "HELD_BY", kept)} - kept
    beside = {edge.target for kind in ("HELD_BY", "PART_OF") for edge in of(around, kind, kept)}
    assert {node.key for node in around.nodes} - kept == beside - kept
    assert all(edge.source in kept for edge in [*held.edges, *around.edges])
    assert [node for node in around.nodes if node.key in kept] == bounded.nodes
    before = {one.key: one.unexplored_edges for one in bounded.frontier}
    assert all(one.unexplored_edges <= before[one.key] for one in [*held.frontier, *around.frontier])


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("key", ["HUB", "C7", "PC7"])
@pytest.mark.parametrize("bound", [{"nodes_max": 2}, {"nodes_max": DRAWS}, {"depth_max": 0}, {"depth_max": 2}])
def test_custody_and_hosts_are_whole_beyond_a_bound(
    store: MemoryStore, key: str, direction: Direction, bound: dict[str, Any]
) -> None:
    whole, bounded = asked(store, key, direction), asked(store, key, direction, **bound)
    held, around = (asked(store, key, direction, beyond=one, **bound) for one in (Beyond.HOLDERS, Beyond.HOSTS))
    check(whole, bounded, held, around)
    kept = {node.key for node in bounded.nodes}
    for kind in ("HELD_BY", "PART_OF"):
        assert of(around, kind, kept) == of(whole, kind, kept)
    if not bounded.truncated:
        assert bounded == held == around


@pytest.mark.parametrize("seed", SEEDS)
def test_what_is_told_beyond_a_bound_belongs_to_the_whole_trace(seed: int) -> None:
    """All of it, but for the time that an item comes to have to do with the root by ways beyond the bound."""
    made = MemoryStore()
    events = random_history(random.Random(seed), 40)
    send(made, events)
    for direction in ("FORWARD", "BACKWARD", "BOTH"):
        for key in sorted({unit["key"] for event in events for unit in event.get("outputs", [])})[:4]:
            whole = ask(made, key, direction)
            if whole is None:
                continue
            for depth in (0, 1, 2):
                bounded, held, around = (ask(made, key, direction, depth_max=depth, beyond=one) for one in Beyond)
                assert bounded is not None
                assert held is not None
                assert around is not None
                check(whole, bounded, held, around)
