"""One server of each version for all workers of a run of pytest-xdist, and one test at a time on each server."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager
from pathlib import Path

from filelock import FileLock

from service.stores.neo4j import Login
from service.testing.neo4j.server import Server

RUN = "PYTEST_XDIST_TESTRUNUID"
"""How pytest-xdist tells its workers which run they belong to."""
HELD = "VOLTRACE_TEST_NEO4J_HELD"
"""Which server this process holds. A run of pytest that a test starts is beneath it: its workers take turns, too."""


@contextmanager
def shared(version: str, running: Callable[[str], AbstractContextManager[Server]]) -> Iterator[Server]:
    """The server of a version, until the block ends: `running` starts it where no other worker of the run has.

    The worker that started it waits at the end for those that still use it.
    """
    run = os.environ.get(RUN)
    if run is None:
        with running(version) as server:
            yield server
        return
    place = Path(tempfile.gettempdir()) / f"voltrace-neo4j-{run}" / version
    place.mkdir(parents=True, exist_ok=True)
    told, starting, mine = place / "server.json", FileLock(place / "starting"), place / f"{os.getpid()}.user"
    with FileLock(mine), ExitStack() as stack:
        with starting:
            ours = not told.exists()
            if ours:
                server = stack.enter_context(running(version))
                told.write_text(json.dumps(server))
            else:
                url, login, *rest = json.loads(told.read_text())
                server = Server(url, Login(*login), *rest)
        try:
            yield server
        finally:
            if ours:
                _wait(told, starting, [user for user in place.glob("*.user") if user != mine])


def _wait(told: Path, starting: FileLock, users: list[Path]) -> None:
    """Let no other worker begin to use a server, and wait for those that do: the lock of one that died is free."""
    with starting:
        told.unlink()
    for user in users:
        with FileLock(user):
            pass


@contextmanager
def alone(server: Server) -> Iterator[None]:
    """Waits until no other test of this machine uses a server, and keeps them off it until the block ends."""
    above = os.environ.get(HELD, "")
    name = hashlib.sha256(f"{above} {server.url}".encode()).hexdigest()[:16]
    with FileLock(Path(tempfile.gettempdir()) / f"voltrace-neo4j-{name}.lock"):
        os.environ[HELD] = f"{above} {os.getpid()}"
        try:
            yield
        finally:
            os.environ[HELD] = above
