"""Errors name the thing, the place and the way out, and nothing else."""

import pytest
from starlette.testclient import TestClient

from service.api.limits.cache import ValidDocuments
from service.app import create_app
from service.ports import Store
from service.settings import Settings
from tests.service.api.conftest import Ask

BAD = {
    "{ items(first: 101) { totalCount } }": "first: 101 is not between 0 and the limit of 100",
    '{ items(after: "!") { totalCount } }': "after: '!' is no cursor",
    '{ node(id: "%") { id } }': "id: '%' is no id",
    '{ trace(key: "k", direction: FORWARD, maxNodes: 99999) { truncated } }': "maxNodes: 99999",
    '{ trace(key: "k", direction: FORWARD, asOf: "2026-01-01") { truncated } }': "RFC 3339",
    '{ trace(key: "k", direction: SIDEWAYS) { truncated } }': "SIDEWAYS",
    "{ nothing }": "nothing",
    "{": "Syntax Error",
}


@pytest.mark.parametrize("query", BAD)
def test_bad_questions(answer: Ask, query: str) -> None:
    (error,) = answer(query)["errors"]
    assert BAD[query] in error["message"]


def test_malformed_events_are_data(answer: Ask) -> None:
    body = answer(
        "mutation ($events: [EventInput!]!) { recordEvents(events: $events)"
        " { results { eventId status problems { code field message } event { eventId } } counts { status count } } }",
        events=[{"eventId": "x", "type": "TRANSFER", "occurredAt": "2026-01-01T00:00:00Z", "actor": "a", "to": "b"}, 7],
    )["data"]["recordEvents"]
    assert [(one["status"], one["problems"][0]["field"]) for one in body["results"]] == [
        ("REJECTED", "items"),
        ("REJECTED", None),
    ]


def test_too_many_events(answer: Ask) -> None:
    (error,) = answer("mutation ($e: [EventInput!]!) { recordEvents(events: $e) { counts { count } } }", e=[{}] * 101)[
        "errors"
    ]
    assert "the limit of 100" in error["message"]


class BrokenStore:
    """A store whose errors hold a secret."""

    url = "broken:"
    blocking = False

    async def sequence_at(self, known_at: object) -> int:
        raise RuntimeError("password=hunter2")

    async def bookmark(self) -> None:
        """No bookmarks."""

    async def close(self) -> None:
        """Nothing to close."""


def test_nothing_of_an_unexpected_error_leaks() -> None:
    with TestClient(create_app(BrokenStore(), Settings(store="broken:"))) as client:
        response = client.post("/graphql", json={"query": '{ item(key: "k") { key } }'})
        assert "hunter2" not in response.text
        assert response.json()["errors"][0]["message"] == "Unexpected error."
        assert client.get("/readyz").status_code == 503
        assert "hunter2" not in client.get("/readyz").text


@pytest.mark.parametrize("where", ["service.api.limits.extension.Measuring", "service.api.limits.extension.validate"])
def test_nothing_leaks_of_an_error_before_execution(where: str, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: object, **__: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr(where, broken)
    monkeypatch.setattr("service.api.limits.extension.VALID", ValidDocuments())
    with TestClient(create_app(BrokenStore(), Settings(store="broken:"))) as client:
        for accept, status in (("application/json", 200), ("application/graphql-response+json", 500)):
            response = client.post("/graphql", json={"query": "{ __typename }"}, headers={"accept": accept})
            assert response.status_code == status
            assert response.json()["errors"] == [{"message": "Unexpected error."}]


def test_a_large_body_is_refused(store: Store) -> None:
    with TestClient(create_app(store, Settings(store="x", body_max_bytes=1000))) as client:
        response = client.post("/graphql", json={"query": "{ items { totalCount } }" + " " * 2000})
    assert response.status_code == 413
    assert "1000" in response.text
