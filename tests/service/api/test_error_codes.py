"""Every error has a code, whatever it is an answer to; docs/api.md says what each means."""

import asyncio
import json
import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient
from starlette.websockets import WebSocketDisconnect

from service.access.tokens import Tokens, Unavailable
from service.api.stream import _Stream
from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore
from service.writers.png import NoFont
from tests.service.api.test_errors import AwayStore, BrokenStore
from tests.service.api.test_subscription import connected

DOCS = (Path(__file__).parents[3] / "docs" / "api.md").read_text()
TABLE = DOCS.partition("## Errors")[2].partition("A WebSocket is closed")[0]
JSON = {"Content-Type": "application/json"}
MUTATION = "mutation { recordEvents(events: []) { counts { count } } }"
CODES = {
    code
    for line in TABLE.splitlines()
    if line.startswith("| `")
    for code in re.findall("`([A-Z_]+)`", line.split("|")[1])
}

Provoke = Callable[..., Any]


def posted(client: TestClient, **body: Any) -> Any:
    return client.post("/graphql", json=body)


def serve(store: Any = None, **settings: Any) -> TestClient:
    made = store or MemoryStore()
    app = create_app(made, Settings(store=made.url, **settings))
    return TestClient(app, raise_server_exceptions=False)


def _documents(path: Path) -> str:
    file = path / "documents.json"
    file.write_text(json.dumps({"ping": "{ __typename }"}))
    return str(file)


def _bad_token(path: Path) -> Any:
    client = serve(tokens_file=str(path / "tokens.json"))
    return client.get("/", headers={"authorization": "Bearer voltrace_x"})


def _own_report(path: Path) -> Any:
    tokens = Tokens(path / "tokens.json")
    headers = {"Authorization": f"Bearer {tokens.create('acme', 'participant', 'ACME')}"}
    query = '{ report(filter: {organization: "OTHERS"}) { recovery { elements { rate } } } }'
    return serve(tokens_file=str(tokens.path)).post("/graphql", json={"query": query}, headers=headers)


def _without_a_font(monkeypatch: pytest.MonkeyPatch) -> Any:
    async def none(*_: object) -> None:
        raise NoFont("a PNG needs a font on the machine; take the SVG")

    monkeypatch.setattr("service.api.exports._answer", none)
    return serve().get("/trace/K.png")


def _unchecked(monkeypatch: pytest.MonkeyPatch) -> Any:
    async def away(*_: object) -> None:
        raise Unavailable("the issuer does not answer")

    monkeypatch.setattr("service.access.asker.Asker.introduce", away)
    return serve().get("/healthz")


def _broken_page(monkeypatch: pytest.MonkeyPatch) -> Any:
    def broken(*_: object) -> None:
        raise RuntimeError("password=hunter2")

    monkeypatch.setattr("service.metrics.Metrics.text", broken)
    return serve().get("/metrics")


def _from_elsewhere() -> Any:
    client = TestClient(create_app(MemoryStore(), Settings(store="memory:")), client=("127.0.0.1", 5))
    return client.get("/graphql", headers={"host": "evil.example"})


REFUSED: dict[str, tuple[str, int, Provoke]] = {
    "no JSON": ("BAD_REQUEST", 400, lambda **_: serve().post("/graphql", content=b"{", headers=JSON)),
    "no content type": ("BAD_REQUEST", 415, lambda **_: serve().post("/graphql", content=b"x")),
    "no query": ("BAD_REQUEST", 400, lambda **_: posted(serve())),
    "a batch": ("BAD_REQUEST", 400, lambda **_: serve().post("/graphql", json=[])),
    "no method": ("METHOD_NOT_ALLOWED", 405, lambda **_: serve().put("/graphql", json={})),
    "a mutation by GET": (
        "OPERATION_RESOLUTION_FAILURE",
        400,
        lambda **_: serve().get("/graphql", params={"query": MUTATION}),
    ),
    "no parameter": ("BAD_REQUEST", 400, lambda **_: serve().get("/trace/K.json?asof=x")),
    "no format": ("NOT_FOUND", 404, lambda **_: serve().get("/trace/K.doc")),
    "no path": ("NOT_FOUND", 404, lambda **_: serve().get("/nowhere")),
    "no file": ("NOT_FOUND", 404, lambda **_: serve().get("/static/nothing.js")),
    "not so": ("METHOD_NOT_ALLOWED", 405, lambda **_: serve().delete("/healthz")),
    "a large body": ("LIMIT", 413, lambda **_: posted(serve(body_max_bytes=20), query="{ viewer { role } }")),
    "a bad token": ("UNAUTHENTICATED", 401, lambda path, **_: _bad_token(path)),
    "no issuer": ("UNAVAILABLE", 503, lambda monkeypatch, **_: _unchecked(monkeypatch)),
    "another host": ("HOST", 421, lambda **_: _from_elsewhere()),
    "no bookmark": ("BOOKMARK", 400, lambda **_: serve().get("/healthz", headers={"voltrace-bookmark": "!"})),
    "an unknown document": ("PERSISTED_QUERY_NOT_SUPPORTED", 400, lambda **_: posted(serve(), documentId="x")),
    "an untrusted one": (
        "PERSISTED_QUERY_NOT_FOUND",
        400,
        lambda path, **_: posted(serve(trusted_documents=_documents(path)), documentId="x"),
    ),
    "no font": ("NO_FONT", 503, lambda monkeypatch, **_: _without_a_font(monkeypatch)),
    "no store": ("STORE_UNAVAILABLE", 503, lambda **_: serve(AwayStore()).get("/trace/K.json")),
    "a bug": ("INTERNAL_SERVER_ERROR", 500, lambda monkeypatch, **_: _broken_page(monkeypatch)),
}


