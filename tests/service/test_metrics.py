"""What is counted by one process, and by several that are one service."""

import os
import signal
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import httpx2 as httpx
import orjson
from prometheus_client.parser import text_string_to_metric_families
from starlette.testclient import TestClient
from websockets.sync.client import connect

from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.serving import serving, until

ENROL = "mutation ($event: EnrolmentInput!) { recordEnrolment(event: $event) { status } }"


def samples(text: str) -> dict[str, float]:
    """Samples by their name and the values of their labels."""
    return {
        " ".join([one.name, *(value for _, value in sorted(one.labels.items()))]): one.value
        for family in text_string_to_metric_families(text)
        for one in family.samples
    }


def enrolment(number: int) -> dict[str, Any]:
    event = {"eventId": f"e{number}", "occurredAt": "2026-01-01T00:00:00Z", "actor": "A"}
    return event | {"items": [{"key": f"P{number}", "kind": "BATTERY"}]}


def test_the_cost_of_operations() -> None:
    settings = Settings(store="memory:", cost_max=50)
    with TestClient(create_app(MemoryStore(), settings)) as client:
        for query in ("{ viewer { role } }", "{ items(first: 100) { edges { node { key } } } }", "{ nothing }", "{"):
            client.post("/graphql", json={"query": query})
        client.post("/graphql", json={"query": ENROL, "variables": {"event": enrolment(1)}})
        found = samples(client.get("/metrics").text)
    assert found["voltrace_operation_cost_count query"] == 3, "one costs too much, one does not exist, both count"
    assert found["voltrace_operation_cost_bucket 10.0 query"] == 2
    assert found["voltrace_operation_cost_bucket 1000.0 query"] == 3
    assert found["voltrace_operation_cost_sum query"] > 100
    assert found["voltrace_operation_cost_count mutation"] == 1


def test_workers_count_together(tmp_path: Path) -> None:
    with serving(f"sqlite:{tmp_path / 'log.db'}", workers=2, TMPDIR=str(tmp_path)) as url:
        (files,) = tmp_path.glob("voltrace-metrics-*")
        sent = _until_both_have_answered(url, files)
        until(lambda: _told(url).get("voltrace_request_seconds_count /graphql") == sent)  # once an answer is sent
        found = _told(url)
        assert found["voltrace_events_total ACCEPTED"] == sent
        assert found["voltrace_requests_total /graphql 200"] == sent
        assert found["voltrace_operation_cost_count mutation"] == sent
        with connect(f"{url.replace('http', 'ws')}/graphql", subprotocols=["graphql-transport-ws"]) as socket:  # type: ignore[list-item]
            _follow(socket)
            until(lambda: [_told(url)["voltrace_subscriptions"] for _ in range(8)] == [1] * 8)
            for process in _processes(files, "gauge_livesum"):
                os.kill(process, signal.SIGKILL)
        until(lambda: _told(url)["voltrace_subscriptions"] == 0 and len(_processes(files, "gauge_livesum")) == 2)
        assert _told(url)["voltrace_events_total ACCEPTED"] == sent, "what the dead have counted stays"
    assert not files.exists()


def _until_both_have_answered(url: str, files: Path) -> int:
    """Records events, each over a new connection, until each worker has taken some; how many."""
    sent = 0

    def record(number: int) -> int:
        return httpx.post(
            f"{url}/graphql", json={"query": ENROL, "variables": {"event": enrolment(number)}}
        ).status_code

    with ThreadPoolExecutor(8) as pool:
        while len(_processes(files, "counter")) < 2:
            assert list(pool.map(record, range(sent, sent + 8))) == [200] * 8
            sent += 8
    return sent


def _processes(files: Path, kind: str) -> set[int]:
    return {int(path.stem.rpartition("_")[2]) for path in files.glob(f"{kind}_*.db")}


def _told(url: str) -> dict[str, float]:
    return samples(httpx.get(f"{url}/metrics").text)


def _follow(socket: Any) -> None:
    socket.send(orjson.dumps({"type": "connection_init"}).decode())
    socket.recv()
    query = "subscription { eventRecorded { cursor } }"
    socket.send(orjson.dumps({"id": "1", "type": "subscribe", "payload": {"query": query}}).decode())
