"""Damage to a Neo4j database: `verify` names what differs from the log, and `rebuild` mends it."""
# ruff: noqa: E501 - a table of cases, one a line

from collections.abc import Iterator

import pytest

from service.comparing import difference
from service.copying import copy
from service.stores.contract.script import BATCHES
from service.stores.contract.telling import event, lot, made, registered, unit
from service.stores.memory import MemoryStore
from service.stores.neo4j import Neo4jStore
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.support import RUNNER, send

pytestmark = NEO4J_ITSELF
ANCIENT = [
    registered("old", 0, "OLD", "REGULATOR", name="Old", region="EU") | {"occurredAt": "1969-12-31T23:59:59.000001Z"},
    made("p", 5, unit("SHOWN", model="one", massKg=300, composition={"Li": 7.5})),
    event("e", "ENROLMENT", 6, items=[lot("SHOWN-LOT", 10.0)]) | {"occurredAt": "2024-03-01T06:00:00.123456+08:00"},
]
"""Times before 1970 and of other zones, and what nodes show."""

HELD = "MATCH (:Item {key: 'm2'})-[r:HELD_BY]->() WHERE r.knownTo IS NULL"
ENDED = f"{HELD} AND r.to IS NOT NULL"
PART = "MATCH (:Item {key: 'm3'})-[r:PART_OF]->() WHERE r.knownTo IS NULL"
SELL = "MATCH (e:Event {eventId: 'sell-q'})"
ZONE = "datetime({datetime: %s, timezone: '+08:00'})"

