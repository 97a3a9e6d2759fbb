"""What came out of something taken apart is waste though nobody retired it, and what is built of waste is used."""

import pytest

from graph_schema.rules.examples import Event
from tests.service.test_waste_inside import CAR, COLLECTED, NATION, PALLET, _found, _known, _on, _pack, _packed, _sent

APART = _on("2026-04-11", "DISMANTLING", "PLANT", item="PACK")
DISMANTLED = [*COLLECTED, _sent("2026-04-09", "OUTLET", "PLANT", "PACK"), APART]
BUILT = {"key": "NEW", "kind": "BATTERY", "parts": ["MODULE"]}
BIKE = {"key": "BIKE", "kind": "VEHICLE", "attributes": {"vehicleType": "electric bicycle"}, "parts": ["NEW"]}


def _made(actor: str = "MAKER", kind: str = "PRODUCTION") -> list[Event]:
    return [_sent("2026-04-20", "PLANT", actor, "MODULE"), _on("2026-05-01", kind, actor, outputs=[BUILT])]


@pytest.mark.parametrize("to", ["TRADER", "OUTLET"])
def test_what_came_out_of_something_dismantled_is_waste(to: str) -> None:
    told = ["MODULE"] * (to == "TRADER")
    assert _found([*DISMANTLED, _sent("2026-04-12", "PLANT", to, "MODULE")], "UNAUTHORIZED_RECIPIENT") == told
    own = [*NATION, _pack(parts=[{"key": "MODULE", "kind": "MODULE"}]), {**APART, "actor": "MAKER"}]
    assert _found([*own, _sent("2026-04-12", "MAKER", to, "MODULE")], "UNAUTHORIZED_RECIPIENT") == [], "its own"


def test_a_battery_of_a_scrapped_car_is_waste_until_it_drives_again() -> None:
    scrapped = [
        _known("SCRAP", "VEHICLE_DISMANTLER"), *NATION, _pack(), CAR, _sent("2024-02-01", "CARS", "SCRAP", "CAR"),
        _on("2026-05-03", "SCRAPPING", "SCRAP", item="CAR"),
    ]  # fmt: skip
    pallet = [_packed("2026-05-04", "SCRAP"), _sent("2026-05-05", "SCRAP", "TRADER", PALLET)]
    for way in ([_sent("2026-05-05", "SCRAP", "TRADER", "PACK")], pallet):
        assert _found([*scrapped, *way], "UNAUTHORIZED_RECIPIENT") == ["PACK"]
    again = {"key": "CAR2", "kind": "VEHICLE", "parts": ["PACK"]}
    driven = [_on("2026-05-04", "PRODUCTION", "SCRAP", outputs=[again]), _sent("2026-05-05", "SCRAP", "OWNER", "CAR2")]
    assert _found([*scrapped, *driven], "UNAUTHORIZED_RECIPIENT") == []


@pytest.mark.parametrize(("actor", "told"), [("MAKER", ["NEW"]), ("PLANT", [])])
@pytest.mark.parametrize("kind", ["PRODUCTION", "REPURPOSING"])
def test_who_builds_of_waste_needs_to_be_authorized_for_repurposing(actor: str, told: list[str], kind: str) -> None:
    assert _found([*DISMANTLED, *_made(actor, kind)], "UNAUTHORIZED_PROCESSING") == told


def test_what_is_built_of_that_is_of_waste_too_and_new_parts_are_not() -> None:
    outer = {"key": "OUTER", "kind": "BATTERY", "parts": ["NEW"]}
    further = _on("2026-05-02", "PRODUCTION", "MAKER", outputs=[outer])
    bike = _on("2026-05-03", "PRODUCTION", "CARS", outputs=[BIKE | {"parts": ["OUTER"]}])
    laundered = [*DISMANTLED, *_made(), further, bike]
    assert _found(laundered, "UNAUTHORIZED_PROCESSING") == ["NEW", "OUTER"]
    assert "OUTER" in _found(laundered, "FORBIDDEN_USE")
    fresh = _on("2026-04-20", "PRODUCTION", "MAKER", outputs=[{"key": "MODULE", "kind": "MODULE"}])
    new = [*NATION, fresh, _made()[1], further, bike]
    assert _found(new, "UNAUTHORIZED_PROCESSING") == _found(new, "FORBIDDEN_USE") == []
