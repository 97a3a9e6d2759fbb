"""Every query of docs/api.md runs, over the story, and answers something."""

import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from seed.story import story
from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.support import send

TEXT = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
QUERIES = {
    re.search(r"\w+ (\w+)", query)[1]: query  # type: ignore[index]
    for query in re.findall(r"^```graphql\n(.*?)^```", TEXT, re.MULTILINE | re.DOTALL)
}


def empty(value: Any) -> bool:
    """Whether an answer tells nothing."""
    if isinstance(value, dict):
        return all(map(empty, value.values()))
    return value is None or value == []


@pytest.mark.parametrize("name", QUERIES)
def test_a_documented_query(name: str) -> None:
    store, query = MemoryStore(), QUERIES[name]
    send(store, story())
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        if query.startswith("subscription"):
            with client.websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as session:
                session.send_json({"type": "connection_init"})
                session.receive_json()
                session.send_json({"id": "1", "type": "subscribe", "payload": {"query": query}})
                body = session.receive_json()["payload"]
        else:
            body = client.post("/graphql", json={"query": query}).json()
    assert "errors" not in body, body
    assert not empty(body["data"]), body


def test_there_is_one_for_every_field_at_the_top() -> None:
    """A query, mutation or subscription that nobody can find in the documentation is not there for users."""
    from service.api.schema import schema

    told = " ".join(QUERIES.values())
    alike = {"node", "nodes", "item", "module", "vehicle", "event"}
    fields = [name for kind in ("Query", "Subscription") for name in schema._schema.type_map[kind].fields]  # type: ignore[attr-defined]
    assert [name for name in fields if name not in alike and not re.search(rf"\b{name}\b", told)] == []
