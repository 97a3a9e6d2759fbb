"""The peak memory of streaming a history into a store: a process of its own, so that nothing else counts."""

from __future__ import annotations

import json
import resource
import sys
import tempfile
from pathlib import Path

from benchmarks.measure import batches, lines
from service.recording import record
from service.running import drive
from service.stores.sqlite import SqliteStore


def main(batteries: int) -> None:
    """Record, and print the peaks as JSON."""
    peaks: list[tuple[int, float]] = []
    count = 0
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "memory.db")
        for batch in batches(lines(batteries), 2_000):
            drive(record(store, batch))
            count += len(batch)
            peaks.append((count, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024))
        drive(store.close())
    half = next(peak for done, peak in peaks if done >= count / 2)
    print(json.dumps({"events": count, "peak MB": peaks[-1][1], "grown in the second half MB": peaks[-1][1] - half}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
