"""JSON Lines of our own events (model section 4)."""

from __future__ import annotations

from collections.abc import Iterator

from service.ports import Store
from service.readers.reading import BOM, Chunk, Reader, Source


class JsonLines(Reader):
    """One event a line; empty lines count, but say nothing."""

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
    lines: list[bytes] = []
    places: list[str] = []
    read = 0
    for number, line in enumerate(source.lines(), 1):
        read += len(line)
        if line.strip():
            lines.append(line)
            places.append(f"{source.name}:{number}")
        if len(lines) >= source.batch:
            yield Chunk(lines, places, read)
            lines, places = [], []
    if lines:
        yield Chunk(lines, places, read)
