"""Work on a worker thread ends when nobody waits for it any more."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any

import pytest

from seed.story import story
from service import running
from service.ports import Store
from service.recording import read_event, record
from service.running import Unwanted, run, unwanted
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore, save, source
from service.stores.sqlite.save import Reviser, Saver
from service.stores.sqlite.source import SqliteSource
from tests.support import send, wait

ENDLESS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n"


async def one_long_read(store: SqliteStore) -> None:
    with store.reading() as connection:
        connection.execute(ENDLESS).fetchone()


async def reads_without_end(store: SqliteStore) -> None:
    async with store.snapshot() as snapshot:
        while True:
            snapshot.rows("SELECT 1")


@pytest.mark.parametrize("read", [one_long_read, reads_without_end])
def test_reads_are_interrupted(tmp_path: Path, read: Callable[[SqliteStore], Coroutine[Any, Any, None]]) -> None:
    store = SqliteStore(tmp_path / "store.db")
    began, ended = threading.Event(), threading.Event()
    why: list[str] = []

    async def use_case() -> None:
        began.set()
        try:
            await read(store)
        except sqlite3.OperationalError as error:
            why.append(str(error))
        finally:
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


async def appends(writer: Any, began: threading.Event, go_on: threading.Event) -> None:
    await writer.append([read_event(story()[0])])
    began.set()
    assert go_on.wait(60)


async def writes_without_end(writer: Any, began: threading.Event, go_on: threading.Event) -> None:
    await writer.append([read_event(story()[0])])
    began.set()
    writer._connection.execute(f"INSERT INTO payload SELECT i, NULL FROM ({ENDLESS})".replace("count(*)", "-i AS i"))


@pytest.mark.parametrize("work", [appends, writes_without_end])
@pytest.mark.parametrize("kind", ["memory", "sqlite"])
def test_a_write_that_nobody_waits_for_is_undone(
    tmp_path: Path, kind: str, work: Callable[[Any, threading.Event, threading.Event], Coroutine[Any, Any, None]]
) -> None:
    """Nothing of it is stored, and others have their turn."""
    if (kind, work) == ("memory", writes_without_end):
        work = appends
    store: Store = MemoryStore() if kind == "memory" else SqliteStore(tmp_path / "store.db")
    began, go_on, ended = threading.Event(), threading.Event(), threading.Event()

    async def use_case() -> None:
        try:
            await store.write(lambda writer: work(writer, began, go_on))
        finally:
            ended.set()

    async def cancelled() -> None:
        task = asyncio.create_task(run(store, use_case))
        assert await asyncio.to_thread(began.wait, 60)
        waiting = asyncio.create_task(run(store, lambda: record(store, story()[1:2])))
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        go_on.set()
        assert await asyncio.to_thread(ended.wait, 60)
        (told,) = await waiting
        assert told.status != "REJECTED"

    asyncio.run(cancelled())
    assert wait(store, store.sequence_at(None)) == 1, "only the other's"
    wait(store, store.close())


CELLS = [f"cell-{number}" for number in range(30)]


def built(day: int, **more: Any) -> dict[str, Any]:
    """An event of many cells."""
    return {"eventId": f"e{day}", "occurredAt": f"2026-01-{day:02d}T00:00:00Z", "actor": "A", **more}


STEPS: dict[str, tuple[Any, str, list[dict[str, Any]]]] = {
    "between two events": (
        SqliteSource,
        "turn",
        [built(day, type="INSPECTION", item=CELLS[day]) for day in range(3, 9)],
    ),
    "between two items that are read": (source, "state_of", [built(9, type="TRANSFER", items=CELLS, to="B")]),
    "between two items whose state is noted": (save, "state_columns", [built(9, type="TRANSFER", items=CELLS, to="B")]),
    "between two items that an event adds to": (Saver, "_append", [built(9, type="TRANSFER", items=CELLS, to="B")]),
    "between two items whose past changed": (Reviser, "_wanted", [built(2, type="VOIDING", voids="e1")]),
}


@pytest.mark.parametrize("where", STEPS)
def test_the_fold_of_what_nobody_waits_for_ends(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, where: str) -> None:
    """Not only between statements: of one large event most of the time is spent in between."""
    kind, name, events = STEPS[where]
    store = SqliteStore(tmp_path / "store.db")
    made = [{"key": key, "kind": "CELL"} for key in CELLS]
    (first,) = send(store, [built(1, type="PRODUCTION", outputs=made)])
    assert first.status == "ACCEPTED"
    nobody_waits, steps = threading.Event(), []
    step = getattr(kind, name)

    def noted(*arguments: Any) -> Any:
        steps.append(name)
        nobody_waits.set()
        return step(*arguments)

    monkeypatch.setattr(kind, name, noted)
    token = running._UNWANTED.set(nobody_waits)
    try:
        with pytest.raises(Unwanted):
            send(store, events)
    finally:
        running._UNWANTED.reset(token)
    assert steps == [name], "no step more"
    assert wait(store, store.sequence_at(None)) == 1, "nothing was stored"
    assert {one.status for one in send(store, events)} == {"ACCEPTED"}, "and can be sent again"


def test_what_is_wanted_is_not_interrupted() -> None:
    async def use_case() -> bool:
        return unwanted()

    assert asyncio.run(run(MemoryStore(), use_case)) is False
    assert unwanted() is False
