"""A service with limits of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from starlette.testclient import TestClient

from seed.story import story
from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.support import send

Serve = Callable[..., TestClient]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """A client of a service over the story, with settings."""
    with ExitStack() as stack:

        def make(**settings: Any) -> TestClient:
            store = MemoryStore()
            send(store, story())
            return stack.enter_context(TestClient(create_app(store, Settings(store="memory:", **settings))))

        yield make


def ask(client: TestClient, query: str, **variables: Any) -> dict[str, Any]:
    """The whole answer."""
    body: dict[str, Any] = client.post("/graphql", json={"query": query, "variables": variables}).json()
    return body
