"""How a Neo4j of our own is started: with what suits tests, or with what suits a measurement."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from service.stores.neo4j import Login
from service.testing.neo4j import local, running, servers
from service.testing.neo4j.classes import Prepared
from service.testing.neo4j.server import Server
from service.testing.neo4j.sharing import RUN


@pytest.fixture
def commands(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> list[list[str]]:
    """The commands that would start a server."""
    started: list[list[str]] = []

    @contextmanager
    def nothing(command: list[str], *_: object) -> Iterator[None]:
        started.append(command)
        yield

    monkeypatch.delenv("VOLTRACE_TEST_NEO4J", raising=False)
    monkeypatch.setattr("service.testing.neo4j.docker_answers", lambda: False)
    monkeypatch.setattr(local, "java_for", lambda version: tmp_path / "java")
    monkeypatch.setattr(local, "jars", lambda version: tmp_path / "lib")
    made = Prepared(tmp_path / "launcher.jar", tmp_path / "classes.jsa")
    monkeypatch.setattr(local, "prepared", lambda java, artifacts, train: made)
    monkeypatch.setattr(local, "_running", nothing)
    return started


def test_a_server_for_tests_compiles_briefly(commands: list[list[str]]) -> None:
    with running("5.26.20"):
        pass
    with running("5.26.20", measured=True):
        pass
    for_tests, measured = (set(command) for command in commands)
    assert for_tests - measured == set(local.BRIEFLY)
    assert measured < for_tests


def test_a_server_of_a_run_of_tests_knows_all_names_before_the_first(monkeypatch: pytest.MonkeyPatch) -> None:
    told: list[str] = []

    @contextmanager
    def nothing(version: str) -> Iterator[Server]:
        yield Server("bolt://nowhere", Login(), version, "nowhere")

    monkeypatch.delenv(RUN, raising=False)
    monkeypatch.setattr("service.testing.neo4j.running", nothing)
    monkeypatch.setattr(Server, "know_names", lambda server: told.append(server.version))
    with servers() as server:
        assert server("5.26.20") == server("5.26.20")
    assert told == ["5.26.20"]
