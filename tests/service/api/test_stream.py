"""Server-sent events take the same requests as answers do, and are under the same limits."""

import json
import os
import re
import signal
import socket
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import orjson
import pytest
from starlette.testclient import TestClient

from service.api.connection import cursor
from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from tests.service.test_operations import serving
from tests.support import send

RECORD = 'mutation { recordEvents(events: [{eventId: "x"}]) { counts { count } } }'
FOLLOW = "subscription ($after: String) { eventRecorded(after: $after) { cursor node { eventId payload } } }"


def serve(**settings: Any) -> TestClient:
    return TestClient(create_app(MemoryStore(), Settings(store="memory:", **settings)))


def told(client: TestClient, **body: Any) -> dict[str, Any]:
    """The only result of a stream."""
    text = client.post("/graphql/stream", json=body).text
    assert text.endswith("event: complete\ndata:\n\n"), text
    (line,) = [line for line in text.splitlines() if line.startswith("data: ")]
    return orjson.loads(line.removeprefix("data: "))  # type: ignore[no-any-return]


def test_a_stream_by_get_writes_nothing() -> None:
    text = serve().get("/graphql/stream", params={"query": RECORD}).text
    assert "mutations are not allowed by GET; send a POST" in text
    assert serve().get("/graphql/stream", params={"query": "{ __typename }"}).status_code == 200


BAD = {
    b"{": 400,
    b"[]": 400,
    b"{}": 400,
    b'{"query": "{ viewer { role } }", "variables": 3}': 400,
    b'{"query": "{ viewer { role } }", "operationName": 5}': 400,
    b'{"query": "{ viewer { role } }", "documentId": "none"}': 400,
}


@pytest.mark.parametrize("body", BAD)
def test_what_is_no_request(body: bytes) -> None:
    response = serve().post("/graphql/stream", content=body, headers={"Content-Type": "application/json"})
    assert response.status_code == BAD[body]
    assert response.json()["errors"][0]["message"]
    assert serve().post("/graphql/stream", content=body).status_code == 415


def test_queries_by_get_off_are_off() -> None:
    text = serve(queries_by_get=False).get("/graphql/stream", params={"query": "{ __typename }"}).text
    assert "queries by GET are off (VOLTRACE_QUERIES_BY_GET); send a POST" in text


@pytest.mark.parametrize("by_get", [True, False])
@pytest.mark.parametrize("method", ["GET", "POST"])
def test_a_subscription_has_no_single_answer(method: str, by_get: bool) -> None:
    """Whoever sends one where answers are is told where to; that is the client's mistake, and no unexpected error."""
    asked = {"query": "subscription { eventRecorded { cursor } }"}
    client = serve(queries_by_get=by_get)
    response = client.get("/graphql", params=asked) if method == "GET" else client.post("/graphql", json=asked)
    (error,) = response.json()["errors"]
    if method == "GET" and not by_get:
        assert (response.status_code, error["extensions"]["code"]) == (405, "METHOD_NOT_ALLOWED")
    else:
        assert (response.status_code, error["extensions"]["code"]) == (400, "OPERATION_RESOLUTION_FAILURE")
        assert error["message"] == "subscriptions go over a WebSocket (graphql-transport-ws), or to /graphql/stream"


def lines_of(url: str, query: str, **headers: str) -> Iterator[str]:
    """The lines of a stream, asked by GET as a browser's EventSource does."""
    request = urllib.request.Request(f"{url}/graphql/stream?{urlencode({'query': query})}", headers=headers)
    with urllib.request.urlopen(request, timeout=30) as answer:
        for line in answer:
            yield line.decode().rstrip("\n")


RESUMED = [
    "subscription { eventRecorded { cursor node { eventId } } }",
    'subscription { eventRecorded(after: "djE6MA") { cursor node { eventId } } }',
    "subscription ($from: String) { one: eventRecorded(after: $from) { cursor node { eventId } } }",
    "subscription { ...follow } fragment follow on Subscription { eventRecorded { cursor node { eventId } } }",
]


def test_an_event_source_goes_on_where_it_was_whatever_its_document(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "log.db")
    send(store, [noted(1), noted(2)])
    with serving(store.url, tmp_path, VOLTRACE_QUERIES_BY_GET="false") as (_, url, _log):
        for query in RESUMED:
            lines = lines_of(url, query, **{"Last-Event-ID": cursor(1)})
            assert [next(lines), next(lines)] == [f"id: {cursor(2)}", "event: next"]
            assert '"eventId":"e2"' in next(lines)
            lines.close()
        raised = 'subscription { findingRaised(after: "djE6MC4w") { cursor } }'
        for query in (RESUMED[1], raised):
            (told,) = [line for line in lines_of(url, query, **{"Last-Event-ID": "lost"}) if line.startswith("data: {")]
            (error,) = orjson.loads(told.removeprefix("data: "))["errors"]
            assert error["message"].startswith("Last-Event-ID: 'lost' is no cursor")


def test_trusted_documents(tmp_path: Path) -> None:
    file = tmp_path / "documents.json"
    file.write_text(json.dumps({"ping": "{ __typename }"}))
    client = serve(trusted_documents=str(file))
    assert told(client, documentId="ping")["data"] == {"__typename": "Query"}
    assert "only trusted documents" in told(client, query="{ viewer { role } }")["errors"][0]["message"]


