"""Aggregations and associations."""

from __future__ import annotations

from tests.service.readers.epcis.epcis_support import (
    CAR,
    LOT,
    MAKER,
    MODULES,
    PACK,
    PACK_2,
    PLANT,
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


def inside(kind: str, day: int, action: str, parent: str | None, *children: str, **fields: object) -> dict:
    parents = {} if parent is None else {"parentID": parent}
    return event(kind, day, action=action, childEPCs=list(children), **parents, **fields)


def test_modules_go_into_a_pack_and_the_pack_into_a_car() -> None:
    world = World()
    report = world.read(
        document(
            made(1, PACK, CAR, *MODULES),
            inside("Association", 2, "ADD", PACK, *MODULES, bizStep="assembling"),
            inside("Aggregation", 3, "ADD", CAR, PACK, bizStep="installing"),
            inside("Association", 4, "DELETE", PACK, MODULES[0], bizStep="removing"),
        )
    )
    assert counts(report) == {"ACCEPTED": 7}
    edges = {(edge.source, edge.target, edge.to is None) for edge in world.trace(PACK).edges if edge.kind == "PART_OF"}
    assert edges == {(PACK, CAR, True), (MODULES[0], PACK, False), *((module, PACK, True) for module in MODULES[1:])}
    assert world.holder(MODULES[0]) == MAKER
    (car,) = [node for node in world.trace(PACK).nodes if node.key == CAR]
    assert car.kind == "VEHICLE"


def test_the_reason_of_a_removal_is_its_step() -> None:
    told = Told(document(made(1, PACK, *MODULES), inside("Association", 2, "ADD", PACK, *MODULES),
                         inside("Association", 3, "DELETE", PACK, MODULES[1], bizStep="repairing")))  # fmt: skip
    removal = told.one("REMOVAL")
    assert (removal["part"], removal["reason"]) == (MODULES[1], "repairing")


def test_taking_everything_out_is_taking_out_what_is_known_to_be_inside() -> None:
    fill = [made(1, PACK, *MODULES[:2]), inside("Association", 2, "ADD", PACK, *MODULES[:2])]
    empty = inside("Association", 3, "DELETE", PACK)
    told = Told(document(*fill, empty))
    assert [one["part"] for one in told.of("REMOVAL")] == MODULES[:2]
    world = World()
    world.read(document(*fill))
    assert counts(world.read(document(empty))) == {"ACCEPTED": 2}, "told in an earlier document"
    assert Told(document(empty)).left_out == {"AssociationEvent": 1}


def test_what_comes_out_of_a_thing_was_inside_it() -> None:
    told = Told(document(inside("Aggregation", 3, "DELETE", PACK, *MODULES[:2], bizStep="disassembling")))
    entered = told.one("ENROLMENT")["items"][0]
    assert (entered["key"], [part["key"] for part in entered["parts"]]) == (PACK, MODULES[:2])
    world = World()
    world.read(document(made(1, PACK)))
    report = world.read(document(inside("Aggregation", 3, "DELETE", PACK, MODULES[0])))
    assert counts(report) == {"ACCEPTED": 3}, "an enrolment and an installation just before, and the removal"
    assert ("installation", "nobody told it, but the unit came out of where it was") in report.assumed
    (stay,) = [edge for edge in world.trace(PACK).edges if edge.kind == "PART_OF"]
    assert stay.from_ < stay.to  # type: ignore[operator]


def test_what_is_elsewhere_does_not_come_out() -> None:
    world = World()
    fill = [made(1, PACK, PACK_2, MODULES[0]), inside("Association", 2, "ADD", PACK_2, MODULES[0])]
    report = world.read(document(*fill, inside("Association", 3, "DELETE", PACK, MODULES[0])))
    assert counts(report) == {"ACCEPTED": 2, "CONTESTED": 1}


def test_two_hosts_at_a_time_are_kept_as_a_contradiction() -> None:
    world = World()
    fill = [made(1, PACK, PACK_2, MODULES[0]), inside("Association", 2, "ADD", PACK_2, MODULES[0])]
    report = world.read(document(*fill, inside("Association", 3, "ADD", PACK, MODULES[0])))
    assert counts(report) == {"ACCEPTED": 2, "CONTESTED": 1}


def test_what_goes_into_a_host_has_left_its_packaging() -> None:
    packed = inside("Aggregation", 2, "ADD", SSCC, PACK, bizStep="packing")
    world = World()
    fitted = inside("Association", 5, "ADD", CAR, PACK, bizStep="installing")
    assert counts(world.read(document(made(1, PACK, CAR), packed, fitted))) == {"ACCEPTED": 5}
    apart = World()
    apart.read(document(made(1, PACK, CAR), packed))
    report = apart.read(document(fitted))
    assert counts(report) == {"ACCEPTED": 2}, "the store knows of the packing"
    assert report.assumed["unpacking", "nobody told it, but the unit is in something else or in use"] == 1


def test_a_part_that_is_inside_already_is_seen_there() -> None:
    built = event("Transformation", 1, inputEPCList=MODULES[:1], outputEPCList=[PACK])
    again = inside("Association", 2, "ADD", PACK, *MODULES[:2])
    told = Told(document(built, again))
    assert told.types == ["ENROLMENT", "PRODUCTION", "ENROLMENT", "INSTALLATION", "INSPECTION"]
    assert told.one("INSTALLATION")["part"] == MODULES[1]
    assert told.one("INSTALLATION")["attributes"]["parentID"] == PACK
    apart = World()
    apart.read(document(built))
    assert counts(apart.read(document(again))) == {"ACCEPTED": 3}


def test_what_is_seen_in_a_container_is_not_thereby_put_in() -> None:
    told = Told(document(made(1, PACK), inside("Aggregation", 2, "OBSERVE", SSCC, PACK, bizStep="arriving")))
    assert told.types == ["PRODUCTION", "ENROLMENT", "INSPECTION", "INSPECTION"]
    assert told.of("INSPECTION")[0]["attributes"]["parentID"] == SSCC


def test_a_place_is_no_host() -> None:
    told = Told(document(made(1, PACK), inside("Association", 2, "ADD", PLANT, PACK, bizStep="installing")))
    assert (told.types, told.left_out) == (["PRODUCTION", "INSPECTION"], {"place with things": 1})


def test_readings_of_an_aggregation_are_of_the_parent() -> None:
    readings = [{"sensorReport": [{"type": "Temperature", "value": 21, "uom": "CEL"}]}]
    told = Told(document(made(1, PACK), inside("Aggregation", 2, "ADD", SSCC, PACK, sensorElementList=readings)))
    assert told.one("INSPECTION") | {"note": ""} == told.one("INSPECTION") | {"item": SSCC, "note": ""}
    assert told.one("INSPECTION")["measurements"] == {"sensorElementList": readings}


def test_what_cannot_be_told() -> None:
    nowhere = Told(document(inside("Aggregation", 2, "ADD", None, PACK)))
    assert nowhere.malformed == [("parentID", "is missing: nothing says where the children go")]
    cells = [amount("https://id.gs1.org/01/09521234007005", 5)]
    assert Told(document(inside("Aggregation", 2, "ADD", SSCC, childQuantityList=cells))).left_out == {"quantity": 1}
    out = inside("Aggregation", 3, "DELETE", SSCC, childQuantityList=[amount(LOT, 5, "KGM")])
    assert Told(document(seen(1, SSCC), out)).types == ["ENROLMENT", "INSPECTION", "ENROLMENT", "INSPECTION"]


def test_things_that_are_only_counted_stay_with_what_they_go_into_or_come_out_of() -> None:
    """Cells of a kind, without serial numbers or a lot."""
    counted = [amount("https://id.gs1.org/01/09521234003007", 12)]
    for action in ("ADD", "DELETE"):
        packed = inside("Aggregation", 2, action, PACK, childQuantityList=counted, bizStep="packing")
        told = Told(document(made(1, PACK), packed))
        assert told.types == ["PRODUCTION", "INSPECTION"]
        assert told.one("INSPECTION")["item"] == PACK
        assert told.one("INSPECTION")["attributes"]["childQuantityList"] == counted
        assert told.left_out == {"quantity": 1}


def test_what_is_counted_beside_named_things_stays_with_what_is_told_of_those() -> None:
    counted = [amount("https://id.gs1.org/01/09521234003007", 12)]
    packed = inside("Aggregation", 2, "ADD", PACK, MODULES[0], childQuantityList=counted)
    told = Told(document(made(1, PACK, MODULES[0]), packed))
    assert told.types == ["PRODUCTION", "INSTALLATION"]
    assert told.one("INSTALLATION")["attributes"]["childQuantityList"] == counted
