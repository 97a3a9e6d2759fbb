"""What a report takes that is added up from kept rows, and what it takes to keep them.

`python -m benchmarks.reporting --batteries 20000` measures that alone.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from functools import partial
from pathlib import Path
from time import perf_counter

from benchmarks.measure import fill, seconds
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
            return {"batteries": batteries, **_kept(store, batteries)}
        finally:
            drive(store.close())


def _kept(store: SqliteStore, batteries: int) -> dict[str, float]:
    start = perf_counter()
    drive(FlowKeeper(store).run())
    told: dict[str, float] = {"ms a battery to keep all rows": 1000 * (perf_counter() - start) / batteries}
    for what in REPORTS:
        taken = seconds(partial(_ask, store, what), RUNS)
        told[f"{what}, ms"] = 1000 * taken
        told[f"{what}, s a million batteries"] = 1e6 * taken / batteries
    return told


def _ask(store: SqliteStore, what: str) -> None:
    asyncio.run(Reports(store, Question()).ask(what))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reporting", description=__doc__)
    parser.add_argument("--batteries", type=int, default=BATTERIES)
    print(json.dumps(measure(parser.parse_args().batteries), indent=2))


if __name__ == "__main__":
    main()
