"""What is counted and timed, for Prometheus: `GET /metrics`.

Worker processes of one service count in files of one directory, and each answers for all of them.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead

from service.findings import Revision
from service.flow_rows import FlowRevision
from service.ports import Fault, Store, StoreSnapshot, T, Writer

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
SECONDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)
COSTS = tuple(10**power for power in range(8))
DIRECTORY = "PROMETHEUS_MULTIPROC_DIR"
"""The environment variable by which prometheus_client knows, when it is imported, that processes count together."""


class Metrics:
    """The metrics of one process."""

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
        self.cost = Histogram(
            "voltrace_operation_cost",
            "What GraphQL operations cost, executed or refused.",
            ["type"],
            buckets=COSTS,
            registry=registry,
        )
        self.subscriptions = Gauge(
            "voltrace_subscriptions", "Open subscriptions.", multiprocess_mode="livesum", registry=registry
        )

        self.findings = Gauge(
            "voltrace_findings",
            "Findings that are kept, by code.",
            ["code"],
            multiprocess_mode="mostrecent",
            registry=registry,
        )
        self.audited = Gauge(
            "voltrace_audited_sequence",
            "Findings are at least as of this record of the log.",
            multiprocess_mode="mostrecent",
            registry=registry,
        )
        self.rule_failures = Counter(
            "voltrace_rule_failures_total", "Items that a rule could not judge.", ["code"], registry=registry
        )

    def found(self, counts: Mapping[str, int], sequence: int) -> None:
        """Note how many findings are kept, of every code there is, and how far they were worked out."""
        for code, count in counts.items():
            self.findings.labels(code).set(count)
        self.audited.set(sequence)

    def recorded(self, counts: Mapping[str, int]) -> None:
        """Count events that were sent, by what became of them."""
        for status, count in counts.items():
            self.events.labels(status).inc(count)

    def text(self) -> bytes:
        """All metrics in Prometheus' text format: of this process, or of all that count together with it."""
        directory = os.environ.get(DIRECTORY)
        if directory is None:
            return generate_latest(self.registry)
        _forget_dead(Path(directory))
        together = CollectorRegistry()
        MultiProcessCollector(together, directory)  # type: ignore[no-untyped-call]
        return generate_latest(together)


@contextmanager
def counting_together() -> Iterator[None]:
    """What processes count that are started in here is one; where a directory for that is named, it is taken."""
    if os.environ.get(DIRECTORY):
        yield
        return
    with TemporaryDirectory(prefix="voltrace-metrics-") as directory:
        os.environ[DIRECTORY] = directory
        try:
            yield
        finally:
            del os.environ[DIRECTORY]


def _forget_dead(directory: Path) -> None:
    """Leave out what processes had open that are gone; what they counted stays."""
    for path in directory.glob("gauge_live*.db"):
        found = re.search(r"_(\d+)\.db$", path.name)
        if found and not _lives(int(found[1])):
            mark_process_dead(int(found[1]), str(directory))  # type: ignore[no-untyped-call]


def _lives(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Timed:
    """A store whose uses are timed: `read` while a snapshot is open, `write` with the waiting for other writers,
    `keep` where findings or rows of flows are kept."""

    def __init__(self, store: Store, metrics: Metrics) -> None:
        self.store = store
        self.url = store.url
        self.blocking = store.blocking
        self._read = metrics.store.labels("read")
        self._write = metrics.store.labels("write")
        self._keep = metrics.store.labels("keep")

    async def sequence_at(self, known_at: datetime | None) -> int:
        """As the store does."""
        started = time.perf_counter()
        try:
            return await self.store.sequence_at(known_at)
        finally:
            self._read.observe(time.perf_counter() - started)

    @asynccontextmanager
    async def snapshot(self, sequence: int | None = None) -> AsyncIterator[StoreSnapshot]:
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

    async def keep(self, revision: Revision) -> bool:
        """As the store does."""
        started = time.perf_counter()
        try:
            return await self.store.keep(revision)
        finally:
            self._keep.observe(time.perf_counter() - started)

    async def keep_flows(self, revision: FlowRevision) -> bool:
        """As the store does."""
        started = time.perf_counter()
        try:
            return await self.store.keep_flows(revision)
        finally:
            self._keep.observe(time.perf_counter() - started)

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
