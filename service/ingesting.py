"""Ingesting files: recognise, read chunk by chunk, record, report. What a format means is in `service.readers`."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from pydantic import TypeAdapter, ValidationError

from graph_schema.order import instant_us
from graph_schema.outcome import EventStatus
from graph_schema.specs import Moment
from service.ports import EventFilter, Store
from service.readers import READERS
from service.readers.reading import BATCH, Assumed, Chunk, LeftOut, Options, Reader, Source, UnreadableFile
from service.recording import RecordedEvent, RecordStatus, Stated, Submission, read_event, record_batches
from service.stores.errors import StoreError

REJECTIONS_KEPT = 1_000
PARTS = 4
"""A write to a server is told in so many batches: it works on one while the next is folded."""
NOT_RECORDED = (RecordStatus.DUPLICATE, RecordStatus.REJECTED)
_MOMENT: TypeAdapter[datetime] = TypeAdapter(Moment)
FORMATS = tuple(READERS)


class UnknownFormat(UnreadableFile):
    """A file whose format was not recognised."""


class Rejection(NamedTuple):
    """A line or asset that was turned away: where, which field, why."""

    where: str
    field: str
    reason: str


@dataclass
class Report:
    """What became of the files. `counts` by record status, as each event came; `rejections` the first ones.

    `left_out` and `assumed` count, by (what, reason), what of a file was not told, and what was taken for granted;
    `kept`, by name, fields that no field of the model takes, which stand in the attributes of the event.
    """

    counts: Counter[RecordStatus] = field(default_factory=Counter)
    left_out: Counter[tuple[str, str]] = field(default_factory=Counter)
    assumed: Counter[tuple[str, str]] = field(default_factory=Counter)
    kept: Counter[str] = field(default_factory=Counter)
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
        options: Options = Options(),
    ) -> None:
        self.store = store
        self.batch = batch
        self.options = options
        self.report = Report()
        self._on_progress = on_progress
        self._on_rejection = on_rejection
        self._bytes_before = 0
        self._bytes_total = 0
        self._events = 0

    async def run(self, paths: list[str], stdin: BinaryIO, format_name: str | None = None) -> Report:
        """Ingest files; `-` is standard input. Raises OSError for a file that cannot be opened, and UnreadableFile for
        one that cannot be read as its format, or UnknownFormat: before anything of any file is recorded, where its
        beginning tells. Where one is broken further on, all before that place is recorded, and the `report` says so."""
        self._bytes_total = sum(Path(path).stat().st_size for path in paths if path != "-")
        batch = self.batch if self.store.blocking else -(-self.batch // PARTS)
        with _Files(stdin, self.options, batch, self.batch) as files:
            for path in paths:
                with files.opened(path) as source:
                    _reader(source, format_name).check(source)
            try:
                for path in paths:
                    with files.opened(path) as source:
                        await self._read(await _reader(source, format_name).read(source, self.store))
                    if path != "-":
                        self._bytes_before += Path(path).stat().st_size
            except (OSError, UnreadableFile):
                with suppress(StoreError):
                    await self._take_stock()
                raise
        await self._take_stock()
        return self.report

    async def _take_stock(self) -> None:
        async with self.store.snapshot() as snapshot:
            self.report.standing = {
                status: await snapshot.event_count(EventFilter(status=status)) for status in EventStatus
            }

    async def _read(self, chunks: Iterator[Chunk]) -> None:
        """Record so many chunks at once. Where the reader fails, what it told before is recorded first."""
        ahead = _Ahead(chunks)
        if self.store.blocking:
            while several := ahead.several(self.batch):
                await self._record(several)
        else:
            await self._read_meanwhile(ahead)
        if ahead.failure is not None:
            raise ahead.failure

    async def _read_meanwhile(self, ahead: _Ahead) -> None:
        """Read the next while a server makes these durable: before, their fold would have to share Python with that."""
        writing: asyncio.Task[None] | None = None
        try:
            while several := await asyncio.to_thread(ahead.several, self.batch):
                if writing is not None:
                    await writing
                sent = asyncio.Event()
                writing = asyncio.create_task(self._record(several, sent.set))
                sending = asyncio.create_task(sent.wait())
                try:
                    await asyncio.wait([writing, sending], return_when=asyncio.FIRST_COMPLETED)
                finally:
                    sending.cancel()
            if writing is not None:
                await writing
        finally:
            if writing is not None and not writing.done():
                writing.cancel()
                with suppress(asyncio.CancelledError):
                    await writing

    async def _record(self, several: list[_Parsed], sent: Callable[[], None] = lambda: None) -> None:
        for one in several:
            self._note(one.chunk)
        told = [one for one in several if one.events]
        batches = [(one.events, one.stated) for one in told]
        results = iter(await record_batches(self.store, batches, sent) if told else ())
        for one in several:
            self._tell(one, next(results) if one.events else [])
        self._on_progress(Progress(self._bytes_before + several[-1].chunk.bytes_read, self._bytes_total, self._events))

    def _tell(self, one: _Parsed, results: list[RecordedEvent]) -> None:
        refused = one.refused if one.stated is None else one.stated.refused
        if refused is not None:
            recorded = sum(result.status not in NOT_RECORDED for result in results)
            if recorded:
                self.report.assumed["recorded now", refused] += recorded
        for place, result in zip(one.chunk.places, results, strict=True):
            self._count(place, result, one.chunk.field_name)
        self._events += len(results)

    def _note(self, chunk: Chunk) -> None:
        """Take down what the reader reports."""
        if chunk.duplicates:
            self.report.counts[RecordStatus.DUPLICATE] += chunk.duplicates
        _tally(self.report.left_out, chunk.left_out)
        _tally(self.report.assumed, chunk.assumed)
        self.report.kept.update(chunk.kept)
        for malformed in chunk.malformed:
            self.report.counts[RecordStatus.REJECTED] += 1
            self._reject(Rejection(*malformed))

    def _count(self, place: str, result: RecordedEvent, field_name: Callable[[str], str]) -> None:
        self.report.counts[result.status] += 1
        if result.status is RecordStatus.REJECTED:
            problem, *others = result.problems
            more = f" (and {len(others)} more)" if others else ""
            self._reject(Rejection(place, field_name(problem.field or ""), f"{problem.message}{more}"))

    def _reject(self, rejection: Rejection) -> None:
        self.report.rejected += 1
        if len(self.report.rejections) < REJECTIONS_KEPT:
            self.report.rejections.append(rejection)
        self._on_rejection(rejection)


class _Files(ExitStack):
    """Opens files by their names, from the beginning; a pipe has only one: it stays open, and is the same source."""

    def __init__(self, stdin: BinaryIO, options: Options, batch: int, stated_batch: int) -> None:
        super().__init__()
        self._stdin = stdin
        self._source = partial(Source, options=options, batch=batch, stated_batch=stated_batch)
        self._pipes: dict[str, Source] = {}

    @contextmanager
    def opened(self, path: str) -> Iterator[Source]:
        """A file; `-` is standard input."""
        if path != "-" and Path(path).is_file():
            with Path(path).open("rb") as file:
                yield self._source(path, file)
            return
        if path not in self._pipes:
            pipe = self._stdin if path == "-" else self.enter_context(Path(path).open("rb"))  # noqa: SIM115
            self._pipes[path] = self._source("standard input" if path == "-" else path, pipe)
        yield self._pipes[path]


def _stated(recorded_at: Any) -> tuple[Stated | None, str | None]:
    """When a file says that its events were recorded, or why that cannot be kept; neither where it says nothing."""
    if recorded_at is None:
        return None, None
    try:
        return Stated(instant_us(_MOMENT.validate_python(recorded_at))), None
    except ValidationError:
        return None, "its recordedAt is not an RFC 3339 time with an offset"


def _tally(counter: Counter[tuple[str, str]], entries: Iterable[LeftOut | Assumed]) -> None:
    for entry in entries:
        counter[entry.what, entry.reason] += 1


class _Parsed:
    """A chunk, with its events parsed, which is most of the work of reading."""

    def __init__(self, chunk: Chunk) -> None:
        self.chunk = chunk
        self.events = [_ready(event) for event in chunk.events]
        self.stated, self.refused = _stated(chunk.recorded_at)


class _Ahead:
    """Reads chunks until the end, or until the reader fails: `failure` is what ended it then."""

    def __init__(self, chunks: Iterator[Chunk]) -> None:
        self._chunks = chunks
        self.failure: Exception | None = None

    def several(self, events: int) -> list[_Parsed]:
        """The next chunks, until they hold so many events, or reports of what is none; nothing at the end."""
        found: list[_Parsed] = []
        count = 0
        while count < events and (chunk := self._next()) is not None:
            found.append(_Parsed(chunk))
            count += len(chunk.events) + len(chunk.malformed) + len(chunk.left_out)
        return found

    def _next(self) -> Chunk | None:
        try:
            return None if self.failure is not None else next(self._chunks, None)
        except Exception as error:
            self.failure = error
            return None


def _ready(event: Submission) -> Submission:
    return read_event(event) if isinstance(event, dict | bytes | str) else event


def _reader(source: Source, format_name: str | None) -> Reader:
    return READERS[format_name] if format_name is not None else recognise(source)


def recognise(source: Source) -> Reader:
    """The reader of a file, by its first bytes. Raises UnknownFormat."""
    for reader in reversed(READERS.values()):
        if reader.recognises(source):
            return reader
    titles = " nor ".join(reader.title for reader in READERS.values())
    raise UnknownFormat(f"{source.name}: neither {titles}; name its format with --format ({', '.join(FORMATS)})")
