"""`voltrace serve` says where it is once it answers there, and not before."""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.serving import ROOT, serving


@contextmanager
def started(*arguments: str, command: str = "serve", **settings: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A service on a free port, and its address."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{probe.getsockname()[1]}"
    run = [sys.executable, "-m", "service.cli", command, "--port", address.rpartition(":")[2], *arguments]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VOLTRACE_")} | settings
    process = subprocess.Popen(
        run, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    with process:
        try:
            yield process, address
        finally:
            process.terminate()


@pytest.mark.parametrize("workers", ["1", "2"])
def test_what_it_says_is_so(tmp_path: Path, workers: str) -> None:
    """Whoever waits for the line and asks then is answered."""
    store = f"sqlite:{tmp_path / 'log.db'}"
    with started("--store", store, "--workers", workers) as (process, address):
        assert process.stdout is not None
        line = process.stdout.readline()
        with urllib.request.urlopen(f"{address}/healthz", timeout=60) as answer:
            assert answer.status == 200
        assert line == f"voltrace on {address}/  (GraphiQL: {address}/graphql), store {store}\n"
        assert process.stdout.readline().startswith("No authentication is configured")


def test_the_demo_invites_once_it_answers(tmp_path: Path) -> None:
    with started("--store", f"sqlite:{tmp_path / 'demo.db'}", command="demo") as (process, address):
        assert process.stdout is not None
        line = next(line for line in process.stdout if address in line)
        with urllib.request.urlopen(address, timeout=60) as answer:
            assert answer.status == 200
        assert line.startswith("voltrace on ")
        assert f"Look at it, on {address}/ : the explorer\n" in [process.stdout.readline() for _ in range(2)]


@pytest.mark.parametrize("workers", ["1", "2"])
@pytest.mark.parametrize(
    ("name", "text"), [("VOLTRACE_TRUSTED_DOCUMENTS", '{"old": "{ batteries }"}'), ("VOLTRACE_ORIGINS", "everybody")]
)
def test_a_bad_setting_is_one_line_and_no_address(tmp_path: Path, workers: str, name: str, text: str) -> None:
    file = tmp_path / "documents.json"
    file.write_text(text)
    stated = {name: str(file) if name == "VOLTRACE_TRUSTED_DOCUMENTS" else text}
    with started("--store", f"sqlite:{tmp_path / 'log.db'}", "--workers", workers, **stated) as (process, _):
        out, err = process.communicate(timeout=120)
    assert process.returncode == 1
    assert out == ""
    assert err.startswith(f"Error: {name}: ")


def test_a_large_body_is_refused_in_words(tmp_path: Path) -> None:
    """Also to a client that reads nothing before it has sent all."""
    body = json.dumps({"query": "{ __typename }" + " " * 20_000_000}).encode()
    with serving(f"sqlite:{tmp_path / 'log.db'}", VOLTRACE_BODY_MAX_BYTES="1000") as address:
        for sent in (body, iter([body[:5_000_000], body[5_000_000:]])):
            request = urllib.request.Request(f"{address}/graphql", sent, {"Content-Type": "application/json"})
            with pytest.raises(urllib.error.HTTPError) as caught:
                urllib.request.urlopen(request, timeout=60)
            assert caught.value.code == 413
            (error,) = json.loads(caught.value.read())["errors"]
            assert error["extensions"]["setting"] == "VOLTRACE_BODY_MAX_BYTES"
