"""Nobody comes to see a thing by claiming to have had it."""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Any

import pytest

from graph_schema.canonical import parse_event
from seed.story import (
    FLEET,
    MAKER,
    OUTLET,
    PACK_A,
    PACK_NEW,
    RECYCLER,
    STORAGE,
    STORAGE_UNIT,
    SULPHATE,
    TAXI,
    VEHICLE_A,
    VEHICLE_C,
    WORKSHOP,
    module,
)
from service.access import custody
from service.access.guard import Guarded
from service.access.viewer import Role, Viewer
from service.ports import Store, StoredEvent
from tests.service.access.conftest import AskAs
from tests.support import send, wait


def event(event_id: str, kind: str, actor: str, day: int, **fields: Any) -> dict[str, Any]:
    when = f"2026-11-{day:02d}T08:00:00+08:00"
    return {"eventId": event_id, "type": kind, "occurredAt": when, "actor": actor, **fields}


LONG_AGO = {"occurredAt": "2019-01-01T00:00:00Z"}
CLAIMS = {
    "a transfer to oneself": [event("c1", "TRANSFER", TAXI, 1, items=[PACK_NEW], to=TAXI)],
    "and on, to oneself": [
        event("c1", "TRANSFER", TAXI, 1, items=[PACK_NEW], to=TAXI),
        event("c2", "TRANSFER", TAXI, 2, items=[PACK_NEW], to=TAXI),
    ],
    "among friends": [
        event("c1", "TRANSFER", FLEET, 1, items=[PACK_NEW], to=FLEET),
        event("c2", "TRANSFER", FLEET, 2, items=[PACK_NEW], to=TAXI),
    ],
    "a removal": [event("c1", "REMOVAL", TAXI, 1, part=module(1), host=STORAGE_UNIT)],
    "an installation in one's own vehicle": [event("c1", "INSTALLATION", TAXI, 1, part=PACK_NEW, host=VEHICLE_C)],
    "a vehicle built around it": [
        event("c1", "PRODUCTION", TAXI, 1, outputs=[{"key": "CAR", "kind": "VEHICLE", "parts": [PACK_NEW]}])
    ],
    "a draw on it": [
        event(
            "c1", "REFINING", TAXI, 1, inputs=[{"key": SULPHATE, "massKg": 1}], outputs=[{"key": "OURS", "massKg": 1}]
        )
    ],
    "a production of long ago": [
        event("c1", "PRODUCTION", TAXI, 1, outputs=[{"key": PACK_NEW, "kind": "BATTERY"}]) | LONG_AGO
    ],
    "an enrolment of long ago": [
        event("c1", "ENROLMENT", TAXI, 1, items=[{"key": module(1), "kind": "MODULE"}]) | LONG_AGO
    ],
    "a lot of long ago": [event("c1", "ENROLMENT", TAXI, 1, items=[{"key": SULPHATE, "kind": "LOT"}]) | LONG_AGO],
    "scrap": [event("c1", "DISMANTLING", TAXI, 1, item=STORAGE_UNIT)],
}


@pytest.mark.parametrize("claim", CLAIMS)
def test_a_claim_gives_no_sight(told: Store, ask: AskAs, claim: str) -> None:
    assert [result.status.value for result in send(told, CLAIMS[claim])] == ["ACCEPTED"] * len(CLAIMS[claim])
    for key in (PACK_NEW, module(1), STORAGE_UNIT, SULPHATE):
        query = "query ($key: String!) { item(key: $key) { composition { element } history { totalCount } } }"
        found = ask(TAXI, query, key=key)["data"]["item"]
        assert found in (None, {"composition": None, "history": {"totalCount": 0}}), key
        assert ask(TAXI, "query ($key: String!) { trace(key: $key, direction: BOTH) { truncated } }", key=key)[
            "data"
        ] == {"trace": None}
    listed = ask(TAXI, "{ items(first: 100) { totalCount edges { node { key } } } }")["data"]["items"]
    keys = {edge["node"]["key"] for edge in listed["edges"]}
    assert listed["totalCount"] == len(keys)
    assert keys.isdisjoint({PACK_NEW, module(1), STORAGE_UNIT, SULPHATE})


