"""Lots are divisible: what is sold to two buyers, or used by two plants, changed hands as it was told. Each history is
judged by hand, by all rules."""

import pytest

from graph_schema.rules.examples import Event, numbered
from service.stores.memory import MemoryStore
from tests.service.test_auditing import found
from tests.service.test_order_73 import _found, _known, _on
from tests.support import send

SCOPES = [{"scope": scope} for scope in ("RECYCLING", "REFINING")]
CAST = [
    _known("MAKER", "BATTERY_MAKER"), _known("CATHODE", "MATERIAL_MAKER"), _known("TRADER", "TRADER"),
    *(_known(key, "UTILIZER", authorizations=SCOPES) for key in ("PLANT", "NORTH", "SOUTH")),
]  # fmt: skip
BLACK = {"key": "BM", "material": "black mass", "massKg": 100, "composition": {"Ni": 30}}


def _shredded(day: str = "2026-05-02") -> list[Event]:
    pack = {"key": "PACK", "kind": "BATTERY", "massKg": 200, "composition": {"Ni": 30}}
    return [
        *CAST, _on("2026-05-01", "PRODUCTION", "PLANT", outputs=[pack]),
        _on(day, "RECYCLING", "PLANT", inputs=[{"key": "PACK"}], outputs=[BLACK]),
    ]  # fmt: skip


def _sold(day: str, actor: str, to: str, key: str = "BM") -> list[Event]:
    """Handed over, and confirmed a day later."""
    name = f"{actor}-{to}-{day}"
    confirmed = _on(f"{day[:-2]}{int(day[-2:]) + 1:02d}", "RECEIPT", to, transfer=name)
    return [_on(day, "TRANSFER", actor, items=[key], to=to, eventId=name), confirmed]


def _refined(day: str, actor: str, kg: float | None, salt: str) -> Event:
    draw = {"key": "BM"} if kg is None else {"key": "BM", "massKg": kg}
    made = {"key": salt, "material": "nickel sulphate", "massKg": 40}
    return _on(day, "REFINING", actor, inputs=[draw], outputs=[made])


def _enrolled(actor: str, day: str = "2026-05-02", mass_kg: float = 100) -> Event:
    return _on(day, "ENROLMENT", actor, items=[{"key": "BM", "kind": "LOT", "massKg": mass_kg}])


CLEAN: dict[str, list[Event]] = {
    "two halves, sold before either is used": [
        *_sold("2026-05-03", "PLANT", "NORTH"), *_sold("2026-05-05", "PLANT", "SOUTH"),
        _refined("2026-05-10", "NORTH", 50, "N"), _refined("2026-05-11", "SOUTH", 50, "S"),
    ],
    "sold and used in turn": [
        *_sold("2026-05-03", "PLANT", "NORTH"), _refined("2026-05-10", "NORTH", 50, "N"),
        *_sold("2026-05-12", "PLANT", "SOUTH"), _refined("2026-05-15", "SOUTH", 50, "S"),
    ],
    "a part is kept": [
        *_sold("2026-05-03", "PLANT", "NORTH"), _refined("2026-05-04", "PLANT", 40, "P"),
        _refined("2026-05-10", "NORTH", 60, "N"),
    ],
    "a part of a part is sold on": [
        *_sold("2026-05-03", "PLANT", "NORTH"), *_sold("2026-05-05", "PLANT", "SOUTH"),
        *_sold("2026-05-07", "NORTH", "TRADER"), *_sold("2026-05-09", "TRADER", "SOUTH"),
        _refined("2026-05-12", "NORTH", 20, "N"), _refined("2026-05-13", "SOUTH", 80, "S"),
    ],
    "nobody weighs the draws": [
        *_sold("2026-05-03", "PLANT", "NORTH"), *_sold("2026-05-05", "PLANT", "SOUTH"),
        _refined("2026-05-10", "NORTH", None, "N"), _refined("2026-05-11", "SOUTH", None, "S"),
        *_sold("2026-05-12", "PLANT", "NORTH"),
    ],
    "the salts of it go to two makers and into a battery": [
        _refined("2026-05-03", "PLANT", 100, "N"), *_sold("2026-05-04", "PLANT", "CATHODE", "N"),
        *_sold("2026-05-06", "PLANT", "MAKER", "N"),
        _on("2026-05-10", "PRODUCTION", "CATHODE", inputs=[{"key": "N", "massKg": 10}],
            outputs=[{"key": "CAM", "kind": "LOT", "massKg": 20}]),
        _on("2026-05-11", "PRODUCTION", "MAKER", inputs=[{"key": "N", "massKg": 30}],
            outputs=[{"key": "NEW", "kind": "BATTERY"}]),
    ],
    "the rest is disposed of": [
        *_sold("2026-05-03", "PLANT", "NORTH"), *_sold("2026-05-05", "PLANT", "SOUTH"),
        _refined("2026-05-10", "SOUTH", 50, "S"), _refined("2026-05-11", "NORTH", 40, "N"),
        _on("2026-05-12", "DISPOSAL", "NORTH", items=["BM"], method="LANDFILL"),
    ],
}  # fmt: skip


