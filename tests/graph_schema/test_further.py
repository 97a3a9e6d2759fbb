"""What a bound cut off comes of one node alone: all of it belongs to the whole trace, and nothing else does."""

import random
from collections import Counter
from itertools import pairwise

import pytest

from graph_schema.answer import Direction, Trace
from graph_schema.further import STEP
from service.stores.memory import MemoryStore
from tests.graph_schema.test_bounds import DRAWS, asked, history
from tests.oracle.histories import random_history
from tests.support import ask, send

SEEDS = range(60)


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    made = MemoryStore()
    send(made, history())
    return made


def around(trace: Trace, key: str) -> set[str]:
    """The keys of the neighbours of a node."""
    ends = [(edge.source, edge.target) for edge in trace.edges]
    return {other for pair in ends for one, other in (pair, pair[::-1]) if one == key}


def check(whole: Trace, before: Trace, after: Trace, key: str) -> None:
    """`after` is `before`, with neighbours of a node and who held them."""
    kept = {node.key for node in after.nodes}
    new = kept - {node.key for node in before.nodes}
    near = around(whole, key)
    held = {edge.target for edge in whole.edges if edge.kind == "HELD_BY" and edge.source in new & near}
    assert new <= near | held
    assert {node.key for node in before.nodes} <= kept
    whole_nodes = {(node.kind, node.key) for node in whole.nodes}
    assert {(node.kind, node.key) for node in after.nodes} <= whole_nodes
    order = [(node.depth, node.kind, node.key) for node in after.nodes]
    assert all(one < other for one, other in pairwise(order)), "in the order of an answer, each once"
    assert set(after.edges) <= set(whole.edges)
    assert set(before.edges) <= set(after.edges)
    if len(near) <= STEP:
        assert near <= kept, "all of it is told"
        assert key not in {one.key for one in after.frontier}, "so that nothing leads there any more"


@pytest.mark.parametrize("direction", list(Direction))
@pytest.mark.parametrize("bounds", [{"nodes_max": 3}, {"nodes_max": 12}, {"depth_max": 1}, {"depth_max": 2}])
def test_one_node_alone_goes_on(store: MemoryStore, direction: Direction, bounds: dict[str, int]) -> None:
    for key in ("HUB", "C7", "PC7"):
        whole, before = asked(store, key, direction), asked(store, key, direction, **bounds)
        for one in before.frontier[:6]:
            check(whole, before, asked(store, key, direction, further=(one.key,), **bounds), one.key)


def test_it_goes_on_from_what_came(store: MemoryStore) -> None:
    """From the hub to who holds the pack, a click at a time."""
    names: tuple[str, ...] = ()
    before = asked(store, "HUB", Direction.FORWARD, nodes_max=1)
    whole = asked(store, "HUB", Direction.FORWARD)
    for name in ("HUB", "uC5", "C5", "PC5"):
        names += (name,)
        after = asked(store, "HUB", Direction.FORWARD, nodes_max=1, further=names)
        check(whole, before, after, name)
        assert len(after.nodes) > len(before.nodes) or name == "PC5", "its holder came with it"
        before = after
    assert {"HUB", "uC5", "C5", "PC5", "B"} <= {node.key for node in before.nodes}
    assert len(before.nodes) < len(whole.nodes) - DRAWS


def test_of_many_some_come_at_a_time() -> None:
    made = MemoryStore()
    parts = [{"key": f"C{number:03}", "kind": "CELL"} for number in range(2 * STEP + 20)]
    event = {"eventId": "made", "type": "PRODUCTION", "occurredAt": "2026-01-01T00:00:00Z", "actor": "A"}
    send(made, [event | {"outputs": [{"key": "P", "kind": "BATTERY", "parts": parts}]}])
    found = [
        Counter(node.kind for node in asked(made, "P", Direction.FORWARD, nodes_max=1, further=("P",) * times).nodes)
        for times in range(4)
    ]
    assert [one["CELL"] for one in found] == [0, STEP, 2 * STEP, 2 * STEP + 20]


def test_a_name_that_nothing_has_is_none(store: MemoryStore) -> None:
    bounds = {"nodes_max": 5}
    plain = asked(store, "HUB", Direction.FORWARD, **bounds)
    assert asked(store, "HUB", Direction.FORWARD, further=("nobody", "PC59"), **bounds).nodes == plain.nodes
    whole = asked(store, "HUB", Direction.FORWARD)
    assert asked(store, "HUB", Direction.FORWARD, further=("HUB",)) == whole, "where nothing is cut off"


@pytest.mark.parametrize("seed", SEEDS)
def test_of_any_history(seed: int) -> None:
    rng = random.Random(seed)
    made = MemoryStore()
    events = random_history(rng, 40)
    send(made, events)
    items = {spec["key"] for event in events for spec in event.get("outputs", ()) if isinstance(spec, dict)}
    names = items & {event["eventId"] for event in events}
    for key in sorted(items)[:6]:
        for direction in Direction:
            whole = ask(made, key, direction, weigh=False)
            if whole is None:  # it never came into being
                continue
            bound = rng.randint(1, 6)
            before = asked(made, key, direction, nodes_max=bound)
            if before.nodes != whole.nodes[:bound]:  # an event nearer by a host that it brought in
                continue
            for one in before.frontier[:3]:
                if one.key not in names:
                    check(whole, before, asked(made, key, direction, nodes_max=bound, further=(one.key,)), one.key)