def sees(ask: AskAs, viewer: str, key: str, known_at: str | None = None) -> bool:
    query = "query ($key: String!, $at: DateTime) { trace(key: $key, direction: BOTH, knownAt: $at) { truncated } }"
    return ask(viewer, query, key=key, at=known_at)["data"]["trace"] is not None


def test_a_proper_hand_over_does(told: Store, ask: AskAs) -> None:
    assert not sees(ask, TAXI, PACK_NEW)
    send(told, [event("h1", "TRANSFER", MAKER, 1, items=[PACK_NEW], to=TAXI)])
    assert sees(ask, TAXI, PACK_NEW)


def test_who_is_authorized_takes_out_what_nobody_handed_over(told: Store, ask: AskAs) -> None:
    """The outlet collects by authorization; the workshop has none, and what it passes on gives no sight of the past."""
    for viewer in (OUTLET, STORAGE):
        assert sees(ask, viewer, PACK_A)
    assert sees(ask, RECYCLER, module(3))
    assert not sees(ask, WORKSHOP, "0V1PE01VOLT001B5A0000003")
    assert sees(ask, WORKSHOP, module(7)), "the maker gave it the spare part"


def test_an_authorization_counts_while_it_holds(told: Store, ask: AskAs) -> None:
    ended = {"scope": "COLLECTION", "validFrom": "2020-01-01T00:00:00Z", "validTo": "2026-01-01T00:00:00Z"}
    organization = {"key": OUTLET, "authorizations": [ended]}
    send(told, [event("r", "REGISTRATION", OUTLET, 1, organization=organization)])
    assert not sees(ask, OUTLET, PACK_A), "it removed the pack in April 2026"


def test_an_authorization_holds_up_to_its_last_moment(told: Store, ask: AskAs) -> None:
    """That moment included, as the rules take it: here the one at which the removal was reported."""
    where = f'{{type: [REMOVAL], actor: "{OUTLET}", item: "{PACK_A}"}}'
    query = "{ events(filter: %s) { edges { node { recordedAt } } } }" % where
    (edge,) = ask("regulator", query)["data"]["events"]["edges"]
    recorded = datetime.fromisoformat(edge["node"]["recordedAt"])
    for number, (last, seen) in enumerate([(recorded, True), (recorded - timedelta(microseconds=1), False)]):
        scope = {"scope": "COLLECTION", "validFrom": "2020-01-01T00:00:00Z", "validTo": last.isoformat()}
        organization = {"key": OUTLET, "authorizations": [scope]}
        send(told, [event(f"r{number}", "REGISTRATION", OUTLET, 1 + number, organization=organization)])
        assert sees(ask, OUTLET, PACK_A) is seen


def test_an_authorization_is_for_taking_out(told: Store, ask: AskAs) -> None:
    """A recycler may take out what nobody handed over, but not help itself to what others hold."""
    send(told, [event("t", "TRANSFER", RECYCLER, 1, items=[PACK_NEW], to=RECYCLER)])
    assert not sees(ask, RECYCLER, PACK_NEW)


def test_an_authorization_that_is_over_takes_nothing_out_of_the_past(told: Store, ask: AskAs) -> None:
    scope = {"scope": "COLLECTION", "validFrom": "2020-01-01T00:00:00Z", "validTo": "2022-01-01T00:00:00Z"}
    send(told, [event("r", "REGISTRATION", TAXI, 1, organization={"key": TAXI, "authorizations": [scope]})])
    removal = event("c", "REMOVAL", TAXI, 1, part=PACK_A, host=VEHICLE_A) | {"occurredAt": "2021-12-01T00:00:00Z"}
    assert send(told, [removal])[0].status.value == "ACCEPTED"
    assert not sees(ask, TAXI, PACK_A)


