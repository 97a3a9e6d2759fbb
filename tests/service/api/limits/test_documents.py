"""Trusted documents: where a file names them, only they are executed."""

import json
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest

from service.api.limits import trusted_documents
from tests.service.api.limits.conftest import Serve

QUERY = "query Trusted($n: Int) { items(first: $n) { totalCount edges { node { key } } } }"
HASH = sha256(QUERY.encode()).hexdigest()


@pytest.fixture
def path(tmp_path: Path) -> str:
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({HASH: QUERY, "ping": "{ __typename }"}))
    return str(file)


NAMED: dict[str, dict[str, Any]] = {
    "documentId": {"documentId": HASH, "variables": {"n": 1}},
    "sha256Hash": {"extensions": {"persistedQuery": {"version": 1, "sha256Hash": HASH}}, "variables": {"n": 1}},
    "the document": {"query": QUERY, "variables": {"n": 1}},
    "both": {"query": QUERY, "documentId": HASH, "variables": {"n": 1}},
    "the id wins": {"query": "{ events { totalCount } }", "documentId": HASH, "variables": {"n": 1}},
}


@pytest.mark.parametrize("how", NAMED)
def test_a_trusted_document_is_executed(serve: Serve, path: str, how: str) -> None:
    body = serve(trusted_documents=path).post("/graphql", json=NAMED[how]).json()
    assert len(body["data"]["items"]["edges"]) == 1


def test_by_get(serve: Serve, path: str) -> None:
    answer = serve(trusted_documents=path).get("/graphql?documentId=ping", headers={"accept": "application/json"})
    assert answer.json()["data"] == {"__typename": "Query"}


def test_over_a_websocket(serve: Serve, path: str) -> None:
    with serve(trusted_documents=path).websocket_connect("/graphql", subprotocols=["graphql-transport-ws"]) as session:
        session.send_json({"type": "connection_init"})
        session.receive_json()

        def asked(**payload: Any) -> Any:
            session.send_json({"id": "1", "type": "subscribe", "payload": payload})
            return session.receive_json()

        assert asked(documentId="ping")["payload"]["data"] == {"__typename": "Query"}
        assert session.receive_json()["type"] == "complete"
        for sent, told in ((sent, told) for sent, told in UNTRUSTED.values()):
            refused = asked(**sent)
            assert (refused["type"], refused["id"]) == ("error", "1")
            assert told in refused["payload"][0]["message"]
        assert asked(extensions={"persistedQuery": {"sha256Hash": HASH}}, variables={"n": 1})["type"] == "next"


UNTRUSTED: dict[str, tuple[dict[str, Any], str]] = {
    "another document": ({"query": "{ events { totalCount } }"}, "only trusted documents are executed here"),
    "nearly the same": ({"query": QUERY + " "}, "only trusted documents are executed here"),
    "introspection": ({"query": "{ __schema { queryType { name } } }"}, "only trusted documents are executed here"),
    "another id": ({"documentId": "nope"}, "'nope' is not among the trusted documents"),
    "an id that is no text": ({"documentId": 5}, "5 is not among the trusted documents"),
    "a list for an id": ({"documentId": []}, "[] is not among the trusted documents"),
    "another hash": ({"extensions": {"persistedQuery": {"sha256Hash": "0"}}}, "'0' is not among the trusted"),
}


@pytest.mark.parametrize("how", UNTRUSTED)
def test_anything_else_is_not(serve: Serve, path: str, how: str) -> None:
    sent, told = UNTRUSTED[how]
    body = serve(trusted_documents=path).post("/graphql", json=sent).json()
    (error,) = body["errors"]
    assert told in error["message"]
    assert "VOLTRACE_TRUSTED_DOCUMENTS" in error["message"]
    assert "data" not in body


def test_ids_where_no_documents_are_kept(serve: Serve) -> None:
    (error,) = serve().post("/graphql", json={"documentId": "ping"}).json()["errors"]
    assert "send the document as query" in error["message"]
    assert error["extensions"] == {"code": "PERSISTED_QUERY_NOT_SUPPORTED"}
    other = {"query": "{ __typename }", "extensions": {"persistedQuery": None}}
    assert serve().post("/graphql", json=other).json()["data"] == {"__typename": "Query"}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[]", "is no JSON object"),
        ('{"a": 1}', "is no JSON object"),
        ("{", "cannot read"),
        (None, "cannot read"),
        ('{"a": "{ "}', "'a' is no GraphQL document"),
        ('{"good": "{ __typename }", "old": "{ batteries }"}', "'old' does not fit the schema: .*batteries"),
    ],
)
def test_a_bad_file_is_refused_when_the_service_starts(serve: Serve, tmp_path: Path, text: str, told: str) -> None:
    file = tmp_path / "documents.json"
    if text is not None:
        file.write_text(text)
    with pytest.raises(ValueError, match=f"VOLTRACE_TRUSTED_DOCUMENTS: .*{told}"):
        serve(trusted_documents=str(file))
    assert trusted_documents("") is None
