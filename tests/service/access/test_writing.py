"""Who may record what, and what it is told."""

from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from seed.story import (
    BLACK_MASS,
    CARBONATE,
    FLEET,
    PACK_A,
    PACK_RECYCLED,
    TAXI,
    TRADER,
    VEHICLE_A,
    VEHICLE_C,
    WORKSHOP,
    module,
    story,
)
from service.access.tokens import Tokens
from service.ports import Store
from tests.service.access.conftest import AskAs

WITHHELD = "withheld: it concerns another party"
HIDDEN = (VEHICLE_A, module(2), BLACK_MASS, CARBONATE)
"""Of others, and nobody may know that they are there."""
PACK_OF_ANOTHER = PACK_A
RECORD = (
    "mutation ($events: [EventInput!]!, $all: Boolean!) { recordEvents(events: $events, allOrNothing: $all) {"
    " results { eventId status problems { code message field key conflictsWith } event { eventId } } } }"
)


def record(ask: AskAs, viewer: str, *events: dict[str, Any], all_or_nothing: bool = False) -> list[dict[str, Any]]:
    answer = ask(viewer, RECORD, events=list(events), all=all_or_nothing)
    return answer["data"]["recordEvents"]["results"]  # type: ignore[no-any-return]


def transfer(event_id: str, actor: str, item: str = VEHICLE_C, to: str = FLEET, day: str = "2026-10-01") -> Any:
    when = f"{day}T08:00:00+08:00"
    return {"eventId": event_id, "type": "TRANSFER", "occurredAt": when, "actor": actor, "items": [item], "to": to}


def registration(event_id: str, actor: str) -> Any:
    when = "2026-10-01T08:00:00+08:00"
    organization = {"key": actor, "roles": ["REGULATOR"]}
    return {
        "eventId": event_id,
        "type": "REGISTRATION",
        "occurredAt": when,
        "actor": actor,
        "organization": organization,
    }


def test_a_participant_records_as_its_own_organization_only(told: Store, ask: AskAs) -> None:
    results = record(
        ask,
        TAXI,
        transfer("mine", TAXI),
        transfer("another's", WORKSHOP),
        registration("crown", TAXI),
        {"eventId": "x"},
    )
    assert [one["status"] for one in results] == ["ACCEPTED", "REJECTED", "REJECTED", "REJECTED"]
    problems = [one["problems"][0] for one in results[1:]]
    assert [(one["code"], one["field"]) for one in problems[:2]] == [("FORBIDDEN", "actor"), ("FORBIDDEN", "type")]
    assert TAXI in problems[0]["message"]
    assert problems[2]["code"] == "MALFORMED"


def test_what_is_forbidden_turns_a_whole_batch_away_where_that_is_asked(told: Store, ask: AskAs) -> None:
    results = record(ask, TAXI, transfer("mine", TAXI), transfer("another's", WORKSHOP), all_or_nothing=True)
    assert [one["problems"][0]["code"] for one in results] == ["BATCH_REJECTED", "FORBIDDEN"]


def test_the_public_records_nothing(told: Store, ask: AskAs) -> None:
    (result,) = record(ask, "public", transfer("t", TAXI))
    assert (result["status"], result["problems"][0]["code"], result["event"]) == ("REJECTED", "FORBIDDEN", None)


def test_a_regulator_records_for_others_and_registers(told: Store, ask: AskAs) -> None:
    results = record(
        ask, "regulator", transfer("for the fleet", TAXI), registration("crown", "NEW MINISTRY".replace(" ", "-"))
    )
    assert [one["status"] for one in results] == ["ACCEPTED", "ACCEPTED"]


def test_voiding_is_for_the_author(told: Store, ask: AskAs) -> None:
    record(ask, TAXI, transfer("mine", TAXI))
    void = {"type": "VOIDING", "occurredAt": "2026-10-02T08:00:00+08:00", "voids": "mine"}
    (other,) = record(ask, WORKSHOP, {**void, "eventId": "v1", "actor": WORKSHOP})
    assert other["status"] == "CONTESTED"
    (own,) = record(ask, TAXI, {**void, "eventId": "v2", "actor": TAXI})
    assert own["status"] == "ACCEPTED"


