"""Stores to test with: every test that asks for `store` runs on each kind."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from service.collecting import set_aside
from service.ports import Store
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from service.testing import neo4j
from service.testing.neo4j.server import Server
from service.testing.neo4j.sharing import RUN, alone
from tests.support import wait

MakeStore = Callable[[], Store]

NEO4J_VERSIONS = neo4j.versions()
_ON_NEO4J = [
    pytest.param(f"neo4j {version}", marks=pytest.mark.xdist_group(f"neo4j {version}")) for version in NEO4J_VERSIONS
]
KINDS = ["memory", "sqlite", _ON_NEO4J[0]]
KINDS_AND_VERSIONS = ["memory", "sqlite", *_ON_NEO4J]
"""Every version of Neo4j, too: for the contract suite."""
NEO4J_ITSELF = pytest.mark.xdist_group(f"neo4j {NEO4J_VERSIONS[0]} itself")
"""For tests of the Neo4j store alone: beside those that run on every store, on the server of another worker."""


def pytest_configure() -> None:
    """Each worker has a server of its own."""
    if RUN in os.environ:
        os.environ[RUN] += f"-{os.environ['PYTEST_XDIST_WORKER']}"


def pytest_report_header() -> str:
    """Which Neo4j the tests run on."""
    return f"neo4j: {neo4j.chosen()}"


def pytest_collection_finish() -> None:
    """All tests and what they import stay to the end: each service that starts would look through them again."""
    _set_aside()


@pytest.fixture(autouse=True, scope="module")
def what_a_module_leaves_is_set_aside() -> Iterator[None]:
    """What was loaded for its tests, and what is told of them at the end, stays, too."""
    yield
    _set_aside()


def _set_aside() -> None:
    gc.collect()
    set_aside()


@pytest.fixture
def neo4j_servers(provenance_neo4j_servers: Callable[[str], Server]) -> Iterator[Callable[[str], Server]]:
    """A server of each version, started when it is first asked for; no other test uses it before this one ends, nor
    finds the connections that this one left open."""
    held: dict[str, Server] = {}
    with ExitStack() as stack:

        def server(version: str) -> Server:
            if version not in held:
                held[version] = provenance_neo4j_servers(version)
                stack.enter_context(alone(held[version]))
            return held[version]

        yield server
        if held:
            gc.collect()


@pytest.fixture
def server(neo4j_servers: Callable[[str], Server]) -> Server:
    """A server of the first version, with nothing in it."""
    found = neo4j_servers(NEO4J_VERSIONS[0])
    found.empty()
    return found


@pytest.fixture(params=KINDS)
def make_store(
    request: pytest.FixtureRequest, tmp_path: Path, neo4j_servers: Callable[[str], Server]
) -> Iterator[MakeStore]:
    """Makes stores of one kind, each new and empty; of Neo4j there is one at a time."""
    made: list[Store] = []

    def make() -> Store:
        kind, _, version = request.param.partition(" ")
        if kind == "neo4j":
            server = neo4j_servers(version)
            server.empty()
            made.append(server.store())
        else:
            made.append(MemoryStore() if kind == "memory" else SqliteStore(tmp_path / f"store-{len(made)}.db"))
        return made[-1]

    yield make
    for store in made:
        wait(store, store.close())


@pytest.fixture
def store(make_store: MakeStore) -> Store:
    """An empty store, which is closed at the end."""
    return make_store()
