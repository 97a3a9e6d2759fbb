"""Worker processes share the clients out, also few that connect at once and stay."""

from __future__ import annotations

import signal
import socket
from contextlib import ExitStack
from pathlib import Path
from urllib.parse import urlsplit

import psutil

from tests.service.test_operations import serving
from tests.serving import until

KEPT = 24
"""That one of two workers gets none of so many happens once in eight million times."""


def test_clients_that_stay_connected_are_shared_out(tmp_path: Path) -> None:
    with serving(f"sqlite:{tmp_path / 'log.db'}", tmp_path, workers=2) as (process, url, _), ExitStack() as kept:
        address = (urlsplit(url).hostname, urlsplit(url).port)
        until(lambda: len(_listening(process.pid)) == 2)
        for _ in range(KEPT):
            kept.enter_context(socket.create_connection(address))
        until(lambda: sum(_connected(process.pid)) == KEPT)
        assert min(_connected(process.pid)) > 0


def test_a_worker_that_dies_is_replaced_and_misses_no_client(tmp_path: Path) -> None:
    with serving(f"sqlite:{tmp_path / 'log.db'}", tmp_path, workers=2) as (process, url, _):
        address = (urlsplit(url).hostname, urlsplit(url).port)
        until(lambda: len(_listening(process.pid)) == 2)
        dead = _listening(process.pid)[0]
        dead.send_signal(signal.SIGKILL)
        until(lambda: dead not in psutil.Process(process.pid).children())
        for _ in range(KEPT):
            with socket.create_connection(address) as client:
                client.settimeout(30)
                client.sendall(b"GET /healthz HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
                assert client.recv(15) == b"HTTP/1.1 200 OK", "the other answers"
        until(lambda: len(_listening(process.pid)) == 2 and dead not in _listening(process.pid))


def _listening(parent: int) -> list[psutil.Process]:
    return [child for child in psutil.Process(parent).children() if _counted(child, psutil.CONN_LISTEN)]


def _connected(parent: int) -> list[int]:
    return [_counted(child, psutil.CONN_ESTABLISHED) for child in _listening(parent)]


def _counted(process: psutil.Process, status: str) -> int:
    try:
        return sum(one.status == status for one in process.net_connections("tcp"))
    except psutil.Error:
        return 0