DAMAGE = [
    # what, the Cypher, where the fault is, words of what it says
    ("the end of a custody", f"{ENDED} SET r.to = r.to + duration('PT1S')", "m2", "to of its HELD_BY ("),
    ("an end that is no time", f"{ENDED} SET r.to = 'yesterday'", "m2", "to of its HELD_BY"),
    ("an end in another zone", f"{ENDED} SET r.to = {ZONE % 'r.to'}", "m2", "to of its HELD_BY"),
    ("an end that is gone", f"{ENDED} REMOVE r.to", "m2", "to of its HELD_BY"),
    ("an end that there is not", "MATCH (:Item {key: 'V'})-[r:HELD_BY]->() SET r.to = r.from", "V", "to of its HELD_BY"),
    ("the beginning of a custody", f"{HELD} SET r.from = r.from - duration('P1D')", "m2", "from of its HELD_BY"),
    ("the beginning of a stay", f"{PART} SET r.from = datetime('2020-01-01T00:00:00Z')", "m3", "from of its PART_OF (P2)"),
    ("what began it", f"{PART} SET r.openedBy = 'cells'", "m3", "openedBy and from of its PART_OF"),
    ("what began it is nobody's", f"{PART} SET r.openedBy = 'nobody'", "m3", "openedBy, from and knownFrom of its PART_OF"),
    ("what ended it", f"{ENDED} SET r.closedBy = 'cells'", "m2", "closedBy and to of its HELD_BY"),
    ("what did not end it", f"{PART} SET r.closedBy = 'cells'", "m3", "closedBy of its PART_OF"),
    ("since when its end is known", f"{ENDED} SET r.closedKnown = 999", "m2", "closedKnown of its HELD_BY"),
    ("an end known before it was told", f"{ENDED} SET r.closedKnown = 1", "m2", "closedKnown of its HELD_BY"),
    ("since when it is known", f"{PART} SET r.knownFrom = 999", "m3", "knownFrom of its PART_OF"),
    ("known before it was told", "MATCH (:Item {key: 'P1'})<-[r:YIELDED]-() SET r.knownFrom = 0", "P1", "knownFrom of its YIELDED"),
    ("what it was consumed in", "MATCH (i:Item {key: 'P1'})-[r:CONSUMED_IN]->(), (e:Event {eventId: 'ret'}) CREATE (i)-[n:CONSUMED_IN]->(e) SET n = properties(r) DELETE r", "P1", "position of its CONSUMED_IN (ret)"),
    ("what yielded it", "MATCH (i:Item {key: 'V'})<-[r:YIELDED]-(), (e:Event {eventId: 'ret'}) CREATE (i)<-[n:YIELDED]-(e) SET n = properties(r) DELETE r", "V", "position and knownFrom of its YIELDED (ret)"),
    ("what marked it", "MATCH (i:Item {key: 'P1'})<-[r:MARKED]-(), (e:Event {eventId: 'rec'}) CREATE (i)<-[n:MARKED]-(e) SET n = properties(r) DELETE r", "P1", "position of its MARKED (rec)"),
    ("what mentions it", "MATCH (i:Item {key: 'm2'})<-[r:MENTIONS {named: true}]-(), (e:Event {eventId: 'ret'}) CREATE (i)<-[n:MENTIONS]-(e) SET n = properties(r)", "m2", "ret names it, which it does not"),
    ("since when it is called so", "MATCH ()-[r:IDENTIFIES]->() SET r.knownFrom = null", "P1", "knownFrom of its IDENTIFIES (SN-1)"),
    ("when it happened", f"{SELL} SET e.occurredAt = e.occurredAt + duration('PT1H')", "(sell-q)", "occurredAt on its node"),
    ("when it happened, in another zone", f"{SELL} SET e.occurredAt = {ZONE % 'e.occurredAt'}", "(sell-q)", "occurredAt on its node"),
    ("when it happened before 1970", "MATCH (e:Event {eventId: 'old'}) SET e.occurredAt = datetime('1970-01-01T00:00:00.000001Z')", "(old)", "occurredAt on its node"),
    ("when it was recorded", f"{SELL} SET e.recordedAt = datetime()", "(sell-q)", "recordedAt on its node"),
    ("its type", f"{SELL} SET e.type = 'RECEIPT'", "(sell-q)", "type on its node"),
    ("what it refers to", "MATCH (e:Event {eventId: 'got-q'}) SET e.refersTo = 'cells'", "(got-q)", "what it refers to"),
    ("what it does not refer to", f"{SELL} SET e.refersTo = 'cells'", "(sell-q)", "what it refers to"),
    ("who reports it", f"{SELL} SET e.actor = 'B'", "(sell-q)", "actor"),
    ("its id", f"{SELL} SET e.eventId = 'sold'", "(sold)", "event id"),
    ("the hash before it", f"{SELL} SET e.previousHash = e.hash", "(sell-q)", "previousHash on its node"),
    ("since when it stands so", f"{SELL} SET e.judged = 999", "(sell-q)", "judged on its node"),
    ("an organization that acted", "MATCH (o:Organization {key: 'C'}) DETACH DELETE o", "(in-p2)|C", "run a rebuild"),
    ("a regulator", "MATCH (:Event {eventId: 'reg-a'})-[r:REGISTERS]->() SET r.regulator = true", "reg-a", "registration of A"),
    ("no regulator", "MATCH (:Event {eventId: 'old'})-[r:REGISTERS]->() REMOVE r.regulator", "old", "registration of OLD"),
    ("who registered", "MATCH (e:Event {eventId: 'reg-a'})-[r:REGISTERS]->(), (o:Organization {key: 'B'}) CREATE (e)-[n:REGISTERS]->(o) SET n = properties(r) DELETE r", "reg-a", "registration of"),
    ("a name", "MATCH (:Event {eventId: 'reg-a'})-[r:REGISTERS]->() SET r.name = 'Z'", "reg-a", "REGISTERS"),
    ("a region", "MATCH (:Event {eventId: 'reg-a'})-[r:REGISTERS]->() REMOVE r.region", "reg-a", "REGISTERS"),
    ("a moment of recording", "MATCH (b:Batch) WITH b ORDER BY b.last LIMIT 1 SET b.last = b.last + 1", "after 1970", "its last record is noted as 9, and by the log is 8"),
    ("a moment that is gone", "MATCH (b:Batch) WITH b ORDER BY b.last LIMIT 1 DELETE b", "after 1970", "noted as None, and by the log is 8"),
    ("a moment too many", "CREATE (:Batch {recordedUs: 7, last: 1})", "recorded 7 microseconds after 1970", "noted as 1, and by the log is None"),
    ("the mass that was drawn", "MATCH (:Item {key: 'L'})-[r:CONSUMED_IN]->(:Event {eventId: 'ref'}) SET r.massKg = 9.0", "L", "its edges"),
    ("the mass that was stated", "MATCH (:Item {key: 'Q'})<-[y:YIELDED]-() SET y.massKg = 99.0", "Q", "its edges"),
    ("the content of its body", "MATCH (:Item {key: 'm3'})<-[y:YIELDED]-() WHERE y.knownTo IS NULL SET y.bodyMassKg = 99.0", "m3", "its edges"),
    ("what it is", "MATCH (:Item {key: 'SHOWN'})<-[y:YIELDED]-() SET y.kind = 'BATTERY'", "SHOWN", "its edges"),
    ("its model", "MATCH (:Item {key: 'SHOWN'})<-[y:YIELDED]-() SET y.label = 'two'", "SHOWN", "its facts"),
    ("its place in a host", "MATCH (:Item {key: 'c1'})-[r:PART_OF]->() WHERE r.knownTo IS NULL SET r.place = '9'", "c1", "its edges"),
    ("what it stands as", f"{SELL} SET e.status = 'PENDING'", "(sell-q)", "stands as PENDING"),
    ("the role that is shown", "MATCH (o:Organization {key: 'B'}) SET o.roles = ['REGULATOR']", "B", "registered last"),
    ("the mass of an element that is shown", "MATCH (i:Item {key: 'SHOWN'}) SET i.massLiKg = 8.0", "SHOWN", "what was stated of it"),
    ("a label", "MATCH (i:Item {key: 'SHOWN'}) SET i:Vehicle", "SHOWN", "what was stated of it"),
]  # fmt: skip


