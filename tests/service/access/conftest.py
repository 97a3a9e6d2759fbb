"""The service over the story, asked by several viewers."""

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from seed.story import story
from service.access.tokens import Tokens
from service.app import create_app
from service.ports import Store
from service.settings import Settings
from tests.support import send

AskAs = Callable[..., dict[str, Any]]
"""ask(viewer, query, **variables): the whole answer. A viewer is `public`, `admin`, `regulator` or an organization."""


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
    settings = Settings(store=store.url, tokens_file=str(tokens.path), page_max=100)
    with TestClient(create_app(store, settings)) as made:
        yield made


@pytest.fixture
def ask(client: TestClient, tokens: Tokens) -> AskAs:
    made: dict[str, str] = {}

    def asking(viewer: str, query: str, **variables: Any) -> dict[str, Any]:
        headers = {}
        if viewer != "public":
            role = viewer if viewer in ("admin", "regulator") else "participant"
            if viewer not in made:
                made[viewer] = tokens.create(viewer, role, viewer if role == "participant" else None)
            headers["Authorization"] = f"Bearer {made[viewer]}"
        response = client.post("/graphql", json={"query": query, "variables": variables}, headers=headers)
        assert response.status_code == 200, response.text
        return response.json()  # type: ignore[no-any-return]

    return asking
