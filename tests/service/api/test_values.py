"""Values of items at moments, and what of a measurement is read."""

from typing import Any

import pytest

from graph_schema.rules import recipients
from graph_schema.rules.limits import REPORTING, ROLES, SCOPES, TRANSPORT
from graph_schema.voiding import REGULATOR
from seed.story import CARBONATE, PACK_NEW, PACK_RECYCLED
from service.access.custody import TAKES_OUT
from service.api.schema import sdl
from service.ports import Store
from tests.service.api.conftest import Ask
from tests.support import send


@pytest.mark.usefixtures("told")
def test_a_lot_that_is_not_there_yet_has_no_remainder(data: Ask) -> None:
    found = data(
        '{ lot(key: "%s") { massKg born: remainingKg(asOf: "2026-07-02T00:00:00Z")'
        ' before: remainingKg(asOf: "2026-06-30T00:00:00Z") } }' % CARBONATE
    )["lot"]
    assert found == {"massKg": 1.4, "born": 1.4, "before": None}


def test_a_lot_that_was_drawn_in_tenths_is_empty_at_the_end(store: Store, data: Ask) -> None:
    """1 - 10 * 0.1 is not 0 in floats."""
    when = {"occurredAt": "2026-01-01T00:00:00Z", "actor": "A"}
    lot = {"key": "L", "kind": "LOT", "material": "black mass", "massKg": 1}
    drawn = [
        {**when, "eventId": f"draw{number}", "type": "REFINING", "inputs": [{"key": "L", "massKg": 0.1}]}
        | {"outputs": [{"key": f"OUT{number}", "material": "nickel sulphate", "massKg": 0.1}]}
        for number in range(10)
    ]
    send(store, [{**when, "eventId": "lot", "type": "ENROLMENT", "items": [lot]}, *drawn])
    assert data('{ lot(key: "L") { remainingKg } }')["lot"] == {"remainingKg": 0.0}


@pytest.mark.usefixtures("told")
def test_a_status_before_an_item_was_there_hides_no_other(data: Ask) -> None:
    """Nothing above the last line of the table of statuses holds then; the moment on the list leaves such items out."""
    query = '{ items(%s first: 100) { edges { node { key status(asOf: "2022-07-01T00:00:00Z") } } } }'
    found = {edge["node"]["key"]: edge["node"]["status"] for edge in data(query % "")["items"]["edges"]}
    there = {
        edge["node"]["key"]: edge["node"]["status"]
        for edge in data(query % 'asOf: "2022-07-01T00:00:00Z"')["items"]["edges"]
    }
    assert there[PACK_RECYCLED] == found[PACK_RECYCLED] == "INSTALLED"
    assert PACK_NEW not in there
    assert found == dict.fromkeys(found, "AVAILABLE") | there


def test_the_status_of_an_event_before_its_record_is_the_first(store: Store, data: Ask) -> None:
    """An error would take all other events with it."""
    when = {"occurredAt": "2026-01-01T00:00:00Z", "actor": "A"}
    send(store, [{**when, "eventId": "look", "type": "INSPECTION", "item": "P", "measurements": {}}])
    send(store, [{**when, "eventId": "enrol", "type": "ENROLMENT", "items": [{"key": "P", "kind": "BATTERY"}]}])
    query = '{ events(first: 9) { edges { node { eventId status then: status(knownAt: "2001-01-01T00:00:00Z") } } } }'
    found = [edge["node"] for edge in data(query)["events"]["edges"]]
    assert found == [
        {"eventId": "look", "status": "ACCEPTED", "then": "PENDING"},
        {"eventId": "enrol", "status": "ACCEPTED", "then": "ACCEPTED"},
    ]


@pytest.mark.parametrize(
    ("stated", "read"),
    [(81.5, 81.5), (0, 0.0), (150, 150.0), (True, 70.0), (-5, 70.0), (1e308, 70.0), ("high", 70.0), (None, 70.0)],
)
def test_only_a_percentage_is_read_as_a_state_of_health(store: Store, data: Ask, stated: Any, read: float) -> None:
    """What else was measured stands in the event as it was sent, and the last that is one counts."""
    when = {"occurredAt": "2026-01-01T00:00:00Z", "actor": "A"}
    look = {**when, "type": "INSPECTION", "item": "P"}
    send(store, [
        {**when, "eventId": "p", "type": "PRODUCTION", "outputs": [{"key": "P", "kind": "BATTERY"}]},
        {**look, "eventId": "1", "measurements": {"stateOfHealthPercent": 70}},
        {**look, "eventId": "2", "measurements": {"stateOfHealthPercent": stated, "cycleCount": 3}},
    ])  # fmt: skip
    found = data('{ battery(key: "P") { stateOfHealth } event(eventId: "2") { status payload } }')
    assert found["battery"]["stateOfHealth"] == read
    assert found["event"]["status"] == "ACCEPTED"
    assert found["event"]["payload"]["measurements"]["stateOfHealthPercent"] == stated


def test_lookups_by_kind(store: Store, data: Ask) -> None:
    kinds = ("CELL", "MODULE", "BATTERY", "VEHICLE", "LOT")
    items = [{"key": f"the-{kind}", "kind": kind} for kind in kinds]
    send(store, [{"eventId": "e", "type": "ENROLMENT", "occurredAt": "2026-01-01T00:00:00Z", "actor": "A",
                  "items": items}])  # fmt: skip
    for kind in kinds:
        found = data("{ %s }" % " ".join(f'{one.lower()}(key: "the-{kind}") {{ key }}' for one in kinds))
        assert found == {one.lower(): {"key": f"the-{kind}"} if one == kind else None for one in kinds}


def test_the_schema_names_the_roles_and_scopes_that_rules_know() -> None:
    known = {role for limit in REPORTING for role in limit.roles} | recipients.HANDS_ON | TRANSPORT.roles | {REGULATOR}
    assert known <= set(ROLES)
    assert {"COLLECTION", *recipients.UTILIZES} | TAKES_OUT.keys() <= set(SCOPES)
    text = sdl()
    assert text.count(", ".join(ROLES)) >= 3, "the filter, the field, the input"
    assert text.count(", ".join(SCOPES)) >= 2


def test_each_kind_of_item_has_a_lookup(store: Store, data: Ask) -> None:
    when = {"occurredAt": "2026-01-01T00:00:00Z", "actor": "A"}
    kinds = ("BATTERY", "MODULE", "CELL", "COMPONENT", "VEHICLE", "LOT")
    items = [
        {"key": kind[:3], "kind": kind, "identifiers": [{"scheme": "S", "value": f"other-{kind}"}]} for kind in kinds
    ]
    send(store, [{**when, "eventId": "e", "type": "ENROLMENT", "items": items}])
    fields = [f'{kind.lower()}(key: "other-{kind}") {{ key kind }}' for kind in kinds]
    found = data(f'{{ {" ".join(fields)} none: component(key: "BAT") {{ key }} }}')
    assert found == {kind.lower(): {"key": kind[:3], "kind": kind} for kind in kinds} | {"none": None}
