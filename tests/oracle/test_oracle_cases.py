"""The oracle gives every answer of the hand-worked cases."""

import json
from pathlib import Path

import pytest

from .dye import trace
from .world import judge

CASES = Path(__file__).parents[1] / "data" / "cases"
NAMES = sorted(path.name for path in CASES.glob("*.json"))


def log_after(case: dict, batch: str | None) -> list[dict]:
    events = []
    for name, arrived in case["batches"].items():
        events += arrived
        if name == batch:
            break
    return events


@pytest.fixture(params=NAMES)
def case(request: pytest.FixtureRequest) -> dict:
    return json.loads((CASES / request.param).read_text())


def test_there_are_cases() -> None:
    assert len(NAMES) == 12


def test_statuses(case: dict) -> None:
    verdicts = judge(log_after(case, None))
    assert {event: verdicts[event][0] for event in case["statuses"]} == case["statuses"]


def test_traces(case: dict) -> None:
    for asked in case["traces"]:
        events = log_after(case, asked.get("knownAt"))
        answer = trace(events, asked["key"], asked["direction"], asked.get("asOf"))
        check(asked, answer)


def check(asked: dict, answer: dict | None) -> None:
    if asked["items"] is None:
        assert answer is None
        return
    assert answer["items"] == asked["items"]
    edges = {edge[:3] for edge in answer["edges"]}
    assert {tuple(edge) for edge in asked.get("edges", [])} <= edges
    assert not {tuple(edge) for edge in asked.get("noEdges", [])} & edges
    for key, element, kg, *basis in asked.get("attribution", []):
        row = answer["attribution"].get((key, element), (0.0, 0.0, None))
        assert row[0] == pytest.approx(kg)
        assert not basis or row[2] == basis[0]
    for element, row in asked.get("balance", {}).items():
        assert answer["balance"].get(element) == (None if row is None else pytest.approx(row))
