"""Points of the contract that no hand-worked case shows, worked out by hand."""

import pytest

from .dye import trace
from .world import fold, judge


def told(*events: dict) -> list[dict]:
    """Events an hour apart, by A unless they say otherwise; ids e0, e1, ..."""
    return [
        {"eventId": f"e{n}", "occurredAt": f"2024-03-01T{n:02}:00:00Z", "actor": "A", **event}
        for n, event in enumerate(events)
    ]


def made(*outputs: dict, **fields: object) -> dict:
    return {"type": "PRODUCTION", "outputs": list(outputs), **fields}


def unit(key: str, mass: float | None = None, lithium: float | None = None, parts: list | None = None) -> dict:
    stated = {"massKg": mass, "composition": None if lithium is None else {"Li": lithium}, "parts": parts or []}
    return {"key": key, "kind": "MODULE", **stated}


def lot(key: str, mass: float | None = None, lithium: float | None = None) -> dict:
    return unit(key, mass, lithium) | {"kind": "LOT", "material": "black mass", "parts": None}


def own(events: list[dict], element: str = "") -> dict[str, float | None]:
    return {key: item.own(element) for key, item in fold(events).items.items()}


def test_parts_that_state_nothing_share_what_is_left() -> None:
    host = unit("P", 10, 3, [unit("a"), unit("b", 4), unit("c", None, 1)])
    assert own(told(made(host))) == {"a": 3, "b": 4, "c": 3, "P": 0}
    assert own(told(made(host)), "Li") == {"a": 1, "b": 1, "c": 1, "P": 0}


def test_shares_go_down_to_the_bodies_that_are_unknown() -> None:
    assert own(told(made(unit("V", 20, None, [unit("P", None, None, [unit("m", 5), unit("n")])])))) == {
        "m": 5, "n": 15, "P": 0, "V": 0,
    }  # fmt: skip
    assert own(told(made(unit("V", None, None, [unit("P", 8, None, [unit("m", 9)])])))) == {"m": 9, "P": 0, "V": None}


def test_a_body_is_fixed_once_and_may_be_settled_later() -> None:
    built = [made(unit("m")), made(unit("P", 10, None, ["m"])), made(unit("Q", 7, None))]
    moved = {"type": "REMOVAL", "part": "m", "host": "P"}, {"type": "INSTALLATION", "part": "m", "host": "Q"}
    assert own(told(*built, *moved)) == {"m": 10, "P": 0, "Q": 7}


def test_what_lies_inside_another_input_counts_once() -> None:
    events = told(
        made(unit("P", 10, 2, [unit("m", 4, 1)])),
        {"type": "RECYCLING", "inputs": [{"key": "m"}, {"key": "P"}], "outputs": [lot("L", 10.6)]},
        {"type": "RECYCLING", "inputs": [{"key": "m"}, {"key": "P"}], "outputs": [lot("K", 10.5, 2.1)]},
    )
    verdicts = judge(events)
    assert verdicts["e1"] == ("CONTESTED", ["MASS_NOT_CONSERVED"])
    assert verdicts["e2"] == ("ACCEPTED", [])
    assert ("PART_OF", "m", "P", "e0", "e2") in {edge.row() for edge in fold(events).edges}


