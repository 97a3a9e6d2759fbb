"""A real Neo4j to test with: one that is named, one from Docker, or one started here from its Maven artifacts.

In this order: the address in `VOLTRACE_TEST_NEO4J` (login in `VOLTRACE_TEST_NEO4J_USER` and `_PASSWORD`, the database
in `_DATABASE`; **what it holds is deleted**), a container where a Docker engine answers, else a server of our own under
the Java of this machine. The versions are those of `VOLTRACE_TEST_NEO4J_VERSIONS` (default: `VERSIONS`, those that a
Java here can run).
"""

from __future__ import annotations

import os
import secrets
import socket
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import neo4j
from neo4j.exceptions import DriverError, Neo4jError

from service.stores.neo4j import Login
from service.testing.neo4j import local
from service.testing.neo4j.server import Server
from service.testing.neo4j.sharing import shared

_NAMED = ("USER", "PASSWORD", "DATABASE")
VERSIONS = ("5.26.20", "2026.09.0")
"""The long-term release and the newest calendar release."""


def versions() -> list[str]:
    """The versions to test with. Raises RuntimeError where a requested one cannot run here."""
    if os.environ.get("VOLTRACE_TEST_NEO4J"):
        return ["named"]
    requested = os.environ.get("VOLTRACE_TEST_NEO4J_VERSIONS")
    if requested:
        return [version.strip() for version in requested.split(",")]
    if docker_answers():
        return list(VERSIONS)
    found = [version for version in VERSIONS if local.java_for(version) is not None]
    return found or [VERSIONS[0]]


def chosen(all_versions: bool = True) -> str:
    """Which Neo4j the tests run on, and of which versions (or of the first), for people; one that is named is asked.

    Raises RuntimeError where that one is of another version than the one that is requested.
    """
    address = os.environ.get("VOLTRACE_TEST_NEO4J")
    if not address:
        how = "containers" if docker_answers() else "Maven artifacts, started here"
        which = versions() if all_versions else versions()[:1]
        return f"{', '.join(which)} ({how})"
    user, password, database = named_login()
    try:
        with (
            neo4j.GraphDatabase.driver(
                address, auth=(user, password) if user else None, connection_timeout=5, connection_acquisition_timeout=5
            ) as driver,
            driver.session(database=database) as session,
        ):
            found = session.run("RETURN 1").consume().server.agent.removeprefix("Neo4j/")
    except (DriverError, Neo4jError, ValueError, OSError) as error:
        found = f"does not answer: {' '.join(str(error).split())}"
    else:
        requested = os.environ.get("VOLTRACE_TEST_NEO4J_VERSIONS")
        if requested and requested.strip() != found:
            raise RuntimeError(
                f"VOLTRACE_TEST_NEO4J_VERSIONS asks for {requested}, and {address}, which VOLTRACE_TEST_NEO4J names, "
                f"is a Neo4j {found}; unset one of them"
            )
    return f"{found} (named by VOLTRACE_TEST_NEO4J: {address}{f', database {database}' if database else ''})"


def named_login() -> Login:
    """Who logs in to the server that is named, and to which of its databases."""
    user, password, database = (os.environ.get(f"VOLTRACE_TEST_NEO4J_{name}") for name in _NAMED)
    return Login(user or None, password or "", database or None)


def docker_answers() -> bool:
    """Whether a Docker engine answers."""
    engine = Path("/var/run/docker.sock")
    if "DOCKER_HOST" not in os.environ:
        with socket.socket(socket.AF_UNIX) as probe:
            if not engine.exists() or probe.connect_ex(str(engine)):
                return False
    try:
        import docker  # type: ignore[import-untyped]

        client = docker.from_env(timeout=5)
        try:
            client.ping()
        finally:
            client.close()
    except Exception:
        return False
    return True


@contextmanager
def running(version: str, measured: bool = False) -> Iterator[Server]:
    """A server of a version, until the block ends; one of our own is for tests, or to be `measured`.

    Raises RuntimeError with the way out where there is none.
    """
    address = os.environ.get("VOLTRACE_TEST_NEO4J")
    if address:
        yield Server(address, named_login(), version, "named")
    elif docker_answers():
        with _container(version) as server:
            yield server
    else:
        with local.started(version, measured=measured) as server:
            yield server


@contextmanager
def with_login(version: str) -> Iterator[Server]:
    """A server that asks for a login, until the block ends; one that is named is taken where it does."""
    if os.environ.get("VOLTRACE_TEST_NEO4J_USER") or docker_answers():
        with running(version) as server:
            yield server
    else:
        found = version if version in VERSIONS else VERSIONS[0]
        with local.started(found, login=Login("neo4j", secrets.token_urlsafe())) as server:
            yield server


@contextmanager
def _container(version: str) -> Iterator[Server]:
    from testcontainers.community.neo4j import Neo4jContainer

    with Neo4jContainer(f"neo4j:{version}") as container:
        login = Login(container.username, container.password)
        yield Server(container.get_connection_url(), login, version, "a container")


@contextmanager
def _with_names(version: str) -> Iterator[Server]:
    with running(version) as server:
        server.know_names()
        yield server


@contextmanager
def servers() -> Iterator[Callable[[str], Server]]:
    """Gives the server of a version, started when it is first asked for; all run until the block ends. The workers of a
    run of pytest-xdist share them (`sharing.alone`).

    Asking raises RuntimeError with the way out where there is none.
    """
    with ExitStack() as stack:
        started: dict[str, Server] = {}

        def server(version: str) -> Server:
            if version not in started:
                started[version] = stack.enter_context(shared(version, _with_names))
            return started[version]

        yield server
