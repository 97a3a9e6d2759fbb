"""Vehicles that come to their end without a battery that was in them."""

from typing import Any

import pytest

from graph_schema.rules import Finding
from graph_schema.rules.examples import Event
from tests.service.test_no_35 import JUDGED
from tests.service.test_waste_inside import NATION, _known, _on

SCRAP = _known("SCRAP", "VEHICLE_DISMANTLER", "DISMANTLING")
MADE = [*NATION, SCRAP, _known("SHOP", "REPAIRER"), _known("SWAP", "SWAP_OPERATOR")] + [
    _on("2024-01-02", "PRODUCTION", "CARS", outputs=[{"key": key, "kind": "BATTERY"}]) for key in ("ONE", "TWO")
]
ENDS: dict[str, dict[str, Any]] = {
    "SCRAPPING": {"item": "CAR"},
    "DISMANTLING": {"item": "CAR"},
    "RECYCLING": {"inputs": [{"key": "CAR"}], "outputs": []},
}


def _car(*parts: Any, **more: Any) -> list[Event]:
    car = {"key": "CAR", "kind": "VEHICLE", "parts": list(parts), **more}
    return [*MADE, _on("2024-01-05", "PRODUCTION", "CARS", outputs=[car])]


def _out(battery: str = "ONE", actor: str = "OWNER", host: str = "CAR", day: str = "2026-05-01") -> Event:
    return _on(day, "REMOVAL", actor, part=battery, host=host)


def _in(battery: str = "TWO", actor: str = "SHOP", host: str = "CAR", day: str = "2026-05-02") -> Event:
    return _on(day, "INSTALLATION", actor, part=battery, host=host)


def _missing(events: list[Event], end: str = "SCRAPPING") -> list[Finding]:
    ended = _on("2026-06-01", end, "SCRAP", **ENDS[end])
    return [one for one in JUDGED([*events, ended]) if one.code == "BATTERY_MISSING_AT_SCRAPPING"]


@pytest.mark.parametrize("end", ENDS)
def test_however_a_car_ends_its_battery_is_asked_for(end: str) -> None:
    (one,) = _missing([*_car("ONE"), {**_out(), "eventId": "out"}], end)
    assert one.evidence[1:] == ("out",)
    assert one.parties == ("SCRAP", "OWNER")
    assert one.sentence.endswith(
        " CAR on 2026-06-01 without its battery ONE, which left it by removal out of OWNER on 2026-05-01"
    )
    assert _missing(_car("ONE"), end) == []
    assert _missing([*_car("ONE"), _out(actor="SCRAP")], end) == []


def test_a_part_that_is_dismantled_is_not_the_end_of_its_car() -> None:
    seat = _on("2026-05-02", "DISMANTLING", "SHOP", item="SEAT")
    assert _missing([*_car("ONE", {"key": "SEAT", "kind": "COMPONENT"}), _out(), _in(), seat]) == []


def test_another_dismantler_may_have_taken_it_out() -> None:
    other = _known("OTHER", "VEHICLE_DISMANTLER")
    assert _missing([other, *_car("ONE"), _out(actor="OTHER")], "RECYCLING") == []
    handed = _on("2026-05-01", "TRANSFER", "OTHER", items=["ONE"], to="TRADER")
    assert len(_missing([other, *_car("ONE"), handed], "RECYCLING")) == 1, "handed on, and nobody said it was taken out"


@pytest.mark.parametrize(
    ("moves", "missing"),
    [
        ([], []),
        ([_out("TWO")], ["TWO"]),
        ([_out("TWO"), _in("TWO")], []),
        ([_out("TWO"), _out("ONE"), _in("TWO")], ["ONE"]),
        ([_out("ONE"), _out("TWO")], ["ONE", "TWO"]),
    ],
    ids=["none", "one of two", "out and in again", "the other one", "both"],
)
def test_each_battery_is_asked_for(moves: list[Event], missing: list[str]) -> None:
    found = _missing([*_car("ONE", "TWO"), *moves])
    assert [key for key in ("ONE", "TWO") for one in found if f"battery {key}" in one.sentence] == missing
    assert len(found) == bool(missing)


def test_one_that_was_replaced_is_not_missing() -> None:
    assert _missing([*_car("ONE"), _out(actor="SHOP"), _in()]) == []
    (one,) = _missing([*_car("ONE"), _out(actor="SHOP"), _in(), _out("TWO", day="2026-05-03")])
    assert "battery TWO" in one.sentence


@pytest.mark.parametrize(
    "way",
    [
        _on("2026-05-01", "TRANSFER", "OWNER", items=["ONE"], to="TRADER"),
        _on("2026-05-01", "DISPOSAL", "OWNER", items=["ONE"], method="THEFT"),
        _on("2026-05-01", "RECYCLING", "PLANT", inputs=[{"key": "ONE"}], outputs=[]),
    ],
    ids=lambda way: str(way["type"]),
)
def test_it_may_leave_in_other_ways(way: Event) -> None:
    (one,) = _missing([*_car("ONE"), way])
    assert one.parties == ("SCRAP", way["actor"])


def test_a_battery_deep_inside_is_one_of_the_car() -> None:
    chassis = {"key": "CHASSIS", "kind": "COMPONENT", "parts": ["ONE"]}
    deep = _car({"key": "FRAME", "kind": "COMPONENT", "parts": [chassis]})
    assert _missing(deep) == []
    (one,) = _missing([*deep, _out(host="CHASSIS")])
    assert one.parties == ("SCRAP", "OWNER")
    assert _missing([*deep, _out(host="CHASSIS", actor="SCRAP")]) == []
    moved = [_out(actor="SHOP", host="CHASSIS"), _in("ONE")]
    assert _missing([*deep, *moved]) == [], "it is in the car itself now"


def test_only_swaps_of_its_own_make_a_car_one_of_the_swap_kind() -> None:
    assert len(_missing([*_car("ONE"), _out(actor="SWAP")])) == 1, "taken out, and nothing put in"
    seat = {"key": "SEAT", "kind": "COMPONENT"}
    heated = [_out("SEAT", "SWAP"), _in("SEAT", "SWAP"), _out()]
    assert len(_missing([*_car("ONE", seat), *heated])) == 1, "no battery"
    swapped = [_out(actor="SWAP"), _in(actor="SWAP"), _out("TWO", "SWAP", day="2026-05-03")]
    assert _missing([*_car("ONE"), *swapped]) == []
    assert _missing([*_car("ONE", attributes={"batterySwap": True}), _out()]) == []
