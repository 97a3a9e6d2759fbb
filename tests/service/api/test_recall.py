"""Recall and what became of a trace."""

from collections import Counter
from typing import Any

import pytest

from seed.story import PACK_A, PACK_RECYCLED, RECYCLER, TAXI, VEHICLE_A, VEHICLE_C, WORKSHOP, module
from service.ports import Store
from tests.service.api.conftest import Ask
from tests.support import send

pytestmark = pytest.mark.usefixtures("told")

AFFECTED = """query ($keys: [String!]!, $asOf: DateTime, $first: Int, $after: String) {
  affected(keys: $keys, asOf: $asOf, first: $first, after: $after) {
    counts { kinds { kind count } vehicles holders ended byHolder { count holder { key label } } } unknown truncated
    items { totalCount pageInfo { hasNextPage endCursor }
      edges { node { node { key kind status } suspects outermost { key } vehicle { key label }
        holder { key label } ended } } } } }"""


def test_a_suspect_module_while_it_was_in_a_vehicle(data: Ask) -> None:
    found = data(AFFECTED, keys=[module(3)], asOf="2022-01-01T00:00:00Z")["affected"]
    assert found["counts"] == {
        "kinds": [
            {"kind": "CELL", "count": 2},
            {"kind": "MODULE", "count": 1},
            {"kind": "BATTERY", "count": 1},
            {"kind": "VEHICLE", "count": 1},
        ],
        "vehicles": 1,
        "holders": 1,
        "ended": 0,
        "byHolder": [{"count": 5, "holder": {"key": TAXI, "label": "Bay Taxi"}}],
    }
    nodes = [edge["node"] for edge in found["items"]["edges"]]
    assert [node["node"]["key"] for node in nodes][-3:] == [module(3), PACK_RECYCLED, VEHICLE_C]
    assert {node["vehicle"]["key"] for node in nodes} == {VEHICLE_C}
    assert {node["holder"]["key"] for node in nodes} == {TAXI}
    assert {node["holder"]["label"] for node in nodes} == {"Bay Taxi"}
    assert {tuple(node["suspects"]) for node in nodes} == {(module(3),)}
    assert nodes[-1]["outermost"] is None
    assert nodes[0]["outermost"]["key"] == VEHICLE_C


def test_a_suspect_module_after_it_was_recycled(data: Ask) -> None:
    """It and its cells ended; what they went into is held by others."""
    seen: list[dict[str, Any]] = []
    after = None
    while True:
        found = data(AFFECTED, keys=[module(3), "nobody's"], first=5, after=after)["affected"]
        assert found["unknown"] == ["nobody's"]
        assert found["items"]["totalCount"] == 14
        seen += [edge["node"] for edge in found["items"]["edges"]]
        after = found["items"]["pageInfo"]["endCursor"]
        if not found["items"]["pageInfo"]["hasNextPage"]:
            break
    keys = [node["node"]["key"] for node in seen]
    assert keys == sorted(keys)
    assert len(keys) == 14
    assert found["counts"]["ended"] == 3
    held = Counter(node["holder"]["key"] for node in seen if node["holder"])
    counted = [(one["holder"]["key"], one["count"]) for one in found["counts"]["byHolder"]]
    assert counted == held.most_common()
    assert len(counted) == found["counts"]["holders"] == 2
    assert PACK_RECYCLED not in keys, "it held the module once, and is none of it"
    by_key = {node["node"]["key"]: node for node in seen}
    assert by_key[module(3)]["ended"]
    assert by_key[module(3)]["holder"] is None
    assert by_key["LOT-BM-2026-06"]["holder"]["key"] == RECYCLER


CHANGES = """query ($key: String!, $from: TraceMoment!, $to: TraceMoment!) {
  traceChanges(key: $key, direction: FORWARD, from: $from, to: $to) { truncated
    nodesAdded { key kind node { id } } nodesRemoved { key kind node { id } }
    nodesChanged { before { key status } after { status } fields }
    edgesAdded { kind source target } edgesRemoved { kind source target }
    edgesChanged { before { kind source target to } after { to closedBy } fields } } }"""


