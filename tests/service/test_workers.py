"""An audit by several processes: the findings of one alone, ended and resumed, on every store that several can open."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from seed.story import story
from service import workers
from service.findings import FindingFilter, KeptFinding
from service.judging import Here, judged_all
from service.keeping import Keeper
from service.ports import Store
from service.stores.errors import StoreError
from service.stores.memory import MemoryStore
from service.stores.neo4j import Neo4jStore
from service.stores.sqlite import SqliteStore
from service.workers import Workers, judging
from tests.conftest import KINDS, MakeStore
from tests.support import send, wait

AUDIT = """
import sys, time
from service.bootstrap import open_store
from service.judging import Slice
from service.running import drive
from service.settings import load
from service.workers import FEW, Workers

workers = Workers(open_store(sys.argv[1], load()), (), 2)
for result in [drive(workers.begin(Slice(("CAR-A",), 1))) for _ in range(FEW + 2)]:
    drive(result())
print(len(workers._pool._processes), flush=True)
time.sleep(600)
"""
"""An audit whose workers wait for more."""
SHARED = pytest.mark.parametrize("make_store", KINDS[1:], indirect=True)
PAGE = 5


@pytest.fixture
def told(make_store: MakeStore, monkeypatch: pytest.MonkeyPatch) -> Store:
    """A store with the story, whose login is in the settings, audited by workers from the first slice on."""
    monkeypatch.setattr(workers, "FEW", 0)
    store = make_store()
    if isinstance(store, Neo4jStore):
        login = store.connection.login
        for name, value in (("USER", login.user), ("PASSWORD", login.password), ("DATABASE", login.database)):
            monkeypatch.setenv(f"VOLTRACE_NEO4J_{name}", value or "")
    send(store, story())
    return store


@pytest.fixture
def two(told: Store) -> Iterator[Workers]:
    """Two processes."""
    made = Workers(told, (), 2)
    yield made
    made.close()


def kept(store: Store) -> list[KeptFinding]:
    """What is kept, but for when it came to light."""

    async def ask() -> list[KeptFinding]:
        async with store.snapshot() as snapshot:
            found = await snapshot.finding_page(FindingFilter(), None, 10_000)
        return sorted(one._replace(shown_us=0) for one in found)

    return wait(store, ask())


def alone() -> list[KeptFinding]:
    """What one process finds, in memory."""
    store = MemoryStore()
    send(store, story())
    wait(store, Keeper(store).run())
    return kept(store)


@SHARED
def test_several_find_what_one_finds_and_go_on_where_they_were_ended(told: Store, two: Workers) -> None:
    keeper = Keeper(told, page=PAGE, judges=two)
    for number in range(1, 4):
        done = wait(told, keeper.step())
        assert (done.judged, done.goes_on) == (PAGE, True), number
    place = done.audited.key
    resumed = Keeper(told, page=PAGE, judges=two)
    assert wait(told, resumed.step()).audited.key > place
    assert wait(told, resumed.run()) == []
    assert kept(told) == alone()


@SHARED
def test_a_worker_that_is_killed_is_told_and_the_audit_goes_on(told: Store, two: Workers) -> None:
    keeper = Keeper(told, page=PAGE, judges=two)
    wait(told, keeper.step())
    for process in list(two._pool._processes.values()):
        process.kill()
        process.join()
    with pytest.raises(StoreError, match="a worker process of the audit ended"):
        wait(told, keeper.run())
    wait(told, Keeper(told).run())
    assert kept(told) == alone()


@SHARED
def test_a_fresh_audit_by_several_is_that_of_one(told: Store, two: Workers, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("service.judging.PAGE", PAGE)

    async def judged(judges: Any) -> list[Any]:
        until = await told.sequence_at(None)
        return [part async for parts in judged_all(told, judges, until) for part in parts]

    by_two = wait(told, judged(two))
    assert sum(part.items for part in by_two) == 40
    assert any(part.findings for part in by_two)
    assert by_two == wait(told, judged(Here(told)))


def test_a_store_of_this_process_has_no_workers() -> None:
    store = MemoryStore()
    with judging(store, (), None) as judges:
        assert isinstance(judges, Here)
    with pytest.raises(StoreError, match="in this process alone; leave --jobs out"), judging(store, (), 2):
        pass


def test_an_audit_of_little_starts_no_process(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "store.db")
    send(store, story())
    with judging(store, (), 2) as judges:
        assert isinstance(judges, Workers)
        wait(store, Keeper(store, judges=judges).run())
        assert not judges._pool._processes
    assert kept(store) == alone()
    wait(store, store.close())


def test_workers_end_with_an_audit_that_is_killed(tmp_path: Path) -> None:
    """They have its standard output, too: it ends when the last of them has."""
    store = SqliteStore(tmp_path / "store.db")
    send(store, story())
    wait(store, store.close())
    audit = subprocess.Popen([sys.executable, "-c", AUDIT, f"sqlite:{tmp_path / 'store.db'}"], stdout=subprocess.PIPE)
    assert audit.stdout is not None
    assert int(audit.stdout.readline()) in (1, 2)
    audit.kill()
    assert audit.communicate(timeout=60) == (b"", None)
