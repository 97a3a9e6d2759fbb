"""Ingesting files: stream, recognise, record in batches, report."""

from __future__ import annotations

import asyncio
import io
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson

from graph_schema.canonical import parse_event, utc_text
from graph_schema.outcome import EventStatus
from service.ports import EventFilter, Store
from service.readers import catenax
from service.readers.reading import LeftOut
from service.recording import OnConflict, RecordedEvent, RecordStatus, Submission, read_event, record

BATCH = 2_000
HEAD_BYTES = 65_536
REJECTIONS_KEPT = 1_000
FORMATS = ("jsonl", "catenax")


class UnknownFormat(ValueError):
    """A file whose format was not recognised."""


class Rejection(NamedTuple):
    """A line or asset that was turned away: where, which field, why."""

    where: str
    field: str
    reason: str


@dataclass
class Report:
    """What became of the files. `counts` by record status, as each event came; `rejections` the first ones."""

    counts: Counter[RecordStatus] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    rejections: list[Rejection] = field(default_factory=list)
    rejected: int = 0
    standing: dict[EventStatus, int] = field(default_factory=dict)


class Progress(NamedTuple):
    """How far the ingest is: bytes read of all bytes (0 where unknown), and events recorded so far."""

    bytes_read: int
    bytes_total: int
    events: int


class Ingest:
    """One run over several files into a store; `on_rejection` hears every rejection, also those not kept."""

    def __init__(
        self,
        store: Store,
        batch: int = BATCH,
        on_progress: Callable[[Progress], None] = lambda progress: None,
        on_rejection: Callable[[Rejection], None] = lambda rejection: None,
    ) -> None:
        self.store = store
        self.batch = batch
        self.report = Report()
        self._on_progress = on_progress
        self._on_rejection = on_rejection
        self._bytes_before = 0
        self._bytes_total = 0
        self._events = 0

    async def run(self, paths: list[str], stdin: BinaryIO, format_name: str | None = None) -> Report:
        """Ingest files; `-` is standard input. Raises OSError for a file that cannot be read, and UnknownFormat."""
        self._bytes_total = sum(Path(path).stat().st_size for path in paths if path != "-")
        for path in paths:
            if path == "-":
                await self.read(stdin, "standard input", format_name)
            else:
                with Path(path).open("rb") as file:
                    await self.read(file, path, format_name)
                self._bytes_before += Path(path).stat().st_size
        async with self.store.snapshot() as snapshot:
            for status in EventStatus:
                self.report.standing[status] = await snapshot.event_count(EventFilter(status=status))
        return self.report

    async def read(self, file: BinaryIO, name: str, format_name: str | None = None) -> None:
        """Ingest one open file."""
        head = file.read(HEAD_BYTES)
        chosen = format_name or recognise(head, name)
        if chosen == "catenax":
            await self._catenax(head + file.read(), name)
        else:
            await self._lines(head, file, name)

    async def _lines(self, head: bytes, file: BinaryIO, name: str) -> None:
        """Record batch after batch; where the store is a server, the next is read while it works on one."""
        writing: asyncio.Task[None] | None = None
        try:
            for lines, places, read in self._batches(head, file, name):
                if self.store.blocking:
                    await self._record(lines, places, read)
                    continue
                events = await asyncio.to_thread(lambda lines=lines: [read_event(line) for line in lines])  # type: ignore[misc]
                if writing is not None:
                    await writing
                writing = asyncio.create_task(self._record(events, places, read))
            if writing is not None:
                await writing
        finally:
            if writing is not None and not writing.done():
                writing.cancel()
                with suppress(asyncio.CancelledError):
                    await writing

    def _batches(self, head: bytes, file: BinaryIO, name: str) -> Iterator[tuple[list[bytes], list[str], int]]:
        """Lines with their places, and how many bytes were read up to them."""
        lines: list[bytes] = []
        places: list[str] = []
        read = 0
        for number, line in enumerate(_lines(head, file), 1):
            read += len(line)
            if line.strip():
                lines.append(line)
                places.append(f"{name}:{number}")
            if len(lines) >= self.batch:
                yield lines, places, read
                lines, places = [], []
        if lines:
            yield lines, places, read

    async def _record(self, submissions: Sequence[Submission], places: list[str], read: int) -> None:
        results = await record(self.store, submissions, OnConflict.KEEP)
        for place, result in zip(places, results, strict=True):
            self._count(place, result)
        self._events += len(results)
        self._on_progress(Progress(self._bytes_before + read, self._bytes_total, self._events))

    def _count(self, place: str, result: RecordedEvent) -> None:
        self.report.counts[result.status] += 1
        if result.status is RecordStatus.REJECTED:
            problem = result.problems[0]
            self._reject(Rejection(place, problem.field or "", problem.message))

    def _reject(self, rejection: Rejection) -> None:
        self.report.rejected += 1
        if len(self.report.rejections) < REJECTIONS_KEPT:
            self.report.rejections.append(rejection)
        self._on_rejection(rejection)

    async def _catenax(self, data: bytes, name: str) -> None:
        foreign = catenax.foreign_parts(data, name)
        async with self.store.snapshot() as snapshot:
            found = [await snapshot.find(key) for key in foreign]
            details = await snapshot.details([handle for handle in found if handle is not None])
        reading = catenax.read(data, name, {detail.key for detail in details if detail.kind == "LOT"})
        for malformed in reading.malformed:
            self.report.counts[RecordStatus.REJECTED] += 1
            self._reject(Rejection(malformed.where, malformed.field, malformed.reason))
        self._leave_out(reading.left_out)
        events = await self._new(reading.events) + await self._restated(reading.foreign_uses)
        for start in range(0, len(events), self.batch):
            chunk: list[Submission] = list(events[start : start + self.batch])
            places = [f"{name}: {event['eventId']}" for event in events[start : start + self.batch]]
            share = len(data) * min(start + self.batch, len(events)) // len(events)
            await self._record(chunk, places, share)

    def _leave_out(self, left_out: list[LeftOut]) -> None:
        for entry in left_out:
            self.report.left_out[entry.what, entry.reason] += 1

    async def _new(self, events: list[dict[str, Any]]) -> list[dict[str, Any]]:
        """The events that nobody reported before: of two reports of one relation the first stands."""
        async with self.store.snapshot() as snapshot:
            stored = {event.event_id for event in await snapshot.stored([event["eventId"] for event in events])}
        self.report.counts[RecordStatus.DUPLICATE] += len(stored)
        return [event for event in events if event["eventId"] not in stored]

    async def _restated(self, uses: list[tuple[str, str, float | None]]) -> list[dict[str, Any]]:
        """Corrections: what another file told as a part, not knowing that it is a batch, becomes a draw on it."""
        corrections: list[dict[str, Any]] = []
        async with self.store.snapshot() as snapshot:
            for user, batch, kg in uses:
                told = await snapshot.stored([_relation_id(user, batch)])
                handle = await snapshot.find(user)
                if not told or told[0].status is not EventStatus.PENDING or handle is None:
                    continue
                history = await snapshot.history([handle], types=("PRODUCTION",))
                told_of_it = history.get(handle, [])
                made = next((event for event in told_of_it if event.status is EventStatus.ACCEPTED), None)
                if made is None or made.payload is None:
                    continue
                for wrong in (told[0], made):
                    corrections.append(
                        {
                            "eventId": f"catenax:correction:{wrong.event_id.removeprefix('catenax:')}",
                            "type": "VOIDING",
                            "occurredAt": utc_text(wrong.occurred_at),
                            "actor": wrong.actor,
                            "voids": wrong.event_id,
                            "reason": f"{batch} is a batch: it was drawn on, not built in",
                        }
                    )
                _, payload = parse_event(made.payload)
                draw = {"key": batch} if kg is None else {"key": batch, "massKg": kg}
                payload["inputs"] = [*payload.get("inputs", []), draw]
                payload["eventId"] = f"{made.event_id}:{batch.removeprefix('urn:uuid:')[:8]}"
                corrections.append(payload)
        return corrections


