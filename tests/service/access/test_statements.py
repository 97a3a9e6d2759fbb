"""What is withheld and what does not exist: the same statements, the same answer, so that no clock tells them apart."""

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from seed.story import BLACK_MASS, CARBONATE, FLEET, PACK_RECYCLED, STORAGE, TAXI, VEHICLE_A, module, story
from service.access.tokens import Tokens
from service.api import turns
from service.api.context import global_id
from service.app import create_app
from service.settings import Settings
from service.stores.sqlite import SqliteStore
from tests.support import send

HIDDEN = (VEHICLE_A, module(2), BLACK_MASS, CARBONATE)
"""From the taxi operator: enrolled or produced, a part, and lots."""
ABSENT = "no such key"
QUERIES = {
    "item": "{ item(key: $key) { key status } }",
    "node": "{ node(id: $id) { id } }",
    "trace": "{ trace(key: $key, direction: BOTH) { truncated } }",
    "path to": "{ path(from: $mine, to: $key) { truncated } }",
    "path from": "{ path(from: $key, to: $mine) { truncated } }",
    "recall": "{ affected(keys: [$key]) { unknown truncated } }",
    "changes": "{ traceChanges(key: $key, direction: BOTH, from: {}, to: {}) { truncated } }",
    "events about it": "{ events(filter: {item: $key}) { totalCount edges { node { id } } } }",
}
EVENT = "query ($id: String!) { event(eventId: $id) { eventId } }"

Asked = Callable[..., tuple[Any, list[str]]]


@pytest.fixture
def asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Asked]:
    """asked(viewer, query, **variables): the answer, and the statements it took, without their values."""
    monkeypatch.setattr(turns, "SLICE_S", 3600.0)
    store = SqliteStore(tmp_path / "log.db")
    send(store, story())
    tokens = Tokens(tmp_path / "tokens.json")
    bearers = {key: tokens.create(key, "participant", key) for key in (TAXI, FLEET)}
    statements: list[str] = []
    connection = store.borrow()
    connection.set_trace_callback(statements.append)
    store.give_back(connection)
    settings = Settings(store=store.url, tokens_file=str(tokens.path), audit_interval_s=0)
    with TestClient(create_app(store, settings)) as client:

        def ask(viewer: str, query: str, **variables: Any) -> tuple[Any, list[str]]:
            statements.clear()
            headers = {} if viewer == "public" else {"Authorization": f"Bearer {bearers[viewer]}"}
            answer = client.post("/graphql", json={"query": query, "variables": variables}, headers=headers).json()
            return answer, [re.sub(r"'(?:[^']|'')*'|\b\d+\b", "?", text) for text in statements]

        ask("public", "{ items { totalCount } }")
        yield ask


@pytest.mark.parametrize("viewer", ["public", TAXI])
@pytest.mark.parametrize("name", QUERIES)
def test_a_withheld_item_takes_what_an_absent_one_takes(asked: Asked, viewer: str, name: str) -> None:
    def one(key: str) -> tuple[str, list[str]]:
        values = {"key": key, "id": global_id("Item", key), "mine": PACK_RECYCLED}
        used = {variable: value for variable, value in values.items() if f"${variable}" in QUERIES[name]}
        stated = ", ".join(f"${variable}: {'ID' if variable == 'id' else 'String'}!" for variable in used)
        answer, statements = asked(viewer, f"query ({stated}) {QUERIES[name]}", **used)
        assert "errors" not in answer
        return str(answer["data"]).replace(key, "?"), statements

    for key in HIDDEN:
        absent, hidden = one(_like(key)), one(key)
        assert absent[1], "something was asked"
        assert hidden == absent, key


def _like(key: str) -> str:
    """A key of that form that no item has: the spellings of a text depend on its form."""
    return f"{key[:-2]}99"


def test_a_withheld_event_takes_what_an_absent_one_takes(asked: Asked) -> None:
    absent = asked(TAXI, EVENT, id="no such event")
    hidden = []
    for event in story():
        found = asked(TAXI, EVENT, id=event["eventId"])
        if found[0]["data"]["event"] is None:
            assert found == absent, event["eventId"]
            hidden.append(event["type"])
    assert {"PRODUCTION", "TRANSFER", "REFINING", "REMOVAL"} <= set(hidden)


def test_a_name_of_a_withheld_event_takes_what_an_absent_one_takes(asked: Asked) -> None:
    """Of an event that is in the trace, withheld."""
    query = """query ($key: String!, $further: [String!]) {
      trace(key: $key, direction: FORWARD, maxNodes: 14, further: $further) { nodes { key redacted } } }"""
    absent = asked(TAXI, query, key=PACK_RECYCLED, further=["no such event"])
    assert any(node["redacted"] for node in absent[0]["data"]["trace"]["nodes"])
    hidden = [one["eventId"] for one in story() if asked(TAXI, EVENT, id=one["eventId"])[0]["data"]["event"] is None]
    assert len(hidden) > 3
    for event in hidden:
        assert asked(TAXI, query, key=PACK_RECYCLED, further=[event]) == absent, event


def test_a_withheld_organization_takes_what_an_absent_one_takes(asked: Asked) -> None:
    query = "query ($key: String!) { organization(key: $key) { key } }"
    absent = asked(TAXI, query, key=ABSENT)
    assert absent[0]["data"] == {"organization": None}
    assert asked(TAXI, query, key=module(1)) == absent
    assert asked(TAXI, query, key=STORAGE)[0]["data"]["organization"] is not None
