"""What is done to a pallet or a car is done to the batteries in it; what is done to a part is not done to its host."""

from typing import Any

import pytest

from graph_schema.rules import RULE_SETS, judge
from graph_schema.rules.examples import Event, numbered
from service.auditing import histories
from service.ports import ItemFilter
from service.stores.memory import MemoryStore
from tests.service.test_no_35 import JUDGED
from tests.support import send, wait

PALLET = "urn:epc:id:sscc:0614141.1234567890"


def _on(day: str, kind: str, actor: str, recorded: str | None = None, **fields: Any) -> Event:
    event = {"type": kind, "occurredAt": f"{day}T08:00:00+08:00", "actor": actor, **fields}
    return event if recorded is None else event | {"recordedAt": f"{recorded}T08:00:00+08:00"}


def _known(key: str, role: str, *scopes: str) -> Event:
    stated = {"authorizations": [{"scope": scope} for scope in scopes]} if scopes else {}
    organization = {"key": key, "roles": [role], "region": "CN-44", **stated}
    return _on("2018-08-01", "REGISTRATION", key, organization=organization)


PLANT = _known("PLANT", "UTILIZER", "COLLECTION", "DISMANTLING", "REPURPOSING", "RECYCLING")
NATION = [
    _known("MAKER", "BATTERY_MAKER"), _known("CARS", "VEHICLE_MAKER"), _known("OWNER", "VEHICLE_OWNER"),
    _known("OUTLET", "OUTLET", "COLLECTION"), _known("TRADER", "TRADER"), PLANT,
]  # fmt: skip
MODULE = {"key": "MODULE", "kind": "MODULE"}


def _pack(day: str = "2024-01-02", **spec: Any) -> Event:
    return _on(day, "PRODUCTION", "MAKER", outputs=[{"key": "PACK", "kind": "BATTERY", **spec}])


def _sent(day: str, actor: str, to: str, key: str, recorded: str | None = None, **more: Any) -> Event:
    return _on(day, "TRANSFER", actor, recorded, items=[key], to=to, **more)


def _retired(day: str = "2026-04-10", actor: str = "OUTLET", key: str = "PACK") -> Event:
    return _on(day, "RETIREMENT", actor, item=key)


COLLECTED = [*NATION, _pack(parts=[MODULE]), _sent("2024-02-01", "MAKER", "OUTLET", "PACK")]
WASTE = [*COLLECTED, _retired()]
CAR = _on("2024-01-05", "PRODUCTION", "CARS", outputs=[{"key": "CAR", "kind": "VEHICLE", "parts": ["PACK"]}])
DRIVEN = [*NATION, _pack(), CAR, _sent("2024-02-01", "CARS", "OWNER", "CAR")]


def _packed(day: str = "2026-04-11", actor: str = "OUTLET", key: str = PALLET, kind: str = "COMPONENT") -> Event:
    return _on(day, "PRODUCTION", actor, outputs=[{"key": key, "kind": kind, "parts": ["PACK"]}])


def _found(events: list[Event], code: str) -> list[str]:
    return sorted(one.subject for one in JUDGED(events) if one.code == code)


@pytest.mark.parametrize("to", ["TRADER", "PLANT"])
def test_waste_on_a_pallet_is_handed_on_with_it(to: str) -> None:
    handed = [*WASTE, _packed(), _sent("2026-04-12", "OUTLET", to, PALLET)]
    assert _found(handed, "UNAUTHORIZED_RECIPIENT") == ["PACK"] * (to == "TRADER"), "its module goes with the pack"
    assert _found([*COLLECTED, *handed[len(WASTE) :]], "UNAUTHORIZED_RECIPIENT") == [], "nobody retired it"


def test_waste_in_a_car_is_handed_on_with_it() -> None:
    sold = _sent("2026-04-12", "OWNER", "TRADER", "CAR")
    assert _found([*DRIVEN, _retired(actor="OWNER"), sold], "UNAUTHORIZED_RECIPIENT") == ["PACK"]
    assert _found([*DRIVEN, sold], "UNAUTHORIZED_RECIPIENT") == []
    before = [_on("2026-04-11", "REMOVAL", "OWNER", part="PACK", host="CAR"), sold]
    assert _found([*DRIVEN, _retired(actor="OWNER"), *before], "UNAUTHORIZED_RECIPIENT") == []


