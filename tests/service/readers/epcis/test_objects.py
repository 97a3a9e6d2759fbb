"""Object events: what is made, seen, and at its end."""

from __future__ import annotations

import pytest

from tests.service.readers.epcis.epcis_support import (
    BUYER,
    CAR,
    LOT,
    LOT_2,
    MAKER,
    PACK,
    PACK_2,
    SSCC,
    Told,
    World,
    amount,
    counts,
    document,
    event,
    from_to,
    made,
    seen,
)


def test_commissioning_is_a_production_of_units_and_lots() -> None:
    data = {"gs1:netWeight": {"value": 350, "unitCode": "KGM"}, "gs1:productionDate": "2026-04-01"}
    told = Told(document(made(1, PACK, PACK_2, quantityList=[amount(LOT, 2, "TNE")], ilmd=data)))
    production = told.one("PRODUCTION")
    pack, _, lot = production["outputs"]
    assert pack == {"key": PACK, "kind": "COMPONENT", "massKg": 350, "attributes": data}
    assert lot == {"key": LOT, "kind": "LOT", "massKg": 2000, "attributes": data}
    assert production["occurredAt"] == "2026-04-01T16:00:00+08:00", "the instant, with the offset of the place"
    assert told.types == ["PRODUCTION"]


def test_what_is_made_already_is_seen_again() -> None:
    assembly = event("Transformation", 1, outputEPCList=[PACK])
    told = Told(document(assembly, made(2, PACK, PACK_2)))
    assert told.types == ["PRODUCTION", "PRODUCTION", "INSPECTION"]
    assert told.events[1]["outputs"][0]["key"] == PACK_2
    assert told.events[2]["item"] == PACK


def test_what_a_place_says_beside_its_identifier_is_kept() -> None:
    place = {"id": "urn:epc:id:sgln:9521234.00077.0", "acme:dock": "4"}
    told = Told(document(made(1, PACK) | {"readPoint": place}, event("Object", 2, epcList=[PACK])))
    assert told.one("PRODUCTION")["attributes"]["readPoint"] == place
    assert told.reading.kept == {"readPoint": 1}


def test_what_no_field_takes_is_kept_in_the_attributes_and_reported() -> None:
    more = {"acme:truck": "7", "bizTransactionList": [{"bizTransaction": "urn:po:1"}]}
    told = Told(document(made(1, PACK) | more, event("Object", 2, epcList=[PACK]) | {"acme:truck": "8"}))
    assert told.reading.kept == {"acme:truck": 2, "bizTransactionList": 1}
    sent = Told(document(made(1, PACK), seen(2, PACK, bizStep="shipping", **from_to(MAKER, BUYER))))
    assert sent.types == ["PRODUCTION", "TRANSFER"]
    assert sent.reading.kept == {}, "who sends it to whom is told"
    assert told.one("INSPECTION")["attributes"] == {"acme:truck": "8"}
    assert told.one("PRODUCTION")["attributes"] == more
    assert told.left_out == {}


def test_identifiers_that_are_given_out_make_nothing() -> None:
    told = Told(document(event("Object", 1, action="ADD", bizStep="encoding", epcList=[PACK])))
    assert (told.types, told.left_out) == ([], {"ObjectEvent": 1})


def test_an_item_that_nobody_made_enters_where_it_is_first_named() -> None:
    told = Told(document(seen(3, PACK, bizStep="storing"), seen(2, PACK, bizStep="arriving")))
    enrolment, *rest = told.events
    assert enrolment["type"] == "ENROLMENT"
    assert enrolment["occurredAt"] == "2026-04-02T16:00:00+08:00", "events are told in the order of time"
    assert [one["type"] for one in rest] == ["INSPECTION", "INSPECTION"]
    assert rest[0]["note"].startswith("arriving [epcis ")


def test_an_item_that_is_made_later_in_the_file_does_not_enter_before() -> None:
    world = World()
    world.read(document(seen(1, PACK), made(2, PACK)))
    assert world.statuses() == {"ACCEPTED": 1, "PENDING": 1}, "seen before it was made: kept, without effect"


@pytest.mark.parametrize(
    ("fields", "kind", "more"),
    [
        ({"action": "DELETE", "bizStep": "decommissioning"}, "RETIREMENT", {"reason": "decommissioning"}),
        ({"action": "DELETE"}, "RETIREMENT", {"reason": "DELETE"}),
        ({"action": "DELETE", "bizStep": "destroying"}, "DISPOSAL", {"method": "LOSS"}),
        ({"action": "OBSERVE", "disposition": "destroyed"}, "DISPOSAL", {"method": "LOSS"}),
        ({"action": "OBSERVE", "disposition": "urn:epcglobal:cbv:disp:stolen"}, "DISPOSAL", {"method": "THEFT"}),
        ({"action": "OBSERVE", "bizStep": "inspecting"}, "INSPECTION", {}),
    ],
)
def test_ends(fields: dict[str, str], kind: str, more: dict[str, str]) -> None:
    told = Told(document(made(1, PACK), seen(2, PACK, **fields)))
    last = told.events[-1]
    assert last["type"] == kind
    assert more.items() <= last.items()


def test_a_pallet_that_is_dissolved_takes_no_battery_with_it() -> None:
    told = Told(document(made(1, PACK, SSCC), seen(2, SSCC, action="DELETE", bizStep="decommissioning")))
    assert told.types == ["PRODUCTION", "INSPECTION"]


