"""The log as it grows, for those who wait for it: whoever recorded, in whatever process."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from service.ports import Store
from service.running import run


class TooMany(Exception):
    """A client has as many subscriptions as it may have: so many."""

    def __init__(self, count: int) -> None:
        super().__init__(f"this client has {count} subscriptions open")
        self.count = count


class Ended(Exception):
    """The service ends, and with it what waits for the log."""


class Feed:
    """Asks the store for its last record, at most once in an interval for all who wait in this process."""

    def __init__(self, store: Store, interval_s: float, per_client_max: int) -> None:
        self._store = store
        self._interval_s = interval_s
        self._per_client_max = per_client_max
        self._asked_at = float("-inf")
        self._last = 0
        self._lock = asyncio.Lock()
        self._clients: Counter[str] = Counter()
        self._ending = asyncio.Event()

    @contextmanager
    def subscription(self, client: str) -> Iterator[None]:
        """A place for a subscription of a client. Raises TooMany."""
        if self._clients[client] >= self._per_client_max:
            raise TooMany(self._clients[client])
        self._clients[client] += 1
        try:
            yield
        finally:
            self._clients[client] -= 1
            if not self._clients[client]:
                del self._clients[client]

    async def last(self) -> int:
        """The last record, as of an interval ago at most."""
        async with self._lock:
            if time.monotonic() - self._asked_at >= self._interval_s:
                self._last = await run(self._store, lambda: self._store.sequence_at(None))
                self._asked_at = time.monotonic()
            return self._last

    async def beyond(self, sequence: int) -> int:
        """Wait until there is a record after one; the last that there is. Raises Ended."""
        while (last := await self.last()) <= sequence:
            await self.pause(self._interval_s)
        return last

    async def pause(self, seconds: float) -> None:
        """Wait. Raises Ended, as soon as the service ends."""
        if not self._ending.is_set():
            with suppress(TimeoutError):
                await asyncio.wait_for(self._ending.wait(), seconds)
        if self._ending.is_set():
            raise Ended

    @property
    def ending(self) -> bool:
        """Whether the service ends."""
        return self._ending.is_set()

    def end(self) -> None:
        """Let nobody wait any longer. To be called in the event loop of those who wait."""
        self._ending.set()