def test_what_a_year_changed(data: Ask) -> None:
    """In between the workshop took a module out of the pack and put another one in."""
    found = data(
        CHANGES, key=PACK_A, **{"from": {"asOf": "2023-06-01T00:00:00Z"}, "to": {"asOf": "2024-01-01T00:00:00Z"}}
    )["traceChanges"]
    assert not found["truncated"]
    assert found["nodesRemoved"] == found["edgesRemoved"] == []
    added = {node["key"]: node["kind"] for node in found["nodesAdded"]}
    assert added[module(7)] == "MODULE"
    assert added[WORKSHOP] == "ORGANIZATION"
    assert all(node["node"]["id"] for node in found["nodesAdded"])
    assert {"kind": "PART_OF", "source": module(7), "target": PACK_A} in found["edgesAdded"]
    assert {"kind": "HELD_BY", "source": module(2), "target": WORKSHOP} in found["edgesAdded"]
    changed = {node["before"]["key"]: node for node in found["nodesChanged"]}
    assert changed[module(2)]["fields"] == ["status"]
    assert (changed[module(2)]["before"]["status"], changed[module(2)]["after"]["status"]) == ("INSTALLED", "AVAILABLE")
    (closed,) = found["edgesChanged"]
    assert closed["before"] == {"kind": "PART_OF", "source": module(2), "target": PACK_A, "to": None}
    assert closed["after"]["closedBy"] == "story-28-removal"
    assert closed["fields"] == ["to", "closedBy"]


def test_what_a_late_report_changed(data: Ask, store: Store) -> None:
    """A module had been taken out before its pack was recycled: nothing of it is in the black mass."""
    then = data('{ event(eventId: "story-57-inspection") { recordedAt } }')["event"]["recordedAt"]
    send(store, [{
        "eventId": "late", "type": "REMOVAL", "occurredAt": "2026-05-30T00:00:00Z", "actor": "x", "part": module(3),
        "host": PACK_RECYCLED,
    }])  # fmt: skip
    found = data(CHANGES, key=module(3), **{"from": {"knownAt": then}, "to": {}})["traceChanges"]
    removed = {node["key"] for node in found["nodesRemoved"]}
    assert {"LOT-BM-2026-06", "story-45-recycling"} <= removed
    assert all(node["node"]["id"] for node in found["nodesRemoved"]), "as they were known then"
    assert "x" in {node["key"] for node in found["nodesAdded"]}
    assert {"kind": "CONSUMED_IN", "source": module(3), "target": "story-45-recycling"} in found["edgesRemoved"]
    nothing = data(CHANGES, key=module(3), **{"from": {}, "to": {}})["traceChanges"]
    assert [value for value in nothing.values() if value] == []


def test_an_item_that_is_known_at_one_moment_or_at_none(data: Ask) -> None:
    before, between = {"asOf": "2020-01-01T00:00:00Z"}, {"asOf": "2021-05-10T12:00:00Z"}
    assert data(CHANGES, key=PACK_A, **{"from": before, "to": before})["traceChanges"] is None
    born = data(CHANGES, key=PACK_A, **{"from": before, "to": between})["traceChanges"]
    assert PACK_A in {node["key"] for node in born["nodesAdded"]}
    assert born["nodesRemoved"] == born["nodesChanged"] == []
    unborn = data(CHANGES, key=PACK_A, **{"from": between, "to": before})["traceChanges"]
    assert unborn["nodesRemoved"] == born["nodesAdded"]
    assert VEHICLE_A not in {node["key"] for node in born["nodesAdded"]}


@pytest.mark.parametrize(("keys", "message"), [([], "keys: name one suspect at least"), (["x"] * 101, "keys: 101")])
def test_bad_recalls(answer: Ask, keys: list[str], message: str) -> None:
    (error,) = answer(AFFECTED, keys=keys)["errors"]
    assert message in error["message"]