def test_all_problems_of_an_event_but_unknown_names_first() -> None:
    events = told(
        made(unit("P", 10, 2, ["x"]), unit("Q")),
        {"type": "ENROLMENT", "items": [lot("L", 2), unit("P", 10, 2, [unit("m", 4, 1)]), unit("z")]},
        {"type": "DISPOSAL", "items": ["z"], "method": "LOSS"},
        {"type": "ENROLMENT", "items": [unit("z")]},
        made(unit("N", None, None, ["m", "L", "z"]), unit("P"), inputs=[{"key": "P"}]),
        made(unit("N", None, None, ["m", "L", "z", "ghost"]), inputs=[{"key": "L", "massKg": 3}]),
        {"type": "INSTALLATION", "part": "P", "host": "m"},
        {"type": "REMOVAL", "part": "z", "host": "P"},
        {"type": "DISMANTLING", "item": "P", "parts": ["L", "m"]},
        {"type": "RECEIPT", "transfer": "e2"},
        {"type": "SCRAPPING", "item": "P"},
    )
    assert judge(events) == {
        "e0": ("PENDING", ["UNKNOWN_ITEM"]),
        "e1": ("ACCEPTED", []),
        "e2": ("ACCEPTED", []),
        "e3": ("ACCEPTED", []),
        "e4": ("CONTESTED", ["ALREADY_ENDED", "ALREADY_INSTALLED", "DUPLICATE_KEY", "WRONG_KIND"]),
        "e5": ("PENDING", ["UNKNOWN_ITEM"]),
        "e6": ("CONTESTED", ["CONTAINMENT_CYCLE"]),
        "e7": ("CONTESTED", ["ALREADY_ENDED"]),
        "e8": ("CONTESTED", ["WRONG_KIND"]),
        "e9": ("PENDING", ["UNKNOWN_EVENT"]),
        "e10": ("CONTESTED", ["WRONG_KIND"]),
    }


def test_scrapping_releases_and_an_ending_unit_is_held_by_nobody() -> None:
    events = told(
        made(unit("V", 9, 1, [unit("P", 5, 1, [unit("m", 2, 1)])]) | {"kind": "VEHICLE"}),
        {"type": "SCRAPPING", "item": "V", "actor": "B"},
        {"type": "DISPOSAL", "items": ["m"], "method": "LOSS", "actor": "C"},
    )
    assert {edge.row() for edge in fold(events).edges if edge.kind in ("HELD_BY", "CONSUMED_IN")} == {
        ("HELD_BY", "V", "A", "e0", "e1"),
        ("CONSUMED_IN", "V", "e1", "e1", "e1"),
        ("HELD_BY", "P", "B", "e1", None),
        ("CONSUMED_IN", "m", "e2", "e2", "e2"),
    }


def test_matter_that_comes_home_is_counted_once() -> None:
    events = told(
        made(unit("P", 10, 2, [unit("m", 4, 1)])),
        {"type": "REMOVAL", "part": "m", "host": "P"},
        {"type": "RECYCLING", "inputs": [{"key": "m"}], "outputs": [lot("L", 4, 1)]},
        made(unit("c", 3, 2), inputs=[{"key": "L", "massKg": 2}]),
        {"type": "INSTALLATION", "part": "c", "host": "P"},
    )
    forward, backward = trace(events, "P", "FORWARD"), trace(events, "P", "BACKWARD")
    assert forward["balance"]["Li"] == pytest.approx((3.5, 0.5, 3.0, 0.0, 0.0, 0.0))  # 1 + 1 + (1 - 1/4) * 2
    assert forward["attribution"]["c", "Li"] == (2, 1, "ELEMENT")
    lithium = {key: row[0] for (key, element), row in backward["attribution"].items() if element == "Li"}
    assert lithium == {"P": 1, "m": 1, "c": 2, "L": 0.5}
    assert backward["items"] == dict.fromkeys("mcL", "SUBSTANCE") | {"P": "ROOT"}


def test_backward_shows_a_stay_only_while_the_matter_was_there() -> None:
    events = told(
        {"type": "ENROLMENT", "items": [lot("L", 8, 2)]},
        made(unit("c", 3, 1), inputs=[{"key": "L", "massKg": 4}]),
        {"type": "TRANSFER", "items": ["L"], "to": "B"},
        {"type": "TRANSFER", "items": ["c"], "to": "C"},
        made(unit("P", 5, 1, ["c"])),
        {"type": "REMOVAL", "part": "c", "host": "P", "actor": "D"},
    )
    held = {edge[1:3] for edge in trace(events, "P", "BACKWARD")["edges"] if edge[0] == "HELD_BY"}
    assert held == {("L", "A"), ("c", "A"), ("c", "C"), ("P", "A")}
    assert {edge[1:3] for edge in trace(events, "L", "FORWARD")["edges"] if edge[0] == "HELD_BY"} == {
        ("L", "A"), ("L", "B"), ("c", "A"), ("c", "C"), ("P", "A"), ("c", "D"),
    }  # fmt: skip
