"""Lists: what their filters find, in which order, page by page."""

from typing import Any

import pytest

from seed.story import (
    ALUMINIUM,
    BLACK_MASS,
    CAR_MAKER,
    CARBONATE,
    CATHODE,
    FLEET,
    MAKER,
    PACK_A,
    PACK_NEW,
    PACK_RECYCLED,
    PACK_VANISHED,
    RECYCLER,
    STORAGE,
    STORAGE_UNIT,
    SULPHATE,
    TAXI,
    TRADER,
    VEHICLE_A,
    WORKSHOP,
    module,
)
from service.ports import Store
from tests.service.api.conftest import Ask
from tests.support import send

pytestmark = pytest.mark.usefixtures("told")

PACKS = {PACK_A, PACK_RECYCLED, PACK_VANISHED, PACK_NEW}


def keys(found: dict[str, Any]) -> set[str]:
    return {edge["node"]["key"] for edge in found["edges"]}


@pytest.mark.parametrize(
    ("where", "expected"),
    [
        ("{kind: BATTERY, model: \"MJ-3\"}", PACKS),
        ("{kind: BATTERY, chemistry: \"NMC\"}", PACKS),
        ("{kind: BATTERY, chemistry: \"nmc\"}", set()),
        ("{kind: BATTERY, producer: \"%s\"}" % STORAGE, {STORAGE_UNIT}),
        ("{kind: BATTERY, producedFrom: \"2026-01-01T00:00:00Z\"}", {STORAGE_UNIT, PACK_NEW}),
        ("{kind: LOT, producedTo: \"2026-06-01T00:00:00Z\"}", {CATHODE, BLACK_MASS, ALUMINIUM}),
        ("{material: \"lithium carbonate\"}", {CARBONATE}),
        ("{status: IN_SECOND_LIFE, kind: BATTERY}", {STORAGE_UNIT}),
        ("{status: ENDED, kind: BATTERY}", {PACK_A, PACK_RECYCLED}),
        ("{status: RETIRED, kind: BATTERY}", {PACK_VANISHED}),
        ("{holder: \"%s\"}" % RECYCLER, {BLACK_MASS, ALUMINIUM}),
        ("{holder: \"%s\", kind: BATTERY}" % TRADER, {PACK_VANISHED}),
        ("{region: \"CN-43\"}", {BLACK_MASS, ALUMINIUM}),
        ("{party: \"%s\", kind: MODULE}" % WORKSHOP, {module(2), module(7), module(5), module(6)}),
        ("{text: \"lot-\"}", {CATHODE, BLACK_MASS, ALUMINIUM, CARBONATE, SULPHATE}),
        ("{producer: \"nobody\"}", set()),
    ],
)  # fmt: skip
def test_items_by_filter(data: Ask, where: str, expected: set[str]) -> None:
    found = data("{ items(filter: %s) { totalCount edges { node { key } } } }" % where)["items"]
    assert keys(found) == expected
    assert found["totalCount"] == len(expected)


def test_items_as_of_a_moment(data: Ask) -> None:
    """In 2022 pack A was in a vehicle of the fleet's, with both its modules."""
    found = data(
        """query ($fleet: String!, $then: DateTime!) {
          held: items(asOf: $then, filter: {holder: $fleet}) { totalCount edges { node { key status } } }
          now: items(filter: {holder: $fleet}) { edges { node { key } } }
          installed: items(asOf: $then, filter: {holder: $fleet, status: INSTALLED}) { totalCount }
          lots: items(asOf: $then, filter: {kind: LOT}) { edges { node { key } } }
          ever: items(asOf: $then, filter: {party: $fleet, kind: BATTERY}) { edges { node { key } } }
        }""",
        fleet=FLEET,
        then="2022-01-01T00:00:00Z",
    )
    assert {PACK_A, VEHICLE_A, module(1), module(2)} < keys(found["held"])
    assert keys(found["now"]) == {VEHICLE_A}
    assert found["held"]["totalCount"] == 8
    assert found["installed"]["totalCount"] == 7
    assert keys(found["lots"]) == {CATHODE}
    assert keys(found["ever"]) == {PACK_A}


def test_items_in_the_order_of_production(data: Ask, store: Store) -> None:
    query = """query ($after: String, $direction: OrderDirection!) {
      items(first: 2, after: $after, orderBy: {field: PRODUCED_AT, direction: $direction}, filter: {kind: BATTERY}) {
        edges { node { key producedAt } } pageInfo { hasNextPage endCursor } } }"""
    oldest = [*sorted([PACK_A, PACK_RECYCLED, PACK_VANISHED]), STORAGE_UNIT, PACK_NEW]
    for direction, expected in (("ASC", oldest), ("DESC", oldest[::-1])):
        seen: list[str] = []
        after = None
        while True:
            page = data(query, after=after, direction=direction)["items"]
            seen += [edge["node"]["key"] for edge in page["edges"]]
            after = page["pageInfo"]["endCursor"]
            send(store, [{
                "eventId": f"more-{direction}-{len(seen)}", "type": "ENROLMENT", "actor": "m",
                "occurredAt": "2000-01-01T00:00:00Z" if direction == "ASC" else "2030-01-01T00:00:00Z",
                "items": [{"key": f"more-{direction}-{len(seen)}", "kind": "CELL"}],
            }])  # fmt: skip
            if not page["pageInfo"]["hasNextPage"]:
                break
        assert seen == expected


