"""Small histories told step by step."""

import pytest

from seed.scenario import Scenario, scenario
from service.stores.memory import MemoryStore
from tests.service.test_auditing import found
from tests.support import ask_graph, folded, send


def recycled() -> Scenario:
    return (
        scenario("2020-01-01T08:00:00+08:00")
        .pack("PACK", modules=["M1", "M2"], mass_kg=300, composition={"Li": 5, "Ni": 25})
        .vehicle("CAR", "PACK", by="MAKER")
        .sold("CAR", to="FLEET")
        .on("2026-04-10")
        .removed("PACK", by="OUTLET")
        .retired("PACK")
        .sold("PACK", to="RECYCLER")
        .recycled("PACK", into={"BLACK-MASS": {"Li": 4.9, "Ni": 24.8}})
    )


def test_a_pack_with_two_modules_sold_retired_and_recycled() -> None:
    graph = folded(recycled().events)
    assert {outcome.status for outcome in graph.outcomes.values()} == {"ACCEPTED"}
    trace = ask_graph(graph, "PACK", "FORWARD")
    assert trace is not None
    assert {"M1", "M2", "CAR", "BLACK-MASS", "FLEET", "OUTLET", "RECYCLER"} <= {node.key for node in trace.nodes}


def test_events_are_plain_numbered_and_in_the_order_told() -> None:
    history = recycled()
    assert [event["eventId"] for event in history] == [
        "1-registration", "2-production", "3-production", "4-registration", "5-transfer", "6-receipt",
        "7-registration", "8-removal", "9-retirement", "10-registration", "11-transfer", "12-receipt", "13-recycling",
    ]  # fmt: skip
    assert len(history) == 13
    assert history.last == "13-recycling"
    times = [event["occurredAt"] for event in history]
    assert times == sorted(times)
    assert history.events[7]["occurredAt"] == "2026-04-10T08:00:00+08:00"
    assert history.events[7]["actor"] == history.events[8]["actor"] == "OUTLET"


def test_second_life_of_used_modules_and_salts_that_end_in_a_new_pack() -> None:
    history = (
        scenario()
        .lot("CATHODE", 100, {"Li": 7})
        .pack("A", ["a1", "a2"], inputs={"CATHODE": 50}, mass_kg=200, composition={"Li": 3.5})
        .module("spare", cells=["c1"])
        .sold("A", "spare", to="WORKSHOP")
        .removed("a2")
        .installed("spare", "A", position="2")
        .inspected("A", 83.5)
        .sold("A", to="SECOND-LIFE")
        .dismantled("A")
        .repurposed("STORAGE", ["a1", "spare"], attributes={"originalCode": "A"})
        .sold("a2", to="RECYCLER")
        .recycled("a2", into={"BM": 40.0})
        .refined({"BM": 40}, into={"SALT": 9.0})
        .sold("SALT", to="MAKER")
        .pack("NEW", inputs={"SALT": 9})
    )
    graph = folded(history.events)
    assert {outcome.status for outcome in graph.outcomes.values()} == {"ACCEPTED"}
    forward = ask_graph(graph, "A", "FORWARD")
    assert forward is not None
    assert {"STORAGE", "NEW"} <= {node.key for node in forward.nodes}


def test_what_breaks_a_rule_or_is_impossible_can_be_told() -> None:
    history = (
        scenario()
        .pack("P")
        .vehicle("CAR", "P")
        .sold("CAR", to="OWNER", receipt=False)
        .sold("CAR", to="DISMANTLER")
        .scrapped("CAR")
        .sold("P", to="TRADER-WITHOUT-NAME")
        .disposed("P", method="EXPORT")
        .retired("P", by="OUTLET")
        .noted("after it was gone")
        .recorded("2025-01-01T08:00:00+08:00")
    )
    outcomes = folded(history.events).outcomes
    assert outcomes.pop(history.last).status == "CONTESTED"
    assert {outcome.status for outcome in outcomes.values()} == {"ACCEPTED"}
    assert not any(event["actor"] == "TRADER-WITHOUT-NAME" for event in history if event["type"] == "REGISTRATION")
    assert history.events[-1]["note"] == "after it was gone"
    assert folded(history.voided().events).outcomes[f"{len(history) - 1}-retirement"].status == "VOIDED"


@pytest.mark.parametrize(
    ("tell", "told"),
    [
        (lambda: scenario("2024-01-01T00:00:00"), "has no offset"),
        (lambda: scenario().retired("P"), "nobody holds P .* by="),
        (lambda: scenario().removed("P"), "P is in no host .* host="),
        (lambda: scenario().pack("P").voided("ghost"), "ghost is no event of this scenario; it has 1-registration"),
    ],
)
def test_what_cannot_be_told_is_said(tell, told: str) -> None:  # type: ignore[no-untyped-def]
    with pytest.raises(ValueError, match=told):
        tell()


@pytest.mark.parametrize(("region", "is_judged"), [("CN-44", True), (None, False), ("DE", False)])
def test_rules_of_a_country_judge_a_scenario_in_it(region: str | None, is_judged: bool) -> None:
    told = (
        scenario("2026-04-20T08:00:00+08:00", region)
        .pack("PACK", mass_kg=300)
        .sold("PACK", to="OUTLET")
        .retired("PACK")
        .party("TRADER", "TRADER")
        .sold("PACK", to="TRADER")
    )
    store = MemoryStore()
    send(store, told.events)
    assert ("UNAUTHORIZED_RECIPIENT" in {finding.code for finding in found(store)}) is is_judged


def test_a_party_may_be_elsewhere() -> None:
    first, second = scenario(region="CN-44").party("A", "UTILIZER", region="DE").party("B", "UTILIZER")
    assert [one["organization"]["region"] for one in (first, second)] == ["DE", "CN-44"]
