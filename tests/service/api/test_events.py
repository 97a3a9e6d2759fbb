"""What an event is about, and an item's full history: with receipts and voidings."""

import pytest

from seed.story import CAR_MAKER, MAKER, PACK_A, PACK_RECYCLED, PACK_VANISHED
from service.ports import Store
from tests.service.api.conftest import Ask
from tests.support import send

HISTORY = "{ battery(key: %s) { history(first: 100) { totalCount edges { node { eventId type items { key } } } } } }"
EVENTS = "query ($item: String!) { events(filter: { item: $item }) { totalCount edges { node { eventId type } } } }"


def voided(event_id: str, target: str, actor: str) -> dict[str, str]:
    return {"eventId": event_id, "type": "VOIDING", "occurredAt": "2026-10-01T08:00:00Z", "actor": actor,
            "voids": target}  # fmt: skip


@pytest.fixture
def receipt(told: Store, data: Ask) -> str:
    """The receipt of the car maker for its packs, voided and reinstated."""
    found = data('{ events(filter: { actor: "%s", type: RECEIPT }) { edges { node { eventId } } } }' % CAR_MAKER)
    event_id: str = found["events"]["edges"][0]["node"]["eventId"]
    send(told, [voided("undo", event_id, CAR_MAKER), voided("undo-undo", "undo", CAR_MAKER)])
    return event_id


def test_a_history_says_who_confirmed_and_who_voided(data: Ask, receipt: str) -> None:
    found = data(HISTORY % f'"{PACK_RECYCLED}"')["battery"]["history"]
    about = {edge["node"]["eventId"]: edge["node"] for edge in found["edges"]}
    assert found["totalCount"] == len(about)
    assert {receipt, "undo", "undo-undo"} <= about.keys()
    packs = [{"key": key} for key in sorted([PACK_A, PACK_RECYCLED, PACK_VANISHED])]
    for event_id in (receipt, "undo", "undo-undo"):
        assert about[event_id]["items"] == packs, event_id
    assert sum(one["type"] == "RECEIPT" for one in about.values()) == 2
    listed = data(EVENTS, item=PACK_RECYCLED)["events"]
    assert sorted(edge["node"]["eventId"] for edge in listed["edges"]) == sorted(about)
    assert listed["totalCount"] == len(about)


def test_events_that_refer_in_a_circle_are_about_nothing(told: Store, data: Ask) -> None:
    send(told, [voided("one", "other", MAKER), voided("other", "one", MAKER), voided("itself", "itself", MAKER)])
    for event_id in ("one", "other", "itself"):
        assert data('{ event(eventId: "%s") { items { key } } }' % event_id)["event"] == {"items": []}


def test_filters_find_an_item_by_its_other_names(told: Store, data: Ask) -> None:
    made = {
        "eventId": "made",
        "type": "ENROLMENT",
        "occurredAt": "2026-01-01T00:00:00Z",
        "actor": MAKER,
        "items": [{"key": "P-1", "kind": "BATTERY", "identifiers": [{"scheme": "serial", "value": "SN-1"}]}],
    }
    used = {"eventId": "used", "type": "RETIREMENT", "occurredAt": "2026-01-02T00:00:00Z", "actor": MAKER,
            "item": "LATER"}  # fmt: skip
    send(told, [made, used])
    assert [edge["node"]["eventId"] for edge in data(EVENTS, item="SN-1")["events"]["edges"]] == ["made"]
    assert [edge["node"]["eventId"] for edge in data(EVENTS, item="LATER")["events"]["edges"]] == ["used"]
    assert data(EVENTS, item="SN-2")["events"]["totalCount"] == 0