TOLD = MemoryStore()
for several in [*(batch for _, batch in BATCHES[:6]), ANCIENT]:
    send(TOLD, several)


@pytest.fixture
def store(server: Server) -> Iterator[Neo4jStore]:
    made_store = server.store()
    RUNNER.run(copy(TOLD, made_store))
    yield made_store
    RUNNER.run(made_store.close())


def run(store: Neo4jStore, statement: str) -> None:
    async def sent() -> None:
        async with store.connection.session(writes=True) as session:
            summary = await (await session.run(statement)).consume()
            assert summary.counters.contains_updates, f"nothing to change: {statement}"

    RUNNER.run(sent())


def test_verify_names_what_differs_from_the_log_and_rebuild_mends_it(
    store: Neo4jStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Case by case, each on what a rebuild has mended after the one before, whose moments are on several pages."""
    monkeypatch.setattr("service.stores.neo4j.checking.ENDS_AT_ONCE", 3)
    assert RUNNER.run(store.verify()) == []
    last = len(TOLD.records)
    for name, damage, where, what in DAMAGE:
        run(store, damage)
        faults = RUNNER.run(store.verify())
        assert len(faults) == 1, name
        assert any(faults[0].where.endswith(one) for one in where.split("|")), (name, faults)
        assert what in faults[0].what, (name, faults)
        assert "run a rebuild" in faults[0].what, (name, faults)
        assert RUNNER.run(store.rebuild()) == last

    async def differs(sequence: int) -> str | None:
        async with TOLD.snapshot(sequence) as theirs, store.snapshot(sequence) as ours:
            return await difference(theirs, ours)

    assert RUNNER.run(store.verify()) == []
    assert [RUNNER.run(differs(ends)) for ends in sorted({change.sequence for change in TOLD.changes})] == [None] * 7


@pytest.mark.parametrize(
    "damage",
    [
        "MATCH (e:Event) WITH e ORDER BY e.sequence DESC LIMIT 1 DETACH DELETE e",
        "MATCH (l:Log) SET l.sequence = l.sequence + 1",
        "MATCH (l:Log) SET l.sequence = l.sequence - 1",
        "MATCH (l:Log), (e:Event {sequence: 1}) SET l.hash = e.hash",
    ],
    ids=["the last record is gone", "too far", "not far enough", "another hash"],
)
def test_an_end_of_the_log_that_is_not_the_last_record_asks_for_a_backup(server: Server, damage: str) -> None:
    store = server.store()
    send(store, [registered("r", 0, "A"), registered("s", 0, "B")])
    run(store, damage)
    (fault,) = RUNNER.run(store.verify())
    assert fault.where == "the log"
    assert "load a backup" in fault.what
    RUNNER.run(store.close())


def test_all_pages_are_looked_at(server: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    """However few a page has."""
    monkeypatch.setattr("service.stores.neo4j.shown.EVENTS_AT_ONCE", 2)
    monkeypatch.setattr("service.stores.checking.KEYS_AT_ONCE", 1)
    store = server.store()
    send(store, [made(f"m{number}", number, unit(f"U{number}")) for number in range(5)])
    assert RUNNER.run(store.verify()) == []
    for damage, where in (
        ("MATCH (e:Event {eventId: 'm4'}) SET e.occurredAt = datetime()", "5 (m4)"),
        ("MATCH (:Item {key: 'U4'})-[r:HELD_BY]->() SET r.from = datetime()", "U4"),
    ):
        run(store, damage)
        assert [fault.where for fault in RUNNER.run(store.verify())] == [where]
        RUNNER.run(store.rebuild())
    RUNNER.run(store.close())


def test_a_rebuild_goes_through_a_log_whose_chain_is_broken(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """It mends the graph, not the chain; also where records of one moment come in several of its transactions."""
    monkeypatch.setattr("service.stores.neo4j.checking.FOLDED_AT_ONCE", 2)
    run(store, "MATCH (e:Event {eventId: 'm1'}) SET e.recordedUs = 7")
    for _ in range(2):
        (fault,) = RUNNER.run(store.verify())
        assert (fault.where, fault.what) == ("4 (m1)", "recordedAt is earlier than that of the record before")
        assert RUNNER.run(store.rebuild()) == len(TOLD.records)
