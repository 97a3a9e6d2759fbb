"""Attacks that are known, each answered cheaply: before anything is executed, and without a word too much."""

from typing import Any

import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from service.api.schema import Schema
from tests.service.api.limits.conftest import Serve, ask

DOCUMENTS = {
    "500 copies of a field": ('{ item(key: "k") { %s } }' % ("key " * 500), "VOLTRACE_ALIASES_MAX"),
    "500 copies at the top": ("{ %s }" % ("__typename " * 500), "VOLTRACE_ROOT_FIELDS_MAX"),
    "100 aliases": ('{ item(key: "k") { %s } }' % " ".join(f"a{n}: key" for n in range(100)), "VOLTRACE_ALIASES_MAX"),
    "aliases at the top": ("{ %s }" % " ".join(f"a{n}: __typename" for n in range(21)), "VOLTRACE_ROOT_FIELDS_MAX"),
    "aliases in fragments": (
        "{ ...A ...B } fragment A on Query { %s } fragment B on Query { %s }"
        % tuple(" ".join(f"{name}{n}: __typename" for n in range(16)) for name in "ab"),
        "VOLTRACE_ALIASES_MAX",
    ),
    "copies in inline fragments": ('{ item(key: "k") { %s } }' % ("... { kind } " * 200), "VOLTRACE_ALIASES_MAX"),
    "60 directives": ("{ __typename %s }" % ("@skip(if: false) " * 60), "VOLTRACE_DIRECTIVES_MAX"),
    "a deep query": ('{ item(key: "k") { %s key %s } }' % ("host { " * 20, "} " * 20), "VOLTRACE_DEPTH_MAX"),
    "depth by fragments": (
        '{ item(key: "k") { ...F0 } } fragment F20 on Item { key }'
        + "".join(f" fragment F{n} on Item {{ host {{ ...F{n + 1} }} }}" for n in range(20)),
        "VOLTRACE_DEPTH_MAX",
    ),
    "pages in pages": (
        "{ items(first: 500) { edges { node { history(first: 500) { edges { node { items { key } } } } } } } }",
        "VOLTRACE_COST_MAX",
    ),
    "traces of a page": (
        "{ items(first: 500) { edges { node { trace(direction: BOTH) { nodes { key } } } } } }",
        "VOLTRACE_COST_MAX",
    ),
    "a long document": ("{ %s }" % ("x " * 3000), "VOLTRACE_TOKENS_MAX"),
    "many comments": ("{ __typename } %s" % ("#\n" * 3000), "VOLTRACE_TOKENS_MAX"),
    "circular fragments": ("{ ...A } fragment A on Query { ...B } fragment B on Query { ...A }", "within itself"),
    "a fragment of itself": ('{ item(key: "k") { ...A } } fragment A on Item { host { ...A } }', "within itself"),
    "fragments that double": (
        '{ item(key: "k") { ...F0 } } fragment F30 on Item { key }'
        + "".join(f" fragment F{n} on Item {{ ...F{n + 1} ...F{n + 1} }}" for n in range(30)),
        "VOLTRACE_COST_MAX",
    ),
    "circular introspection": (
        "{ __schema { types { %s name %s } } }" % ("fields { type { " * 4, "} } " * 4),
        "3 or more deep: the limit is 2, which no setting changes",
    ),
    "brackets": ('{ item(key: %s) { key } }' % ("[" * 900), "nested"),
}  # fmt: skip


@pytest.mark.parametrize("attack", DOCUMENTS)
def test_a_document(serve: Serve, attack: str, monkeypatch: pytest.MonkeyPatch) -> None:
    executed: list[str] = []
    execute = Schema._execute_operation

    async def spy(self: Schema, *arguments: Any) -> Any:
        executed.append(attack)
        return await execute(self, *arguments)

    monkeypatch.setattr(Schema, "_execute_operation", spy)
    document, told = DOCUMENTS[attack]
    body = ask(serve(), document)
    assert told in " ".join(error["message"] for error in body["errors"])
    assert executed == []
    assert "data" not in body


def send(client: TestClient, content: bytes, content_type: str | None = "application/json") -> Any:
    headers = {} if content_type is None else {"content-type": content_type}
    return client.post("/graphql", content=content, headers=headers)


PING = b'{"query": "{ __typename }"}'


@pytest.mark.parametrize(
    "content_type",
    [
        None,
        "text/plain",
        "text/plain; application/json",
        "text/plain;charset=application/json",
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=application/json",
        "application/graphql",
    ],
)
def test_what_a_form_of_another_site_can_send_is_refused(serve: Serve, content_type: str | None) -> None:
    answer = send(serve(), PING, content_type)
    assert answer.status_code == 415
    assert "data" not in answer.json()


@pytest.mark.parametrize("accept", ["application/json", "application/graphql-response+json", "*/*", "text/html"])
def test_mutations_by_get_are_refused(serve: Serve, accept: str) -> None:
    client = serve()
    mutation = 'mutation { recordEvents(events: [{eventId: "x"}]) { counts { count } } }'
    answer = client.get("/graphql", params={"query": mutation}, headers={"accept": accept})
    assert answer.status_code == 400
    assert "mutations are not allowed" in answer.json()["errors"][0]["message"]


BODIES = {
    "nothing": b"",
    "no JSON": b"{",
    "no UTF-8": b'{"query": "\xff"}',
    "a lone surrogate": b'{"query": "{ item(key: \\"\\ud800\\") { key } }"}',
    "null": b"null",
    "a number": b"5",
    "text": b'"{ __typename }"',
    "no query": b"{}",
    "an empty query": b'{"query": ""}',
    "a batch": b"[" + PING + b"]",
    "an empty batch": b"[]",
    "NaN": b'{"query": "{ __typename }", "variables": {"n": NaN}}',
    "deep": b'{"query": "{ __typename }", "variables": ' + b"[" * 100_000 + b"]" * 100_000 + b"}",
    "a list of variables": b'{"query": "{ __typename }", "variables": []}',
    "a number for a name": b'{"query": "{ __typename }", "operationName": 5}',
    "another name": b'{"query": "query A { __typename }", "operationName": "B"}',
    "text for extensions": b'{"query": "{ __typename }", "extensions": "x"}',
}


@pytest.mark.parametrize("body", BODIES)
def test_a_body_that_is_no_request(serve: Serve, body: str) -> None:
    answer = send(serve(), BODIES[body])
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"]
    assert "Traceback" not in answer.text


@pytest.mark.parametrize("parameters", ["query={__typename}&variables=5", "query={__typename}&variables={", "query="])
def test_parameters_that_are_no_request(serve: Serve, parameters: str) -> None:
    answer = serve().get(f"/graphql?{parameters}")
    assert answer.status_code == 400
    assert answer.json()["errors"][0]["message"]


def test_another_site_cannot_open_a_socket(serve: Serve) -> None:
    headers = {"origin": "https://evil.example"}
    socket = serve().websocket_connect("/graphql", subprotocols=["graphql-transport-ws"], headers=headers)
    with pytest.raises(WebSocketDisconnect) as refused, socket:
        pass
    assert refused.value.code == 1008


def test_the_page_is_a_setting(serve: Serve) -> None:
    page = serve(graphiql=False).get("/graphql", headers={"accept": "text/html"})
    assert page.status_code == 400
    assert "GraphiQL" not in page.text