@pytest.mark.parametrize(("code", "status", "provoke"), REFUSED.values(), ids=REFUSED)
def test_a_request_is_refused_with_a_code(
    code: str, status: int, provoke: Provoke, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    response = provoke(path=tmp_path, monkeypatch=monkeypatch)
    assert response.status_code == status, response.text
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == [code]
    assert "hunter2" not in response.text


def test_too_many_requests_are_refused_with_a_code() -> None:
    client = serve(rate_per_s=1, rate_burst=1)
    codes = {error["extensions"]["code"] for _ in range(3) for error in client.get("/nowhere").json()["errors"]}
    assert codes == {"NOT_FOUND", "RATE_LIMIT"}


ASKED = {
    "{": "GRAPHQL_PARSE_FAILED",
    "{ nothing }": "GRAPHQL_VALIDATION_FAILED",
    "{ items(first: true) { totalCount } }": "GRAPHQL_VALIDATION_FAILED",
    "{ items(asOf: 3) { totalCount } }": "BAD_USER_INPUT",
    "query ($first: Int!) { items(first: $first) { totalCount } }": "BAD_USER_INPUT",
    '{ items(after: "!") { totalCount } }': "BAD_USER_INPUT",
    '{ node(id: "%") { id } }': "BAD_USER_INPUT",
    '{ search(text: " ") { id } }': "BAD_USER_INPUT",
    "{ affected(keys: []) { truncated } }": "BAD_USER_INPUT",
    "{ items(first: 1000000) { totalCount } }": "LIMIT",
    "query One { viewer { role } } query Two { viewer { role } }": "OPERATION_RESOLUTION_FAILURE",
}


@pytest.mark.parametrize("query", ASKED)
def test_a_question_is_answered_with_a_code(query: str) -> None:
    """In an answer, in a stream and over a socket."""
    client = serve()
    answered = posted(client, query=query).json()["errors"]
    streamed = client.post("/graphql/stream", json={"query": query})
    (told,) = [line for line in streamed.text.splitlines() if "errors" in line]
    for errors in (answered, orjson.loads(told.removeprefix("data: "))["errors"], _over_a_socket(client, query)):
        assert {error["extensions"]["code"] for error in errors} == {ASKED[query]}, errors


def _over_a_socket(client: TestClient, query: str) -> list[Any]:
    """The errors; a document that is no GraphQL closes the socket."""
    with connected(client) as socket:
        socket.send_json({"type": "subscribe", "id": "1", "payload": {"query": query}})
        if query == "{":
            with pytest.raises(WebSocketDisconnect) as closed:
                socket.receive_json()
            assert (closed.value.code, closed.value.reason[:12]) == (4400, "Syntax Error")
            return [{"extensions": {"code": "GRAPHQL_PARSE_FAILED"}}]
        message = socket.receive_json()
    payload = message["payload"]
    return payload if message["type"] == "error" else payload["errors"]  # type: ignore[no-any-return]


def test_a_bug_and_a_store_that_is_away_have_codes() -> None:
    for store, code in ((BrokenStore(), "INTERNAL_SERVER_ERROR"), (AwayStore(), "STORE_UNAVAILABLE")):
        (error,) = posted(serve(store), query="{ items { totalCount } }").json()["errors"]
        assert error["extensions"]["code"] == code


def test_what_is_not_for_a_viewer_has_a_code(tmp_path: Path) -> None:
    (error,) = _own_report(tmp_path).json()["errors"]
    assert error["extensions"]["code"] == "FORBIDDEN"


def test_untrusted_documents_have_a_code(tmp_path: Path) -> None:
    (error,) = posted(serve(trusted_documents=_documents(tmp_path)), query="{ viewer { role } }").json()["errors"]
    assert error["extensions"]["code"] == "DOCUMENT_NOT_TRUSTED"


def test_a_stalled_reader_of_a_stream_is_told_why() -> None:
    """It takes one event, then none for too long; when it reads on, the reason is the last thing it gets."""
    sent: list[bytes] = []

    async def events() -> Any:
        for number in range(3):
            yield b"id: c%d\nevent: next\ndata: {}\n\n" % number

    async def run() -> None:
        stalled = asyncio.Event()

        async def send(message: Any) -> None:
            body = message.get("body", b"")
            if body.startswith(b"id: c1") and not stalled.is_set():
                stalled.set()
                await asyncio.Event().wait()
            sent.append(body)

        await _Stream(events(), 0.05, {}).stream_response(send)

    asyncio.run(run())
    assert sent[1].startswith(b"id: c0")
    last = sent[-1].decode()
    assert last.endswith("event: complete\ndata:\n\n")
    (error,) = orjson.loads(last.splitlines()[2].removeprefix("data: "))["errors"]
    assert error["extensions"]["code"] == "STALLED"
    assert error["extensions"]["cursor"] == "c0"
    assert error["extensions"]["setting"] == "VOLTRACE_SUBSCRIPTION_STALL_S"


def _provoked() -> Iterator[str]:
    yield from (code for code, _, _ in REFUSED.values())
    yield from ASKED.values()
    yield from ("RATE_LIMIT", "FORBIDDEN", "DOCUMENT_NOT_TRUSTED", "STALLED")
    yield "ENDED"  # by test_stream.py, in a process that ends


def test_the_documented_codes_are_these() -> None:
    assert set(_provoked()) == CODES
