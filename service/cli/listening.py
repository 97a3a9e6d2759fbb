"""The sockets that the service listens on, and its worker processes."""

from __future__ import annotations

import socket
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress

import uvicorn
from uvicorn.supervisors import Multiprocess

POLL_S = 0.05
EACH_ITS_OWN = sys.platform == "linux"
"""Whether the system shares connections out among the sockets of one port. Others have SO_REUSEPORT for other ends."""


def listening(host: str, port: int, stall_s: int, *, shared_port: bool = False) -> socket.socket:
    """A bound socket that does not listen yet. Accepted connections inherit what is set for it.

    `stall_s` is how long a reader of a stream may take nothing. `shared_port` lets others bind the same port, who must
    ask for it, too. Raises OSError where the address cannot be had.
    """
    bound = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET, socket.SOCK_STREAM)
    try:
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        if shared_port:
            bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        bound.bind((host, port))
    except OSError:
        bound.close()
        raise
    # asyncio does it only for sockets that say they are TCP, which this one does not.
    bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        # A connection that is closed while its reader is stalled holds what it did not take until the system drops it;
        # not before the reader had its time, and as long again for the reason.
        bound.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, stall_s * 3000)
    bound.set_inheritable(True)
    return bound


def when_answered(host: str, port: int, tell: Callable[[], None]) -> None:
    """Tell it as soon as something listens on a port, beside what else is done; never where nothing ever does.

    A service listens when it is ready, so that who waits for what is told need not wait any longer.
    """
    anywhere = {"0.0.0.0": "127.0.0.1", "::": "::1"}

    def wait() -> None:
        while True:
            with suppress(OSError), socket.create_connection((anywhere.get(host, host), port), POLL_S):
                tell()
                return
            time.sleep(POLL_S)

    threading.Thread(target=wait, daemon=True).start()


class Workers(Multiprocess):
    """Worker processes, each with a listening socket of its own on the one port.

    Of workers that share a socket, the one that wakes first accepts all that wait: of a few clients that connect at
    once and stay connected, as a proxy does, one worker had all the work and the others none.
    """

    def __init__(self, config: uvicorn.Config, bind: Callable[[], socket.socket]) -> None:
        self._bind = bind
        super().__init__(config, [])

    @property
    def sockets(self) -> list[socket.socket]:
        """Those of the next process. Only that process keeps them, so that the system sends nothing to a dead one."""
        return [self._bind()]

    @sockets.setter
    def sockets(self, none: list[socket.socket]) -> None:
        assert not none, "the sockets of workers are made one by one"
