"""How the server goes about what a Neo4j store asks: where a plan begins, and that it reads no more than it must."""

import ast
import re
from collections.abc import Awaitable, Callable, Iterator
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from typing import Any

import neo4j
import pytest

from graph_schema.outcome import EventStatus
from seed.nation import generate
from service.findings import Audited, FindingFilter, FindingOrder, FindingPlace, KeptFinding, Revision, Subject
from service.flow_rows import FlowKind
from service.places import (
    FoundPlace,
    OrganizationPlace,
)
from service.ports import (
    Change,
    EventFilter,
    ItemFilter,
    ItemOrder,
    ItemPlace,
    OrganizationFilter,
)
from service.recording import record
from service.stores.contract.telling import event, made, tell, unit
from service.stores.neo4j import Neo4jStore, checking
from service.stores.neo4j import store as store_module
from service.stores.neo4j.connection import Reads
from service.stores.neo4j.snapshot import Neo4jSnapshot
from service.stores.neo4j.store import SEQUENCE_AT
from service.testing.neo4j.server import Server
from tests.conftest import NEO4J_ITSELF
from tests.support import RUNNER

pytestmark = NEO4J_ITSELF
BATCH = 250


@pytest.fixture
def store(server: Server) -> Iterator[Neo4jStore]:
    """An empty store, on a server that plans everything anew: ours keep the plans of the tests before."""
    made_store = server.store()

    async def forget_plans() -> None:
        async with made_store.connection.session(writes=True) as session:
            await (await session.run("CALL db.clearQueryCaches()")).consume()

    RUNNER.run(forget_plans())
    yield made_store
    RUNNER.run(made_store.close())


def steps(plan: dict[str, Any]) -> list[str]:
    """The operators of a plan, each with what it is about."""
    about = f"{plan['operatorType'].partition('@')[0]} {plan['args'].get('Details', '')}"
    return [about, *(step for child in plan.get("children", ()) for step in steps(child))]


KEYED = re.compile(r"MATCH \(\w+:(?!Log|Schema)\w+ \{.*")
"""The match of one of many nodes by its key."""


