"""The fast road answers exactly as the slow one."""

import pytest

from seed.story import PACK_RECYCLED
from service.api import flat
from service.api.execution import FastExecutionContext
from tests.service.api.conftest import Ask

QUERIES = [
    "nodes { key kind role depth label status at redacted }",
    "nodes { __typename k: key a: key at }",
    "edges { source target kind from to massKg openedBy closedBy contested }",
    "nodes { ...F } edges { ... on TraceEdge { kind } }",
    "nodes { key @skip(if: true) kind @include(if: true) }",
    "nodes { key node { id } }",
    "nodes { key node { __typename ... on Item { key kind massKg producedAt } ... on Organization { key } } }",
    "nodes { node { ... on Item { status producer { name } } ... on Event { actor { key name } type } } }",
    "root { ... on Unit { parts { id key kind massKg } } history { edges { cursor node { eventId actor { key } } } } }",
    "attribution { key element massKg share basis direction kind } balance { element lossKg }",
    "unsettled { eventId problems { code } } frontier { key }",
]


@pytest.mark.parametrize("selection", QUERIES)
@pytest.mark.usefixtures("told")
def test_both_roads_answer_alike(answer: Ask, monkeypatch: pytest.MonkeyPatch, selection: str) -> None:
    fragment = " fragment F on TraceNode { key role }" if "...F" in selection else ""
    query = '{ trace(key: "%s", direction: FORWARD) { %s } }%s' % (PACK_RECYCLED, selection, fragment)
    fast = answer(query)
    monkeypatch.delattr(FastExecutionContext, "complete_list_value")
    assert answer(query) == fast
    assert "errors" not in fast


@pytest.mark.usefixtures("told")
def test_the_fast_road_is_taken(answer: Ask, monkeypatch: pytest.MonkeyPatch) -> None:
    taken = []
    complete = flat.complete

    def spy(roads: flat.Roads, rows: list[object]) -> list[dict[str, object]]:
        done = complete(roads, rows)
        taken.append(len(done))
        return done

    monkeypatch.setattr(flat, "complete", spy)
    answer('{ trace(key: "%s", direction: FORWARD) { nodes { key role at } edges { kind from } } }' % PACK_RECYCLED)
    assert len(taken) == 2


@pytest.mark.usefixtures("told")
def test_of_some_types_nothing_is_selected(data: Ask) -> None:
    found = data('{ event(eventId: "story-34-retirement") { items { ... on Cell { massKg } } } }')
    assert found["event"]["items"] == [{}], "a battery"
