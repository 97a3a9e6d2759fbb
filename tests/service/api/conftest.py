"""A client over the app, on each store."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from starlette.testclient import TestClient

from seed.story import story
from service.app import create_app
from service.ports import Store
from service.settings import Settings
from tests.support import send

Ask = Callable[..., dict[str, Any]]


@pytest.fixture
def client(store: Store) -> Iterator[TestClient]:
    with TestClient(create_app(store, Settings(store=store.url, page_max=100, batch_max=100))) as made:
        yield made


@pytest.fixture
def told(store: Store) -> Store:
    """The store with the story."""
    send(store, story())
    return store


@pytest.fixture
def answer(client: TestClient) -> Ask:
    """The whole answer to a query."""

    def ask(query: str, **variables: Any) -> dict[str, Any]:
        response = client.post("/graphql", json={"query": query, "variables": variables})
        assert response.status_code == 200, response.text
        return response.json()

    return ask


@pytest.fixture
def data(answer: Ask) -> Ask:
    """The data of an answer without errors."""

    def ask(query: str, **variables: Any) -> dict[str, Any]:
        body = answer(query, **variables)
        assert "errors" not in body, body
        return body["data"]

    return ask
