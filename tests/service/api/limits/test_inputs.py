"""What comes with an operation is bounded before it is read, whoever asks: no input keeps others waiting."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from service.access.tokens import Tokens
from service.api.limits.inputs import values_in
from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore

MANY = 40_000
SPECS = [{"key": f"K{number}", "kind": "CELL"} for number in range(MANY)]
ENROL = {"eventId": "e", "occurredAt": "2026-01-01T00:00:00Z", "actor": "A", "items": SPECS}
LARGE: dict[str, tuple[str, dict[str, Any], str]] = {
    "a typed event": (
        "mutation ($e: EnrolmentInput!) { recordEnrolment(event: $e) { status } }", {"e": ENROL}, "INPUTS_MAX",
    ),
    "a filter by types": (
        "query ($t: [EventType!]) { events(filter: {type: $t}) { totalCount } }", {"t": ["TRANSFER"] * MANY},
        "INPUTS_MAX",
    ),
    "a filter by codes": (
        "query ($t: [String!]) { findings(filter: {codes: $t}) { totalCount } }", {"t": ["X"] * MANY}, "INPUTS_MAX",
    ),
    "a whole filter": (
        "query ($f: EventFilter) { events(filter: $f) { totalCount } }", {"f": {"type": ["TRANSFER"] * MANY}},
        "INPUTS_MAX",
    ),
    "a long key": ("query ($k: String!) { item(key: $k) { key } }", {"k": "a" * 10_000_000}, "INPUTS_MAX"),
    "suspects": ("query ($k: [String!]!) { affected(keys: $k) { truncated } }", {"k": ["x"] * MANY}, "INPUTS_MAX"),
    "one event": (
        "mutation ($e: [EventInput!]!) { validateEvents(events: $e) { counts { count } } }",
        {"e": [{**ENROL, "type": "ENROLMENT"}]}, "EVENT_VALUES_MAX",
    ),
    "a comment": ("#" + "x" * 5_000_000 + "\n{ __typename }", {}, "DOCUMENT_MAX"),
    "a long literal": ('{ item(key: "%s") { key } }' % ("a" * 5_000_000), {}, "DOCUMENT_MAX"),
}  # fmt: skip


@pytest.mark.parametrize("what", LARGE)
@pytest.mark.parametrize("viewer", ["public", "participant"])
def test_large_inputs_are_refused_before_they_are_read(what: str, viewer: str, tmp_path: Any) -> None:
    tokens = Tokens(tmp_path / "tokens.json")
    headers = {} if viewer == "public" else {"Authorization": f"Bearer {tokens.create('a', 'participant', 'A')}"}
    tokens.create("other", "admin", None)
    store = MemoryStore()
    query, variables, setting = LARGE[what]
    settings = Settings(store="memory:", tokens_file=str(tokens.path), body_max_bytes_public=2**24)
    with TestClient(create_app(store, settings)) as client:
        answer = client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
    (error,) = answer.json()["errors"]
    assert error["extensions"]["setting"] == f"VOLTRACE_{setting}"
    assert error["extensions"]["value"] > error["extensions"]["limit"]
    assert len(answer.content) < 1000


def test_what_was_sent_comes_back_cut_short() -> None:
    query = "query ($t: DateTime) { items(asOf: $t) { totalCount } }"
    with TestClient(create_app(MemoryStore(), Settings(store="memory:"))) as client:
        answer = client.post("/graphql", json={"query": query, "variables": {"t": "x" * 50_000}})
    (error,) = answer.json()["errors"]
    assert "x" * 100 in error["message"]
    assert len(answer.content) < 5000


@pytest.mark.parametrize(
    ("value", "count"),
    [(None, 1), (1, 1), ("a", 1), ("a" * 250, 3), ([], 1), ([1, [2, 3]], 5), ({"a": {"b": [1]}, "c": "d"}, 5)],
)
def test_values_are_counted(value: Any, count: int) -> None:
    assert values_in(value, 1000) == count


def test_counting_ends_where_it_is_too_much() -> None:
    assert values_in([[0] * 1000] * 1000, 50) > 50
    deep: Any = []
    for _ in range(100_000):
        deep = [deep]
    assert values_in(deep, 50) == 51
