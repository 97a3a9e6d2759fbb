"""What the tests of tables share."""

from __future__ import annotations

import asyncio
import io
from pathlib import Path
from typing import Any

from service.ingesting import Ingest, Options, Report
from service.ports import EventFilter, StoredEvent
from service.readers import READERS
from service.readers.reading import LeftOut, Malformed, Source
from service.stores.memory import MemoryStore

Json = dict[str, Any]

BASICS = """
[fields]
eventId = "id"
type = { constant = "TRANSFER" }
occurredAt = "when"
actor = "from"
items = "code"
to = "to"
"""
HEADER = "id,when,from,code,to\n"


def row(number: int, **more: str) -> str:
    cells = {
        "id": f"t-{number}",
        "when": "2026-04-01T08:00:00+08:00",
        "from": "A",
        "code": f"P{number}",
        "to": "B",
        **more,
    }
    return ",".join(cells.values()) + "\n"


class Read:
    """What a reader makes of a table, without a store."""

    def __init__(self, folder: Path, mapping: str, data: bytes | str, format_name: str = "csv") -> None:
        path = folder / "mapping.toml"
        path.write_text(mapping, encoding="utf-8")
        raw = data if isinstance(data, bytes) else data.encode()
        source = Source("table", io.BytesIO(raw), Options(mapping=path), batch=100)
        chunks = list(asyncio.run(READERS[format_name].read(source, MemoryStore())))
        self.events: list[Json] = [event for chunk in chunks for event in chunk.events]  # type: ignore[misc]
        self.places = [place for chunk in chunks for place in chunk.places]
        self.malformed: list[Malformed] = [entry for chunk in chunks for entry in chunk.malformed]
        self.left_out: list[LeftOut] = [entry for chunk in chunks for entry in chunk.left_out]
        self.bytes_read = chunks[-1].bytes_read


async def _ingested(paths: list[Path], mapping: Path) -> tuple[Report, list[StoredEvent]]:
    store = MemoryStore()
    report = await Ingest(store, options=Options(mapping=mapping)).run([str(path) for path in paths], io.BytesIO())
    async with store.snapshot() as snapshot:
        return report, await snapshot.event_page(EventFilter(), None, 100_000)


def ingested(mapping: Path, *paths: Path) -> tuple[Report, list[StoredEvent]]:
    return asyncio.run(_ingested(list(paths), mapping))
