"""Stores to test with: every test that asks for `store` runs on each kind."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.ports import Store
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore

MakeStore = Callable[[], Store]


@pytest.fixture(params=["memory", "sqlite"])
def make_store(request: pytest.FixtureRequest, tmp_path: Path) -> MakeStore:
    """Makes stores of one kind, each new and empty."""
    made: list[Store] = []

    def make() -> Store:
        name = f"store-{len(made)}.db"
        made.append(MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / name))
        return made[-1]

    return make


@pytest.fixture
def store(make_store: MakeStore) -> Iterator[Store]:
    """An empty store, which is closed at the end."""
    made = make_store()
    yield made
    asyncio.run(made.close())