def test_recording_finds_every_node_by_a_seek(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Whatever the database held when that was planned: a plan that reads all keys of an index for each row takes the
    time of the whole database, row by row, and only the hint keeps the planner from it."""
    run = neo4j.AsyncManagedTransaction.run
    plans: dict[str, list[str]] = {}

    async def explained(self: Any, query: str, parameters: Any = None, **values: Any) -> Any:
        if query not in plans:
            summary = await (await run(self, f"EXPLAIN {query}", parameters, **values)).consume()
            plans[query] = steps(summary.plan or {})
        return await run(self, query, parameters, **values)

    async def ingest() -> None:
        events = generate(60)
        while batch := list(islice(events, BATCH)):
            await record(store, batch)

    RUNNER.run(store.sequence_at(None))
    monkeypatch.setattr(neo4j.AsyncManagedTransaction, "run", explained)
    RUNNER.run(ingest())
    keyed = [match for query in plans for match in KEYED.findall(query)]
    assert len(keyed) > 20
    assert [match for match in keyed if "USING INDEX SEEK" not in match] == []
    scans = [step for plan in plans.values() for step in plan if "Scan" in step]
    assert set(scans) == set()


@pytest.mark.parametrize(
    ("query", "index"),
    [
        (SEQUENCE_AT, "Batch(recordedUs)"),
        (checking.ENDS, "Unfolded(sequence)"),
        (checking.UNFOLDED, "Unfolded(sequence)"),
        (checking.FOLDED, "Unfolded(sequence)"),
        (checking.JOIN, "Finding(id)"),
    ],
    ids=[
        "a moment",
        "moments of a rebuild",
        "records of a rebuild",
        "records that are folded again",
        "findings that are joined again",
    ],
)
def test_a_plan_of_an_empty_database_begins_at_the_index(store: Neo4jStore, query: str, index: str) -> None:
    async def plan() -> list[str]:
        await store.sequence_at(None)
        values = {"us": 1, "after": "" if query is checking.JOIN else 0, "last": 1, "limit": 1}
        async with store.connection.session(writes=True) as session:
            result = await session.run("EXPLAIN " + query, values)
            return steps((await result.consume()).plan or {})

    found = RUNNER.run(plan())
    assert any("Seek" in step and f":{index}" in step for step in found), found
    assert [step for step in found if "Scan" in step or step.startswith(("Sort", "Top"))] == []


def test_edges_of_others_are_looked_for_type_by_type(store: Neo4jStore) -> None:
    async def plan(query: str) -> list[str]:
        async with store.connection.session(writes=False) as session:
            return steps((await (await session.run(f"EXPLAIN {query}")).consume()).plan or {})

    RUNNER.run(store.sequence_at(None))
    for edge, query in checking.FOREIGN_EDGES.items():
        found = RUNNER.run(plan(query))
        assert [step.partition(" ")[0] for step in found if "Scan" in step] == ["DirectedRelationshipTypeScan"], edge
        assert [step for step in found if "Expand" in step or "Cartesian" in step] == [], edge


PUT_IN = "\N{SECTION SIGN}"


def _text(node: ast.AST) -> str:
    if isinstance(node, ast.JoinedStr):
        return "".join(map(_text, node.values))
    if isinstance(node, ast.BinOp):
        return _text(node.left) + _text(node.right)
    return node.value if isinstance(node, ast.Constant) and isinstance(node.value, str) else PUT_IN


def _texts(node: ast.AST) -> Iterator[str]:
    """The texts in a module, with a sign where something is put into them."""
    if isinstance(node, (ast.Constant, ast.JoinedStr, ast.BinOp)):
        yield _text(node)
    else:
        for inner in ast.iter_child_nodes(node):
            yield from _texts(inner)


BEGINS = re.compile(
    r"MATCH (\(\w*:(?!Log|Schema|Audit|FlowsKept)\w(?:(?!MATCH|MERGE|RETURN|CALL|WHERE|WITH|\bSET|CREATE).)*)", re.S
)
"""The beginning of a match at the nodes of a label, up to its conditions."""
ALL = {
    "checking": {"(b:Batch)", "(e:Event)", "(i:Item)", "(n:Item)", "(n:Organization)", "(n:Identifier|Judgement)",
                 "(n:Batch)", "(i:Item)<-[y:YIELDED]-()",
                 "(i:Item)<-[m:MENTIONS]-(e)", "(i:Item)<-[d:IDENTIFIES]-(n)", "(e:Event)-[r:REGISTERS]->(o)"},
    "events": {"(e:Event)"},
    "findings": {"(f:Finding)"},
    "flows": {"(f:Flow)"},
    "items": {"(i:Item)<-[y:YIELDED]-(e)"},
    "migrating": {"(e:Event) } OR EXISTS {", "(i:Item) }"},
    "shown": {"(b:Batch)", "(i:Item) OPTIONAL", "(e:Event)-[r:REGISTERS]->()", "(o:Organization)<-[:REGISTERS]-()"},
}  # fmt: skip
"""What reads all there is: a check and a rebuild, lists of everything, and whether there is anything."""


def test_a_query_says_at_which_index_it_begins() -> None:
    """Wherever it does not read all there is. What is put in behind a match is the hint."""
    found: dict[str, set[str]] = {}
    for path in sorted(Path(store_module.__file__).parent.glob("*.py")):
        texts = set(_texts(ast.parse(path.read_text("utf-8"))))
        begins = {begin.strip() for text in texts for begin in BEGINS.findall(text)}
        found[path.stem] = {begin for begin in begins if "USING INDEX" not in begin and begin[-1] != PUT_IN}
    assert {module: begins for module, begins in found.items() if begins} == ALL


def moment(day: int) -> datetime:
    return datetime(2026, 1, day, tzinfo=UTC)


def page(list_name: str, *arguments: Any, **more: Any) -> Callable[[Neo4jSnapshot], Awaitable[Any]]:
    return lambda snapshot: getattr(snapshot, list_name)(*arguments, **more)


ITEM = ItemPlace("K", 1)
AT = FindingPlace(1, "f")
BORN = {"order": ItemOrder.PRODUCED_AT}
BACK = {"reverse": True}
SINCE = {"order": FindingOrder.SINCE}
LAST = OrganizationPlace("X")
IN_ORDER = {
    "items": (page("item_page", ItemFilter(), None, 3), "Item(key)"),
    "items further": (page("item_page", ItemFilter(), ITEM, 3), "Item(key)"),
    "items back": (page("item_page", ItemFilter(kind="CELL"), ITEM, 3, **BACK), "Item(key)"),
    "items by time": (page("item_page", ItemFilter(), None, 3, **BORN), "Event(occurredAt)"),
    "items by time, further": (page("item_page", ItemFilter(), ITEM, 3, **BORN), "Event(occurredAt)"),
    "items by time, back": (page("item_page", ItemFilter(), ITEM, 3, **BACK, **BORN), "Event(occurredAt)"),
    "events": (page("event_page", EventFilter(), None, 3), "Event(sequence)"),
    "events further": (page("event_page", EventFilter(recorded_from=moment(1)), 1, 3), "Event(sequence)"),
    "events back": (page("event_page", EventFilter(), 9, 3, **BACK), "Event(sequence)"),
    "events of an actor": (page("event_page", EventFilter(actor="A"), None, 3), "Event(actor, sequence)"),
    "events of an actor, back": (
        page("event_page", EventFilter(actor="A", status="ACCEPTED", recorded_from=moment(1)), 9, 3, **BACK),
        "Event(actor, sequence)",
    ),
    "findings": (page("finding_page", FindingFilter(), None, 3), "Finding(shownUs, id)"),
    "findings further": (page("finding_page", FindingFilter(severities=("ERROR",)), AT, 3), "Finding(shownUs, id)"),
    "findings back": (page("finding_page", FindingFilter(), AT, 3, **BACK), "Finding(shownUs, id)"),
    "findings since": (page("finding_page", FindingFilter(), None, 3, **SINCE), "Finding(sinceUs, id)"),
    "findings since, further": (page("finding_page", FindingFilter(), AT, 3, **SINCE), "Finding(sinceUs, id)"),
    "findings of a kind": (page("finding_page", FindingFilter(codes=("X",)), None, 3), "Finding(code, shownUs, id)"),
    "findings of kinds, back": (
        page("finding_page", FindingFilter(codes=("X", "Y")), AT, 3, **BACK),
        "Finding(code, shownUs, id)",
    ),
    "findings of a kind since": (
        page("finding_page", FindingFilter(codes=("X",)), AT, 3, **SINCE),
        "Finding(code, sinceUs, id)",
    ),
    "findings with a party": (
        page("finding_page", FindingFilter(party="B", severities=("ERROR",)), None, 3),
        "INVOLVES(party, shownUs, id)",
    ),
    "findings with a party, back": (
        page("finding_page", FindingFilter(party="B", codes=("X",)), AT, 3, **BACK),
        "INVOLVES(party, shownUs, id)",
    ),
    "findings with a party since": (
        page("finding_page", FindingFilter(party="B"), AT, 3, **SINCE),
        "INVOLVES(party, sinceUs, id)",
    ),
    "organizations": (page("organization_page", OrganizationFilter(), None, 3), "Organization(key)"),
    "organizations back": (page("organization_page", OrganizationFilter(), LAST, 3, **BACK), "Organization(key)"),
    "what is called so": (page("search", ["P1"], None, 1), "Item(key)"),
    "what begins so": (page("search", ["P"], FoundPlace(1, "P10"), 3, worst=1), "Item(key)"),
}
"""Lists of what may be many: an index has them in the order of their pages."""
FEW = {
    "items of a holder": (page("item_page", ItemFilter(holder="B"), None, 3), "Organization(key)"),
    "items of a custodian": (page("item_page", ItemFilter(custodian="B"), ITEM, 3), "Organization(key)"),
    "changes": (page("changes", Change(1, "P1"), 3), "Item(changed, key)"),
    "items of a party": (page("item_page", ItemFilter(party="B"), None, 3), "Organization(key)"),
    "items of a producer": (page("item_page", ItemFilter(producer="A"), None, 3), "Event(actor)"),
    "events of an item": (page("event_page", EventFilter(item="P1"), None, 3), "Event(eventId)"),
    "events of a party": (page("event_page", EventFilter(party="B"), None, 3), "Event(actor)"),
    "events of types": (page("event_page", EventFilter(types=("TRANSFER",)), 1, 3), "Event(type, sequence)"),
    "events of types, back": (
        page("event_page", EventFilter(types=("TRANSFER", "RECEIPT")), None, 3, **BACK),
        "Event(type, sequence)",
    ),
    "how many events of a type": (page("event_count", EventFilter(types=("TRANSFER",))), "Event(type, sequence)"),
    "how many events of a status": (page("event_count", EventFilter(status=EventStatus.PENDING)), "Event(status)"),
    "findings on an item": (page("finding_page", FindingFilter(subject=Subject("P1")), AT, 3), "Finding(subject)"),
    "how many findings of a kind": (page("finding_counts", FindingFilter(codes=("X",))), "Finding(code, shownUs, id)"),
    "how many findings with a party": (
        page("finding_counts", FindingFilter(party="B")),
        "INVOLVES(party, shownUs, id)",
    ),
    "items with findings": (page("item_page", ItemFilter(findings=("X",)), None, 3), "Finding(code, shownUs, id)"),
    "items in a region": (page("item_page", ItemFilter(region="CN-GD"), None, 3), "REGISTERS(region)"),
    "a record": (page("stored", ["t"]), "Event(eventId)"),
    "rows of flows": (page("flow_page", FlowKind.BATTERY, "P", 3), "Flow(kind, key)"),
}
"""Lists of what is few: they begin there, or in the order of the list where the server takes that for shorter."""


async def fill(store: Neo4jStore) -> None:
    """Some of everything, which the server then knows of."""
    packs = [made(f"p{number}", number % 9, unit(f"P{number}")) for number in range(60)]
    await tell(store, *packs, event("t", "TRANSFER", 20, "A", items=["P1", "P2"], to="B"))
    await tell(store, event("t2", "TRANSFER", 21, "B", items=["P1"], to="C"))
    findings = [
        KeptFinding(f"f{number}", "X", "integrity", "ERROR", Subject(f"P{number}"), 1, "CN-GD", ("B",))
        for number in range(60)
    ]
    subjects = tuple(finding.subject for finding in findings)
    await store.keep(Revision(subjects, tuple(findings), Audited(), Audited(1, "", 1, "rules")))
    async with store.connection.session(writes=True) as session:
        await (await session.run("CALL db.prepareForReplanning()")).consume()


def plans_of(
    store: Neo4jStore, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Neo4jSnapshot], Awaitable[Any]]
) -> list[list[str]]:
    """The steps of each query that a list asks, but for the state of the log, in a store that was filled."""
    answer = Reads.answer
    found: list[list[str]] = []

    async def explained(self: Reads, query: str, values: dict[str, Any]) -> Any:
        _, summary = await answer(self, f"EXPLAIN {query}", values)
        found.append(steps(summary.plan or {}))
        return await answer(self, query, values)

    async def run() -> None:
        async with store.snapshot() as snapshot:
            monkeypatch.setattr(Reads, "answer", explained)
            await ask(snapshot)
            monkeypatch.setattr(Reads, "answer", answer)

    RUNNER.run(run())
    return found


def test_a_page_is_read_in_the_order_of_an_index(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """The first ones of each code are put in order at last, which are no more than a page of each."""
    RUNNER.run(fill(store))
    wrong = {}
    for name, (ask, index) in IN_ORDER.items():
        found = plans_of(store, monkeypatch, ask)
        begins = [step for plan in found for step in plan if "Scan" in step or "Seek" in step]
        scans = [step for step in begins if "Scan" in step and f":{index}" not in step]
        sorting = [step for plan in found for step in plan if step.startswith(("Sort", "Top", "PartialTop"))]
        sorting = [step for step in sorting if "Finding(code" not in index or "f.code" in step]
        if scans or sorting or not any(f":{index}" in step for step in begins):
            wrong[name] = found
    assert wrong == {}


def test_a_list_of_few_begins_where_they_are(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    RUNNER.run(fill(store))
    wrong = {}
    for name, (ask, index) in FEW.items():
        found = [step for plan in plans_of(store, monkeypatch, ask) for step in plan]
        begins = any("Seek" in step and f":{index}" in step for step in found)
        if not begins or any("Scan" in step for step in found):
            wrong[name] = found
    assert wrong == {}


def test_the_state_of_the_log_is_read_last(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else what was read may be of half a graph, and nobody would know."""
    RUNNER.run(fill(store))
    for ask in (lambda snapshot: snapshot.find("P1"), lambda snapshot: snapshot.about(["P1"])):
        (found,) = plans_of(store, monkeypatch, ask)
        reads = [step for step in found if "Seek" in step]
        assert [step for step in reads if " l:Log(" in step or " s:Schema(" in step] == reads[-2:], reads
        assert len(reads) > 2
