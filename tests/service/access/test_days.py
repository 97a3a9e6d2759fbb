"""Of what is withheld the day is told, whatever moments one asks for."""

from typing import Any

import pytest

from seed.story import BLACK_MASS, PACK_RECYCLED, RECYCLER, TAXI, story
from service.ports import Store
from tests.service.access.conftest import AskAs
from tests.support import send

TRACE = """{
  nodes { key kind status redacted } edges { kind source target from to massKg } attribution { key massKg share }
  balance { element rootKg recoveredKg inUseKg usedInProductionKg disposedKg lossKg }
}"""
QUESTIONS = {
    "trace": 'query ($asOf: DateTime) { trace(key: "%s", direction: BOTH, asOf: $asOf) %s }' % (PACK_RECYCLED, TRACE),
    "claims": 'query ($asOf: DateTime) { trace(key: "%s", direction: FORWARD, asOf: $asOf, claims: ALL) %s }'
    % (PACK_RECYCLED, TRACE),
    "bounded": 'query ($asOf: DateTime) { trace(key: "%s", direction: FORWARD, asOf: $asOf, maxNodes: 30) { truncated'
    " frontier { key unexploredEdges } nodes { key } } }" % PACK_RECYCLED,
    "below an item": 'query ($asOf: DateTime) { item(key: "%s") { trace(direction: FORWARD, asOf: $asOf) %s } }'
    % (PACK_RECYCLED, TRACE),
    "recall": 'query ($asOf: DateTime) { affected(keys: ["%s"], asOf: $asOf) { counts { kinds { kind count } vehicles'
    " holders ended } items { edges { node { node { key } outermost { key } holder { key } ended } } } } }"
    % PACK_RECYCLED,
    "changes": 'query ($asOf: DateTime) { traceChanges(key: "%s", direction: FORWARD, from: {asOf: $asOf}, to: {}) {'
    " nodesAdded { key } edgesAdded { source target } edgesChanged { fields } } }" % PACK_RECYCLED,
}
BEFORE, REFINED, EVENING = "2026-07-01T00:00:00Z", "2026-07-01T00:00:01Z", "2026-07-01T23:59:59.999998Z"
"""The refining, which another party reports, is at midnight UTC: moved by a second here, so that it is within a day."""


@pytest.fixture
def refined_later(store: Store) -> Store:
    """The story; what was refined is refined a second after the day began."""
    events = [dict(event) for event in story()]
    for event in events:
        if event["type"] == "REFINING":
            event["occurredAt"] = REFINED
    send(store, events)
    return store


@pytest.mark.parametrize("name", QUESTIONS)
def test_no_moment_within_a_day_tells_when_something_withheld_happened(
    refined_later: Store, ask: AskAs, name: str
) -> None:
    def told(viewer: str, as_of: str) -> Any:
        answer = ask(viewer, QUESTIONS[name], asOf=as_of)
        assert "errors" not in answer, answer
        return answer["data"]

    assert told("regulator", BEFORE) != told("regulator", REFINED), "something happens"
    assert told(TAXI, BEFORE) == told(TAXI, REFINED) == told(TAXI, EVENING)
    assert told(TAXI, "2026-07-01T23:59:59.999999Z") != told(TAXI, EVENING), "the day is over"
    assert told(TAXI, "2026-07-02T00:00:00Z") == told(TAXI, "2026-07-01T23:59:59.999999Z")


def test_what_is_in_sight_is_told_at_once(refined_later: Store, ask: AskAs) -> None:
    """The recycling of one's own pack, and of the refining whatever the one who did it sees."""
    question = QUESTIONS["trace"]
    before, after = (
        {node["key"] for node in ask(TAXI, question, asOf=moment)["data"]["trace"]["nodes"]}
        for moment in ("2026-05-31T23:59:59Z", "2026-06-01T00:00:00Z")
    )
    assert any("recycling" in key for key in after - before)
    recycler = [ask(RECYCLER, question.replace(PACK_RECYCLED, BLACK_MASS), asOf=one) for one in (BEFORE, REFINED)]
    assert recycler[0] != recycler[1]
    whole = ask("regulator", question.replace(PACK_RECYCLED, BLACK_MASS), asOf=REFINED)
    assert recycler[1]["data"]["trace"]["balance"] == whole["data"]["trace"]["balance"]
