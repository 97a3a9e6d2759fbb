"""Workers of one run share a server of each version."""

import multiprocessing
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from multiprocessing.synchronize import Barrier
from pathlib import Path

import pytest

from service.stores.neo4j import Login
from service.testing.neo4j.server import Server
from service.testing.neo4j.sharing import RUN, alone, shared

WORKERS = 3


def work(log: Path, ready: Barrier, seconds: float) -> None:
    """What one worker does: use a server for a while, some longer than others."""

    def note(what: str) -> None:
        with log.open("a") as file:
            file.write(f"{what}\n")

    @contextmanager
    def running(version: str) -> Iterator[Server]:
        note("started")
        yield Server(f"bolt://{version}", Login("neo4j", "secret"), version, "made up", os.getpid())
        note("ended")

    ready.wait(30)
    with shared("5.26.20", running) as server:
        ready.wait(30)
        time.sleep(seconds)
        note(f"used {server.url} as {server.login.user}")


def test_one_server_is_started_and_outlives_all_that_use_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(RUN, tmp_path.name + str(os.getpid()))
    log = tmp_path / "log"
    processes = multiprocessing.get_context("spawn")
    ready = processes.Barrier(WORKERS)
    workers = [processes.Process(target=work, args=(log, ready, number / 10)) for number in range(WORKERS)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
        assert worker.exitcode == 0
    assert log.read_text().splitlines() == ["started", *["used bolt://5.26.20 as neo4j"] * WORKERS, "ended"]


def test_without_workers_it_is_just_started(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(RUN, raising=False)
    made = Server("bolt://one", Login(), "5.26.20", "made up")

    @contextmanager
    def running(version: str) -> Iterator[Server]:
        yield made

    with shared("5.26.20", running) as server:
        assert server is made
        with alone(server), alone(server):
            pass
