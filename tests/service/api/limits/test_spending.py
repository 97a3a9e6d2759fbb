"""What turns out longer than the estimate assumed is charged while the operation is executed."""

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.access.tokens import Tokens
from service.api.counting import AN_EVENT
from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.api.limits.conftest import Serve, ask
from tests.support import send

CELLS = 200
PARTS = '{ battery(key: "BIG") { parts { key status } } }'


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A client of a service over a pack of many cells with a long history, with settings."""

    def event(number: int, kind: str, **more: Any) -> dict[str, Any]:
        return {
            "eventId": f"e{number:02}",
            "type": kind,
            "occurredAt": "2026-01-01T00:00:00Z",
            "actor": "MAKER",
            **more,
        }

    cells = [{"key": f"C{number}", "kind": "CELL"} for number in range(CELLS)]
    store = MemoryStore()
    send(store, [event(0, "PRODUCTION", outputs=[{"key": "BIG", "kind": "BATTERY", "parts": cells}])])
    send(store, [event(number, "INSPECTION", item="BIG") for number in range(1, 60)])
    with ExitStack() as stack:
        yield lambda **settings: stack.enter_context(
            TestClient(create_app(store, Settings(store="memory:", **settings)))
        )


def refusals(answer: dict[str, Any], limit: int) -> list[dict[str, Any]]:
    """The errors, each of which names the limit, the setting and what was beyond it."""
    for error in answer["errors"]:
        assert error.get("extensions", error)["limit"] == limit, error
        assert error["extensions"]["value"] > limit
        assert error["extensions"] | {"code": "LIMIT", "setting": "VOLTRACE_COST_MAX"} == error["extensions"]
        assert f"the limit is {limit} (VOLTRACE_COST_MAX)" in error["message"]
    return answer["errors"]  # type: ignore[no-any-return]


def test_a_long_list_of_parts(serve: Serve) -> None:
    """It was estimated with 10 entries of 2 fields, and has 200."""
    estimated = 2 + 10 * 2
    cost = estimated + (CELLS - 10) * 2
    assert len(ask(serve(cost_max=cost), PARTS)["data"]["battery"]["parts"]) == CELLS
    (error,) = refusals(ask(serve(cost_max=cost - 1), PARTS), cost - 1)
    assert error["extensions"]["value"] == cost
    assert error["message"].startswith("parts: ")
    assert error["path"] == ["battery", "parts"]


def test_what_is_in_a_fragment_and_under_an_alias(serve: Serve) -> None:
    query = (
        '{ b: battery(key: "BIG") { ...F } } fragment F on Unit { p: parts { ...G } } fragment G on Item { key status }'
    )
    cost = 2 + 10 * 2 + (CELLS - 10) * 2
    assert "errors" not in ask(serve(cost_max=cost), query)
    refusals(ask(serve(cost_max=cost - 1), query), cost - 1)


@pytest.mark.parametrize(
    "query",
    [
        "{ events(first: 1) { edges { node { items { key status } } } } }",
        '{ events(first: 1, filter: { item: "C1" }) { edges { node { items { key holder { key } } } } } }',
        "{ items(first: 2) { edges { node { ... on Unit { parts { ... on Unit { host { key } } } } } } } }",
        '{ battery(key: "BIG") { a: parts { key } b: parts { key } } }',
    ],
)
def test_no_list_gets_round_it(serve: Serve, query: str) -> None:
    """The budget is enough for what is estimated, and not for what is there."""
    computed = ask(serve(), query)["extensions"]["cost"]["computed"]
    assert computed < CELLS + 150
    refusals(ask(serve(cost_max=computed), query), computed)


def test_lists_whose_length_is_stated_cost_what_was_estimated(serve: Serve) -> None:
    for query in (
        "{ events(first: 60) { edges { node { eventId } } } }",
        '{ battery(key: "BIG") { history(first: 50) { edges { node { type } } } } }',
        '{ trace(key: "BIG", direction: BACKWARD, maxNodes: 300) { nodes { key kind } } }',
    ):
        computed = ask(serve(), query)["extensions"]["cost"]["computed"]
        assert "errors" not in ask(serve(cost_max=computed), query), query


def test_more_edges_than_a_trace_may_have_nodes(serve: Serve) -> None:
    query = '{ trace(key: "BIG", direction: BACKWARD, maxNodes: 204) { edges { source target } } }'
    answer = ask(serve(), query)
    edges, computed = len(answer["data"]["trace"]["edges"]), answer["extensions"]["cost"]["computed"]
    assert edges > 204
    refusals(ask(serve(cost_max=computed), query), computed)
    assert "errors" not in ask(serve(cost_max=computed + 2 * (edges - 204)), query)


def test_a_count_costs_what_is_looked_at(serve: Serve, tmp_path: Path) -> None:
    """One by one for a participant; at once, where nothing is withheld."""
    query = "{ events(first: 1) { totalCount } }"
    answer = ask(serve(cost_max=3), query)
    assert answer["data"]["events"]["totalCount"] == 60
    assert answer["extensions"]["cost"] == {"computed": 2, "charged": 1, "budget": 3}
    (error,) = refusals(ask(serve(cost_max=2), query), 2)
    assert error["path"] == ["events", "totalCount"]
    assert "leave totalCount out" in error["message"]
    token = Tokens(tmp_path / "tokens.json").create("maker", "participant", "MAKER")
    cost = 2 + 60 * AN_EVENT
    participant = serve(cost_max=cost - 1, tokens_file=str(tmp_path / "tokens.json"))
    participant.headers["Authorization"] = f"Bearer {token}"
    (error,) = refusals(ask(participant, query), cost - 1)
    assert error["extensions"]["value"] == cost
