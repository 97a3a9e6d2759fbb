"""Work on a worker thread ends when nobody waits for it any more."""

import asyncio
import sqlite3
import threading
from pathlib import Path

import pytest

from seed.story import story
from service.running import run, unwanted
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from tests.support import send, wait

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


def test_an_endless_read_is_interrupted(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    began, ended = threading.Event(), threading.Event()
    why: list[str] = []

    async def use_case() -> None:
        with store.reading() as connection:
            began.set()
            try:
                connection.execute(ENDLESS).fetchone()
            except sqlite3.OperationalError as error:
                why.append(str(error))
        ended.set()

    async def cancelled() -> None:
        work = asyncio.create_task(run(store, use_case))
        assert await asyncio.to_thread(began.wait, 60)
        work.cancel()
        with pytest.raises(asyncio.CancelledError):
            await work
        assert await asyncio.to_thread(ended.wait, 60)

    asyncio.run(cancelled())
    assert why == ["interrupted"]
    assert send(store, story()[:1])[0].status == "ACCEPTED", "the store goes on"
    with store.reading() as connection:
        assert connection.execute("SELECT 1").fetchone() == (1,)
    wait(store, store.close())


def test_what_is_wanted_is_not_interrupted() -> None:
    async def use_case() -> bool:
        return unwanted()

    assert asyncio.run(run(MemoryStore(), use_case)) is False
    assert unwanted() is False
