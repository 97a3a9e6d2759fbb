"""The hand-worked histories of the model, on every store."""

import json
from datetime import datetime
from typing import Any

import pytest

from service.ports import Store
from service.running import drive
from tests.support import DATA, ask, in_oracle_shape, send

CASES = {path.stem: json.loads(path.read_text()) for path in sorted((DATA / "cases").glob("*.json"))}


def load(store: Store, case: dict[str, Any]) -> dict[str, int]:
    """Record the batches; the sequence after each."""
    after = {}
    for name, events in case["batches"].items():
        send(store, events)
        after[name] = drive(store.sequence_at(None))
    return after


@pytest.mark.parametrize("name", CASES)
def test_statuses(store: Store, name: str) -> None:
    load(store, CASES[name])

    async def statuses() -> dict[str, str]:
        async with store.snapshot() as snapshot:
            return {event.event_id: event.status for event in await snapshot.stored(list(CASES[name]["statuses"]))}

    assert drive(statuses()) == CASES[name]["statuses"]


@pytest.mark.parametrize("name", CASES)
def test_traces(store: Store, name: str) -> None:
    case = CASES[name]
    after = load(store, case)
    for asked in case["traces"]:
        as_of = datetime.fromisoformat(asked["asOf"]) if "asOf" in asked else None
        sequence = after[asked["knownAt"]] if "knownAt" in asked else None
        found = in_oracle_shape(ask(store, asked["key"], asked["direction"], sequence, as_of=as_of))
        if asked["items"] is None:
            assert found is None, asked
        else:
            check(asked, found)


def check(asked: dict[str, Any], found: dict[str, Any]) -> None:
    assert found["items"] == asked["items"], asked
    edges = {edge[:3] for edge in found["edges"]}
    assert {tuple(edge) for edge in asked.get("edges", ())} <= edges
    assert not {tuple(edge) for edge in asked.get("noEdges", ())} & edges
    for key, element, kg, *basis in asked.get("attribution", ()):
        row = found["attribution"].get((key, element), (0.0, 0.0, None))
        assert row[0] == pytest.approx(kg, rel=1e-9), (asked, key, element)
        assert not basis or row[2] == basis[0]
    for element, row in asked.get("balance", {}).items():
        assert (None if row is None else tuple(row)) == pytest.approx(found["balance"].get(element), rel=1e-9)


def test_pack_a_never_reaches_lot_l(store: Store) -> None:
    """Section 6: reachability says that A ended up in L (A - m1 - B - m7 - L). Nothing of A did."""
    load(store, CASES["01-swapped-module"])
    assert "L" not in in_oracle_shape(ask(store, "A1", "FORWARD"))["items"]
    assert "A1" not in in_oracle_shape(ask(store, "L", "BACKWARD"))["items"]
    assert "C1" in in_oracle_shape(ask(store, "L", "BACKWARD"))["items"]
