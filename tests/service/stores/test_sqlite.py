"""What only the embedded store promises: files, and several processes on one file."""

import asyncio
import json
import sqlite3
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from service.bootstrap import open_store
from service.ports import LAST_KEY, Change, EventFilter, Fault, ItemFilter, Store
from service.stores.contract.answers import answers, difference
from service.stores.contract.script import ORGANIZATIONS, events_until
from service.stores.contract.telling import draw, event, made, tell, unit
from service.stores.errors import StoreError
from service.stores.sqlite import SqliteStore
from tests.service.stores.files import tamper, with_store

ROOT = Path(__file__).parents[3]
TIMEOUT_S = 60.0


# ---- files -------------------------------------------------------------------------------------


def refused(path: Path) -> str:
    with pytest.raises(StoreError) as caught:
        SqliteStore(path)
    assert str(path) in str(caught.value), "names the file"
    return str(caught.value)


def test_a_file_that_is_no_database(tmp_path: Path) -> None:
    path = tmp_path / "notes.txt"
    path.write_text("Shopping: milk, eggs, 20 kg of black mass\n" * 50)
    before = path.read_bytes()
    assert "name another file" in refused(path)
    assert path.read_bytes() == before


def test_a_database_of_another_program_is_left_alone(tmp_path: Path) -> None:
    path = tmp_path / "other.db"
    connection = sqlite3.connect(path)
    connection.execute("CREATE TABLE song (title)")
    connection.commit()
    connection.close()
    before = path.read_bytes()
    assert "name another file" in refused(path)
    assert path.read_bytes() == before, "not even its journal mode is changed"


def test_a_newer_schema_version(tmp_path: Path) -> None:
    path = tmp_path / "new.db"
    asyncio.run(SqliteStore(path).close())
    tamper(path, "UPDATE meta SET value = 99 WHERE name = 'version'", "ALTER TABLE mark RENAME TO note")
    message = refused(path)
    assert "99" in message
    assert "use the voltrace that wrote it" in message


def test_an_older_schema_version_is_upgraded(tmp_path: Path) -> None:
    path = tmp_path / "old.db"

    async def run() -> None:
        store = SqliteStore(path)
        await tell(store, *events_until(4))
        last = await store.sequence_at(None)
        await store.close()
        tamper(path, "UPDATE meta SET value = 1 WHERE name = 'version'", "DROP TABLE change")
        for _ in range(2):
            store = SqliteStore(path)
            async with store.snapshot() as snapshot:
                told = await snapshot.changes(Change(0, LAST_KEY), 100)
            assert {change.sequence for change in told} == {last}
            assert "P1" in {change.key for change in told}
            await store.close()

    asyncio.run(run())


@pytest.mark.parametrize("path", ["/proc/voltrace/store.db", "/dev/null/store.db"])
def test_a_directory_that_cannot_be_written(path: str) -> None:
    assert "name another file" in refused(Path(path))


def test_a_directory_in_place_of_the_file(tmp_path: Path) -> None:
    assert "name another file" in refused(tmp_path)


def test_the_directory_is_made(tmp_path: Path) -> None:
    store = open_store(f"sqlite:{tmp_path}/a/b/c.db")
    assert (tmp_path / "a/b/c.db").exists()
    asyncio.run(store.close())


def test_what_was_recorded_is_there_after_opening_again(tmp_path: Path) -> None:
    async def run() -> None:
        store = SqliteStore(tmp_path / "s.db")
        await tell(store, *events_until(4))
        async with store.snapshot() as snapshot:
            before = await answers(snapshot, ORGANIZATIONS)
        await store.close()
        store = SqliteStore(tmp_path / "s.db")
        async with store.snapshot() as snapshot:
            assert not difference(before, await answers(snapshot, ORGANIZATIONS))
        assert await tell(store, *events_until(4)) == ["DUPLICATE"] * len(events_until(4))
        await store.close()

    asyncio.run(run())


# ---- processes ---------------------------------------------------------------------------------

PROGRAM = """
import asyncio, sys
from service.ports import LAST_KEY, Change, EventFilter, ItemFilter
from service.recording import record
from service.stores.contract.telling import draw, event, lot, made, unit
from service.stores.sqlite import SqliteStore
from tests.service.stores.files import tamper, with_store

path, name, mode, count = sys.argv[1], sys.argv[2], sys.argv[3], int(sys.argv[4])
in_step = "in step" in sys.argv

async def write(store):
    for n in range(count):
        if in_step:
            sys.stdin.readline()
        events = [
            made(f"{name}-{n}-a", n, unit(f"{name}-{n}", "CELL", massKg=1), inputs=[draw("shared", 0.001)]),
            event(f"{name}-{n}-b", "TRANSFER", n + 0.5, items=[f"{name}-{n}"], to="B"),
            made(f"both-{n}", n, unit(f"both-{n}", "CELL")),
        ]
        results = await record(store, events)
        assert results[0].status.value == results[1].status.value == "ACCEPTED", results
        assert results[2].status.value in ("ACCEPTED", "DUPLICATE"), results
        print(n + 1, flush=True)

async def read(store):
    last = 0
    for n in range(count):
        async with store.snapshot() as snapshot:
            events, items = await snapshot.event_count(EventFilter()), await snapshot.item_count(ItemFilter())
            shared = await snapshot.find("shared")
            drawn = len(await snapshot.consumptions([shared]))
            page = await snapshot.event_page(EventFilter(), max(0, events - 2), 9)
            assert events == snapshot.sequence == page[-1].sequence, "a snapshot is consistent throughout"
            assert events >= last and items >= drawn, (events, items, drawn)
            last = events
        print(events, flush=True)

store = SqliteStore(path)
asyncio.run(write(store) if mode == "write" else read(store))
"""


