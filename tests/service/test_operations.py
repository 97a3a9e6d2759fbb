"""The service as operators see it: metrics, logs, request ids, how it ends."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx2 as httpx
import orjson
import pytest
from click.testing import CliRunner
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from starlette.testclient import TestClient

from seed.story import story
from service.access.tokens import Tokens
from service.app import create_app
from service.cli import main
from service.logs import request_id
from service.settings import Settings
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from tests.support import send, wait

ROOT = Path(__file__).parents[2]
RECORD = "mutation ($e: [EventInput!]!) { recordEvents(events: $e) { counts { status count } } }"


def values(text: str) -> dict[str, float]:
    """Prometheus' text format as a dict."""
    lines = [line.rpartition(" ") for line in text.splitlines() if line and not line.startswith("#")]
    return {name: float(value) for name, _, value in lines}


def test_what_is_counted_and_timed() -> None:
    with TestClient(create_app(MemoryStore(), Settings(store="memory:"))) as client:
        events = story()
        for sent in (events, events[:3], [{"eventId": "broken"}]):
            client.post("/graphql", json={"query": RECORD, "variables": {"e": sent}})
        client.get("/nowhere/at/all")
        found = values(client.get("/metrics").text)
    assert found['voltrace_events_total{status="DUPLICATE"}'] == 3
    assert found['voltrace_events_total{status="REJECTED"}'] == 1
    assert found['voltrace_events_total{status="ACCEPTED"}'] > 50
    assert found['voltrace_requests_total{route="/graphql",status="200"}'] == 3
    assert found['voltrace_requests_total{route="none",status="404"}'] == 1, "paths that do not exist make no labels"
    assert found['voltrace_request_seconds_count{route="/graphql"}'] == 3
    assert found['voltrace_store_seconds_count{use="write"}'] == 3
    assert found['voltrace_store_seconds_count{use="read"}'] >= 3
    assert found["voltrace_subscriptions"] == 0


def test_findings_are_counted_by_code() -> None:
    store = MemoryStore()
    send(store, story())
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        for _ in range(200):
            found = values(client.get("/metrics").text)
            if found["voltrace_audited_sequence"]:
                break
            time.sleep(0.05)
    assert found["voltrace_audited_sequence"] == len(story())
    assert found['voltrace_findings{code="CUSTODY_GAP"}'] == 1
    assert found['voltrace_findings{code="FORBIDDEN_USE"}'] == 0


def test_metrics_are_not_for_everybody(tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.json")
    settings = Settings(store="memory:", tokens_file=str(tokens.path))
    with TestClient(create_app(MemoryStore(), settings)) as client:
        assert client.get("/metrics").status_code == 403
        bearer = {"Authorization": f"Bearer {tokens.create('prometheus', 'admin', None)}"}
        assert client.get("/metrics", headers=bearer).status_code == 200


def test_request_ids() -> None:
    with TestClient(create_app(MemoryStore(), Settings(store="memory:"))) as client:
        assert client.get("/healthz", headers={"X-Request-ID": "abc-1"}).headers["X-Request-ID"] == "abc-1"
        assert re.fullmatch("[0-9a-f]{32}", client.get("/healthz").headers["X-Request-ID"])
    assert request_id('x" level="error') != 'x" level="error'
    assert request_id("x" * 65) != "x" * 65


def test_opentelemetry_gets_a_span_for_each_request() -> None:
    exporter = InMemorySpanExporter()
    provider = TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    app = create_app(MemoryStore(), Settings(store="memory:"), telemetry={"tracer_provider": provider})
    with TestClient(app) as client:
        client.post("/graphql", json={"query": "query Who { viewer { role } }"})
    assert [span.name for span in exporter.get_finished_spans()].count("POST /graphql") == 1


@contextmanager
def serving(
    store: str, tmp_path: Path, workers: int = 1, **environment: str
) -> Iterator[tuple[subprocess.Popen[bytes], str, Path]]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log = tmp_path / "log"
    command = [sys.executable, "-m", "service.cli", "serve", "--store", store, "--port", str(port)]
    command += ["--workers", str(workers)]
    variables = {**os.environ, **environment}
    with log.open("wb") as errors, subprocess.Popen(
        command, cwd=ROOT, env=variables, stderr=errors, stdout=subprocess.DEVNULL
    ) as process:  # fmt: skip
        url = f"http://127.0.0.1:{port}"
        try:
            _until_ready(url, process)
            yield process, url, log
        finally:
            process.kill()


def _until_ready(url: str, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        try:
            if httpx.get(f"{url}/readyz").status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.05)
    raise AssertionError("the service ended")


def test_logs_in_json(tmp_path: Path) -> None:
    with serving("memory:", tmp_path, VOLTRACE_LOG_FORMAT="json") as (process, url, log):
        httpx.post(f"{url}/graphql", json={"query": "{ viewer { role } }"}, headers={"X-Request-ID": "r-1"})
        process.send_signal(signal.SIGTERM)
        process.wait(30)
        lines = [orjson.loads(line) for line in log.read_bytes().splitlines()]
    (line,) = [line for line in lines if line.get("requestId") == "r-1"]
    expected = {"method": "POST", "path": "/graphql", "status": 200, "level": "info", "client": "127.0.0.1"}
    assert expected.items() <= line.items()
    assert line["ms"] > 0


def test_what_was_begun_is_finished_before_the_end(tmp_path: Path) -> None:
    store = f"sqlite:{tmp_path / 'log.db'}"
    events: list[dict[str, Any]] = [
        {
            "eventId": f"e{number}",
            "type": "ENROLMENT",
            "occurredAt": "2026-01-01T00:00:00Z",
            "actor": "A",
            "items": [{"key": f"P{number}", "kind": "BATTERY"}],
        }
        for number in range(10_000)
    ]
    answers: list[Any] = []
    with serving(store, tmp_path) as (process, url, _):
        body = {"query": RECORD, "variables": {"e": events}}
        asking = threading.Thread(target=lambda: answers.append(httpx.post(f"{url}/graphql", json=body, timeout=60)))
        asking.start()
        time.sleep(0.5)
        process.send_signal(signal.SIGTERM)
        asking.join(60)
        process.wait(60)
    assert answers[0].json()["data"]["recordEvents"]["counts"] == [{"status": "ACCEPTED", "count": 10_000}]
    kept = SqliteStore(tmp_path / "log.db")
    assert wait(kept, kept.sequence_at(None)) == 10_000
    wait(kept, kept.close())


@pytest.mark.parametrize(
    ("variable", "value", "reason"),
    [
        ("VOLTRACE_LOG_FORMAT", "xml", "it takes text or json"),
        ("VOLTRACE_LOG_LEVEL", "loud", "it takes debug"),
        ("VOLTRACE_HOST", "0.0.0.0", "listens on loopback only"),
        ("VOLTRACE_OIDC_ISSUER", "https://issuer", "VOLTRACE_OIDC_AUDIENCE is missing"),
    ],
)
def test_settings_that_do_not_serve(variable: str, value: str, reason: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv(variable, value)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = str(free.getsockname()[1])
    result = CliRunner().invoke(main, ["serve", "--store", "memory:", "--port", port])
    assert result.exit_code == 1
    assert reason in result.output