def _relation_id(user: str, part: str) -> str:
    return f"catenax:part:{user.removeprefix('urn:uuid:')}:{part.removeprefix('urn:uuid:')}"


def recognise(head: bytes, name: str) -> str:
    """The format of a file, from its first bytes. Raises UnknownFormat."""
    first = head.lstrip(b"\xef\xbb\xbf \t\r\n").split(b"\n", 1)[0].strip()
    try:
        parsed = orjson.loads(first)
    except orjson.JSONDecodeError:
        parsed = None
    if isinstance(parsed, dict) and "assets" not in parsed and not _is_container(parsed):
        return "jsonl"
    if catenax.recognises(head):
        return "catenax"
    if not first or first.startswith(b"{") or b'"eventId"' in head:
        return "jsonl"
    raise UnknownFormat(
        f"{name}: neither JSON Lines of events nor a Catena-X test-data file; "
        f"name it with --format ({', '.join(FORMATS)})"
    )


def _is_container(parsed: dict[str, Any]) -> bool:
    return any(isinstance(value, list) and "schema" in key for key, value in parsed.items())


def _lines(head: bytes, file: BinaryIO) -> Iterator[bytes]:
    """The lines of a file whose first bytes were read already."""
    start = io.BytesIO(head.removeprefix(b"\xef\xbb\xbf"))
    for line in start:
        if line.endswith(b"\n"):
            yield line
        else:
            yield line + file.readline()
    yield from file
