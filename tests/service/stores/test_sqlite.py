"""What only the embedded store promises: one file, several processes, nothing acknowledged is lost."""

import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from seed.story import PACK_RECYCLED, story
from service.running import drive
from service.stores.errors import StoreError
from service.stores.sqlite import SqliteStore
from tests.support import ask, send

ROOT = Path(__file__).parents[3]

WRITER = """
import sys
from service.running import drive
from service.recording import record
from service.stores.sqlite import SqliteStore
store, name, count = SqliteStore(sys.argv[1]), sys.argv[2], int(sys.argv[3])
for number in range(count):
    event = {"eventId": f"{name}-{number}", "type": "PRODUCTION", "occurredAt": "2026-01-01T00:00:00Z", "actor": name,
             "step": number, "outputs": [{"key": f"{name}-{number}", "kind": "CELL"}]}
    assert drive(record(store, [event]))[0].status == "ACCEPTED"
    print(number, flush=True)
"""


def start(path: Path, name: str, count: int) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WRITER, str(path), name, str(count)], cwd=ROOT, stdout=subprocess.PIPE, text=True
    )


def test_two_processes_write_to_one_file(tmp_path: Path) -> None:
    path = tmp_path / "both.db"
    SqliteStore(path)
    writers = [start(path, name, 60) for name in ("one", "two")]
    assert [writer.wait(timeout=60) for writer in writers] == [0, 0]
    for writer in writers:
        writer.stdout.close()
    store = SqliteStore(path)
    assert drive(store.sequence_at(None)) == 120
    assert drive(store.verify()) == []
    drive(store.close())


def test_kill_9_loses_nothing_that_was_acknowledged(tmp_path: Path) -> None:
    path = tmp_path / "killed.db"
    writer = start(path, "w", 100_000)
    acknowledged = -1
    for line in writer.stdout:
        acknowledged = int(line)
        if acknowledged >= 40:
            break
    os.kill(writer.pid, signal.SIGKILL)
    rest = writer.stdout.read()
    writer.stdout.close()
    writer.wait(timeout=10)
    acknowledged = max([acknowledged, *(int(number) for number in rest.split())])
    store = SqliteStore(path)
    assert drive(store.verify()) == []
    assert drive(store.sequence_at(None)) >= acknowledged + 1
    assert ask(store, f"w-{acknowledged}") is not None
    drive(store.close())


TAMPERINGS = {
    "a payload": ("UPDATE payload SET body = replace(body, 'CELL', 'CELT') WHERE seq = 12", "12"),
    "a mass in a payload": ("UPDATE payload SET body = replace(body, '2.0', '3.0') WHERE seq = 12", "12"),
    "a hash": ("UPDATE log SET hash = zeroblob(32) WHERE seq = 7", "7"),
    "a digest": ("UPDATE log SET digest = zeroblob(32) WHERE seq = 9", "9"),
    "an actor": ("UPDATE log SET actor = 'someone' WHERE seq = 5", "5"),
    "a missing record": ("DELETE FROM log WHERE seq = 20", "21"),
}
GRAPH_TAMPERINGS = {
    "a status": ("UPDATE log SET status = 'CONTESTED' WHERE seq = 30", "30"),
    "a stay": ("UPDATE part_of SET closed = NULL, closed_known = NULL WHERE closed IS NOT NULL", "0V1"),
    "a consumption": ("DELETE FROM consumed WHERE item = (SELECT min(item) FROM consumed)", ""),
    "an item": ("DELETE FROM yielded WHERE item = 3", ""),
    "a holder": ("UPDATE held_by SET organization = 1 WHERE organization = 2", ""),
}


def tamper(path: Path, statement: str) -> None:
    connection = sqlite3.connect(path)
    assert connection.execute(statement).rowcount > 0
    connection.commit()
    connection.close()


@pytest.mark.parametrize("what", TAMPERINGS)
def test_verify_names_the_first_bad_record(sqlite_store: SqliteStore, what: str) -> None:
    send(sqlite_store, story())
    statement, where = TAMPERINGS[what]
    tamper(sqlite_store.path, statement)
    (fault,) = drive(sqlite_store.verify())
    assert fault.where.split(" ")[0] == where, fault


@pytest.mark.parametrize("what", GRAPH_TAMPERINGS)
def test_rebuild_repairs_the_graph(sqlite_store: SqliteStore, what: str) -> None:
    send(sqlite_store, story())
    before = ask(sqlite_store, PACK_RECYCLED)
    statement, where = GRAPH_TAMPERINGS[what]
    tamper(sqlite_store.path, statement)
    (fault,) = drive(sqlite_store.verify())
    assert fault.where.startswith(where), fault
    assert drive(sqlite_store.rebuild()) == len(story())
    assert drive(sqlite_store.verify()) == []
    after = ask(sqlite_store, PACK_RECYCLED)
    assert after.edges == before.edges
    assert after.balance == before.balance


def test_what_is_no_store_is_refused(tmp_path: Path) -> None:
    text = tmp_path / "notes.db"
    text.write_text("these are my notes, and no database at all" * 30)
    with pytest.raises(StoreError, match=r"notes\.db"):
        SqliteStore(text)
    other = tmp_path / "other.db"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE invoices (id)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreError, match="no voltrace store"):
        SqliteStore(other)


def test_a_newer_schema_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "newer.db"
    drive(SqliteStore(path).close())
    tamper(path, "UPDATE meta SET value = 99")
    with pytest.raises(StoreError, match="99"):
        SqliteStore(path)
