"""The real service in a process of its own, as `voltrace serve` runs it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx2 as httpx

ROOT = Path(__file__).parents[1]


@contextmanager
def serving(store_url: str, workers: int = 1, **settings: str) -> Iterator[str]:
    """The address of a service over a store, on a free port, with settings by the names of their variables."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "service.cli", "serve", "--store", store_url, "--port", str(port)]
    command += ["--workers", str(workers)]
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VOLTRACE_")}
    environment |= {"VOLTRACE_LOG_LEVEL": "warning"} | settings
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, env=environment) as process:
        try:
            _await(f"http://127.0.0.1:{port}/readyz")
            yield f"http://127.0.0.1:{port}"
        finally:
            process.terminate()


def _await(url: str) -> None:
    for _ in range(1200):
        try:
            with urllib.request.urlopen(url, timeout=5):
                return
        except OSError:
            time.sleep(0.05)
    raise AssertionError(f"{url} does not answer")


def until(reached: Callable[[], bool]) -> None:
    """Wait for what a process does in its own time, also while it does not answer."""
    for _ in range(600):
        with suppress(httpx.TransportError):
            if reached():
                return
        time.sleep(0.05)
    raise AssertionError("not within 30 s")
