"""What goes in, what comes out, and which event that is."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from tests.service.readers.epcis.epcis_support import (
    LOT,
    LOT_2,
    MODULES,
    PACK,
    PACK_2,
    SALT,
    SSCC,
    Told,
    World,
    amount,
    counts,
    document,
    event,
    made,
    seen,
)

Lots = Sequence[dict]
CELLS = "urn:epc:idpat:sgtin:9521234.000700.*"


def turned(day: int, ins: list[str], outs: list[str], in_lots: Lots = (), out_lots: Lots = (), **more: object) -> dict:
    units = {"inputEPCList": ins, "outputEPCList": outs}
    lists = {**units, "inputQuantityList": [*in_lots], "outputQuantityList": [*out_lots]}
    return event("Transformation", day, **{name: value for name, value in lists.items() if value}, **more)


@pytest.mark.parametrize(
    ("transformation", "kinds"),
    [
        (turned(2, MODULES, [PACK]), ["PRODUCTION"]),
        (turned(2, [], [PACK], in_lots=[amount(CELLS, 16, "EA")]), ["PRODUCTION"]),
        (turned(2, [], [PACK, PACK_2], in_lots=[amount(LOT, 5, "KGM")]), ["PRODUCTION"]),
        (turned(2, [PACK], MODULES, bizStep="disassembling"), ["DISMANTLING"]),
        (turned(2, [PACK], MODULES), ["DISMANTLING"]),
        (turned(2, [PACK], MODULES[:1], bizStep="disassembling"), ["DISMANTLING"]),
        (turned(2, [PACK], [PACK_2], bizStep="repackaging"), ["PRODUCTION"]),
        (turned(2, [PACK], [], out_lots=[amount(LOT, 5, "KGM")]), ["RECYCLING"]),
        (turned(2, [PACK], [], bizStep="destroying"), ["RECYCLING"]),
        (turned(2, [], [], in_lots=[amount(LOT, 5, "KGM")], out_lots=[amount(SALT, 1, "KGM")]), ["REFINING"]),
        (
            turned(2, [], [], in_lots=[amount(LOT, 5, "KGM")], out_lots=[amount(SALT, 1, "KGM")], bizStep="destroying"),
            ["RECYCLING"],
        ),
        (turned(2, [], [], out_lots=[amount(LOT, 5, "KGM")]), ["PRODUCTION"]),
    ],
)
def test_the_event_that_a_transformation_is(transformation: dict, kinds: list[str]) -> None:
    told = Told(document(transformation))
    others = ("ENROLMENT", "INSTALLATION")
    assert [kind for kind in told.types if kind not in others] == kinds
    world = World()
    report = world.read(document(transformation))
    assert set(counts(report)) == {"ACCEPTED"}


def test_from_modules_to_a_second_life_to_salt() -> None:
    """Two modules of a pack go into a second one; that one alone is shredded. Nothing of the third module is in it."""
    world = World()
    report = world.read(
        document(
            made(1, *MODULES[:3]),
            turned(2, MODULES[:3], [PACK], bizStep="assembling"),
            seen(3, PACK, action="DELETE", bizStep="decommissioning"),
            turned(4, [PACK], MODULES[:3], bizStep="disassembling"),
            turned(5, MODULES[:2], [PACK_2], bizStep="assembling"),
            turned(6, [PACK_2], [], out_lots=[amount(LOT, 20, "KGM")], bizStep="destroying"),
            turned(7, [], [], in_lots=[amount(LOT, 5_000, "GRM")], out_lots=[amount(SALT, 0.0005, "TNE")]),
        )
    )
    assert counts(report) == {"ACCEPTED": 7}
    types = [one.type for one in world.events()]
    assert types == ["PRODUCTION", "PRODUCTION", "RETIREMENT", "DISMANTLING", "PRODUCTION", "RECYCLING", "REFINING"]
    assert {node.key for node in world.trace(MODULES[0]).nodes if node.kind == "LOT"} == {LOT, SALT}
    assert {node.key for node in world.trace(MODULES[2]).nodes if node.kind == "LOT"} == set()
    draws = [(edge.source, edge.mass_kg) for edge in world.trace(LOT).edges if edge.kind == "CONSUMED_IN"]
    assert draws == [(LOT, 5)]
    yielded = {edge.target: edge.mass_kg for edge in world.trace(LOT).edges if edge.kind == "YIELDED"}
    assert yielded == {SALT: 0.5}


def test_a_pack_of_modules_at_the_end_of_their_first_life_is_a_second_one() -> None:
    retired = seen(2, *MODULES[:2], action="DELETE", bizStep="decommissioning")
    built = turned(3, MODULES[:2], [PACK])
    told = Told(document(made(1, *MODULES[:2]), retired, built))
    assert told.one("REPURPOSING")["outputs"] == [{"key": PACK, "kind": "COMPONENT", "parts": MODULES[:2]}]
    world = World()
    world.read(document(made(1, *MODULES[:2]), retired))
    world.read(document(built))
    assert [one.type for one in world.events()][-1] == "REPURPOSING", "the store knows that they were retired"
    glued = turned(3, MODULES[:2], [PACK], in_lots=[amount(LOT, 1, "KGM")])
    told = Told(document(made(1, *MODULES[:2]), retired, glued))
    assert told.types[-1] == "PRODUCTION", "a repurposing draws on no lot"


def test_parts_that_nobody_put_in_were_inside_what_they_come_out_of() -> None:
    apart = turned(4, [PACK], MODULES[:2], bizStep="disassembling")
    unknown = Told(document(apart)).one("ENROLMENT")["items"]
    assert [(one["key"], len(one["parts"])) for one in unknown] == [(PACK, 2)]
    world = World()
    assert counts(world.read(document(made(1, PACK), apart))) == {"ACCEPTED": 5}
    assert {node.key for node in world.trace(PACK).nodes if node.role == "SUBSTANCE"} == set(MODULES[:2])


def test_what_was_packed_left_its_packaging_before_it_went_in() -> None:
    packed = event("Aggregation", 2, action="ADD", parentID=SSCC, childEPCs=MODULES[:1], bizStep="packing")
    world = World()
    report = world.read(document(made(1, MODULES[0]), packed, turned(3, MODULES[:1], [PACK])))
    assert counts(report) == {"ACCEPTED": 5}


def test_what_the_model_cannot_be_told_without_guessing_is_seen() -> None:
    many = Told(document(turned(2, MODULES[:2], [PACK, PACK_2])))
    assert many.left_out == {"TransformationEvent": 1}
    assert many.types == ["ENROLMENT"] + ["INSPECTION"] * 4
    assert "inputEPCList" in many.of("INSPECTION")[0]["attributes"]
    swapped = Told(document(turned(2, [PACK, MODULES[0]], [PACK, MODULES[1]], bizStep="repairing")))
    assert swapped.left_out == {"TransformationEvent": 1}, "which module came out, and which went in?"
    assert swapped.types == ["ENROLMENT"] + ["INSPECTION"] * 3
    worked_on = Told(document(turned(2, [PACK], [PACK], bizStep="repairing")))
    assert (worked_on.types, worked_on.left_out) == (["ENROLMENT", "INSPECTION"], {})


def test_lots_beside_a_dismantling_are_kept_in_words() -> None:
    told = Told(document(turned(2, [PACK], MODULES, out_lots=[amount(LOT, 5, "KGM")])))
    assert told.left_out == {f"lot {LOT}": 1}
    assert "outputQuantityList" in told.one("DISMANTLING")["attributes"]


def test_scrap_beside_what_is_built_is_a_lot() -> None:
    told = Told(document(turned(2, MODULES[:1], [PACK], out_lots=[amount(LOT, 250, "GRM")])))
    pack, scrap = told.one("PRODUCTION")["outputs"]
    assert pack["parts"] == MODULES[:1]
    assert scrap == {"key": LOT, "kind": "LOT", "massKg": 0.25}


def test_pieces_are_no_mass() -> None:
    told = Told(document(turned(2, [], [PACK], in_lots=[amount(LOT, 600, "EA")])))
    assert told.one("PRODUCTION")["inputs"] == [{"key": LOT}]
    assert told.one("PRODUCTION")["attributes"]["inputQuantityList"][0]["quantity"] == 600
    counted = Told(document(turned(2, [PACK], [], out_lots=[amount(LOT, 3, "LTR")])))
    assert counted.one("RECYCLING")["outputs"] == [{"key": LOT, "attributes": {"quantity": 3, "uom": "LTR"}}]


def test_one_lot_twice_in_a_list_is_one_amount() -> None:
    told = Told(document(turned(2, [PACK], [], out_lots=[amount(LOT, 3, "KGM"), amount(LOT, 500, "GRM")])))
    assert told.one("RECYCLING")["outputs"] == [{"key": LOT, "massKg": 3.5}]


def test_two_devices_shredded_into_one_lot() -> None:
    devices = ((2, PACK, 78), (3, PACK_2, 22))
    shredded = [turned(day, [epc], [], out_lots=[amount(LOT, grams, "GRM")]) for day, epc, grams in devices]
    refined = turned(4, [], [], in_lots=[amount(LOT, 100, "GRM")], out_lots=[amount(LOT_2, 90, "GRM")])
    world = World()
    assert set(counts(world.read(document(*shredded, refined)))) == {"ACCEPTED"}
    rows = {row.key: row.mass_kg for row in world.trace(PACK).attribution if row.element == ""}
    assert rows[LOT] == pytest.approx(0.078)
    assert rows[LOT_2] == pytest.approx(0.09 * 0.78)


def test_a_transformation_in_two_events_is_one() -> None:
    common = {"transformationID": "urn:uuid:run-7"}
    first = turned(2, [PACK], [], **common, **{"acme:shift": "night", "acme:line": "2"})
    second = turned(3, [], [], out_lots=[amount(LOT, 5, "KGM")], **common, **{"acme:shift": "day"})
    told = Told(document(first, second))
    recycling = told.one("RECYCLING")
    assert (recycling["inputs"], recycling["outputs"]) == ([{"key": PACK}], [{"key": LOT, "massKg": 5}])
    assert recycling["occurredAt"] == "2026-04-03T16:00:00+08:00"
    assert recycling["attributes"]["transformationID"] == "urn:uuid:run-7"
    assert recycling["attributes"]["acme:shift"] == "day"
    assert recycling["attributes"]["acme:line"] == "2", "the last one says nothing of it"
    part, last = recycling["attributes"]["told in"]
    assert part["eventID"].startswith("epcis:sha256:")
    otherwise = {"eventTime": first["eventTime"], "acme:shift": "night"}
    assert part == {"eventID": part["eventID"], **otherwise}
    assert last.keys() == {"eventID"}
    assert Told(document(second, first)).events == told.events