def test_the_first_to_report_it_keeps_its_sight(told: Store, ask: AskAs) -> None:
    """A backdated production contests the maker's own; the maker, and whom it handed the pack to, still see."""
    send(told, [event("h", "TRANSFER", MAKER, 1, items=[PACK_NEW], to=FLEET)])
    send(told, [event("c", "PRODUCTION", TAXI, 2, outputs=[{"key": PACK_NEW, "kind": "BATTERY"}]) | LONG_AGO])
    assert sees(ask, MAKER, PACK_NEW)
    assert sees(ask, FLEET, PACK_NEW)
    assert not sees(ask, TAXI, PACK_NEW)


def new(key: str, **fields: Any) -> dict[str, Any]:
    return {"key": key, "kind": "BATTERY", **fields}


def test_an_enrolment_of_something_it_is_in_brings_in_nothing(told: Store, ask: AskAs) -> None:
    """A part that is only named is not brought in by whoever enrols a host around it."""
    host = {"key": "CAR", "kind": "VEHICLE", "parts": ["PACK-LATE"]}
    send(told, [event("named", "ENROLMENT", TAXI, 1, items=[host]) | LONG_AGO])
    send(told, [event("made", "PRODUCTION", MAKER, 2, outputs=[new("PACK-LATE")])])
    assert sees(ask, MAKER, "PACK-LATE")


def test_the_first_enroller_keeps_its_sight(told: Store, ask: AskAs) -> None:
    send(told, [event("first", "ENROLMENT", MAKER, 10, items=[new("OLD")])])
    send(told, [event("backdated", "ENROLMENT", TAXI, 11, items=[new("OLD")]) | LONG_AGO])
    assert sees(ask, MAKER, "OLD")
    assert not sees(ask, TAXI, "OLD")


def test_nobody_reserves_a_key_by_a_date_ahead(told: Store, ask: AskAs) -> None:
    ahead = {"occurredAt": "2039-01-01T00:00:00Z"}
    send(told, [event("squat", "ENROLMENT", TAXI, 1, items=[new("NEXT")]) | ahead])
    send(told, [event("made", "PRODUCTION", MAKER, 2, outputs=[new("NEXT")])])
    assert sees(ask, MAKER, "NEXT")
    assert not sees(ask, TAXI, "NEXT")


def test_a_maker_that_voids_and_repeats_its_report_stays_the_maker(told: Store, ask: AskAs) -> None:
    send(told, [event("made", "PRODUCTION", MAKER, 1, outputs=[new("AGAIN")])])
    send(told, [event("rival", "PRODUCTION", TAXI, 2, outputs=[new("AGAIN")])])
    send(told, [event("void", "VOIDING", MAKER, 3, voids="made")])
    assert not sees(ask, MAKER, "AGAIN")
    send(told, [event("repeated", "PRODUCTION", MAKER, 1, outputs=[new("AGAIN", massKg=300)])])
    assert sees(ask, MAKER, "AGAIN")
    assert not sees(ask, TAXI, "AGAIN")


def test_a_false_transfer_takes_sight_from_nobody(told: Store, ask: AskAs) -> None:
    send(told, [event("c", "TRANSFER", WORKSHOP, 1, items=[PACK_NEW], to=WORKSHOP)])
    send(told, [event("h", "TRANSFER", MAKER, 2, items=[PACK_NEW], to=TAXI)])
    assert not sees(ask, WORKSHOP, PACK_NEW)
    assert sees(ask, TAXI, PACK_NEW)


def test_who_passed_it_on_takes_it_from_nobody_by_an_earlier_date(told: Store, ask: AskAs) -> None:
    send(told, [event("h", "TRANSFER", MAKER, 2, items=[PACK_NEW], to=TAXI)])
    send(told, [event("c", "TRANSFER", MAKER, 1, items=[PACK_NEW], to=FLEET)])
    assert sees(ask, TAXI, PACK_NEW)


