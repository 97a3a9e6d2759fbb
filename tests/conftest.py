"""Fixtures: a fresh store of each kind."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from service.ports import Store
from service.running import drive
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore

MAKERS: dict[str, Callable[[Path], Store]] = {
    "memory": lambda folder: MemoryStore(),
    "sqlite": lambda folder: SqliteStore(folder / "voltrace.db"),
}


@pytest.fixture(params=sorted(MAKERS))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made = MAKERS[request.param](tmp_path)
    yield made
    drive(made.close())


@pytest.fixture
def sqlite_store(tmp_path: Path) -> Iterator[SqliteStore]:
    made = SqliteStore(tmp_path / "voltrace.db")
    yield made
    drive(made.close())