@pytest.mark.parametrize("events", CLEAN.values(), ids=CLEAN)
def test_a_lot_that_is_divided_raises_nothing(events: list[Event]) -> None:
    store = MemoryStore()
    send(store, numbered([*_shredded(), *events]))
    assert found(store) == []


def test_two_may_enrol_what_they_bought_of_one_lot() -> None:
    """The seller is not in the log: nobody reported to have made it."""
    bought = [*CAST, _enrolled("NORTH"), _enrolled("SOUTH", "2026-05-03")]
    used = [_refined("2026-05-10", "SOUTH", 50, "S"), _refined("2026-05-11", "NORTH", 50, "N")]
    assert _found([*bought, *used], "CUSTODY_GAP") == []


GAPS: dict[str, tuple[list[Event], list[tuple[str, str]]]] = {
    "nobody sold it to who uses it": (
        [*_sold("2026-05-03", "PLANT", "NORTH"), _refined("2026-05-10", "SOUTH", 50, "S")], [("SOUTH", "NORTH")],
    ),
    "who uses it bought it only later": (
        [*_sold("2026-05-03", "PLANT", "NORTH"), _refined("2026-05-10", "SOUTH", 50, "S"),
         *_sold("2026-05-12", "NORTH", "SOUTH")],
        [("SOUTH", "NORTH")],
    ),
    "it is sold when the buyer had used all of it up": (
        [*_sold("2026-05-03", "PLANT", "NORTH"), _refined("2026-05-10", "NORTH", 60, "N"),
         _refined("2026-05-11", "NORTH", 40, "M"), *_sold("2026-05-12", "PLANT", "SOUTH")],
        [("PLANT", "NORTH")],
    ),
    "who had none hands it to itself": (
        [*_sold("2026-05-03", "PLANT", "NORTH"), _on("2026-05-05", "TRANSFER", "SOUTH", items=["BM"], to="SOUTH")],
        [("SOUTH", "NORTH")],
    ),
    "somebody enrols a lot that another bought from its maker": (
        [*_sold("2026-05-03", "PLANT", "NORTH"), _enrolled("SOUTH", "2026-05-08")], [("SOUTH", "NORTH")],
    ),
}  # fmt: skip


@pytest.mark.parametrize(("events", "parties"), GAPS.values(), ids=GAPS)
def test_what_cannot_have_come_to_who_has_it_is_a_gap(events: list[Event], parties: list[tuple[str, str]]) -> None:
    assert [one.parties for one in _found([*_shredded(), *events], "CUSTODY_GAP")] == parties


@pytest.mark.parametrize("by", ["TRADER", "PLANT"])
def test_a_lot_that_another_uses_in_production_got_there_unseen(by: str) -> None:
    made = _on(
        "2026-06-03", "PRODUCTION", by, inputs=[{"key": "BM", "massKg": 50}], outputs=[{"key": "CAM", "kind": "LOT"}]
    )
    gaps = _found([*_shredded(), made], "CUSTODY_GAP")
    assert [one.parties for one in gaps] == ([] if by == "PLANT" else [("TRADER", "PLANT")])
