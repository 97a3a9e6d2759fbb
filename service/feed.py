"""The log as it grows, for those who wait for it: whoever recorded, in whatever process."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from service.ports import Store
from service.running import run


class TooMany(Exception):
    """A client has as many subscriptions as it may have."""


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

    @contextmanager
    def subscription(self, client: str) -> Iterator[None]:
        """A place for a subscription of a client. Raises TooMany."""
        if self._clients[client] >= self._per_client_max:
            raise TooMany(
                f"this client has {self._per_client_max} subscriptions, which is the limit"
                " (VOLTRACE_SUBSCRIPTIONS_MAX); end one of them"
            )
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
        """Wait until there is a record after one; the last that there is."""
        while (last := await self.last()) <= sequence:
            await asyncio.sleep(self._interval_s)
        return last
