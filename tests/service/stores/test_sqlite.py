"""What only the embedded store promises: files, faults that verify names, and several processes on one file."""
# ruff: noqa: E501 - tables of cases, one a line

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
from service.stores.contract.script import BATCHES, ORGANIZATIONS, events_until
from service.stores.contract.telling import draw, event, made, tell, unit
from service.stores.errors import StoreError
from service.stores.sqlite import SqliteStore

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


# ---- tampering ---------------------------------------------------------------------------------


def tamper(path: Path, *statements: str) -> None:
    connection = sqlite3.connect(path)
    for statement in statements:
        changed = connection.execute(statement).rowcount
        assert changed != 0, f"nothing to change: {statement}"
    connection.commit()
    connection.close()


SEQUENCE = "(SELECT seq FROM log WHERE event_id = '{}')"
ITEM = "(SELECT id FROM item WHERE key = '{}')"

LOG_FAULTS = [
    # what, the SQL, where the fault is, words of what it says
    ("a payload", "UPDATE payload SET body = replace(body, '\"massKg\":12', '\"massKg\":13') WHERE seq = 14", "14 (q)", "not what was recorded"),
    ("a payload of another event", "UPDATE payload SET body = (SELECT body FROM payload WHERE seq = 4) WHERE seq = 5", "5 (m2)", "not what was recorded"),
    ("a payload that is no JSON", "UPDATE payload SET body = x'7b' WHERE seq = 5", "5 (m2)", "malformed"),
    ("a payload that is gone", "DELETE FROM payload WHERE seq = 6", "6 (p1)", "missing"),
    ("a hash", "UPDATE log SET hash = CAST(x'00' || substr(hash, 2) AS BLOB) WHERE seq = 7", "7 (p2)", "the hash does not follow"),
    ("a digest", "UPDATE log SET digest = CAST(x'00' || substr(digest, 2) AS BLOB) WHERE seq = 7", "7 (p2)", "the hash does not follow"),
    ("an actor", "UPDATE log SET actor = 'Z' WHERE seq = 3", "3 (cells)", "actor"),
    ("an event id", "UPDATE log SET event_id = 'Z' WHERE seq = 3", "3 (Z)", "event id"),
    ("a position", "UPDATE log SET pos = (SELECT pos FROM log WHERE seq = 4) WHERE seq = 3", "3 (cells)", "time"),
    ("a recorded time", "UPDATE log SET recorded_us = recorded_us + 1 WHERE seq = 4", "4 (m1)", "the hash does not follow"),
    ("a recorded time that goes back", "UPDATE log SET recorded_us = 0 WHERE seq = 4", "4 (m1)", "earlier"),
    ("a record that is gone", "DELETE FROM log WHERE seq = 8", "9 (in-q)", "records are missing"),
    ("the first record is gone", "DELETE FROM log WHERE seq = 1", "2 (reg-b)", "records are missing"),
]  # fmt: skip

GRAPH_FAULTS = [
    ("a status", "UPDATE log SET status = 'CONTESTED' WHERE event_id = 'sell-q'", "(sell-q)"),
    ("problems", "UPDATE log SET problems = NULL WHERE event_id = 'too-much'", "(too-much)"),
    ("a mixing", "UPDATE log SET mixing = '[1,1.0,null]' WHERE event_id = 'rec'", "(rec)"),
    ("claims", "UPDATE log SET claims = NULL WHERE event_id = 'in-p2'", "(in-p2)"),
    ("a stay in another host", f"UPDATE part_of SET host = {ITEM.format('Q')} WHERE part = {ITEM.format('m3')}", "P2|Q|m3"),
    ("a stay that is gone", f"DELETE FROM part_of WHERE part = {ITEM.format('m3')}", "P2|m3"),
    ("a stay that ended", f"UPDATE part_of SET closed = 20, closed_known = 20 WHERE part = {ITEM.format('m3')}", "P2|m3"),
    ("a holder", f"UPDATE held_by SET organization = (SELECT id FROM organization WHERE key = 'WAITING') WHERE item = {ITEM.format('V')}", "V"),
    ("a draw", f"UPDATE consumed SET mass_kg = 9 WHERE item = {ITEM.format('L')} AND event = {SEQUENCE.format('ref')}", "L"),
    ("a draw that is gone", f"DELETE FROM consumed WHERE item = {ITEM.format('L')} AND event = {SEQUENCE.format('ref')}", "L"),
    ("an end", f"DELETE FROM consumed WHERE item = {ITEM.format('P1')}", "P1"),
    ("a birth", f"UPDATE yielded SET mass_kg = 99 WHERE item = {ITEM.format('Q')}", "Q"),
    ("a birth that is gone", f"DELETE FROM yielded WHERE item = {ITEM.format('E')}", "E|items"),
    ("a body", f"UPDATE yielded SET body_mass_kg = 99 WHERE item = {ITEM.format('P2')} AND known_to > 1000000", "P2"),
    ("a mark", f"DELETE FROM mark WHERE item = {ITEM.format('P1')}", "P1"),
    ("an item", "UPDATE item SET drawn_kg = 0 WHERE key = 'L'", "L"),
    ("an item's host", "UPDATE item SET host = NULL WHERE key = 'm3'", "m3"),
    ("an item's end", "UPDATE item SET ended = NULL WHERE key = 'P1'", "P1"),
    ("an item's last event", "UPDATE item SET last = born WHERE key = 'L'", "L"),
    ("an item's key", "UPDATE item SET key = 'EE' WHERE key = 'E'", "E|EE|items"),
    ("an item's specification", f"UPDATE yielded SET spec = '{{}}' WHERE item = {ITEM.format('V')}", "V"),
    ("a mention", f"DELETE FROM mention WHERE item = {ITEM.format('P2')} AND event = {SEQUENCE.format('in-p2')}", "P2"),
    ("an identifier", "DELETE FROM identifier WHERE value = 'SN-1'", "P1"),
]  # fmt: skip


