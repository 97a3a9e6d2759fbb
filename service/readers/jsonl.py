"""JSON Lines of our own events (model section 4)."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import orjson

from graph_schema.plain_json import read_json
from service.ports import Store
from service.readers.reading import BOM, Chunk, Reader, Source, UnreadableFile
from service.recording import Submission


class JsonLines(Reader):
    """One event a line; empty lines count, but say nothing. A line may state when another log recorded it."""

    name = "jsonl"
    title = "JSON Lines of events"

    def recognises(self, source: Source) -> bool:
        """An object in the first line; or what may have been meant so, that its lines be reported one by one."""
        start = source.head.lstrip(BOM + b" \t\r\n")
        return isinstance(source.first_line, dict) or start[:1] in (b"", b"{") or b'"eventId"' in source.head

    async def read(self, source: Source, store: Store) -> Iterator[Chunk]:
        """Line by line; nothing is asked of the store."""
        return _chunks(source)


def _chunks(source: Source) -> Iterator[Chunk]:
    """Chunks of at most `batch` lines, or `stated_batch` that all state the same `recordedAt`.

    Raises UnreadableFile, after the chunk of what was read before.
    """
    chunk = _Lines()
    read = 0
    try:
        for number, line in enumerate(source.lines(), 1):
            if line.strip():
                event, recorded_at = _split(line)
                most = source.batch if recorded_at is None else source.stated_batch
                if chunk.events and (recorded_at != chunk.recorded_at or len(chunk.events) >= most):
                    yield chunk.ended(read)
                    chunk = _Lines()
                chunk.recorded_at = recorded_at
                chunk.events.append(event)
                chunk.places.append(f"{source.name}:{number}")
            read += len(line)
    except UnreadableFile:
        if chunk.events:
            yield chunk.ended(read)
        raise
    if chunk.events:
        yield chunk.ended(read)


class _Lines:
    """What a chunk is put together from."""

    def __init__(self) -> None:
        self.events: list[Submission] = []
        self.places: list[str] = []
        self.recorded_at: Any = None

    def ended(self, bytes_read: int) -> Chunk:
        return Chunk(self.events, self.places, bytes_read, recorded_at=self.recorded_at)


def _split(line: bytes) -> tuple[Submission, Any]:
    """A line as it is to be recorded, and the `recordedAt` that it states."""
    if b'"recordedAt"' not in line:
        return line, None
    try:
        event = read_json(line)
    except orjson.JSONDecodeError:
        return line, None
    return (event, event.get("recordedAt")) if isinstance(event, dict) else (line, None)