def test_the_last_of_an_order(data: Ask) -> None:
    found = data(
        """{ items(last: 2, orderBy: {field: PRODUCED_AT}, filter: {kind: BATTERY}) {
               edges { cursor node { key } } pageInfo { hasPreviousPage startCursor } } }"""
    )["items"]
    assert [edge["node"]["key"] for edge in found["edges"]] == [STORAGE_UNIT, PACK_NEW]
    assert found["pageInfo"]["hasPreviousPage"]
    before = data(
        """query ($before: String!) { items(last: 1, before: $before, orderBy: {field: PRODUCED_AT},
             filter: {kind: BATTERY}) { edges { node { key } } } }""",
        before=found["pageInfo"]["startCursor"],
    )["items"]
    assert keys(before) == {PACK_VANISHED}


def test_events_by_time_type_and_party(data: Ask) -> None:
    found = data(
        """query ($taxi: String!) {
          spring: events(filter: {type: [REMOVAL, RETIREMENT], occurredFrom: "2026-04-01T00:00:00Z",
            occurredTo: "2026-05-05T12:00:00Z"}) { totalCount edges { node { eventId } } }
          then: events(asOf: "2020-01-01T12:00:00Z") { totalCount }
          theirs: events(filter: {party: $taxi, type: TRANSFER}) { totalCount edges { node { eventId } } }
          recorded: events(filter: {recordedTo: "2000-01-01T00:00:00Z"}) { totalCount }
          since: events(filter: {recordedFrom: "2000-01-01T00:00:00Z"}) { totalCount }
          all: events { totalCount }
          early: event(eventId: "story-45-recycling", asOf: "2026-05-31T00:00:00Z") { eventId }
          late: event(eventId: "story-45-recycling", asOf: "2026-06-02T00:00:00Z") { items { key status } }
        }""",
        taxi=TAXI,
    )
    ids = [edge["node"]["eventId"] for edge in found["spring"]["edges"]]
    assert ids == ["story-32-removal", "story-34-retirement", "story-39-removal"]
    assert found["then"]["totalCount"] == 9
    theirs = {edge["node"]["eventId"] for edge in found["theirs"]["edges"]}
    assert theirs == {"story-20-transfer", "story-25-transfer", "story-41-transfer", "story-54-transfer",
                      "story-56-transfer"}  # fmt: skip
    assert found["theirs"]["totalCount"] == 5
    assert found["recorded"]["totalCount"] == 0
    assert found["since"] == found["all"]
    assert found["early"] is None
    assert {item["status"] for item in found["late"]["items"] if item["key"] == PACK_RECYCLED} == {"ENDED"}


def test_history_goes_on_where_it_was(data: Ask, store: Store) -> None:
    query = (
        """query ($after: String) { battery(key: "%s") { history(first: 4, after: $after) {
      totalCount edges { node { eventId } } pageInfo { hasNextPage endCursor } } } }"""
        % PACK_A
    )
    page = data(query)["battery"]["history"]
    seen = [edge["node"]["eventId"] for edge in page["edges"]]
    send(store, [{
        "eventId": "early", "type": "INSPECTION", "occurredAt": "2021-05-11T00:00:00Z", "actor": MAKER, "item": PACK_A,
    }])  # fmt: skip
    while page["pageInfo"]["hasNextPage"]:
        page = data(query, after=page["pageInfo"]["endCursor"])["battery"]["history"]
        seen += [edge["node"]["eventId"] for edge in page["edges"]]
    assert page["totalCount"] == 14
    assert len(set(seen)) == len(seen) == 13, "what comes in behind the cursor is not shown, and nothing twice"


def test_custody_tells_the_car_maker(data: Ask) -> None:
    found = data(
        '{ vehicle(key: "%s") { custody { edges { node { holder { key } from to openedBy closedBy } } } } }' % VEHICLE_A
    )
    spans = [edge["node"] for edge in found["vehicle"]["custody"]["edges"]]
    assert [span["holder"]["key"] for span in spans] == [CAR_MAKER, FLEET]
    assert spans[0]["closedBy"] == spans[1]["openedBy"] == "story-23-transfer"
    assert spans[1]["to"] is None


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("{ items(first: 1, last: 1) { totalCount } }", "first, last: give one of them"),
        ('{ items(before: "djE6MTp4") { totalCount } }', "before: goes with `last`"),
        ('{ items(last: 1, after: "djE6MTp4") { totalCount } }', "after: goes with `first`"),
        ('{ items(after: "djE6eA") { totalCount } }', "after: 'djE6eA' is no cursor of items by KEY"),
        ('{ events(after: "djE6eA") { totalCount } }', "after: 'djE6eA' is no cursor of the log"),
        ("{ items(orderBy: {field: MASS}) { totalCount } }", "MASS"),
        ('{ items(filter: {producedFrom: "2026-01-01"}) { totalCount } }', "RFC 3339"),
    ],
)
def test_bad_lists(answer: Ask, query: str, message: str) -> None:
    (error,) = answer(query)["errors"]
    assert message in error["message"]
