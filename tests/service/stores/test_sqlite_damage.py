"""Damage to the embedded store: `verify` names it, and `rebuild` mends what can be made of the log again."""
# ruff: noqa: E501 - tables of cases, one a line

import asyncio
from pathlib import Path
from typing import Any

import pytest

from service.ports import Fault, Store
from service.stores.contract.answers import answers, difference
from service.stores.contract.script import BATCHES, ORGANIZATIONS, events_until
from service.stores.contract.telling import tell
from service.stores.sqlite import SqliteStore
from tests.service.stores.files import tamper, with_store

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
    ("a mention too many", f"INSERT INTO mention VALUES ({ITEM.format('V')}, {SEQUENCE.format('ret')}, 1)", "V"),
    ("an actor", "UPDATE log SET actor = 'Z' WHERE event_id = 'cells'", "(cells)"),
    ("an event id", "UPDATE log SET event_id = 'Z' WHERE event_id = 'cells'", "(Z)"),
    ("a position", "UPDATE log SET pos = (SELECT pos FROM log WHERE event_id = 'm1') WHERE event_id = 'cells'", "(cells)"),
    ("what an event refers to", "UPDATE reference SET target = 'rec' WHERE target = 'sell-q'", "(got-q)"),
    ("what an event refers to is gone", "DELETE FROM reference WHERE target = 'sell-q'", "(got-q)"),
    ("a regulator", "UPDATE registration SET regulator = 1 WHERE organization = 'B'", "reg-b"),
    ("who registered", "UPDATE registration SET organization = 'C' WHERE organization = 'B'", "reg-b"),
    ("a registration that is gone", "DELETE FROM registration WHERE organization = 'B'", "reg-b"),
    ("a moment of recording", "UPDATE batch SET last = last + 1 WHERE last = (SELECT min(last) FROM batch)", "after 1970"),
    ("a moment that is gone", "DELETE FROM batch WHERE last = (SELECT min(last) FROM batch)", "after 1970"),
    ("a moment too many", "INSERT INTO batch VALUES (7, 1)", "recorded 7 microseconds after 1970"),
    ("since when an end is known", f"UPDATE part_of SET closed_known = NULL WHERE part = {ITEM.format('m2')} AND closed IS NOT NULL", "m2"),
    ("an end known too early", f"UPDATE held_by SET closed_known = 1 WHERE item = {ITEM.format('m2')} AND closed IS NOT NULL", "m2"),
    ("since when an edge is known", f"UPDATE held_by SET known_from = 0 WHERE item = {ITEM.format('V')}", "V"),
    ("what is known in the future", f"UPDATE consumed SET known_from = 99 WHERE item = {ITEM.format('P1')}", "P1"),
    ("what is forgotten in the future", f"UPDATE consumed SET known_to = 99 WHERE item = {ITEM.format('c0')} AND known_to < 99", "c0"),
    ("since when an event stands so", "UPDATE log SET judged = 99 WHERE event_id = 'sell-q'", "sell-q"),
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


def verify(path: Path) -> list[Fault]:
    return with_store(path, lambda store: store.verify())


@pytest.mark.parametrize(("sql", "where", "what"), [row[1:] for row in LOG_FAULTS], ids=[row[0] for row in LOG_FAULTS])
def test_verify_names_the_first_bad_record_of_the_log(copy: Path, sql: str, where: str, what: str) -> None:
    tamper(copy, sql)
    faults = verify(copy)
    assert [fault.where for fault in faults] == [where], faults
    assert what in faults[0].what


def test_a_rebuild_goes_through_a_log_whose_chain_is_broken(copy: Path) -> None:
    """It mends the graph, not the chain."""
    tamper(copy, "UPDATE log SET recorded_us = 0 WHERE seq = 4")
    assert with_store(copy, lambda store: store.rebuild()) == len(events_until(6))
    assert [fault.where for fault in verify(copy)] == ["4 (m1)"]


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