def test_operation_names_and_cost() -> None:
    query = "query A { __typename } query B { viewer { role } }"
    assert told(serve(), query=query, operationName="A")["extensions"]["cost"]["computed"] == 1
    (unknown,) = told(serve(), query=query, operationName="C")["errors"]
    assert unknown["message"] == 'Unknown operation named "C".'
    (which,) = told(serve(), query=query)["errors"]
    assert which["message"] == "operationName: which of the 2 operations of the document is to be executed?"


def noted(number: int, size: int = 0) -> dict[str, Any]:
    return {
        "eventId": f"e{number}",
        "type": "ENROLMENT",
        "occurredAt": "2026-01-01T00:00:00Z",
        "actor": "A",
        "items": [{"key": f"P{number}", "kind": "BATTERY"}],
        "note": "x" * size,
    }


@pytest.fixture
def large(tmp_path: Path) -> str:
    """A store of events that are larger, together, than what a connection holds."""
    store = SqliteStore(tmp_path / "log.db")
    for batch in range(10):
        send(store, [noted(batch * 100 + number, 40_000) for number in range(100)])
    return store.url


@contextmanager
def stalled(url: str, request: bytes) -> Iterator[socket.socket]:
    """A connection that sends a request, and reads nothing of the answer by itself."""
    port = int(url.rpartition(":")[2])
    with socket.socket() as made:
        made.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        made.settimeout(60)
        made.connect(("127.0.0.1", port))
        made.sendall(request)
        yield made


def subscriptions(url: str) -> float:
    """How many are open, as the service counts them."""
    with urllib.request.urlopen(f"{url}/metrics", timeout=10) as answer:
        lines = answer.read().decode().splitlines()
    return float(next(line for line in lines if line.startswith("voltrace_subscriptions ")).split()[1])


def until(what: Any) -> None:
    """Wait for something that must come."""
    for _ in range(600):
        if what():
            return
        time.sleep(0.05)
    raise AssertionError("it did not come")


def test_a_stalled_reader_is_dropped(large: str, tmp_path: Path) -> None:
    body = orjson.dumps({"query": FOLLOW, "variables": {"after": cursor(0)}})
    head = ["POST /graphql/stream HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    head += [f"Content-Length: {len(body)}", "", ""]
    with (
        serving(large, tmp_path, VOLTRACE_SUBSCRIPTION_STALL_S="1") as (_, url, log),
        stalled(url, "\r\n".join(head).encode() + body),
    ):
        until(lambda: subscriptions(url) == 1)
        until(lambda: subscriptions(url) == 0)
        assert "a stream was dropped: its reader took more than 1 s for an event" in log.read_text()


def test_a_stalled_reader_that_reads_on_is_told_why(large: str, tmp_path: Path) -> None:
    body = orjson.dumps({"query": FOLLOW, "variables": {"after": cursor(0)}})
    head = ["POST /graphql/stream HTTP/1.1", "Host: localhost", "Content-Type: application/json"]
    head += [f"Content-Length: {len(body)}", "", ""]
    with (
        serving(large, tmp_path, VOLTRACE_SUBSCRIPTION_STALL_S="4") as (_, url, log),
        stalled(url, "\r\n".join(head).encode() + body) as reader,
    ):
        until(lambda: "a stream was dropped" in log.read_text())
        taken = b""
        while b"event: complete" not in taken:
            taken += reader.recv(1 << 20)
    *_, seen, _ = re.findall(rb"id: (\w+)\nevent", taken)
    (error,) = orjson.loads(taken.rpartition(b"event: next\ndata: ")[2].partition(b"\n")[0])["errors"]
    assert error["extensions"]["code"] == "STALLED"
    assert error["extensions"]["cursor"] == seen.decode(), "the last event that it got"


def test_a_stream_ends_with_the_service(tmp_path: Path) -> None:
    """It says where to go on, although no event had come."""
    store = SqliteStore(tmp_path / "log.db")
    send(store, [noted(1), noted(2)])
    with serving(store.url, tmp_path) as (process, url, log):
        body = orjson.dumps({"query": FOLLOW})
        request = urllib.request.Request(f"{url}/graphql/stream", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            until(lambda: subscriptions(url) == 1)
            os.kill(process.pid, signal.SIGTERM)
            text = answer.read().decode()
        process.wait(20)
        assert "Cancel" not in log.read_text()
    assert text.endswith("event: complete\ndata:\n\n")
    (error,) = orjson.loads(text.partition("data: ")[2].splitlines()[0])["errors"]
    assert error["extensions"] == {"code": "ENDED", "cursor": cursor(2)}
    assert f"id: {cursor(2)}\n" in text


def test_several_workers_end_with_their_streams(tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "log.db")
    send(store, [noted(1)])
    with serving(store.url, tmp_path, workers=2) as (process, url, log):
        body = orjson.dumps({"query": FOLLOW, "variables": {"after": cursor(0)}})
        request = urllib.request.Request(f"{url}/graphql/stream", body, {"Content-Type": "application/json"})
        with urllib.request.urlopen(request, timeout=30) as answer:
            assert b"id: " in answer.readline()
            process.send_signal(signal.SIGTERM)
            assert answer.read().decode().endswith("event: complete\ndata:\n\n")
        process.wait(20)
        assert "Cancel" not in log.read_text()