def test_a_part_of_a_lot_does_not_end_or_move_the_lot() -> None:
    lot = made(1, quantityList=[amount(LOT, 100, "KGM")])
    burnt = event("Object", 2, action="DELETE", bizStep="destroying", quantityList=[amount(LOT, 5, "KGM")])
    told = Told(document(lot, burnt))
    assert told.types == ["PRODUCTION", "INSPECTION"]
    assert told.events[-1]["measurements"] == {"quantity": 5, "uom": "KGM"}
    assert told.left_out == {"part of a lot": 1}
    whole = event("Object", 2, action="DELETE", bizStep="destroying", quantityList=[amount(LOT, 100_000, "GRM")])
    assert Told(document(lot, whole)).one("DISPOSAL")["items"] == [LOT]


def test_quantities_of_a_class_are_kept_in_words_and_reported() -> None:
    told = Told(document(made(1, PACK, quantityList=[amount("urn:epc:idpat:sgtin:9521234.000700.*", 16)])))
    assert told.left_out == {"quantity": 1}
    kept = {"quantityList": [{"epcClass": "urn:epc:idpat:sgtin:9521234.000700.*", "quantity": 16}]}
    assert told.events[0]["attributes"] == kept
    nothing = Told(document(event("Object", 1, quantityList=[amount("https://id.gs1.org/01/09521234007005", 16)])))
    assert (nothing.types, nothing.left_out) == ([], {"quantity": 1, "ObjectEvent": 1})


def test_a_class_of_somebody_s_own_is_taken_as_a_lot_and_said_so() -> None:
    told = Told(document(made(1, quantityList=[amount("https://example.com/batch/7", 16, "KGM")])))
    assert told.one("PRODUCTION")["outputs"][0]["massKg"] == 16
    assert told.assumed["a lot"] == 1


def test_a_lot_that_grows_before_it_is_used_is_blended() -> None:
    made_twice = [
        event("Object", day, action="ADD", bizStep="creating_class_instance", quantityList=[amount(LOT, kg, "KGM")])
        for day, kg in ((1, 40), (2, 60))
    ]
    drawn, salt = [amount(LOT, 90, "KGM")], [amount(LOT_2, 80, "KGM")]
    used = event("Transformation", 3, inputQuantityList=drawn, outputQuantityList=salt)
    told = Told(document(*made_twice, used))
    assert told.types == ["PRODUCTION", "PRODUCTION", "REFINING", "REFINING"]
    blend = told.of("REFINING")[0]
    assert [draw["massKg"] for draw in blend["inputs"]] == [40, 60]
    assert blend["outputs"] == [{"key": LOT, "massKg": 100}]
    assert told.assumed["blending"] == 1
    world = World()
    assert counts(world.read(document(*made_twice, used))) == {"ACCEPTED": 4}
    backward = world.trace(LOT_2, "BACKWARD")
    assert len([node for node in backward.nodes if node.kind == "LOT"]) == 4


def test_what_is_added_to_a_lot_in_use_is_a_lot_of_its_own() -> None:
    more = [event("Object", day, action="ADD", bizStep="creating_class_instance", quantityList=[amount(LOT, 40, "KGM")])
            for day in (1, 3)]  # fmt: skip
    seen_between = event("Object", 2, quantityList=[amount(LOT, 40, "KGM")])
    told = Told(document(more[0], seen_between, more[1]))
    first, second = (one["outputs"][0] for one in told.of("PRODUCTION"))
    assert first["key"] == LOT
    assert second["key"].startswith(f"{LOT}#")
    assert second["attributes"] == {"lot": LOT}
    assert told.assumed["a lot of its own"] == 1


def test_commissioning_a_lot_that_is_there_adds_nothing_to_it() -> None:
    yielded = event("Transformation", 1, inputEPCList=[PACK], outputQuantityList=[amount(LOT, 40, "KGM")])
    told = Told(document(yielded, made(2, quantityList=[amount(LOT, 40, "KGM")])))
    assert told.types == ["ENROLMENT", "RECYCLING", "INSPECTION"]


def test_a_kind_is_what_the_document_says_of_it() -> None:
    stated = made(1, PACK, ilmd={"voltrace:kind": "module"})
    assert Told(document(stated)).events[0]["outputs"] == [{"key": PACK, "kind": "MODULE"}]
    measured = seen(2, PACK, sensorElementList=[{"sensorReport": [{"type": "eubat:hasStateOfCharge", "value": 5}]}])
    assert Told(document(made(1, PACK), measured)).events[0]["outputs"][0]["kind"] == "BATTERY"
    coded = Told(document(made(1, CAR, "https://maker.example/id/04QCB76836300JBC40000903")))
    assert [one["kind"] for one in coded.events[0]["outputs"]] == ["VEHICLE", "CELL"]
    element = {
        "id": "urn:epc:idpat:sgtin:9521234.000200.*",
        "attributes": [{"id": "urn:epcglobal:cbv:mda#descriptionShort", "attribute": "Home battery 10"}],
    }
    data = {"vocabularyList": [{"type": "urn:epcglobal:epcis:vtype:EPCClass", "vocabularyElementList": [element]}]}
    named = Told(document(made(1, PACK), epcisHeader={"epcisMasterData": data}))
    assert named.events[0]["outputs"] == [{"key": PACK, "kind": "BATTERY", "model": "Home battery 10"}]
    assert "COMPONENT" not in named.assumed


def test_the_other_name_of_an_item_finds_it() -> None:
    urn = "urn:epc:id:sgtin:9521234.000200.P1"
    world = World()
    assert counts(world.read(document(made(1, urn), seen(2, PACK)))) == {"ACCEPTED": 2}
    assert world.trace(urn).nodes[0].key == PACK
    assert world.holder(urn) == MAKER
