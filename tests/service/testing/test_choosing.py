"""Which Neo4j tests get: one that is named, else a container, else one of our own. Docker is stubbed."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import docker
import pytest
from testcontainers.community.neo4j import Neo4jContainer
from testcontainers.core import container as containers

from service.stores.neo4j import Login
from service.testing.neo4j import VERSIONS, chosen, docker_answers, local, running, versions, with_login
from service.testing.neo4j.server import Server

NAMED = {
    "VOLTRACE_TEST_NEO4J": "bolt://named:7687",
    "VOLTRACE_TEST_NEO4J_USER": "tester",
    "VOLTRACE_TEST_NEO4J_PASSWORD": "secret",
    "VOLTRACE_TEST_NEO4J_DATABASE": "scratch",
}


@pytest.fixture(autouse=True)
def nothing_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in (*NAMED, "VOLTRACE_TEST_NEO4J_VERSIONS", "NEO4J_USER", "NEO4J_PASSWORD"):
        monkeypatch.delenv(name, raising=False)


class Engine:
    """A Docker engine that answers, or not."""

    def __init__(self, answers: bool) -> None:
        self.answers = answers
        self.closed = 0

    def ping(self) -> bool:
        if not self.answers:
            raise docker.errors.DockerException("no engine")
        return True

    def close(self) -> None:
        self.closed += 1


@pytest.fixture
def started(monkeypatch: pytest.MonkeyPatch) -> list[Any]:
    """The containers that were started: those of testcontainers, but for the engine, which is not asked."""
    found: list[Any] = []

    def start(self: Neo4jContainer) -> Neo4jContainer:
        self._configure()
        found.append(self)
        return self

    def stop(self: Neo4jContainer, *_: object, **__: object) -> None:
        found.append("stopped")

    monkeypatch.setattr(containers, "DockerClient", lambda **_: None)
    monkeypatch.setattr(Neo4jContainer, "start", start)
    monkeypatch.setattr(Neo4jContainer, "stop", stop)
    monkeypatch.setattr(Neo4jContainer, "get_container_host_ip", lambda self: "127.0.0.9")
    monkeypatch.setattr(Neo4jContainer, "get_exposed_port", lambda self, port: {7687: 32768}[port])
    return found


@pytest.fixture
def engine(monkeypatch: pytest.MonkeyPatch, request: pytest.FixtureRequest) -> Engine:
    found = Engine(getattr(request, "param", True))
    monkeypatch.setenv("DOCKER_HOST", "tcp://127.0.0.1:1")
    monkeypatch.setattr(docker, "from_env", lambda **_: found)
    return found


@pytest.fixture
def own(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The versions of which a server of our own was started."""
    found: list[str] = []

    @contextmanager
    def start(version: str, **_: object) -> Iterator[Server]:
        found.append(version)
        yield Server("bolt://own:7687", Login(), version, "our own")

    monkeypatch.setattr(local, "started", start)
    return found


@pytest.mark.parametrize("engine", [True, False], indirect=True, ids=["docker", "no docker"])
def test_a_server_that_is_named_comes_first(
    monkeypatch: pytest.MonkeyPatch, engine: Engine, started: list[Any], own: list[str]
) -> None:
    for name, value in NAMED.items():
        monkeypatch.setenv(name, value)
    assert versions() == ["named"]
    for give in (running, with_login):
        with give("named") as server:
            assert (server.url, server.login) == ("bolt://named:7687", Login("tester", "secret", "scratch"))
    assert (started, own) == ([], [])


@pytest.mark.parametrize("give", [running, with_login])
def test_a_container_of_the_pinned_image_comes_next(
    give: Any, engine: Engine, started: list[Any], own: list[str]
) -> None:
    """With the login that the image is told, at the port that it is published on; it ends with the block."""
    assert docker_answers()
    assert engine.closed
    assert versions() == list(VERSIONS)
    assert chosen() == f"{', '.join(VERSIONS)} (containers)"
    assert chosen(all_versions=False) == f"{VERSIONS[0]} (containers)"
    for version in VERSIONS:
        with give(version) as server:
            container = started[-1]
            assert container.image == f"neo4j:{version}"
            assert container.env["NEO4J_AUTH"] == f"{server.login.user}/{server.login.password}"
            assert (server.url, server.version) == ("bolt://127.0.0.9:32768", version)
            assert server.login.database is None
        assert started[-1] == "stopped"
    assert own == []


def test_a_container_ends_where_the_tests_fail(engine: Engine, started: list[Any]) -> None:
    with pytest.raises(ZeroDivisionError), running(VERSIONS[0]):
        raise ZeroDivisionError
    assert started[-1] == "stopped"


@pytest.mark.parametrize("engine", [False], indirect=True)
def test_a_server_of_our_own_comes_last(
    monkeypatch: pytest.MonkeyPatch, engine: Engine, started: list[Any], own: list[str]
) -> None:
    monkeypatch.setattr(local, "java_for", lambda version: "java" if version == VERSIONS[0] else None)
    assert not docker_answers()
    assert engine.closed
    assert versions() == [VERSIONS[0]], "those that a Java here can run"
    assert chosen() == f"{VERSIONS[0]} (Maven artifacts, started here)"
    for give in (running, with_login):
        with give(VERSIONS[0]) as server:
            assert server.url == "bolt://own:7687"
    assert (started, own) == ([], [VERSIONS[0]] * 2)


def test_versions_that_are_asked_for_are_those(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    monkeypatch.setenv("VOLTRACE_TEST_NEO4J_VERSIONS", "5.26.20, 2026.01.0")
    assert versions() == ["5.26.20", "2026.01.0"]
    assert chosen() == "5.26.20, 2026.01.0 (containers)"