def test_problems_tell_nothing_of_others(told: Store, ask: AskAs) -> None:
    """An event about others' things comes out as the fold says, but not why."""
    events = [transfer("probe", TAXI, module(2)), transfer("late", TAXI, PACK_RECYCLED)]
    whole = ask("regulator", RECORD.replace("recordEvents(", "validateEvents("), events=events, all=False)["data"]
    codes = []
    for mine, all_ in zip(record(ask, TAXI, *events), whole["validateEvents"]["results"], strict=True):
        assert mine["status"] == all_["status"] == "CONTESTED"
        assert all_["problems"][0]["conflictsWith"]
        assert mine["problems"][0]["message"] == WITHHELD
        assert mine["problems"][0]["conflictsWith"] is None
        codes.append((mine["problems"][0]["code"], all_["problems"][0]["code"]))
    assert codes == [("WITHHELD", codes[0][1]), ("ALREADY_ENDED", "ALREADY_ENDED")]
    read = ask(TAXI, '{ event(eventId: "probe") { problems { message conflictsWith } payload } }')["data"]["event"]
    assert read["problems"] == [{"message": WITHHELD, "conflictsWith": None}]
    assert read["payload"]["items"] == [module(2)], "one's own words"


def test_what_is_withheld_of_a_problem_leaves_a_way_out(told: Store, ask: AskAs) -> None:
    """A name of an event that another took, and a voiding of another's: no more than the codes tell."""
    void = {"type": "VOIDING", "occurredAt": "2026-10-02T08:00:00+08:00", "voids": "story-10-production"}
    again, other = record(
        ask, TAXI, transfer("story-10-production", TAXI), {**void, "eventId": "v1", "actor": TAXI},
    )  # fmt: skip
    (reused,), (forbidden,) = again["problems"], other["problems"]
    assert (again["status"], reused["code"]) == ("REJECTED", "EVENT_ID_REUSED")
    assert (reused["message"], reused["conflictsWith"]) == ("this id is in use; send a new one", None)
    assert (other["status"], forbidden["code"]) == ("CONTESTED", "NOT_ENTITLED")
    assert (forbidden["message"], forbidden["conflictsWith"]) == ("only its actor or a regulator voids it", None)


TRIED = (
    "mutation ($events: [EventInput!]!, $all: Boolean!, $on: OnConflict) { %s(events: $events, allOrNothing: $all,"
    " onConflict: $on) { results { status problems { code message field key conflictsWith } event { id } } } }"
)
HOUR = "2026-10-01T08:00:00+08:00"
PROBES = {
    "transfer": {"type": "TRANSFER", "items": ["?"], "to": FLEET},
    "inspection": {"type": "INSPECTION", "item": "?"},
    "removal": {"type": "REMOVAL", "part": "?", "host": PACK_RECYCLED},
    "installation": {"type": "INSTALLATION", "part": PACK_RECYCLED, "host": "?"},
    "recycling": {"type": "RECYCLING", "inputs": [{"key": "?", "massKg": 1.0}, {"key": "?-2"}]},
    "second step": {"type": "RETIREMENT", "item": "?"},
    "production from it": {
        "type": "PRODUCTION",
        "outputs": [{"key": "P-new", "kind": "BATTERY", "parts": ["?"], "attributes": {"key": "?"}}],
    },
}


def probe(name: str, key: str) -> Any:
    stated = orjson.loads(orjson.dumps(PROBES[name]).replace(b"?", key.encode()))
    return {"eventId": f"{name} {key}", "occurredAt": HOUR, "actor": TAXI, **stated}


@pytest.mark.parametrize("name", PROBES)
@pytest.mark.parametrize("on_conflict", ["KEEP", "REJECT"])
def test_who_tries_an_event_learns_nothing_of_what_is_withheld(
    told: Store, ask: AskAs, name: str, on_conflict: str
) -> None:
    """An event that is only tried leaves nothing behind, so that it must tell nothing."""

    def tried(key: str, mutation: str = "validateEvents") -> str:
        events = [probe(name, key), {**probe("transfer", key), "eventId": f"then {key}"}]
        answer = ask(TAXI, TRIED % mutation, events=events, all=False, on=on_conflict)
        return str(answer["data"][mutation]["results"]).replace(key, "?")

    absent = tried("NO-SUCH-KEY")
    assert "UNKNOWN_ITEM" in absent
    for key in (*HIDDEN, PACK_OF_ANOTHER):
        assert tried(key) == absent, key
        if on_conflict == "REJECT":
            recorded = tried(key, "recordEvents")
            assert recorded == absent or "'event': {" in recorded, "turned away as if not there, or in the log"