def test_whether_waste_on_a_pallet_arrived_is_asked_until_somebody_says_so() -> None:
    handed = [*WASTE, _packed(), _sent("2026-04-12", "OUTLET", "PLANT", PALLET, eventId="sent")]
    assert _found(handed, "UNCONFIRMED_TRANSFER") == ["PACK"]
    for answer in (
        _on("2026-04-13", "RECEIPT", "PLANT", transfer="sent"),
        _on("2026-04-13", "REMOVAL", "PLANT", part="PACK", host=PALLET),
        _sent("2026-04-13", "PLANT", "OUTLET", PALLET, eventId="back"),
    ):
        unconfirmed = [one.evidence for one in JUDGED([*handed, answer]) if one.code == "UNCONFIRMED_TRANSFER"]
        assert unconfirmed == [("back",)] * (answer["type"] == "TRANSFER")


@pytest.mark.parametrize(("reported", "late"), [("2026-05-12", []), ("2026-05-13", ["PACK"])])
def test_the_receipt_of_a_pallet_is_that_of_the_waste_on_it(reported: str, late: list[str]) -> None:
    receipt = _on("2026-04-12", "RECEIPT", "PLANT", reported, transfer="sent")
    sent = _sent("2026-04-12", "OUTLET", "PLANT", PALLET, eventId="sent")
    assert _found([*WASTE, _packed(), sent, receipt], "LATE_REPORT") == late


def test_a_transfer_that_is_limited_for_anything_is_late_once() -> None:
    """Order No. 73, Art. 24(7), asks of all that a utilization enterprise hands on: of the pallet, or of the pack."""
    sent = [_sent("2026-04-09", "OUTLET", "PLANT", "PACK"), _retired(actor="PLANT"), _packed(actor="PLANT")]
    back = _sent("2026-04-12", "PLANT", "OUTLET", PALLET, "2026-06-12")
    assert _found([*COLLECTED, *sent, back], "LATE_REPORT") == [PALLET]


def test_nothing_was_heard_of_waste_that_lies_on_a_pallet() -> None:
    handed = [*WASTE, _packed(), _sent("2026-04-12", "OUTLET", "PLANT", PALLET, eventId="sent")]
    (stale,) = [one for one in JUDGED(handed) if one.code == "STALE_CUSTODY"]
    assert (stale.subject, stale.evidence, stale.parties) == ("PACK", ("sent",), ("PLANT",))
    assert _found([*DRIVEN, _retired(actor="OWNER")], "STALE_CUSTODY") == [], "a car is no packaging"


def test_what_is_lost_on_a_pallet_is_lost_and_waste_in_a_car_is_too() -> None:
    exported = _on("2026-04-15", "DISPOSAL", "OUTLET", items=[PALLET], method="EXPORT")
    assert _found([*COLLECTED, _packed(), exported], "LEFT_THE_LOOP") == ["PACK"], "its module goes with the pack"
    car = _on("2026-04-15", "DISPOSAL", "OWNER", items=["CAR"], method="EXPORT")
    assert _found([*DRIVEN, _retired(actor="OWNER"), car], "LEFT_THE_LOOP") == ["PACK"]
    assert _found([*DRIVEN, car], "LEFT_THE_LOOP") == [], "a used car is sold abroad with what it drives with"


@pytest.mark.parametrize(("actor", "told"), [("TRADER", ["PACK"]), ("PLANT", [])])
def test_what_is_inside_of_what_is_recycled_is_processed(actor: str, told: list[str]) -> None:
    sold = _sent("2026-05-02", "OWNER", actor, "CAR")
    steel = {"key": "STEEL", "kind": "LOT", "material": "steel", "massKg": 3}
    shredded = _on("2026-05-03", "RECYCLING", actor, inputs=[{"key": "CAR"}], outputs=[steel])
    assert _found([*DRIVEN, sold, shredded], "UNAUTHORIZED_PROCESSING") == told


