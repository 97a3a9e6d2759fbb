"""The pytest plugin `voltrace`: stores and a GraphQL client for test suites (docs/testing.md).

pytest imports this module in every run of everybody who has voltrace installed. So it imports nothing but pytest;
stores, drivers and the service are imported by the fixtures that need them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from service.testing.client import ProvenanceClient
    from service.testing.neo4j.server import Server
    from service.testing.stores import Loop, ProvenanceStore

STORES = ("memory", "sqlite", "neo4j")
DEFAULT = ["memory"]
_KIND = "provenance_store_kind"
_CHOSEN = pytest.StashKey[list[str]]()
_SEED_MARKER = (
    "provenance_seed(events=None, path=None, story=False): what the store of seeded_provenance holds: "
    "a list of events, a file that `voltrace ingest` reads (relative to the test module), or voltrace's own story"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """Which stores the tests run on."""
    there_is = f"{', '.join(STORES)}; several by commas, or by repeating"
    parser.getgroup("voltrace").addoption(
        "--voltrace-store",
        action="append",
        dest="voltrace_store",
        metavar="STORE",
        help=f"run each test of the provenance fixtures on this store: {there_is} (default: voltrace_stores)",
    )
    parser.addini("voltrace_stores", f"stores of the provenance fixtures: {there_is} (default: memory)", type="args")


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker and read the choice of stores.

    Raises UsageError for a store that does not exist.
    """
    config.addinivalue_line("markers", _SEED_MARKER)
    chosen = _chosen(config)
    config.stash[_CHOSEN] = chosen


def _chosen(config: pytest.Config) -> list[str]:
    """The stores that the option names, else the ini file, else the default; each once, in the order stated."""
    option: list[str] | None = config.getoption("voltrace_store")
    source = "voltrace_stores" if option is None else "--voltrace-store"
    stated: list[str] = config.getini("voltrace_stores") if option is None else option
    names = [name.strip() for value in stated for name in value.split(",") if name.strip()]
    if option is not None and not names:
        raise pytest.UsageError(f"{source} names no store; there are {', '.join(STORES)}")
    unknown = [name for name in names if name not in STORES]
    if unknown:
        raise pytest.UsageError(f"{source}: {unknown[0]!r} is no store; there are {', '.join(STORES)}")
    return list(dict.fromkeys(names)) or DEFAULT


def pytest_report_header(config: pytest.Config) -> str:
    """Which stores the tests run on."""
    described = [_described(name) for name in config.stash[_CHOSEN]]
    return f"voltrace stores: {', '.join(described)}"


def _described(name: str) -> str:
    if name != "neo4j":
        return name
    from service.testing import neo4j

    return f"neo4j {neo4j.chosen(all_versions=False)}"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Run each test that asks for a store, also through another fixture, on every store that is chosen."""
    if _KIND in metafunc.fixturenames:
        grouped = metafunc.config.pluginmanager.hasplugin("xdist")
        parameters = [_parameter(name, grouped) for name in metafunc.config.stash[_CHOSEN]]
        metafunc.parametrize(_KIND, parameters, indirect=True)


def _parameter(name: str, grouped: bool) -> object:
    """A store as a parameter. All tests on Neo4j are one group of pytest-xdist: they take turns on one server."""
    marks = [pytest.mark.xdist_group("neo4j")] if name == "neo4j" and grouped else []
    return pytest.param(name, id=name, marks=marks)


@pytest.fixture
def provenance_store_kind(request: pytest.FixtureRequest) -> str:
    """The name of the store that the test runs on: memory, sqlite or neo4j."""
    if hasattr(request, "param"):
        return str(request.param)
    chosen = request.config.stash[_CHOSEN]
    if len(chosen) > 1:
        raise pytest.UsageError(
            f"{request.node.nodeid} runs on {', '.join(chosen)}, so it must name its provenance fixture as an argument"
        )
    return chosen[0]


@pytest.fixture(scope="session")
def provenance_loop() -> Iterator[Loop]:
    """The event loop of the stores, in a thread of its own."""
    from service.testing.stores import Loop

    loop = Loop()
    yield loop
    loop.close()


@pytest.fixture(scope="session")
def provenance_neo4j_servers() -> Iterator[Callable[[str], Server]]:
    """Gives the Neo4j server of a version, which is started when it is first asked for and ends with the session."""
    from service.testing.neo4j import servers

    with servers() as server:
        yield server


@pytest.fixture
def provenance_store(
    request: pytest.FixtureRequest, provenance_store_kind: str, provenance_loop: Loop
) -> Iterator[ProvenanceStore]:
    """A store that is empty at the start of each test. **A Neo4j loses what it held.**

    Raises RuntimeError, with the way out, where no Neo4j can be started.
    """
    from service.testing.stores import ProvenanceStore, embedded

    with ExitStack() as stack:
        if provenance_store_kind == "neo4j":
            from service.testing import neo4j
            from service.testing.neo4j.sharing import alone

            server = request.getfixturevalue("provenance_neo4j_servers")(neo4j.versions()[0])
            stack.enter_context(alone(server))
            server.empty()
            store = server.store()
        else:
            factory: pytest.TempPathFactory = request.getfixturevalue("tmp_path_factory")
            store = embedded(provenance_store_kind, lambda: factory.mktemp("voltrace"))
        helper = ProvenanceStore(store, provenance_loop)
        yield helper
        helper.close()


@pytest.fixture
def provenance_client(provenance_store: ProvenanceStore) -> Iterator[ProvenanceClient]:
    """A GraphQL client of the real service over `provenance_store`, with the default settings.

    Raises RuntimeError where the extra `voltrace[testing]` is not installed.
    """
    from service.testing.client import serving

    with serving(provenance_store) as client:
        yield client


@pytest.fixture
def seeded_provenance(request: pytest.FixtureRequest, provenance_client: ProvenanceClient) -> ProvenanceClient:
    """`provenance_client`, whose store holds what the marker `provenance_seed` says; without one, voltrace's story.

    Raises SeedError, which names place, field and reason, where the seed cannot be read or an event is rejected.
    """
    from service.testing.seeding import plant, stated_seed

    plant(provenance_client.store, stated_seed(request.node))
    return provenance_client
