"""How fast events are recorded, with fold and chain."""

from __future__ import annotations

import cProfile
import io
import pstats
import resource
import tempfile
from pathlib import Path

import orjson

from benchmarks.measure import batches, fill, lines, seconds
from service.recording import record
from service.running import drive
from service.stores.sqlite import SqliteStore

SMALL_BATCH = 10
SMALL_EVENTS = 3_000


def small_batches(store: SqliteStore) -> dict[str, float]:
    """Batches of ten on a store that holds a history: one more inspection each, durable after every batch."""
    connection = store.borrow()
    keys = [
        key
        for (key,) in connection.execute(
            "SELECT key FROM item WHERE kind = 'BATTERY' AND ended IS NULL ORDER BY id DESC LIMIT ?", (SMALL_EVENTS,)
        )
    ]
    store.give_back(connection)
    events = [
        orjson.dumps(
            {
                "eventId": f"bench-{number}",
                "type": "TRANSFER",
                "occurredAt": "2040-01-01T00:00:00Z",
                "actor": "bench",
                "items": [key],
                "to": "bench",
            }
        )
        for number, key in enumerate(keys)
    ]
    prepared = list(batches(events, SMALL_BATCH))
    taken = seconds(lambda: [drive(record(store, batch)) for batch in prepared], repeat=1)
    return {"events": len(events), "events/s": len(events) / taken}


def memory(batteries: int) -> dict[str, float]:
    """How the peak memory grows with the log: streaming batches into a store."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "memory.db")
        peaks = []
        count = 0
        for batch in batches(lines(batteries), 2_000):
            drive(record(store, batch))
            count += len(batch)
            peaks.append((count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
        drive(store.close())
    half = next(peak for done, peak in peaks if done >= count / 2)
    return {"events": count, "peak MB": peaks[-1][1], "grown in the second half MB": peaks[-1][1] - half}


def profile(batteries: int) -> str:
    """Where the time of recording goes."""
    with tempfile.TemporaryDirectory() as folder:
        profiler = cProfile.Profile()
        profiler.enable()
        store, _ = fill(Path(folder) / "profile.db", batteries)
        profiler.disable()
        drive(store.close())
    return top(profiler)


def top(profiler: cProfile.Profile, count: int = 15) -> str:
    """The functions that take the most time of their own."""
    text = io.StringIO()
    pstats.Stats(profiler, stream=text).strip_dirs().sort_stats("tottime").print_stats(count)
    return "\n".join(line.rstrip() for line in text.getvalue().splitlines() if line.strip())