@pytest.fixture
def start() -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Starts processes on a store; those that still run at the end are ended."""
    running: list[subprocess.Popen[str]] = []

    def begin(path: Path, name: str, mode: str, count: int, *more: str) -> subprocess.Popen[str]:
        command = [sys.executable, "-c", PROGRAM, str(path), name, mode, str(count), *more]
        pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
        process = subprocess.Popen(command, cwd=ROOT, text=True, **pipes)
        running.append(process)
        return process

    yield begin
    for process in running:
        if process.poll() is None:
            process.kill()
        process.communicate()


def finish(process: subprocess.Popen[str]) -> list[int]:
    """Wait for a process that must succeed; the numbers that it printed and nobody read."""
    out, err = process.communicate(timeout=TIMEOUT_S)
    assert process.returncode == 0, err
    return [int(line) for line in out.split()]


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    """A store with one big lot in it, from which everybody draws."""
    path = tmp_path / "shared.db"
    lot = {"key": "shared", "kind": "LOT", "massKg": 1000}
    with_store(path, lambda store: tell(store, event("lot", "ENROLMENT", 0, items=[lot], step=-1)))
    return path


def test_two_processes_write_at_once_and_a_third_reads(shared: Path, start: Callable[..., Any]) -> None:
    count = 60
    writers = [start(shared, name, "write", count, "in step") for name in ("one", "two")]
    reader = start(shared, "reader", "read", 40)
    for n in range(count):
        for writer in writers:
            writer.stdin.write("go\n")
            writer.stdin.flush()
        for writer in writers:
            assert writer.stdout.readline() == f"{n + 1}\n", writer.stderr.read()
    assert [finish(writer) for writer in writers] == [[], []]
    assert len(finish(reader)) == 40

    async def check(store: Store) -> None:
        assert await store.verify() == []
        async with store.snapshot() as snapshot:
            assert snapshot.sequence == 1 + 2 * 2 * count + count, "no lost update, and what both sent is there once"
            assert await snapshot.item_count(ItemFilter()) == 1 + 3 * count
            draws = await snapshot.consumptions([await snapshot.find("shared")])
            assert sum(row[2] for row in draws) == pytest.approx(2 * count * 0.001)
            records = await snapshot.event_page(EventFilter(), None, 10_000)
        assert [record.previous_hash for record in records[1:]] == [record.hash for record in records[:-1]]

    with_store(shared, check)


def test_kill_9_loses_nothing_that_was_acknowledged(shared: Path, start: Callable[..., Any]) -> None:
    for attempt, least in enumerate((1, 15, 40)):
        name = f"run{attempt}"
        process = start(shared, name, "write", 100_000)
        acknowledged = 0
        deadline = time.monotonic() + TIMEOUT_S
        while acknowledged < least and time.monotonic() < deadline:
            acknowledged = int(process.stdout.readline() or -1)
            assert acknowledged > 0, process.stderr.read()
        process.kill()
        rest, _ = process.communicate(timeout=TIMEOUT_S)
        acknowledged = max([acknowledged, *(int(line) for line in rest.split("\n")[:-1])])
        assert process.returncode == -9
        verified, found = with_store(shared, lambda store, name=name: _after_the_kill(store, name))
        assert verified == []
        assert set(found) >= {f"{name}-{n}-{letter}" for n in range(acknowledged) for letter in "ab"}
        assert len(found) in (2 * acknowledged, 2 * acknowledged + 2), "a batch is there as a whole or not at all"


async def _after_the_kill(store: Store, name: str) -> tuple[list[Fault], list[str]]:
    async with store.snapshot() as snapshot:
        records = await snapshot.event_page(EventFilter(), None, 1_000_000)
    found = [record.event_id for record in records if record.event_id.startswith(f"{name}-")]
    more = made(f"after {name}", 1, unit(f"after-{name}"), inputs=[draw("shared", 1)])
    assert await tell(store, more) == ["ACCEPTED"], "the store writes on"
    return await store.verify(), found


def test_the_payload_is_the_text_that_was_sent(tmp_path: Path) -> None:
    sent = made("e", 1, unit("m", massKg=2.0), note="\u7535\u6c60 \U0001f50b")

    async def use(store: Store) -> bytes | None:
        await tell(store, sent)
        async with store.snapshot() as snapshot:
            (record,) = await snapshot.stored(["e"])
        return record.payload

    assert json.loads(with_store(tmp_path / "s.db", use) or b"") == sent
