"""What a history takes on disk, and how fast it is written out for Neo4j's own importer."""

from __future__ import annotations

import asyncio
import tempfile
import time
from pathlib import Path

from benchmarks.measure import BATCH, batches, lines
from service.recording import record
from service.stores.neo4j import Neo4jStore
from service.stores.sqlite import SqliteStore
from service.testing.neo4j import local
from service.writers.neo4j_admin import Export

MB = 1_000_000


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def of_neo4j(version: str, batteries: int) -> dict[str, float]:
    """The files of a database with a generated history, after its server ended, which writes everything out."""
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        with local.started(version, home=Path(folder), keeps=True) as server:
            events = asyncio.run(_filled(server.store(), batteries))
        graph, log = (_size(Path(folder) / "data" / part / "neo4j") for part in ("databases", "transactions"))
    return {"events": events, "graph and indexes, kB an event": graph / events / 1000, "transaction log, MB": log / MB}


async def _filled(store: Neo4jStore, batteries: int) -> int:
    try:
        for batch in batches(lines(batteries), BATCH):
            await record(store, batch)
        return await store.sequence_at(None)
    finally:
        await store.close()


def export(store: SqliteStore) -> dict[str, float]:
    """`voltrace export neo4j-admin`, plain and compressed."""
    report: dict[str, float] = {}
    for name, compressed in (("plain", False), ("gzip", True)):
        with tempfile.TemporaryDirectory() as folder:
            start = time.perf_counter()
            done = Export(store, Path(folder) / "files", compressed).run()
            taken = time.perf_counter() - start
            size = _size(Path(folder))
        rows = done.nodes + done.relationships
        report |= {
            f"{name}: rows/s": rows / taken,
            f"{name}: kB an event": size / done.sequence / 1000,
            "rows an event": rows / done.sequence,
        }
    return report
