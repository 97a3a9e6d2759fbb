"""Values of items at moments, and what of a measurement is read."""

from typing import Any

import pytest

from graph_schema.rules import recipients
from graph_schema.rules.limits import REPORTING, ROLES, SCOPES, TRANSPORT
from graph_schema.voiding import REGULATOR
from seed.story import CARBONATE, PACK_NEW
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


@pytest.mark.usefixtures("told")
def test_a_status_before_an_item_was_there_says_where_to_put_the_moment(answer: Ask, data: Ask) -> None:
    query = '{ items(%s first: 100) { edges { node { key status(asOf: "2024-01-01T00:00:00Z") } } } }'
    body = answer(query % "")
    (message,) = {error["message"] for error in body["errors"]}
    assert message.startswith("asOf, knownAt: the item is not known then; put `asOf` on the list or the lookup above")
    keys = [edge["node"]["key"] for edge in data(query % 'asOf: "2024-01-01T00:00:00Z"')["items"]["edges"]]
    assert keys
    assert PACK_NEW not in keys


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
