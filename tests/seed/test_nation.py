"""The synthetic history: deterministic, in order, and nothing in it is impossible."""

from collections import Counter

from seed.nation import generate
from tests.support import folded


def test_every_event_is_accepted() -> None:
    graph = folded(list(generate(2500)))
    assert {outcome.status for outcome in graph.outcomes.values()} == {"ACCEPTED"}
    types = Counter(event.type for event in graph.events.values())
    assert types["RECYCLING"] >= 1
    assert types["REPURPOSING"] >= 1


def test_one_seed_is_one_history_in_the_order_of_time() -> None:
    once, again = list(generate(100, 7)), list(generate(100, 7))
    assert once == again
    assert once != list(generate(100, 8))
    times = [event["occurredAt"] for event in once]
    assert times == sorted(times)
