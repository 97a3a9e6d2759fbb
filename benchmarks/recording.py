"""How fast events are recorded, with fold and chain."""

from __future__ import annotations

import cProfile
import io
import json
import pstats
import subprocess
import sys
import tempfile
from pathlib import Path

import orjson

from benchmarks.measure import batches, fill, seconds
from service.recording import record
from service.running import drive
from service.stores.sqlite import SqliteStore

SMALL_BATCH = 10
SMALL_EVENTS = 3_000


def small_batches(store: SqliteStore) -> dict[str, float]:
    """Batches of ten on a store that holds a history: one more transfer each, durable after every batch."""
    connection = store.borrow()
    keys = [
        key
        for (key,) in connection.execute(
            "SELECT key FROM item WHERE kind = 'BATTERY' AND ended IS NULL ORDER BY id DESC LIMIT ?", (SMALL_EVENTS,)
        )
    ]
    store.give_back(connection)
    events = transfers(keys)
    prepared = list(batches(events, SMALL_BATCH))
    taken = seconds(lambda: [drive(record(store, batch)) for batch in prepared], repeat=1)
    return {"events": len(events), "events/s": len(events) / taken}


def transfers(keys: list[str]) -> list[bytes]:
    """One more event for each item."""
    return [
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


def memory(batteries: int) -> dict[str, float]:
    """How the peak memory grows with the log, in a process of its own."""
    command = [sys.executable, "-m", "benchmarks.memory", str(batteries)]
    done = subprocess.run(command, check=True, capture_output=True, text=True)
    return {name: float(value) for name, value in json.loads(done.stdout).items()}


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
