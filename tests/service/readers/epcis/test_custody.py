"""Who acted, who handed over to whom, and who confirmed it."""

from __future__ import annotations

import pytest

from tests.service.readers.epcis.epcis_support import (
    BUYER,
    CARRIER,
    LOT,
    MAKER,
    PACK,
    PACK_2,
    PLANT,
    SALT,
    SSCC,
    YARD,
    Json,
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
from tests.service.test_auditing import found

SHIPPED = {"bizStep": "shipping", **from_to(MAKER, BUYER)}
RECEIVED = {"bizStep": "receiving", "readPoint": {"id": YARD}, **from_to(MAKER, BUYER)}


def test_shipping_between_two_parties_is_a_transfer_and_receiving_its_receipt() -> None:
    told = Told(document(made(1, PACK, PACK_2), seen(2, PACK, PACK_2, **SHIPPED), seen(3, PACK, **RECEIVED)))
    transfer, receipt = told.one("TRANSFER"), told.one("RECEIPT")
    assert (transfer["actor"], transfer["items"], transfer["to"]) == (MAKER, [PACK, PACK_2], BUYER)
    assert (receipt["actor"], receipt["transfer"]) == (BUYER, transfer["eventId"])
    world = World()
    assert counts(world.read(document(made(1, PACK, PACK_2), seen(2, PACK, PACK_2, **SHIPPED)))) == {"ACCEPTED": 2}
    assert (world.holder(PACK), world.holder(PACK_2)) == (BUYER, BUYER)


def test_the_possessing_party_counts_before_the_owning_one() -> None:
    both = {
        name: from_to(MAKER, CARRIER)[name] + from_to(MAKER, BUYER, "urn:epcglobal:cbv:sdt:owning_party")[name]
        for name in ("sourceList", "destinationList")
    }
    assert Told(document(seen(1, PACK, bizStep="departing", **both))).one("TRANSFER")["to"] == CARRIER


def test_what_is_with_the_receiver_already_does_not_pass_again() -> None:
    steps = ["shipping", "transporting", "arriving"]
    on_the_way = [seen(2 + day, PACK, bizStep=step, **from_to(MAKER, BUYER)) for day, step in enumerate(steps)]
    told = Told(document(made(1, PACK), *on_the_way))
    assert told.types == ["PRODUCTION", "TRANSFER", "INSPECTION", "INSPECTION"]


def test_a_receiver_who_tells_first_hands_over_for_the_sender() -> None:
    told = Told(document(made(1, PACK), seen(3, PACK, **RECEIVED)))
    assert told.one("TRANSFER")["actor"] == MAKER
    alone = Told(document(made(1, PACK), seen(3, PACK, bizStep="receiving", readPoint={"id": YARD})))
    assert alone.types == ["PRODUCTION", "INSPECTION"]
    assert alone.assumed["custody unchanged"] == 1


def test_a_receipt_without_parties_is_by_the_one_that_it_was_sent_to() -> None:
    dock = {"id": "urn:epc:id:sgln:9521239.00001.dock"}
    told = Told(document(made(1, PACK), seen(2, PACK, **SHIPPED), seen(3, PACK, bizStep="receiving", readPoint=dock)))
    assert told.one("RECEIPT")["actor"] == BUYER
    assert told.assumed["receiver"] == 1


def test_a_receipt_names_the_event_before_it() -> None:
    upstream = [{"type": "urn:epcglobal:cbv:btt:upevt", "bizTransaction": "urn:uuid:1"}]
    told = Told(document(seen(3, PACK, bizTransactionList=upstream, **RECEIVED)))
    assert told.one("RECEIPT")["transfer"] == "urn:uuid:1"
    world = World()
    world.read(document(made(1, PACK), seen(3, PACK, bizTransactionList=upstream, **RECEIVED)))
    assert world.statuses() == {"ACCEPTED": 1, "PENDING": 1}
    world.read(document(seen(2, PACK, eventID="urn:uuid:1", **SHIPPED)))
    assert world.statuses() == {"ACCEPTED": 3}, "it takes effect when the sender tells"


def test_sender_and_receiver_tell_in_documents_of_their_own() -> None:
    world = World()
    world.read(document(made(1, PACK), seen(2, PACK, **SHIPPED)))
    assert counts(world.read(document(seen(3, PACK, **RECEIVED)))) == {"ACCEPTED": 1}
    assert [one.type for one in world.events()] == ["PRODUCTION", "TRANSFER", "RECEIPT"]


def test_shipping_that_did_not_take_place() -> None:
    voided = {"bizStep": "void_shipping", "readPoint": {"id": YARD}}
    world = World()
    world.read(document(made(1, PACK, PACK_2), seen(2, PACK, PACK_2, **SHIPPED)))
    report = world.read(document(seen(3, PACK, **voided)))
    assert report.left_out["void_shipping", "only some of what was shipped is named: a transfer is voided whole"] == 1
    world.read(document(seen(4, PACK, PACK_2, **voided)))
    assert world.statuses()["VOIDED"] == 1
    assert world.holder(PACK) == MAKER
    again = Told(document(made(1, PACK), seen(2, PACK, **SHIPPED), seen(3, PACK, **voided), seen(4, PACK, **SHIPPED)))
    assert again.types == ["PRODUCTION", "TRANSFER", "VOIDING", "TRANSFER"]


def test_a_part_of_a_lot_is_handed_over_as_the_lot_and_its_quantity_seen() -> None:
    lot = made(1, quantityList=[amount(LOT, 100, "KGM")])
    told = Told(document(lot, event("Object", 2, quantityList=[amount(LOT, 40, "KGM")], **SHIPPED)))
    assert (told.types, told.assumed) == (["PRODUCTION", "TRANSFER", "INSPECTION"], {"part of a lot": 1})
    assert (told.one("TRANSFER")["items"], told.one("TRANSFER")["to"]) == ([LOT], BUYER)
    assert told.one("INSPECTION")["measurements"] == {"quantity": 40, "uom": "KGM"}
    whole = Told(document(lot, event("Object", 2, quantityList=[amount(LOT, 0.1, "TNE")], **SHIPPED)))
    assert (whole.types, whole.one("TRANSFER")["items"]) == (["PRODUCTION", "TRANSFER"], [LOT])


@pytest.mark.parametrize(("kg", "parts"), [(40, 1), (100, 0)])
def test_a_lot_that_is_handed_over_with_readings_is_seen_once(kg: float, parts: int) -> None:
    warm = [{"sensorReport": [{"type": "Temperature", "value": 20, "uom": "CEL"}]}]
    lot = made(1, PACK, quantityList=[amount(LOT, 100, "KGM")])
    amounts = [amount(LOT, kg, "KGM")]
    told = Told(document(lot, seen(2, PACK, quantityList=amounts, sensorElementList=warm, **SHIPPED)))
    readings = {"sensorElementList": warm}
    assert [(one["item"], one["measurements"]) for one in told.of("INSPECTION")] == [
        (PACK, readings),
        (LOT, {**readings, "quantity": kg, "uom": "KGM"}),
    ]
    assert told.assumed["part of a lot"] == parts


def test_a_shipping_of_a_part_that_is_voided_hands_nothing_over() -> None:
    amounts = [amount(LOT, 40, "KGM")]
    shipped = event("Object", 2, quantityList=amounts, **SHIPPED)
    voided = event("Object", 3, quantityList=amounts, **{**SHIPPED, "bizStep": "void_shipping"})
    told = Told(document(made(1, quantityList=[amount(LOT, 100, "KGM")]), shipped, voided))
    assert told.types == ["PRODUCTION", "TRANSFER", "INSPECTION", "VOIDING", "INSPECTION"]
    assert told.assumed == {"part of a lot": 1}


def test_a_lot_that_is_shipped_in_halves_and_used_by_two_is_no_gap_in_custody() -> None:
    """To the buyer, then to another; then each refines what it got, and the maker the rest."""
    parts = (2, BUYER, 40, YARD), (3, CARRIER, 40, "https://id.gs1.org/414/9521234000303")
    shipped = [
        event("Object", day, quantityList=[amount(LOT, kg, "KGM")], bizStep="shipping", **from_to(MAKER, to))
        for day, to, kg, _ in parts
    ]
    used = [
        event(
            "Transformation", day + 2, inputQuantityList=[amount(LOT, kg, "KGM")], readPoint={"id": at},
            outputQuantityList=[amount(f"{SALT}{day}", 10, "KGM")],
        )
        for day, _, kg, at in (*parts, (4, MAKER, 20, "https://id.gs1.org/414/9521234000105"))
    ]  # fmt: skip
    world = World()
    world.read(document(made(1, quantityList=[amount(LOT, 100, "KGM")]), *shipped, *used))
    assert set(world.statuses()) == {"ACCEPTED"}
    assert [one.actor for one in world.events() if one.type == "REFINING"] == [BUYER, CARRIER, MAKER]
    assert [one for one in found(world.store) if one.code == "CUSTODY_GAP"] == []


@pytest.mark.parametrize("named", [True, False])
@pytest.mark.parametrize("apart", [True, False])
def test_each_buyer_of_a_part_of_a_lot_confirms_what_was_sent_to_it(named: bool, apart: bool) -> None:
    """Sent to the buyer, then to another, before either receives it; in one document, or in one for each party."""

    def half(day: int, step: str, to: str, at: str) -> Json:
        parties = from_to(MAKER, to) if step == "shipping" or named else {}
        amounts = [amount(LOT, 50, "KGM")]
        return event("Object", day, bizStep=step, quantityList=amounts, readPoint={"id": at}, **parties)

    elsewhere = "https://id.gs1.org/414/9521234000303"
    sent = [half(2, "shipping", BUYER, PLANT), half(3, "shipping", CARRIER, PLANT)]
    received = [half(4, "receiving", BUYER, YARD), half(5, "receiving", CARRIER, elsewhere)]
    told = [made(1, quantityList=[amount(LOT, 100, "KGM")]), *sent], received[:1], received[1:]
    world = World()
    for events in told if apart else [[one for some in told for one in some]]:
        world.read(document(*events))
    assert set(world.statuses()) == {"ACCEPTED"}
    events = [(one.type, one.actor) for one in world.events() if one.type in ("TRANSFER", "RECEIPT")]
    assert sorted(events) == [("RECEIPT", BUYER), ("RECEIPT", CARRIER), ("TRANSFER", MAKER), ("TRANSFER", MAKER)]
    assert [one for one in found(world.store) if one.code == "CUSTODY_GAP"] == []


def test_a_transaction_is_told_where_it_hands_something_over() -> None:
    order = [{"type": "po", "bizTransaction": "https://example.com/po/1"}]
    bare = event("Transaction", 2, action="ADD", epcList=[PACK], bizTransactionList=order)
    told = Told(document(made(1, PACK), bare))
    assert (told.types, told.left_out) == (["PRODUCTION"], {"TransactionEvent": 1})
    sold = Told(document(made(1, PACK), {**bare, **from_to(MAKER, BUYER)}))
    assert sold.one("TRANSFER")["to"] == BUYER


# Who acts

PARTNER = "urn:epc:id:pgln:9521234.00010"


def actor_of(*events: dict, actor: str | None = None, **header: object) -> tuple[str, bool]:
    told = Told(document(*events, **header), actor)
    return told.events[0]["actor"], "actor" in told.assumed


def test_a_party_that_the_event_names_acts() -> None:
    assert actor_of(seen(1, PACK, bizStep="storing", **from_to(BUYER, None))) == (BUYER, False)
    assert actor_of(seen(1, PACK, bizStep="storing", **from_to(None, CARRIER))) == (CARRIER, False)
    place = "https://id.gs1.org/414/9521234000303"
    facility = {"type": "gs1:Organization", "id": place, "gs1:organizationName": "Haul"}
    told = Told(document(seen(1, PACK, **{"x:facility": facility})))
    assert told.events[0]["actor"] == CARRIER
    assert told.registrations[0]["organization"] == {"key": CARRIER, "name": "Haul"}
    operator = {"@type": "dpp:OperatorInformation", "gs1:gln": CARRIER, "gs1:organizationName": "Haul"}
    assert actor_of(seen(1, PACK, **{"dpp:operatorInformation": operator})) == (CARRIER, False)
    two = {"x:a": facility, "x:b": {**facility, "id": "https://id.gs1.org/414/9521234000204"}}
    assert actor_of(seen(1, PACK, **two)) == (MAKER, True), "of two organizations it is not said which acted"


def test_a_place_whose_party_the_file_knows() -> None:
    shed = {"id": "urn:epc:id:sgln:9521234.00077.shelf"}
    ships_from_there = seen(2, PACK, **{**SHIPPED, "readPoint": shed})
    assert actor_of(made(1, PACK, readPoint=shed), ships_from_there) == (MAKER, True)
    two = seen(3, PACK, bizStep="shipping", readPoint=shed, **from_to(BUYER, CARRIER))
    assert actor_of(made(1, PACK, readPoint=shed), ships_from_there, two) == ("9521234000778", True), "two ship from it"
    element = {"id": "urn:epc:id:sgln:9521234.00077.0", "attributes": [
        {"id": "urn:epcglobal:cbv:owning_party", "attribute": PARTNER},
        {"id": "urn:epcglobal:cbv:mda:countryCode", "attribute": "CN"},
        {"id": "urn:epcglobal:cbv:mda:city", "attribute": "Ningde"}]}  # fmt: skip
    party = {"id": PARTNER, "attributes": [{"id": "urn:epcglobal:cbv:mda:name", "attribute": "Minjiang Cell"}]}
    data = {"vocabularyList": [
        {"type": "urn:epcglobal:epcis:vtype:BusinessLocation", "vocabularyElementList": [element]},
        {"type": "urn:epcglobal:epcis:vtype:Party", "vocabularyElementList": [party]}]}  # fmt: skip
    told = Told(document(made(1, PACK, readPoint=shed), epcisHeader={"epcisMasterData": data}))
    assert (told.events[0]["actor"], "actor" in told.assumed) == (MAKER, False)
    assert told.events[0]["place"] == {"site": shed["id"], "region": "CN"}
    assert told.registrations[0]["organization"] == {"key": MAKER, "name": "Minjiang Cell"}
    assert told.left_out == {"master data city": 1}


def test_what_is_taken_where_nobody_is_named() -> None:
    nowhere = made(1, PACK)
    del nowhere["readPoint"]
    assert actor_of(made(1, PACK), actor="operator") == ("operator", False), "the one who reads says so"
    assert actor_of(made(1, PACK), sender=PARTNER) == (MAKER, True)
    assert actor_of(nowhere, sender=PARTNER) == (MAKER, True)
    hall = "https://example.com/hall/7"
    assert actor_of({**nowhere, "readPoint": {"id": hall}}) == (hall, True)
    told = Told(document({**nowhere, "readPoint": {"id": "geo:26.66,119.55"}}))
    assert told.events == []
    assert told.malformed == [("actor", "no party and no place is named; say who acts with --actor KEY")]


def test_coordinates_are_a_place() -> None:
    told = Told(document(made(1, PACK, readPoint={"id": "geo:26.66,119.55"})), actor="operator")
    assert told.events[0]["place"] == {"latitude": 26.66, "longitude": 119.55}
    strange = Told(document(made(1, PACK, readPoint={"id": "geo:north"})), actor="operator")
    assert strange.events[0]["place"] == {"site": "geo:north"}


# In containers


def packed(day: int, *epcs: str, **fields: object) -> dict:
    return event("Aggregation", day, action="ADD", bizStep="packing", parentID=SSCC, childEPCs=list(epcs), **fields)


def test_a_pallet_takes_along_what_is_on_it() -> None:
    world = World()
    world.read(document(made(1, PACK, PACK_2), packed(2, PACK, PACK_2), seen(3, SSCC, **SHIPPED)))
    assert (world.holder(PACK), world.holder(SSCC)) == (BUYER, BUYER)
    assert world.statuses() == {"ACCEPTED": 5}


def test_packing_and_shipping_may_be_in_two_documents_in_any_order() -> None:
    documents = [document(made(1, PACK)), document(packed(2, PACK)), document(seen(3, SSCC, **SHIPPED))]
    for order in ((0, 1, 2), (2, 1, 0), (1, 2, 0)):
        world = World()
        world.read(*(documents[index] for index in order))
        assert world.holder(PACK) == BUYER, order


def test_a_pallet_goes_along_where_all_that_is_on_it_goes() -> None:
    whole = Told(document(made(1, PACK, PACK_2), packed(2, PACK, PACK_2), seen(3, PACK, PACK_2, **SHIPPED)))
    assert whole.one("TRANSFER")["items"] == [PACK, PACK_2, SSCC]
    part = Told(document(made(1, PACK, PACK_2), packed(2, PACK, PACK_2), seen(3, PACK, **SHIPPED)))
    assert part.one("TRANSFER")["items"] == [PACK]


def test_a_lot_travels_with_its_container_though_it_is_no_part_of_it() -> None:
    pallet = packed(2, childQuantityList=[amount(LOT, 100, "KGM")])
    told = Told(document(made(1, quantityList=[amount(LOT, 100, "KGM")]), pallet, seen(3, SSCC, **SHIPPED)))
    assert told.left_out == {"lot in a container": 1}
    assert told.one("TRANSFER")["items"] == [SSCC, LOT]


@pytest.mark.parametrize(("step", "assumed"), [("unpacking", 0), ("installing", 1)])
def test_what_is_in_use_is_in_no_packaging(step: str, assumed: int) -> None:
    told = Told(document(made(1, PACK), packed(2, PACK), seen(3, PACK, bizStep=step)))
    assert told.one("REMOVAL")["host"] == SSCC
    assert told.assumed["unpacking"] == assumed
