"""Errors name the thing, the place and the way out, and nothing else."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.access.tokens import Tokens
from service.api.limits.cache import ValidDocuments
from service.app import create_app
from service.ports import Store
from service.settings import Settings
from service.stores.errors import StoreError
from service.stores.memory import MemoryStore
from tests.service.api.conftest import Ask

BAD = {
    "{ items(first: 101) { totalCount } }": "first: 101 are too many: the limit is 100 (VOLTRACE_PAGE_MAX)",
    '{ items(after: "!") { totalCount } }': "after: '!' is no cursor",
    '{ node(id: "%") { id } }': "id: '%' is no id",
    '{ trace(key: "k", direction: FORWARD, maxNodes: 99999) { truncated } }': "maxNodes: 99999",
    '{ trace(key: "k", direction: FORWARD, asOf: "2026-01-01") { truncated } }': "asOf: '2026-01-01' is not an RFC",
    '{ trace(key: "k", direction: SIDEWAYS) { truncated } }': "SIDEWAYS",
    "{ nothing }": "nothing",
    "{": "Syntax Error",
}


@pytest.mark.parametrize("query", BAD)
def test_bad_questions(answer: Ask, query: str) -> None:
    (error,) = answer(query)["errors"]
    assert BAD[query] in error["message"]


@pytest.mark.parametrize(
    ("query", "variables", "message"),
    [
        ('{ items(asOf: "x") { totalCount } }', {}, "asOf: 'x' is not an RFC 3339 time"),
        ("{ items(filter: { producedTo: 5 }) { totalCount } }", {}, "filter: 5 is not an RFC 3339 time"),
        ('query ($t: DateTime = "x") { items(asOf: $t) { totalCount } }', {}, "$t: 'x' is not an RFC 3339 time"),
        ("query ($t: DateTime) { items(asOf: $t) { totalCount } }", {"t": "x"}, "'$t' has invalid value: 'x' is not"),
        *(
            (query % moment, {}, f"'{moment}' is too near the beginning or the end of the calendar")
            for moment in ("9999-12-31T23:59:59-14:00", "0001-01-01T00:00:00+14:00")
            for query in (
                '{ items(asOf: "%s") { totalCount } }',
                '{ items(filter: { producedFrom: "%s" }) { totalCount } }',
                '{ events(filter: { occurredTo: "%s" }) { totalCount } }',
            )
        ),
    ],
)
def test_a_time_that_is_none_names_where_it_stands(answer: Ask, query: str, variables: Any, message: str) -> None:
    (error,) = answer(query, **variables)["errors"]
    assert message in error["message"]
    assert error["extensions"]["code"] == "BAD_USER_INPUT"
    assert error["locations"]


@pytest.mark.parametrize("text", ["2026-01-01t08:00:00z", "2026-01-01 08:00:00Z", "2026-01-01T16:00:00.000+08:00"])
def test_every_spelling_of_a_time(data: Ask, text: str) -> None:
    assert data("query ($t: DateTime) { items(asOf: $t) { totalCount } }", t=text) == {"items": {"totalCount": 0}}


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
    assert "events: 101 are too many: the limit is 100 (VOLTRACE_BATCH_MAX); send them in" in error["message"]


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


class AwayStore(BrokenStore):
    """A store that cannot be reached, whose errors name its address."""

    async def sequence_at(self, known_at: object) -> int:
        raise StoreError("no Neo4j answers at bolt://10.0.0.7:7687")


@pytest.fixture
def away(tmp_path: Path) -> Iterator[tuple[TestClient, dict[str, str]]]:
    """The service over a store that is away, and the headers of an admin."""
    tokens = Tokens(tmp_path / "tokens.json")
    admin = {"Authorization": f"Bearer {tokens.create('ops', 'admin', None)}"}
    with TestClient(create_app(AwayStore(), Settings(store="x", tokens_file=str(tokens.path)))) as client:
        yield client, admin


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json"])
@pytest.mark.parametrize("query", ['{ item(key: "k") { key } }', "{ items { totalCount } }"])
def test_that_the_store_is_away_is_told_and_not_where_it_is(
    away: tuple[TestClient, dict[str, str]], query: str, accept: str, caplog: pytest.LogCaptureFixture
) -> None:
    client, admin = away
    response = client.post("/graphql", json={"query": query}, headers={"accept": accept})
    assert response.status_code == 503
    (error,) = response.json()["errors"]
    assert error["message"] == "the store does not answer; try again later"
    assert error["extensions"] == {"code": "STORE_UNAVAILABLE"}
    assert "bolt://10.0.0.7:7687" in caplog.text, "the log has it"
    (told,) = client.post("/graphql", json={"query": query}, headers=admin).json()["errors"]
    assert told["message"] == "no Neo4j answers at bolt://10.0.0.7:7687"
    assert told["extensions"] == {"code": "STORE_UNAVAILABLE"}


def test_a_partial_answer_is_one(away: tuple[TestClient, dict[str, str]]) -> None:
    response = away[0].post("/graphql", json={"query": '{ viewer { role } item(key: "k") { key } }'})
    assert response.status_code == 200
    assert response.json()["data"] == {"viewer": {"role": "PUBLIC"}, "item": None}


def test_a_subscription_tells_no_more(away: tuple[TestClient, dict[str, str]], tmp_path: Path) -> None:
    """To whoever may subscribe, but does not see all."""
    headers = {"Authorization": f"Bearer {Tokens(tmp_path / 'tokens.json').create('x', 'participant', 'MAKER')}"}
    query = {"query": "subscription { eventRecorded { cursor } }"}
    text = away[0].post("/graphql/stream", json=query, headers=headers).text
    assert "STORE_UNAVAILABLE" in text
    assert "10.0.0.7" not in text


def test_readiness_is_told_in_full_to_those_who_see_all(
    away: tuple[TestClient, dict[str, str]], tmp_path: Path
) -> None:
    client, admin = away
    public, full = client.get("/readyz"), client.get("/readyz", headers=admin)
    assert public.status_code == full.status_code == 503
    assert public.json() == {"status": "the store does not answer", "code": "STORE_UNAVAILABLE"}
    assert full.json()["error"] == "no Neo4j answers at bolt://10.0.0.7:7687"
    settings = Settings(store="memory:", tokens_file=str(tmp_path / "tokens.json"))
    with TestClient(create_app(MemoryStore(), settings)) as ready:
        assert ready.get("/readyz").json() == {"status": "ready"}
        assert ready.get("/readyz", headers=admin).json() == {"status": "ready", "store": "memory", "sequence": 0}


def test_that_it_is_not_ready_is_logged_once_until_that_changes(
    caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    def logged() -> list[str]:
        found = [line.getMessage() for line in caplog.records if line.name == "voltrace"]
        caplog.clear()
        return found

    async def last(store: object, known_at: object) -> int:
        return 7

    with TestClient(create_app(AwayStore(), Settings(store="x", audit_interval_s=0))) as client:
        caplog.clear()
        assert [client.get("/readyz").status_code for _ in range(3)] == [503] * 3
        assert logged() == ["not ready: no Neo4j answers at bolt://10.0.0.7:7687"]
        monkeypatch.setattr(AwayStore, "sequence_at", BrokenStore.sequence_at)
        assert [client.get("/readyz").json()["error"] for _ in range(2)] == ["RuntimeError"] * 2
        assert logged() == ["not ready: RuntimeError: password=hunter2"]
        monkeypatch.setattr(AwayStore, "sequence_at", last)
        assert [client.get("/readyz").json()["sequence"] for _ in range(2)] == [7, 7]
        assert logged() == ["ready again"]
        monkeypatch.undo()
        client.get("/readyz")
        assert logged() == ["not ready: no Neo4j answers at bolt://10.0.0.7:7687"]


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
            assert response.json()["errors"] == [
                {"message": "Unexpected error.", "extensions": {"code": "INTERNAL_SERVER_ERROR"}}
            ]


def test_a_large_body_is_refused(store: Store) -> None:
    with TestClient(create_app(store, Settings(store="x", body_max_bytes=1000))) as client:
        response = client.post("/graphql", json={"query": "{ items { totalCount } }" + " " * 2000})
    assert response.status_code == 413
    assert "1000" in response.text