def test_reports_that_come_in_another_order_count(told: Store, ask: AskAs) -> None:
    send(told, [event("second", "TRANSFER", FLEET, 3, items=[PACK_NEW], to=TAXI)])
    assert not sees(ask, TAXI, PACK_NEW)
    send(told, [event("first", "TRANSFER", MAKER, 2, items=[PACK_NEW], to=FLEET)])
    assert sees(ask, FLEET, PACK_NEW)
    assert sees(ask, TAXI, PACK_NEW)


def test_what_was_voided_gives_no_sight_of_the_time_before(told: Store, ask: AskAs) -> None:
    send(told, [event("h", "TRANSFER", MAKER, 1, items=[PACK_NEW], to=TAXI)])
    then = ask("regulator", '{ event(eventId: "h") { recordedAt } }')["data"]["event"]["recordedAt"]
    assert sees(ask, TAXI, PACK_NEW, then)
    send(told, [event("v", "VOIDING", MAKER, 2, voids="h")])
    assert not sees(ask, TAXI, PACK_NEW)
    assert not sees(ask, TAXI, PACK_NEW, then)
    assert sees(ask, MAKER, PACK_NEW, then)
    for query in (
        "{ items(first: 100, knownAt: $at) { edges { node { key } } } }",
        "{ events(first: 100, knownAt: $at) { edges { node { eventId payload } } } }",
        '{ item(key: "%s", knownAt: $at) { key } }' % module(1),
    ):
        assert PACK_NEW not in str(ask(TAXI, "query ($at: DateTime!) " + query, at=then)["data"])
        assert module(1) not in str(ask(TAXI, "query ($at: DateTime!) " + query, at=then)["data"])


def test_a_later_hand_over_gives_no_list_that_differs_from_its_items(told: Store, ask: AskAs) -> None:
    """Of the time before it, neither finds the pack."""
    then = ask("regulator", "{ events(last: 1) { edges { node { recordedAt } } } }")["data"]["events"]["edges"][0]
    send(told, [event("h", "TRANSFER", MAKER, 1, items=[PACK_NEW], to=TAXI)])
    query = "query ($at: DateTime) { items(first: 100, knownAt: $at) { totalCount edges { node { key } } } }"
    for at, seen in ((then["node"]["recordedAt"], False), (None, True)):
        page = ask(TAXI, query, at=at)["data"]["items"]
        assert (PACK_NEW in [edge["node"]["key"] for edge in page["edges"]]) is seen
        assert sees(ask, TAXI, PACK_NEW, at) is seen


def test_the_sight_of_many_items_reads_each_event_once(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    """An event may name thousands of items: with its payload once for each of them a reader would fill the memory."""
    items = [new(f"P{number}") for number in range(300)]
    told = [event(f"e{number}", "ENROLMENT", actor, 1 + number, items=items) for number, actor in enumerate("AB")]
    send(store, [*told, event("t", "TRANSFER", "A", 9, items=[one["key"] for one in items], to="C")])
    read: list[str] = []
    parsed: list[bytes] = []

    def parse(payload: bytes) -> Any:
        parsed.append(payload)
        return parse_event(payload)

    async def look(organization: str) -> int:
        async with store.snapshot() as snapshot:
            stored = snapshot.stored

            async def counting(event_ids: Collection[str]) -> list[StoredEvent]:
                found = await stored(event_ids)
                read.extend(one.event_id for one in found)
                return found

            monkeypatch.setattr(snapshot, "stored", counting)
            guard = Guarded(snapshot, Viewer(Role.PARTICIPANT, organization, organization))
            return len(await guard.keyed([one["key"] for one in items]))

    monkeypatch.setattr(custody, "parse_event", parse)
    assert [wait(store, look(organization)) for organization in "ABC"] == [300, 0, 300]
    assert len(read) < 30
    assert len(parsed) < 10
