"""A road to a server that can be closed and opened again: for the server, its clients are gone; for them, it is."""

import asyncio
import ssl
import threading
from collections.abc import Coroutine
from contextlib import suppress
from typing import Any
from urllib.parse import urlsplit


class Proxy:
    """Passes on what comes to a port of its own, on a thread of its own; over TLS where it is told how."""

    def __init__(self, url: str, tls: ssl.SSLContext | None = None) -> None:
        address = urlsplit(url)
        self._target = (address.hostname, address.port)
        self._tls = tls
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._port = 0
        self._passing: set[asyncio.Task[None]] = set()
        self._flowing = threading.Event()
        self._flowing.set()
        self._server: asyncio.Server | None = None
        self.open()
        self.url = f"bolt://127.0.0.1:{self._port}"

    def _run(self, work: Coroutine[Any, Any, None]) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(30)

    def open(self) -> None:
        """Let clients through."""
        self._run(self._open())

    async def _open(self) -> None:
        self._server = await asyncio.start_server(self._accept, "127.0.0.1", self._port, ssl=self._tls)
        self._port = self._server.sockets[0].getsockname()[1]

    def close(self) -> None:
        """Cut every connection, and let nobody through."""
        self._run(self._close())

    async def _close(self) -> None:
        assert self._server is not None
        self._server.close()
        for task in list(self._passing):
            task.cancel()
        while self._passing:
            await asyncio.sleep(0.01)

    def hold(self) -> None:
        """Keep every connection, and let nothing through, as a server that hangs."""
        self._flowing.clear()

    def let_go(self) -> None:
        """Let through what was held."""
        self._flowing.set()

    def end(self) -> None:
        """Close for good."""
        self.close()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(30)
        self._loop.close()

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        onward, back = await asyncio.open_connection(*self._target)
        ways = [asyncio.create_task(self._pass(*way)) for way in ((reader, back), (onward, writer))]
        self._passing.update(ways)
        for task in ways:
            task.add_done_callback(self._passing.discard)

    async def _pass(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.CancelledError):
            while data := await reader.read(65_536):
                while not self._flowing.is_set():
                    await asyncio.sleep(0.02)
                writer.write(data)
                await writer.drain()
        writer.transport.abort()
