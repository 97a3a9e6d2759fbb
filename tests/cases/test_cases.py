"""The hand-worked histories, on every store: statuses, traces, attribution, balance, at every moment of knowledge."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from graph_schema.answer import Direction, Trace
from graph_schema.trace import TraceQuestion
from service.ports import Store
from service.recording import RecordStatus, record
from service.tracing import path, trace
from tests.support import RUNNER

CASES = Path(__file__).parents[1] / "data" / "cases"
NAMES = sorted(file.name for file in CASES.glob("*.json"))

Case = dict[str, Any]


def read_case(name: str) -> Case:
    return json.loads((CASES / name).read_text())


async def tell(store: Store, batches: dict[str, list[dict]]) -> dict[str, int]:
    """Record the batches; the sequence after each."""
    ends = {}
    for name, batch in batches.items():
        results = await record(store, batch)
        assert not [result for result in results if result.status is RecordStatus.REJECTED]
        ends[name] = await store.sequence_at(None)
    return ends


def items(answer: Trace | None) -> dict[str, str] | None:
    if answer is None:
        return None
    return {node.key: node.role.value for node in answer.nodes if node.role.value not in ("EVENT", "CUSTODIAN")}


def check(asked: Case, answer: Trace | None) -> None:
    assert items(answer) == asked["items"]
    if answer is None:
        return
    edges = [(edge.kind, edge.source, edge.target) for edge in answer.edges]
    assert len(edges) == len(set(edges)) or asked.get("edges") is None
    assert {tuple(edge) for edge in asked.get("edges", [])} <= set(edges)
    assert not {tuple(edge) for edge in asked.get("noEdges", [])} & set(edges)
    rows = {(row.key, row.element): (row.mass_kg, row.basis) for row in answer.attribution}
    for key, element, kg, *basis in asked.get("attribution", []):
        found, stands_on = rows.get((key, element), (0.0, None))
        assert found == pytest.approx(kg, rel=1e-9, abs=1e-9), (key, element)
        assert not basis or stands_on == basis[0], (key, element)
    balance = {row.element: tuple(row[1:]) for row in answer.balance}
    for element, places in asked.get("balance", {}).items():
        expected = None if places is None else pytest.approx(places, rel=1e-9, abs=1e-9)
        assert balance.get(element) == expected, element


def test_there_are_cases() -> None:
    assert len(NAMES) == 12


@pytest.mark.parametrize("name", NAMES)
def test_case(name: str, store: Store) -> None:
    case = read_case(name)

    async def run() -> None:
        ends = await tell(store, case["batches"])
        async with store.snapshot() as snapshot:
            found = {stored.event_id: stored.status.value for stored in await snapshot.stored(case["statuses"])}
        assert found == case["statuses"]
        for asked in case["traces"]:
            as_of = datetime.fromisoformat(asked["asOf"]) if "asOf" in asked else None
            question = TraceQuestion(asked["key"], Direction(asked["direction"]), as_of)
            sequence = ends[asked["knownAt"]] if "knownAt" in asked else None
            check(asked, await trace(store, question, sequence))
        assert await store.verify() == []

    RUNNER.run(run())


@pytest.mark.parametrize("name", NAMES)
def test_case_by_the_clock(name: str, store: Store) -> None:
    """`knownAt` as a time: what was known right when a batch had been recorded."""
    case = read_case(name)

    async def run() -> None:
        ends = await tell(store, case["batches"])
        async with store.snapshot() as snapshot:
            last = [batch[-1]["eventId"] for batch in case["batches"].values()]
            times = {stored.event_id: stored.recorded_at for stored in await snapshot.stored(last)}
        for (batch, end), event_id in zip(ends.items(), last, strict=True):
            assert await store.sequence_at(times[event_id]) == end, batch

    RUNNER.run(run())


@pytest.mark.parametrize("name", NAMES)
def test_case_in_reverse(name: str, store: Store) -> None:
    """Fed one by one, the last first, the graph comes out identical."""
    case = read_case(name)
    everything = [event for batch in case["batches"].values() for event in batch]

    async def run() -> None:
        await tell(store, {event["eventId"]: [event] for event in reversed(everything)})
        async with store.snapshot() as snapshot:
            found = {stored.event_id: stored.status.value for stored in await snapshot.stored(case["statuses"])}
        assert found == case["statuses"]
        for asked in case["traces"]:
            if "knownAt" not in asked:
                as_of = datetime.fromisoformat(asked["asOf"]) if "asOf" in asked else None
                check(asked, await trace(store, TraceQuestion(asked["key"], Direction(asked["direction"]), as_of)))

    RUNNER.run(run())


def test_pack_a_never_reaches_lot_l(store: Store) -> None:
    """Section 6: A's module m1 sat beside m7 in pack B, and m7 alone was recycled into L. Nothing of A is in L."""

    async def run() -> None:
        await tell(store, read_case("01-swapped-module.json")["batches"])
        forward = await trace(store, TraceQuestion("A1", Direction.FORWARD))
        assert forward is not None
        assert items(forward) == {"A1": "ROOT", "m1": "SUBSTANCE", "m2": "SUBSTANCE", "B1": "HOST"}
        assert "L" not in {row.key for row in forward.attribution}
        lithium = next(row for row in forward.balance if row.element == "Li")
        assert lithium.recovered_kg == 0
        backward = await trace(store, TraceQuestion("L", Direction.BACKWARD))
        assert backward is not None
        assert "A1" not in items(backward)
        assert "m1" not in items(backward)
        assert {row.key for row in backward.attribution} == {"L", "m7"}
        nothing = await path(store, "A1", "L")
        assert nothing is not None
        assert (nothing.nodes, nothing.edges) == ([], [])
        something = await path(store, "C1", "L")
        assert something is not None
        assert {"C1", "m7", "L"} <= {node.key for node in something.nodes}

    RUNNER.run(run())
