"""Error declarations, and the same document again."""

from __future__ import annotations

import json

from tests.service.readers.epcis.epcis_support import (
    BUYER,
    LOT,
    MAKER,
    MODULES,
    PACK,
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

SHIPPED = seen(2, PACK, bizStep="shipping", eventID="urn:uuid:shipped", **from_to(MAKER, BUYER))
WRONG = {
    "declarationTime": "2026-04-05T08:00:00Z",
    "reason": "urn:epcglobal:cbv:er:did_not_occur",
    "correctiveEventIDs": ["urn:uuid:corrected"],
}


def declared(one: dict, **more: object) -> dict:
    return {**one, "errorDeclaration": {**WRONG, **more}}


def test_a_declared_error_voids_the_event_with_its_id() -> None:
    world = World()
    world.read(document(made(1, PACK), SHIPPED))
    assert world.holder(PACK) == BUYER
    assert counts(world.read(document(declared(SHIPPED)))) == {"ACCEPTED": 1, "DUPLICATE": 1}
    assert world.holder(PACK) == MAKER
    voiding = json.loads(world.events()[-1].payload)
    assert (voiding["type"], voiding["voids"], voiding["actor"]) == ("VOIDING", "urn:uuid:shipped", MAKER)
    assert voiding["occurredAt"] == "2026-04-05T16:00:00+08:00"
    assert voiding["reason"] == 'did_not_occur {"correctiveEventIDs":["urn:uuid:corrected"]}'
    assert counts(world.read(document(declared(SHIPPED)))) == {"DUPLICATE": 2}, "twice is once"


def test_an_error_declared_before_the_event_came_in() -> None:
    world = World()
    world.read(document(made(1, PACK)))
    assert counts(world.read(document(declared(SHIPPED)))) == {"VOIDED": 1, "ACCEPTED": 1}
    assert counts(world.read(document(SHIPPED))) == {"DUPLICATE": 1}
    assert world.holder(PACK) == MAKER


def test_every_event_that_a_wrong_one_became_is_voided_but_that_its_items_exist() -> None:
    wrong = event("Aggregation", 2, action="ADD", parentID=PACK, childEPCs=MODULES)
    world = World()
    world.read(document(wrong))
    assert world.statuses() == {"ACCEPTED": 5}
    world.read(document(declared(wrong)))
    assert world.statuses() == {"ACCEPTED": 5, "VOIDED": 4}
    assert [node.key for node in world.trace(MODULES[0]).nodes if node.kind == "COMPONENT"] == [MODULES[0]]


def test_the_correction_in_the_same_document_counts_as_if_nothing_had_been_wrong() -> None:
    yielded = {"outputQuantityList": [amount(LOT, 452, "KGM")]}
    wrong = event("Transformation", 2, inputEPCList=[PACK], eventID="urn:uuid:w", **yielded)
    right = {**wrong, "outputQuantityList": [amount(LOT, 500, "KGM")], "eventID": "urn:uuid:corrected"}
    for documents in ([document(wrong, declared(wrong), right)], [document(wrong), document(declared(wrong), right)]):
        world = World()
        world.read(*documents)
        weighed = {edge.target: edge.mass_kg for edge in world.trace(PACK).edges if edge.kind == "YIELDED"}
        assert weighed == {LOT: 500}


def test_without_an_id_the_event_is_known_by_what_it_says() -> None:
    bare = {name: value for name, value in SHIPPED.items() if name != "eventID"}
    world = World()
    world.read(document(made(1, PACK), bare))
    world.read(document(declared(bare)))
    assert world.statuses() == {"ACCEPTED": 2, "VOIDED": 1}


def test_an_event_is_the_same_however_it_is_written() -> None:
    other = {
        **SHIPPED,
        "bizStep": "https://ref.gs1.org/cbv/BizStep-shipping",
        "epcList": ["urn:epc:id:sgtin:9521234.000200.P1"],
        "eventTime": "2026-04-02T16:00:00.000+08:00",
        "recordTime": "2026-04-09T00:00:00Z",
        "sourceList": [{"type": "urn:epcglobal:cbv:sdt:possessing_party", "source": "urn:epc:id:pgln:9521234.00010"}],
    }
    del other["eventID"]
    bare = {name: value for name, value in SHIPPED.items() if name != "eventID"}
    assert Told(document(other)).document.events[0].digest == Told(document(bare)).document.events[0].digest
    world = World()
    world.read(document(made(1, PACK), bare))
    assert counts(world.read(document(other))) == {"DUPLICATE": 1}


def test_the_same_events_with_more_around_them_are_the_same_events() -> None:
    """What a document says elsewhere decides kinds and actors; what was read before stands."""
    first = made(1, PACK)
    report = {"type": "eubat:hasStateOfHealth", "value": 98, "uom": "P1"}
    later = seen(2, PACK, sensorElementList=[{"sensorReport": [report]}])
    assert Told(document(first)).events != Told(document(first, later)).events[:1]
    world = World()
    world.read(document(first))
    assert counts(world.read(document(first, later))) == {"DUPLICATE": 1, "ACCEPTED": 1}


def test_the_same_id_with_other_content_is_rejected_once() -> None:
    world = World()
    world.read(document(made(1, PACK), SHIPPED))
    report = world.read(document({**SHIPPED, "disposition": "in_transit"}))
    assert counts(report) == {"REJECTED": 1}
    (rejection,) = report.rejections
    assert rejection.field == "eventID"
    assert "urn:uuid:shipped was recorded before with other content" in rejection.reason
    twice = Told(document(SHIPPED, {**SHIPPED, "disposition": "in_transit"}))
    assert twice.malformed == [("eventID", "stands in this file twice, with other content; the first counts")]
    assert Told(document(SHIPPED, SHIPPED)).types == ["ENROLMENT", "TRANSFER"]


def test_ids_too_long_for_the_log_are_digests_and_kept_in_words() -> None:
    long = "urn:example:" + "x" * 200
    told = Told(document(made(1, PACK, eventID=long)))
    assert told.events[0]["eventId"].startswith("epcis:id:")
    assert told.events[0]["attributes"] == {"eventID": long}
