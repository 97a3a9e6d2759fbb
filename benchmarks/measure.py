"""Histories to measure on, and how time is taken."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterable
from pathlib import Path
from statistics import median
from typing import Any

import orjson

from seed.nation import generate
from service.recording import record
from service.running import drive
from service.stores.sqlite import SqliteStore

BATCH = 2_000
EDGE_TABLES = ("part_of", "held_by", "consumed", "yielded")


def seconds(work: Callable[[], Any], repeat: int = 3) -> float:
    """The median wall time of some work."""
    taken = []
    for _ in range(repeat):
        start = time.perf_counter()
        work()
        taken.append(time.perf_counter() - start)
    return median(taken)


def lines(batteries: int) -> Iterable[bytes]:
    """The history as JSON Lines."""
    return (orjson.dumps(event) for event in generate(batteries))


def batches(source: Iterable[bytes], size: int) -> Iterable[list[bytes]]:
    """Lists of at most `size`."""
    batch: list[bytes] = []
    for line in source:
        batch.append(line)
        if len(batch) == size:
            yield batch
            batch = []
    if batch:
        yield batch


def fill(path: Path, batteries: int) -> tuple[SqliteStore, dict[str, float]]:
    """A store with a history, and how fast that was."""
    store = SqliteStore(path)
    taken, events = 0.0, 0
    for batch in batches(lines(batteries), BATCH):
        start = time.perf_counter()
        drive(record(store, batch))
        taken += time.perf_counter() - start
        events += len(batch)
    found = edges(store)
    return store, {
        "batteries": batteries,
        "events": events,
        "edges": found,
        "seconds": taken,
        "events/s": events / taken,
        "edges/s": found / taken,
        "file MB": os.path.getsize(path) / 1e6,
    }


def edges(store: SqliteStore) -> int:
    """How many edges a store has."""
    connection = store.borrow()
    try:
        return sum(connection.execute(f"SELECT count(*) FROM {table}").fetchone()[0] for table in EDGE_TABLES)
    finally:
        store.give_back(connection)
