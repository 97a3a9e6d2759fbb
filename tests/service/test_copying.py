"""What a copy refuses, and what it comes to when it is interrupted; the contract suite says what it copies."""
# ruff: noqa: E501 - tables of cases, one a line

import re
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from service import comparing, copying
from service.cli import main
from service.ports import EventFilter, Store, StoredEvent
from service.stores.contract.script import BATCHES
from service.stores.contract.telling import made, registered, unit
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from tests.conftest import KINDS
from tests.service.stores.files import tamper
from tests.support import RUNNER, send, wait

ITEM = "(SELECT id FROM item WHERE key = '{}')"


@pytest.fixture
def source(tmp_path: Path) -> Iterator[SqliteStore]:
    """The first batches of the script, in a file."""
    store = SqliteStore(tmp_path / "source.db")
    for _, batch in BATCHES[:6]:
        send(store, batch)
    yield store
    wait(store, store.close())


@pytest.fixture
def target(tmp_path: Path) -> Iterator[SqliteStore]:
    store = SqliteStore(tmp_path / "target.db")
    yield store
    wait(store, store.close())


def copy(source: Store, target: Store, **more: Any) -> copying.Copied:
    return RUNNER.run(copying.copy(source, target, **more))


def refusal(source: Store, target: Store, **more: Any) -> str:
    with pytest.raises(copying.CannotCopy) as caught:
        copy(source, target, **more)
    return str(caught.value)


def count(store: Store) -> int:
    return wait(store, store.sequence_at(None))


def test_a_target_that_holds_more_than_its_source(source: SqliteStore, target: SqliteStore) -> None:
    copy(source, target)
    send(target, [made("more", 99, unit("MORE"))])
    assert f"{target.url} holds 31 records, more than the 30 of {source.url}" in refusal(source, target)


def test_a_target_of_another_log(source: SqliteStore, target: SqliteStore) -> None:
    send(target, [made("other", 1, unit("OTHER"))])
    assert f"{target.url} holds 1 records of another log than {source.url}" in refusal(source, target)
    assert count(target) == 1, "and is left as it is"


@pytest.mark.parametrize(
    ("damage", "where", "what"),
    [
        ("UPDATE payload SET body = NULL WHERE seq = 12", "record 12 (got-t)", "has no payload any more"),
        (
            "UPDATE payload SET body = replace(body, '12', '13') WHERE seq = 14",
            "record 14 (q)",
            "not what was recorded",
        ),
        ("UPDATE payload SET body = x'7b' WHERE seq = 14", "record 14 (q)", "not what was recorded"),
        ("UPDATE log SET hash = zeroblob(32) WHERE seq = 16", "record 16", "the chain of the source is broken"),
        (
            "UPDATE log SET recorded_us = recorded_us + 1 WHERE seq = 16",
            "record 16",
            "the chain of the source is broken",
        ),
    ],
    ids=["a payload is gone", "a payload was changed", "a payload is no JSON", "a hash", "a time of recording"],
)
def test_a_source_that_is_damaged(
    source: SqliteStore, target: SqliteStore, monkeypatch: pytest.MonkeyPatch, damage: str, where: str, what: str
) -> None:
    """What comes before is copied, and nothing of what does not come out as it was."""
    monkeypatch.setattr(copying, "PAGE", 5)
    tamper(source.path, damage)
    said = refusal(source, target)
    assert where in said
    assert what in said
    assert 0 < count(target) < 16
    assert wait(target, target.verify()) == []


