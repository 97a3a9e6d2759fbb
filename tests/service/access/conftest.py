"""The service over the story, asked by several viewers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from seed.story import story
from service.access.tokens import Tokens
from service.app import create_app
from service.ports import Store
from service.settings import Settings
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from tests.support import send

AskAs = Callable[..., dict[str, Any]]
"""ask(viewer, query, **variables): the whole answer. A viewer is `public`, `admin`, `regulator` or an organization."""


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    """The rule is above the stores; that Neo4j answers it alike has a test of its own."""
    return MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "log.db")


@pytest.fixture
def told(store: Store) -> Store:
    """The store with the story."""
    send(store, story())
    return store


@pytest.fixture
def tokens(tmp_path: Path) -> Tokens:
    return Tokens(tmp_path / "tokens.json")


@pytest.fixture
def client(store: Store, tokens: Tokens) -> Iterator[TestClient]:
    with TestClient(served(store, tokens)) as made:
        yield made


@pytest.fixture
def ask(client: TestClient, tokens: Tokens) -> AskAs:
    return asking(client, tokens)


def served(store: Store, tokens: Tokens) -> FastAPI:
    """The service over a store, for the bearers of tokens."""
    return create_app(store, Settings(store=store.url, tokens_file=str(tokens.path), page_max=100))


def asking(client: TestClient, tokens: Tokens) -> AskAs:
    """Asks as a viewer."""
    made: dict[str, str] = {}

    def ask(viewer: str, query: str, **variables: Any) -> dict[str, Any]:
        headers = {}
        if viewer != "public":
            role = viewer if viewer in ("admin", "regulator") else "participant"
            if viewer not in made:
                made[viewer] = tokens.create(viewer, role, viewer if role == "participant" else None)
            headers["Authorization"] = f"Bearer {made[viewer]}"
        response = client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()  # type: ignore[no-any-return]

    return ask
