"""The fold and the trace against the dye oracle, which shares no code with them.

A failing history is named by its seed; `VOLTRACE_TEST_SEED=<seed>` runs that one alone. `VOLTRACE_TEST_HISTORIES` says
how many there are.
"""

import os
import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.stores.graph_reader import GraphReader
from tests.oracle.compare import differences
from tests.oracle.dye import Dye
from tests.oracle.histories import clean_history, random_history
from tests.oracle.world import fold as oracle_fold
from tests.oracle.world import judge
from tests.support import ask_graph, folded, in_oracle_shape

HISTORIES = int(os.environ.get("VOLTRACE_TEST_HISTORIES", "1000"))
ONLY = os.environ.get("VOLTRACE_TEST_SEED")
PARTS = 8
SEEDS = st.just(int(ONLY)) if ONLY else st.integers(0, 2**32 - 1)
SETTINGS = settings(max_examples=max(1, HISTORIES // PARTS), deadline=None, print_blob=True)


def history(seed: int) -> tuple[random.Random, list[dict]]:
    rng = random.Random(seed)
    make = clean_history if seed % 4 == 0 else random_history
    return rng, make(rng, 10 + seed % 31)


def check_depths(found: dict) -> None:
    """Every node but the root is one edge further than another node."""
    depths = found["nodes"]
    nearer: dict[str, set[int]] = {}
    for _, source, target, _, _ in found["edges"]:
        for here, there in ((source, target), (target, source)):
            nearer.setdefault(here, set()).update(depth for (_, key), depth in depths.items() if key == there)
    for (_, key), depth in depths.items():
        assert depth == 0 or depth - 1 in nearer[key], (key, depth)


@pytest.mark.parametrize("part", range(PARTS))
def test_statuses_and_traces_agree_with_the_oracle(part: int) -> None:
    @SETTINGS
    @given(SEEDS)
    def check(seed: int) -> None:
        rng, events = history(seed)
        graph = folded(events)
        for event_id, (status, codes) in judge(events).items():
            outcome = graph.outcomes[event_id]
            assert outcome.status == status, (seed, event_id, outcome)
            if graph.events[event_id].type != "VOIDING":
                assert sorted({problem.code for problem in outcome.problems}) == codes, (seed, event_id)
        keys = sorted(graph.timelines)
        as_of = rng.choice(events)["occurredAt"]
        for moment in (None, as_of):
            oracle = Dye(oracle_fold(events, moment))
            for key in rng.sample(keys, min(3, len(keys))):
                for direction in ("FORWARD", "BACKWARD"):
                    found = in_oracle_shape(ask_graph(graph, key, direction, moment))
                    wanted = oracle.trace(key, direction)
                    assert differences(wanted, found) == [], (seed, key, direction, moment)
                    if found is not None:
                        assert wanted["nodes"].keys() == found["nodes"].keys(), (seed, key, direction, moment)
                        check_depths(found)

    check()


@settings(max_examples=max(1, HISTORIES // 20), deadline=None, print_blob=True)
@given(SEEDS)
def test_forward_and_backward_are_each_others_mirror(seed: int) -> None:
    _, events = history(seed)
    graph = folded(events)
    keys = [key for key in sorted(graph.timelines) if GraphReader(graph).lives[key].birth is not None]
    forward = {key: in_oracle_shape(ask_graph(graph, key, "FORWARD")) for key in keys}
    backward = {key: in_oracle_shape(ask_graph(graph, key, "BACKWARD")) for key in keys}
    for one in keys:
        for other in keys:
            assert (other in forward[one]["items"]) == (one in backward[other]["items"]), (seed, one, other)


@settings(max_examples=max(1, HISTORIES // 20), deadline=None, print_blob=True)
@given(SEEDS)
def test_the_balance_of_a_clean_history_closes(seed: int) -> None:
    rng = random.Random(seed)
    graph = folded(clean_history(rng, 10 + seed % 31))
    for key in sorted(graph.timelines):
        found = in_oracle_shape(ask_graph(graph, key, "FORWARD"))
        for element, (root, *fates) in found["balance"].items():
            assert abs(root - sum(fates)) <= 1e-9 * max(1.0, root), (seed, key, element)
