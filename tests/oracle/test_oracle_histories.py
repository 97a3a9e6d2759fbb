"""The oracle against itself: what must hold in every history, and that the histories have everything in them."""

import random
from collections import Counter

import pytest

from .attribution import Attribution
from .compare import differences
from .dye import Dye, trace
from .histories import clean_history, random_history
from .order import TYPES
from .world import World, fold, judge

SEEDS = range(300)
CODES = {
    "UNKNOWN_ITEM", "UNKNOWN_EVENT", "DUPLICATE_KEY", "ALREADY_ENDED", "ALREADY_INSTALLED", "NOT_INSTALLED",
    "CONTAINMENT_CYCLE", "OVERDRAWN", "MASS_NOT_CONSERVED", "WRONG_KIND", "NOT_ENTITLED",
}  # fmt: skip


def size_of(seed: int) -> int:
    return 12 + seed % 29


@pytest.fixture(scope="module")
def messy() -> list[World]:
    return [fold(random_history(random.Random(seed), size_of(seed))) for seed in SEEDS]


@pytest.fixture(scope="module")
def clean() -> list[World]:
    return [fold(clean_history(random.Random(seed), size_of(seed))) for seed in SEEDS]


def test_one_seed_is_one_history() -> None:
    assert random_history(random.Random(7), 30) == random_history(random.Random(7), 30)


def test_arrival_and_repetition_do_not_matter() -> None:
    for seed in SEEDS:
        rng = random.Random(seed)
        events = random_history(rng, size_of(seed))
        expected = judge(events)
        rng.shuffle(events)
        assert judge(events + events[:5]) == expected, seed


def test_everything_occurs(messy: list[World]) -> None:
    accepted = {frame.event["type"] for world in messy for frame in world.frames}
    verdicts = [verdict for world in messy for verdict in world.verdicts.values()]
    statuses = Counter(status for status, _ in verdicts)
    assert accepted | {"VOIDING"} == set(TYPES)
    assert {code for _, codes in verdicts for code in codes} == CODES
    assert set(statuses) == {"ACCEPTED", "PENDING", "CONTESTED", "VOIDED"}
    assert 0.65 < statuses["ACCEPTED"] / statuses.total() < 0.85


def test_every_type_is_refused_sometimes() -> None:
    refused = set()
    for seed in SEEDS:
        events = random_history(random.Random(seed), size_of(seed))
        verdicts = judge(events)
        refused |= {(event["type"], verdicts[event["eventId"]][0]) for event in events}
    assert {kind for kind, status in refused if status == "VOIDED"} == set(TYPES)
    never_pending = {"REGISTRATION", "ENROLMENT"}
    assert {kind for kind, status in refused if status == "PENDING"} >= set(TYPES) - never_pending
    never_contested = {"REGISTRATION", "ENROLMENT", "RECEIPT"}
    assert {kind for kind, status in refused if status == "CONTESTED"} >= set(TYPES) - never_contested


def test_nothing_goes_wrong_in_clean_histories(clean: list[World]) -> None:
    for seed, world in enumerate(clean):
        assert {status for status, _ in world.verdicts.values()} == {"ACCEPTED"}, seed


def test_a_live_item_is_in_one_place(messy: list[World]) -> None:
    for seed, world in enumerate(messy):
        lasting = Counter((edge.kind, edge.source) for edge in world.edges if edge.closed_at is None)
        for key, item in world.items.items():
            hosted, held = lasting["PART_OF", key], lasting["HELD_BY", key]
            assert (hosted, held) == ((0, 0) if item.ended_in else (1, 0) if item.host else (0, 1)), (seed, key)
            assert item.remaining is None or 0 <= item.remaining <= item.own("") + 1e-9


def test_bodies_add_up_to_what_is_stated(clean: list[World]) -> None:
    for seed, world in enumerate(clean):
        for frame in world.frames:
            for key in frame.born:
                for quantity, gross in world.items[key].stated.items():
                    bodies = [world.items[each].body[quantity] for each in frame.inside[key]]
                    held = {element: sum(body.get(element, 0.0) for body in bodies) for element in gross}
                    assert held == pytest.approx(gross), (seed, key)


