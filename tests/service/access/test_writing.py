"""Who may record what, and what it is told."""

from typing import Any

import pytest
from starlette.testclient import TestClient

from seed.story import FLEET, PACK_RECYCLED, TAXI, TRADER, VEHICLE_C, WORKSHOP, module
from service.access.tokens import Tokens
from service.ports import Store
from tests.service.access.conftest import AskAs

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


@pytest.mark.parametrize("mutation", ["recordEvents", "validateEvents"])
def test_problems_tell_nothing_of_others(told: Store, ask: AskAs, mutation: str) -> None:
    """An event about others' things comes out as the fold says, but not why."""
    query = RECORD.replace("recordEvents(", f"{mutation}(")
    events = [transfer("probe", TAXI, module(2)), transfer("late", TAXI, PACK_RECYCLED)]
    whole = ask("regulator", query.replace(mutation, "validateEvents"), events=events, all=False)["data"]
    answer = ask(TAXI, query, events=events, all=False)["data"][mutation]["results"]
    for mine, all_ in zip(answer, whole["validateEvents"]["results"], strict=True):
        assert mine["status"] == all_["status"] == "CONTESTED"
        assert all_["problems"][0]["conflictsWith"]
        assert mine["problems"][0]["code"] == all_["problems"][0]["code"]
        assert mine["problems"][0]["message"] == "withheld: it concerns another party"
        assert mine["problems"][0]["conflictsWith"] is None
    if mutation == "recordEvents":
        read = ask(TAXI, '{ event(eventId: "probe") { problems { message conflictsWith } payload } }')["data"]["event"]
        assert read["problems"] == [{"message": "withheld: it concerns another party", "conflictsWith": None}]
        assert read["payload"]["items"] == [module(2)], "one's own words"


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