def test_what_is_done_to_a_part_is_not_done_to_what_it_was_in() -> None:
    taken = [_sent("2026-04-12", "OUTLET", "TRADER", "MODULE", eventId="sent")]
    for code in ("UNAUTHORIZED_RECIPIENT", "UNCONFIRMED_TRANSFER"):
        assert _found([*WASTE, *taken], code) == ["MODULE"]
    old = [*COLLECTED, _sent("2024-03-01", "OUTLET", "PLANT", "PACK"), _retired("2024-03-02", "PLANT")]
    recycled = _on("2024-03-03", "RECYCLING", "PLANT", "2024-12-01", inputs=[{"key": "MODULE"}], outputs=[])
    assert _found([*old, recycled], "LATE_REPORT") == ["MODULE"]
    rack = _on("2026-04-02", "PRODUCTION", "PLANT", outputs=[{"key": "RACK", "kind": "COMPONENT", "parts": [MODULE]}])
    assert _found([*NATION, rack, _sent("2026-04-05", "PLANT", "OWNER", "MODULE", "2026-09-01")], "LATE_REPORT") == [
        "MODULE"
    ]


def test_only_a_component_is_packaging_and_none_of_it_needs_a_production_record() -> None:
    shipped = {"identifiers": [{"scheme": "SSCC", "value": PALLET}]}
    alone = _sent("2026-04-05", "OUTLET", "PLANT", "MODULE")
    sent = _sent("2024-02-01", "MAKER", "OUTLET", "PACK")
    assert _found([*NATION, _pack(parts=[MODULE], **shipped), sent, alone], "MISSING_REMOVAL") == ["MODULE"]
    for kind, missing in (("COMPONENT", []), ("BATTERY", [PALLET])):
        enrolled = _on("2024-02-01", "ENROLMENT", "OUTLET", items=[{"key": PALLET, "kind": kind}])
        assert _found([*NATION, enrolled], "MISSING_RECORD") == missing


@pytest.mark.parametrize(("carrier", "told"), [(PALLET, []), ("RACK", ["PACK"])])
def test_what_was_unpacked_from_a_dismantled_pallet_is_not_used(carrier: str, told: list[str]) -> None:
    bike = {"key": "BIKE", "kind": "VEHICLE", "attributes": {"vehicleType": "electric bicycle"}, "parts": ["PACK"]}
    events = [
        *NATION, _pack("2026-04-10"), _packed(actor="MAKER", key=carrier),
        _sent("2026-04-12", "MAKER", "CARS", carrier), _on("2026-04-15", "DISMANTLING", "CARS", item=carrier),
        _on("2026-04-20", "PRODUCTION", "CARS", outputs=[bike]),
    ]  # fmt: skip
    assert _found(events, "FORBIDDEN_USE") == told


def test_both_sides_of_a_conflict_are_parties() -> None:
    sent = _sent("2026-04-12", "OUTLET", "PLANT", "PACK")
    recycled = _on("2026-04-13", "RECYCLING", "PLANT", inputs=[{"key": "PACK"}], outputs=[])
    conflict = [*WASTE, sent, recycled, _on("2026-04-14", "INSPECTION", "OWNER", item="PACK")]
    assert [one.parties for one in JUDGED(conflict) if one.code == "CONFLICTING_CLAIMS"] == [("OWNER", "PLANT")]


def test_what_erased_payloads_leave_is_judged_on() -> None:
    """Who received what, the graph still says."""
    store = MemoryStore()
    send(store, numbered([*WASTE, _packed(), _sent("2026-04-12", "OUTLET", "TRADER", PALLET),
                          _on("2026-04-13", "REMOVAL", "TRADER", part="PACK", host=PALLET),
                          _sent("2026-04-14", "TRADER", "OWNER", "PACK"),
                          _on("2026-04-15", "DISPOSAL", "OWNER", items=["PACK"], method="LOSS")]))  # fmt: skip

    async def ask() -> list[tuple[str, str | None]]:
        told = []
        async with store.snapshot() as snapshot:
            items = [handle for handle, _ in await snapshot.item_page(ItemFilter(), None, 10)]
            for history in (await histories(snapshot, items)).values():
                history.events = [event._replace(payload={}) for event in history.events]
                judged = judge(history, RULE_SETS)
                assert judged.failures == []
                told += [(one.code, one.subject) for one in judged.findings if one.severity == "VIOLATION"]
        return told

    assert wait(store, ask()) == [("UNAUTHORIZED_RECIPIENT", "PACK")] * 2
