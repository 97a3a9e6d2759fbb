"""What a report takes that is added up from kept rows, and what it takes to keep them.

`python -m benchmarks.reporting --batteries 20000` measures that alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from pathlib import Path
from statistics import median
from time import perf_counter, process_time

from benchmarks.measure import fill
from service import collecting
from service.flow_keeping import FlowKeeper
from service.reporting import REPORTS, Question, Reports
from service.running import drive
from service.stores.sqlite import SqliteStore

RUNS = 3
"""Of each report; the median counts."""
BATTERIES = 2_000


def measure(batteries: int) -> dict[str, float]:
    """Reports over a store with so many synthetic batteries, all of them."""
    with tempfile.TemporaryDirectory() as folder:
        store, _ = fill(Path(folder) / "reports.db", batteries)
        try:
            with collecting.rarely(tidy=False):
                return {"batteries": batteries, **_kept(store, batteries)}
        finally:
            drive(store.close())


def _kept(store: SqliteStore, batteries: int) -> dict[str, float]:
    worked = process_time()
    drive(FlowKeeper(store).run())
    kept = process_time() - worked
    told: dict[str, float] = {"ms of processor time a battery to keep all rows": 1000 * kept / batteries}
    for what in REPORTS:
        taken = [_asked(store, what) for _ in range(RUNS)]
        wall, processor = (median(times) for times in zip(*taken, strict=True))
        told[f"{what}, ms"] = 1000 * wall
        told[f"{what}, s of processor time a million batteries"] = 1e6 * processor / batteries
    return told


def _asked(store: SqliteStore, what: str) -> tuple[float, float]:
    """Seconds that a report took, and of processor time."""
    began, worked = perf_counter(), process_time()
    asyncio.run(Reports(store, Question()).ask(what))
    return perf_counter() - began, process_time() - worked


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reporting", description=__doc__)
    parser.add_argument("--batteries", type=int, default=BATTERIES)
    print(json.dumps(measure(parser.parse_args().batteries), indent=2))


if __name__ == "__main__":
    main()
