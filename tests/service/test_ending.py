"""A signal is told to us first, and then to whom it was told before."""

import asyncio
import os
import signal
import subprocess
import sys
import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.ending import when_told_to_end
from service.feed import Ended, Feed
from service.settings import Settings
from service.stores.memory import MemoryStore


def test_both_are_told() -> None:
    told: list[str] = []

    async def run() -> None:
        heard = asyncio.Event()
        with when_told_to_end(heard.set):
            os.kill(os.getpid(), signal.SIGTERM)
            await heard.wait()
        told.append("us")

    before = signal.signal(signal.SIGTERM, lambda *_: told.append("the server"))
    try:
        mine = signal.getsignal(signal.SIGTERM)
        asyncio.run(run())
        assert signal.getsignal(signal.SIGTERM) is mine
    finally:
        signal.signal(signal.SIGTERM, before)
    assert told == ["the server", "us"]


def test_without_a_server_the_process_ends_as_ever() -> None:
    program = (
        "import asyncio, os, signal\nfrom service.ending import when_told_to_end\n"
        "async def run():\n with when_told_to_end(lambda: None):\n  os.kill(os.getpid(), signal.SIGTERM)\n"
        "  await asyncio.sleep(60)\nasyncio.run(run())"
    )
    done = subprocess.run([sys.executable, "-c", program], cwd=Path(__file__).parents[2], timeout=60, check=False)
    assert done.returncode == -signal.SIGTERM


def test_in_another_thread_nobody_hears() -> None:
    before = signal.getsignal(signal.SIGTERM)
    seen: list[object] = []

    def run() -> None:
        with when_told_to_end(lambda: None):
            seen.append(signal.getsignal(signal.SIGTERM))

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == [before]


def test_who_waits_for_the_log_ends() -> None:
    async def run() -> None:
        feed = Feed(MemoryStore(), 3600, 1)
        waiting = asyncio.create_task(feed.beyond(0))
        await asyncio.sleep(0)
        assert not feed.ending
        feed.end()
        with pytest.raises(Ended):
            await waiting
        with pytest.raises(Ended):
            await feed.pause(3600)

    asyncio.run(run())


def test_a_service_closes_its_store_also_where_something_fails_at_its_end(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[bool] = []

    class Closing(MemoryStore):
        async def close(self) -> None:
            closed.append(True)

    @asynccontextmanager
    async def failing(*_: object) -> AsyncIterator[None]:
        yield
        raise RuntimeError("at the end")

    monkeypatch.setattr("service.app.followed", failing)
    with (
        pytest.raises(RuntimeError, match="at the end"),
        TestClient(create_app(Closing(), Settings(store="memory:"))),
    ):
        pass
    assert closed == [True]