@pytest.mark.parametrize("key", [*HIDDEN, "NO-SUCH-KEY"])
def test_a_key_that_another_uses_may_be_tried(told: Store, ask: AskAs, key: str) -> None:
    """As new; and what follows is judged by that. That a battery of that key is there, everybody may know."""
    new = {"eventId": "n", "type": "ENROLMENT", "occurredAt": HOUR, "actor": TAXI}
    spec = {"key": key, "kind": "LOT", "material": "BLACK_MASS", "massKg": 2.0}
    drawn = {**probe("recycling", key), "inputs": [{"key": key, "massKg": 1.0}]}
    drawn["occurredAt"] = "2026-10-02T08:00:00+08:00"
    query = TRIED % "validateEvents"
    results = ask(TAXI, query, events=[{**new, "items": [spec]}, drawn], all=False, on="KEEP")["data"]
    assert [one["status"] for one in results["validateEvents"]["results"]] == ["ACCEPTED", "ACCEPTED"]
    battery = {"key": PACK_OF_ANOTHER, "kind": "BATTERY"}
    made = {**new, "type": "PRODUCTION", "outputs": [battery]}
    results = ask(TAXI, query, events=[made], all=False, on="KEEP")["data"]
    (result,) = results["validateEvents"]["results"]
    assert (result["status"], result["problems"][0]["code"]) == ("CONTESTED", "WITHHELD")
    assert (result["problems"][0]["message"], result["problems"][0]["conflictsWith"]) == (WITHHELD, None)


def test_who_tries_to_void_or_confirm_what_is_withheld_learns_nothing(told: Store, ask: AskAs) -> None:
    def tried(event_id: str) -> str:
        events = [
            {"eventId": "v", "type": "VOIDING", "occurredAt": HOUR, "actor": TAXI, "voids": event_id},
            {"eventId": "r", "type": "RECEIPT", "occurredAt": HOUR, "actor": TAXI, "transfer": event_id},
        ]
        answer = ask(TAXI, TRIED % "validateEvents", events=events, all=False, on="KEEP")
        return str(answer["data"]["validateEvents"]["results"]).replace(event_id, "?")

    absent = tried("no such event")
    hidden = [event["eventId"] for event in story() if TAXI not in str(event) and event["type"] == "REFINING"]
    assert hidden
    assert all(tried(event_id) == absent for event_id in hidden)


def test_what_is_in_sight_is_tried_as_it_is_recorded(told: Store, ask: AskAs) -> None:
    """Also an event that was recorded before is told as that."""
    events = [
        transfer("t", TAXI),
        transfer("late", TAXI, PACK_RECYCLED),
        {**probe("transfer", "NO-SUCH-KEY"), "eventId": "kept"},
    ]
    tried = ask(TAXI, TRIED % "validateEvents", events=events, all=False, on="KEEP")["data"]["validateEvents"]
    recorded = ask(TAXI, TRIED % "recordEvents", events=events, all=False, on="KEEP")["data"]["recordEvents"]
    assert [one["status"] for one in recorded["results"]] == ["ACCEPTED", "CONTESTED", "PENDING"]
    for one, other in zip(tried["results"], recorded["results"], strict=True):
        assert one | {"event": None} == other | {"event": None}
    again = ask(TAXI, TRIED % "validateEvents", events=events, all=False, on="KEEP")["data"]["validateEvents"]
    assert [one["status"] for one in again["results"]] == ["DUPLICATE"] * 3


@pytest.mark.parametrize(
    ("header", "reason"),
    [
        ("Bearer voltrace_1_2", "not known"),
        ("Bearer eyJhbGciOiJub25lIn0.e30.", "not known"),
        ("Basic dXNlcjpwYXNz", "not `Bearer TOKEN`"),
        ("Bearer", "not `Bearer TOKEN`"),
    ],
)
def test_bad_credentials_are_refused_on_every_path(client: TestClient, header: str, reason: str) -> None:
    for path in ("/graphql", "/readyz", "/"):
        response = client.post(path, headers={"Authorization": header}, json={"query": "{ viewer { role } }"})
        assert response.status_code == 401
        assert reason in response.json()["errors"][0]["message"]
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_revoked_token_ends_at_once(client: TestClient, tokens: Tokens) -> None:
    headers = {"Authorization": f"Bearer {tokens.create('x', 'admin', None)}"}
    ask = {"query": "{ viewer { role } }"}
    assert client.post("/graphql", headers=headers, json=ask).json()["data"]["viewer"]["role"] == "ADMIN"
    tokens.revoke(tokens.all()[0].id)
    response = client.post("/graphql", headers=headers, json=ask)
    assert response.status_code == 401
    assert "revoked" in response.json()["errors"][0]["message"]


def test_unregistered_parties_are_named_where_they_hold_ones_own(told: Store, ask: AskAs) -> None:
    query = "{ battery(key: %s) { custody { edges { node { holder { key } } } } } }"
    key = '"0V1PE01VOLT001B5A0000003"'
    held = ask(TAXI, query % key)["data"]["battery"]["custody"]["edges"]
    assert held[-1]["node"]["holder"]["key"] == TRADER