def test_something_else_that_writes_to_the_target_meanwhile(
    source: SqliteStore, target: SqliteStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(copying, "PAGE", 5)

    def meanwhile(done: int, records: int) -> None:
        if done == 8:
            send(target, [made("meanwhile", 1, unit("MEANWHILE"))])

    said = refusal(source, target, on_progress=meanwhile)
    assert "something else writes to the target: it holds 9 records, not 8" in said


@pytest.mark.parametrize(
    ("damage", "what"),
    [
        ("UPDATE log SET status = 'PENDING' WHERE event_id = 'rec'", "ACCEPTED events"),
        (f"DELETE FROM yielded WHERE item = {ITEM.format('V')}", "items"),
        ("DELETE FROM registration WHERE organization = 'QUIET'", "organizations"),
    ],
    ids=["events", "items", "organizations"],
)
def test_a_copy_that_does_not_count_what_its_source_counts(
    source: SqliteStore, target: SqliteStore, damage: str, what: str
) -> None:
    send(source, [registered("quiet", 0, "QUIET") | {"actor": "A"}])
    copy(source, target)
    tamper(target.path, damage)
    assert re.search(rf"has [\d,]+ {what}, .* [\d,]+; run `voltrace verify` on both", refusal(source, target))


COMPARED = [
    ("UPDATE payload SET body = CAST(replace(body, 'Wagon', 'Wagen') AS BLOB)", "record 8 (v1): payload differs"),
    ("UPDATE log SET hash = zeroblob(32) WHERE seq = 8", "record 8 (v1): hash differs"),
    ("UPDATE log SET problems = NULL WHERE event_id = 'too-much'", "record 26 (too-much): what is wrong with it differs"),
    ("UPDATE log SET mixing = '[1,1.0,null]' WHERE event_id = 'rec'", "record 23 (rec): mixing differs"),
    (f"UPDATE yielded SET mass_kg = 9 WHERE item = {ITEM.format('L')}", "L: what is known of the body differs"),
    (f"UPDATE yielded SET spec = '{{}}' WHERE item = {ITEM.format('V')}", "V: what was stated differs"),
    (f"DELETE FROM part_of WHERE part = {ITEM.format('m3')}", "m3: where it was differs"),
    (f"UPDATE part_of SET host = 999 WHERE part = {ITEM.format('m3')}", "m3: where it was differs"),
    (f"UPDATE held_by SET closed = NULL, closed_known = NULL WHERE item = {ITEM.format('P1')}", "P1: who held it differs"),
    (f"UPDATE consumed SET mass_kg = 3 WHERE item = {ITEM.format('L')}", "L: what consumed it differs"),
    (f"DELETE FROM mark WHERE item = {ITEM.format('P1')}", "P1: what marked it differs"),
    ("UPDATE item SET key = 'EE' WHERE key = 'E'", "E is in one of the two only"),
    ("UPDATE registration SET organization = 'C' WHERE organization = 'B'", "organization B: what it registered differs"),
]  # fmt: skip


@pytest.mark.parametrize(("damage", "what"), COMPARED, ids=[damage for damage, _ in COMPARED])
def test_a_copy_that_counts_the_same_and_is_not_like_its_source(
    source: SqliteStore, target: SqliteStore, monkeypatch: pytest.MonkeyPatch, damage: str, what: str
) -> None:
    """The comparison at the end of the command tells the first difference, on whatever page that is."""
    monkeypatch.setattr(comparing, "EVENTS_AT_ONCE", 7)
    monkeypatch.setattr(comparing, "ITEMS_AT_ONCE", 3)
    arguments = ["copy", "--from", source.url, "--to", target.url]
    done = CliRunner().invoke(main, arguments)
    assert "30 of them copied now, verified" in done.output
    tamper(target.path, damage)
    refused = CliRunner().invoke(main, arguments)
    assert refused.exit_code == 1
    assert f"{target.url} is not like {source.url}: {what}; run `voltrace verify` on both" in refused.output
    assert CliRunner().invoke(main, [*arguments, "--no-verify"]).exit_code == 0, "which is left out on demand"


def log(store: Store) -> list[StoredEvent]:
    async def read() -> list[StoredEvent]:
        async with store.snapshot() as snapshot:
            return await snapshot.event_page(EventFilter(), None, 1_000)

    return wait(store, read())


def difference_then(one: Store, other: Store) -> list[str | None]:
    """How two stores differ in what they say as known at each moment at which something was recorded."""

    async def found(moment: datetime) -> str | None:
        then = await one.sequence_at(moment), await other.sequence_at(moment)
        async with one.snapshot(then[0]) as theirs, other.snapshot(then[1]) as ours:
            return await comparing.difference(theirs, ours)

    return [RUNNER.run(found(moment)) for moment in sorted({record.recorded_at for record in log(one)})]


NEO4J = KINDS[2]
assert not isinstance(NEO4J, str)
SMALL = [
    made(f"m{number}", number, unit(f"U{number}", parts=[f"U{number - 1}"] if number else [])) for number in range(9)
]


@pytest.mark.parametrize(("whole", "expected"), [(9, [0, 1]), (4, [0, 1, 5, 9]), (5, [0, 1, 9])])
@pytest.mark.parametrize("make_store", KINDS, indirect=True)
def test_a_batch_that_is_larger_than_a_page_is_written_at_once_or_in_parts_and_known_as_one(
    make_store: Callable[[], Store], monkeypatch: pytest.MonkeyPatch, whole: int, expected: list[int]
) -> None:
    """Whatever was known at a moment is known then in the copy, too, where some arrived before what they need."""
    monkeypatch.setattr(copying, "PAGE", 4)
    monkeypatch.setattr(copying, "WHOLE", whole)
    batches = [[made("before", 0, unit("B"))], SMALL[::-1], [made("after", 50, unit("A"))]]
    theirs = MemoryStore()
    for batch in batches:
        send(theirs, batch)
    ours, writes = make_store(), []
    write = type(ours).write

    async def noted(self: Store, work: Any) -> Any:
        writes.append(await self.sequence_at(None))
        return await write(self, work)

    monkeypatch.setattr(type(ours), "write", noted)
    assert copy(theirs, ours) == (0, 11)
    assert writes == expected
    RUNNER.run(copying.compare(theirs, ours, 11))
    assert wait(ours, ours.verify()) == []

    assert difference_then(theirs, ours) == [None] * len(batches)


class Interrupted(Exception):
    """As by whoever runs the copy."""


@pytest.mark.parametrize(
    ("make_store", "after"),
    [
        *product(["memory", "sqlite"], [1, 9, 10, 12, 29]),
        pytest.param(NEO4J.values[0], 12, marks=NEO4J.marks),
    ],
    indirect=["make_store"],
)
def test_a_copy_that_is_interrupted_inside_a_write_goes_on_where_it_stopped(
    make_store: Callable[[], Store], source: SqliteStore, monkeypatch: pytest.MonkeyPatch, after: int
) -> None:
    """What was written before is there, of the write that was interrupted nothing is, and at the end all is, once."""
    monkeypatch.setattr(copying, "PAGE", 6)
    monkeypatch.setattr(copying, "WHOLE", 6)
    again, read = copying._again, []

    def interrupted(record: Any) -> Any:
        read.append(record)
        if len(read) > after:
            raise Interrupted
        return again(record)

    target = make_store()
    with monkeypatch.context() as patch:
        patch.setattr(copying, "_again", interrupted)
        with pytest.raises(Interrupted):
            copy(source, target)
    there = count(target)
    assert there in (0, 6, 8, 13, 16, 20, 26)
    assert there <= after
    assert wait(target, target.verify()) == []
    assert copy(source, target) == (there, 30)
    RUNNER.run(copying.compare(source, target, 30))
    assert log(target) == log(source)
    assert difference_then(source, target) == [None] * 6
