"""How many requests a client may send: a token bucket each, in bounded memory."""

from __future__ import annotations

import time
from collections import OrderedDict
from collections.abc import Callable
from math import ceil
from typing import Any

from service.clients import client_address
from service.refusals import Error, refusal
from service.settings import environment_name

CLIENTS_MAX = 100_000
"""Buckets kept: the least recently seen is forgotten, and then as good as full."""

FREE = frozenset(["/healthz", "/readyz", "/metrics"])
"""Paths that are asked by machines of the house, and cost nothing."""


class Rates:
    """Buckets that hold up to `burst` tokens and gain `per_s` of them a second; a request takes one."""

    def __init__(self, per_s: int, burst: int, clock: Callable[[], float] = time.monotonic) -> None:
        self.per_s = per_s
        self.burst = burst
        self._clock = clock
        self._buckets: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def take(self, client: str) -> float:
        """Take a token of a client: 0 where there was one, else after how many seconds there is one again."""
        now = self._clock()
        tokens, seen = self._buckets.pop(client, (float(self.burst), now))
        tokens = min(self.burst, tokens + (now - seen) * self.per_s)
        wait = 0.0 if tokens >= 1 else (1 - tokens) / self.per_s
        self._buckets[client] = (tokens if wait else tokens - 1, now)
        while len(self._buckets) > CLIENTS_MAX:
            self._buckets.popitem(last=False)
        return wait

    def refused(self, wait: float) -> Error:
        """What a client is told that sends too much, and may go on after so many seconds."""
        message = (
            f"too many requests: the limit of a client is {self.per_s} a second ({environment_name('rate_per_s')}),"
            f" {self.burst} at once ({environment_name('rate_burst')})"
        )
        told = {"limit": self.burst, "value": self.burst + 1, "setting": environment_name("rate_burst")}
        told |= {"perSecond": self.per_s, "perSecondSetting": environment_name("rate_per_s"), "retryAfterS": ceil(wait)}
        return {"message": message, "extensions": {"code": "RATE_LIMIT", **told}}


class RateLimit:
    """Middleware: answers 429 with Retry-After to a client that sends too much; refuses its WebSockets."""

    def __init__(self, app: Any, rates: Rates, proxies: int) -> None:
        self.app = app
        self.rates = rates
        self.proxies = proxies

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or refuse it."""
        counted = scope["type"] in ("http", "websocket") and scope["path"] not in FREE
        wait = self.rates.take(client_address(scope, self.proxies)) if counted else 0
        if not wait:
            await self.app(scope, receive, send)
        elif scope["type"] == "http":
            await refusal(429, self.rates.refused(wait), {"Retry-After": str(ceil(wait))})(scope, receive, send)
        else:
            await receive()
            await send({"type": "websocket.close", "code": 1008, "reason": "too many requests"})