@pytest.mark.parametrize("kind", ["messy", "clean"])
def test_nothing_is_missing_from_the_balance(kind: str, request: pytest.FixtureRequest) -> None:
    rows = 0
    for seed, world in enumerate(request.getfixturevalue(kind)):
        for key in world.items:
            for element, (root, *places) in Attribution(world, key).balance().items():
                assert sum(places) == pytest.approx(root, rel=1e-9), (seed, key, element)
                rows += 1
    assert rows > 3000


def test_clean_histories_balance_for_every_root(clean: list[World]) -> None:
    for seed, world in enumerate(clean):
        for key in world.items:
            root = Attribution(world, key)
            for element, (kg, *places) in root.balance().items():
                assert min(places) > -1e-9 * max(1.0, kg), (seed, key, element)
            assert not root.weak
            assert "" in root.balance() or root.root_kg("") == pytest.approx(0.0)


def test_shares_are_shares_where_everything_is_known(clean: list[World]) -> None:
    for seed, world in enumerate(clean):
        for key in world.items:
            root = Attribution(world, key)
            for rows in (root.forward_rows(), root.backward_rows()):
                assert all(0 < share <= 1 + 1e-9 for _, share, _ in rows.values()), (seed, key)


def test_forward_and_backward_mirror_each_other(messy: list[World]) -> None:
    for seed, world in enumerate(messy):
        dye = Dye(world)
        forward = {(x, y) for x in world.items for y in dye.forward_roles(x)}
        backward = {(x, y) for y in world.items for x in dye.backward_roles(y)}
        assert forward == backward, seed


def test_what_the_shares_reach_is_the_substance(messy: list[World]) -> None:
    """Dye and shares are two replays; they find the same carriers."""
    for seed, world in enumerate(messy):
        dye = Dye(world)
        for key in world.items:
            attribution = Attribution(world, key)
            forward, backward = dye.forward_roles(key), dye.backward_roles(key)
            assert set(attribution.dyed) == {each for each, role in forward.items() if role != "HOST"}, seed
            origins = {origin for origin, _ in attribution.backward_rows()}
            assert origins <= {each for each, role in backward.items() if role != "HOST"}, seed


def test_forward_and_backward_shares_mirror_each_other(clean: list[World]) -> None:
    """Between items that never had parts, what x gave to y is what y has from x."""
    pairs = 0
    for seed, world in enumerate(clean):
        hosts = {edge.target for edge in world.edges if edge.kind == "PART_OF"}
        plain = [Attribution(world, key) for key in world.items if key not in hosts]
        given = {(x.root, name): row for x in plain for name, row in x.forward_rows().items() if name[0] not in hosts}
        taken = {(z, (y.root, e)): row for y in plain for (z, e), row in y.backward_rows().items() if z not in hosts}
        assert given.keys() == taken.keys(), seed
        for name, (kg, _, basis) in given.items():
            assert taken[name][::2] == (pytest.approx(kg), basis), (seed, name)
            pairs += name[0] != name[1][0]
    assert pairs > 1000


def test_a_trace_as_of_a_moment_is_the_trace_of_the_events_so_far() -> None:
    for seed in range(40):
        events = random_history(random.Random(seed), 25)
        moment = random.Random(seed).choice(events)["occurredAt"]
        known = fold(events, moment).items
        assert known.keys() <= fold(events).items.keys(), seed
        for key in fold(events).items:
            assert (trace(events, key, "BACKWARD", moment) is not None) == (key in known)


def test_levels_reach_everything(messy: list[World]) -> None:
    for seed, world in enumerate(messy[:100]):
        dye = Dye(world)
        for key in world.items:
            for direction in ("FORWARD", "BACKWARD"):
                answer = dye.trace(key, direction)
                assert {name for kind, name in answer["nodes"] if kind == "item"} == set(answer["items"]), (seed, key)


def test_an_answer_differs_from_itself_in_nothing_and_from_another_in_something() -> None:
    dye = Dye(fold(clean_history(random.Random(1), 40)))
    answers = [dye.trace(key, "FORWARD") for key in dye.world.items]
    assert not any(differences(answer, answer) for answer in answers)
    assert differences(answers[0], answers[1])
    assert differences(answers[0], None)