@pytest.fixture(scope="module")
def told(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A store with the first batches of the script."""
    path = tmp_path_factory.mktemp("told") / "s.db"

    async def run() -> None:
        store = SqliteStore(path)
        for _, batch in BATCHES[:6]:
            await tell(store, *batch)
        assert await store.verify() == []
        await store.close()

    asyncio.run(run())
    return path


@pytest.fixture
def copy(told: Path, tmp_path: Path) -> Path:
    path = tmp_path / "copy.db"
    path.write_bytes(told.read_bytes())
    return path


def with_store(path: Path, use: Callable[[Store], Any]) -> Any:
    async def run() -> Any:
        store = SqliteStore(path)
        try:
            return await use(store)
        finally:
            await store.close()

    return asyncio.run(run())


def verify(path: Path) -> list[Fault]:
    return with_store(path, lambda store: store.verify())


@pytest.mark.parametrize(("sql", "where", "what"), [row[1:] for row in LOG_FAULTS], ids=[row[0] for row in LOG_FAULTS])
def test_verify_names_the_first_bad_record_of_the_log(copy: Path, sql: str, where: str, what: str) -> None:
    tamper(copy, sql)
    faults = verify(copy)
    assert [fault.where for fault in faults] == [where], faults
    assert what in faults[0].what


@pytest.mark.parametrize(("sql", "where"), [row[1:] for row in GRAPH_FAULTS], ids=[row[0] for row in GRAPH_FAULTS])
def test_verify_names_what_is_wrong_with_the_graph_and_rebuild_repairs_it(copy: Path, sql: str, where: str) -> None:
    async def everything(store: Store) -> list[Any]:
        said = []
        for count in range(7):
            async with store.snapshot(len(events_until(count))) as snapshot:
                said.append(await answers(snapshot, ORGANIZATIONS))
        return said

    before = with_store(copy, everything)
    tamper(copy, sql)
    faults = verify(copy)
    assert len(faults) == 1, "a fault is found"
    assert any(faults[0].where.endswith(name) for name in where.split("|")), faults
    assert "rebuild" in faults[0].what, "and the way out is named"
    assert with_store(copy, lambda store: store.rebuild()) == len(events_until(6))
    assert verify(copy) == []
    for then, now in zip(before, with_store(copy, everything), strict=True):
        assert not difference(then, now)


# ---- processes ---------------------------------------------------------------------------------

PROGRAM = """
import asyncio, sys
from service.ports import LAST_KEY, Change, EventFilter, ItemFilter
from service.recording import record
from service.stores.contract.telling import draw, event, lot, made, unit
from service.stores.sqlite import SqliteStore

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


def test_a_rebuild_does_not_disturb_a_reader(told: Path, copy: Path) -> None:
    async def run() -> None:
        reader, writer = SqliteStore(copy), SqliteStore(copy)
        async with reader.snapshot() as snapshot:
            before = await answers(snapshot, ORGANIZATIONS)
            await writer.rebuild()
            assert not difference(before, await answers(snapshot, ORGANIZATIONS))
        async with reader.snapshot() as snapshot:
            assert not difference(before, await answers(snapshot, ORGANIZATIONS))
        await reader.close()
        await writer.close()

    asyncio.run(run())


def test_the_payload_is_the_text_that_was_sent(tmp_path: Path) -> None:
    sent = made("e", 1, unit("m", massKg=2.0), note="\u7535\u6c60 \U0001f50b")

    async def use(store: Store) -> bytes | None:
        await tell(store, sent)
        async with store.snapshot() as snapshot:
            (record,) = await snapshot.stored(["e"])
        return record.payload

    assert json.loads(with_store(tmp_path / "s.db", use) or b"") == sent
