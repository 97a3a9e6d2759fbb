"""Every query of docs/api.md runs, over the story, and answers something."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from graphql import FieldNode, OperationDefinitionNode, Visitor, is_object_type, parse, visit
from starlette.testclient import TestClient

from graph_schema.order import instant_us
from seed.story import story
from service.api.schema import schema
from service.app import create_app
from service.keeping import Keeper
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.support import send, wait

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
QUERIES = {
    re.search(r"\w+ (\w+)", query)[1]: query  # type: ignore[index]
    for query in re.findall(r"^```graphql\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
}

FIELDS = [name for kind in ("Query", "Mutation", "Subscription") for name in schema._schema.type_map[kind].fields]  # type: ignore[attr-defined]


def fields_at_the_top(query: str) -> list[str]:
    """The fields that the operation of a document asks for."""
    (operation,) = [one for one in parse(query).definitions if isinstance(one, OperationDefinitionNode)]
    return [one.name.value for one in operation.selection_set.selections if isinstance(one, FieldNode)]


NOT_IN_THE_STORY = frozenset(["component"])
"""Kinds of things of which the documentation says that the answer is null."""


def empty(value: Any) -> bool:
    """Whether an answer tells nothing."""
    if isinstance(value, dict):
        return all(map(empty, value.values()))
    return value is None or value == []


@pytest.fixture
def client(monkeypatch: pytest.MonkeyPatch) -> Iterator[TestClient]:
    """The service over the story, of which the start of 2024 knew what had happened until then."""
    store = MemoryStore()
    early = [event for event in story() if event["occurredAt"] < "2024"]
    with monkeypatch.context() as then:
        then.setattr("service.chain.now_us", lambda: instant_us(datetime(2024, 1, 1, tzinfo=UTC)))
        send(store, early)
    send(store, [event for event in story() if event not in early])
    wait(store, Keeper(store).run())
    with TestClient(create_app(store, Settings(store="memory:"))) as made:
        yield made


def asked(client: TestClient, query: str) -> dict[str, Any]:
    """The data of an answer; of a subscription, of its first."""
    if query.startswith("subscription"):
        with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as session:
            session.send_json({"type": "connection_init"})
            session.receive_json()
            session.send_json({"id": "1", "type": "subscribe", "payload": {"query": query}})
            body = session.receive_json()["payload"]
    else:
        body = client.post("/graphql", json={"query": query}).json()
    assert "errors" not in body, body
    return body["data"]  # type: ignore[no-any-return]


@pytest.mark.parametrize("name", QUERIES)
def test_a_documented_query(client: TestClient, name: str) -> None:
    data = asked(client, QUERIES[name])
    assert [field for field, value in data.items() if empty(value)] == [one for one in data if one in NOT_IN_THE_STORY]
    typed = {field: value["status"] for field, value in data.items() if "record" in field and "status" in value}
    assert typed == dict.fromkeys(typed, "ACCEPTED")


def test_what_a_late_report_changes(client: TestClient) -> None:
    data = asked(client, QUERIES["KnownBeforeAndAfterTheReport"])
    assert (data["before"]["stateOfHealth"], data["after"]["stateOfHealth"]) == (None, 83.0)


def test_there_is_one_for_every_field_at_the_top() -> None:
    """A query, mutation or subscription that nobody can find in the documentation is not there for users."""
    told = {name for query in QUERIES.values() for name in fields_at_the_top(query)}
    assert [name for name in FIELDS if name not in told] == []


def test_every_field_is_shown() -> None:
    """On one of the types that have it."""
    told: set[str] = set()

    class Shown(Visitor):
        def enter_field(self, node: FieldNode, *_: Any) -> None:
            told.add(node.name.value)

    for query in QUERIES.values():
        visit(parse(query), Shown())
    types = schema._schema.type_map.values()  # type: ignore[attr-defined]
    fields = {name for one in types if is_object_type(one) and one.name[:2] != "__" for name in one.fields}
    assert sorted(fields - told) == []
