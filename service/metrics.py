"""What is counted and timed of a process, for Prometheus: `GET /metrics`."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from datetime import datetime
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from service.ports import Fault, Snapshot, Store, T, Writer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The metrics of one service."""

    def __init__(self) -> None:
        self.registry = registry = CollectorRegistry()
        self.requests = Counter("voltrace_requests_total", "HTTP requests.", ["route", "status"], registry=registry)
        self.latency = Histogram(
            "voltrace_request_seconds", "How long requests took.", ["route"], buckets=SECONDS, registry=registry
        )
        self.store = Histogram(
            "voltrace_store_seconds", "How long the store was used.", ["use"], buckets=SECONDS, registry=registry
        )
        self.events = Counter(
            "voltrace_events_total", "Events sent, by what became of them.", ["status"], registry=registry
        )
        self.subscriptions = Gauge("voltrace_subscriptions", "Open subscriptions.", registry=registry)

    def recorded(self, counts: Mapping[str, int]) -> None:
        """Count events that were sent, by what became of them."""
        for status, count in counts.items():
            self.events.labels(status).inc(count)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format."""
        return generate_latest(self.registry)


class Timed:
    """A store whose uses are timed: `read` while a snapshot is open, `write` with the waiting for other writers."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self.store = store
        self.url = store.url
        self.blocking = store.blocking
        self._read = metrics.store.labels("read")
        self._write = metrics.store.labels("write")

    async def sequence_at(self, known_at: datetime | None) -> int:
        """As the store does."""
        started = time.perf_counter()
        try:
            return await self.store.sequence_at(known_at)
        finally:
            self._read.observe(time.perf_counter() - started)

    @asynccontextmanager
    async def snapshot(self, sequence: int | None = None) -> AsyncIterator[Snapshot]:
        """As the store does."""
        started = time.perf_counter()
        try:
            async with self.store.snapshot(sequence) as snapshot:
                yield snapshot
        finally:
            self._read.observe(time.perf_counter() - started)

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        """As the store does."""
        started = time.perf_counter()
        try:
            return await self.store.write(work)
        finally:
            self._write.observe(time.perf_counter() - started)

    async def verify(self) -> list[Fault]:
        """As the store does."""
        return await self.store.verify()

    async def rebuild(self) -> int:
        """As the store does."""
        return await self.store.rebuild()

    async def bookmark(self) -> str | None:
        """As the store does."""
        return await self.store.bookmark()

    async def close(self) -> None:
        """As the store does."""
        await self.store.close()


def route_of(scope: Any) -> str:
    """The route that answered a request; all that had none are one."""
    if scope.get("endpoint") is None:
        return "none"
    path = getattr(scope.get("route"), "path", None)
    return path or "/" + str(scope["path"]).split("/")[1]
