"""What a report takes that is added up from kept rows, and what it takes to keep them.

`python -m benchmarks.reporting --batteries 20000` measures that alone. With `--copies 50` the rows are kept fifty
times, under other names: what reports read of a million batteries, without recording these.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Callable
from pathlib import Path
from statistics import median
from time import perf_counter, process_time
from typing import Any

from benchmarks.measure import fill
from graph_schema.flows.batteries import BatteryRow
from graph_schema.flows.content import Made, NewBattery
from graph_schema.flows.transformations import LotRow, TransformationRow
from service import collecting, flow_rows
from service.flow_keeping import FlowKeeper
from service.flow_rows import FlowKind, FlowRevision, FlowRow
from service.reporting import REPORTS, Question, Reports
from service.running import drive
from service.stores.sqlite import SqliteStore

RUNS = 3
"""Of each report; the median counts."""
BATTERIES = 2_000


def measure(batteries: int, copies: int = 1) -> dict[str, float]:
    """Reports over a store with so many synthetic batteries, all of them, times so many copies of their rows."""
    with tempfile.TemporaryDirectory() as folder:
        store, _ = fill(Path(folder) / "reports.db", batteries)
        try:
            with collecting.rarely(tidy=False):
                return {"batteries": batteries * copies, **_kept(store, batteries, copies)}
        finally:
            drive(store.close())


def _kept(store: SqliteStore, batteries: int, copies: int) -> dict[str, float]:
    worked = process_time()
    drive(FlowKeeper(store).run())
    kept = process_time() - worked
    drive(_copy(store, copies))
    told: dict[str, float] = {"ms of processor time a battery to keep all rows": 1000 * kept / batteries}
    for what in REPORTS:
        taken = [_asked(store, what) for _ in range(RUNS)]
        wall, processor = (median(times) for times in zip(*taken, strict=True))
        told[f"{what}, ms"] = 1000 * wall
        told[f"{what}, s of processor time a million batteries"] = 1e6 * processor / (batteries * copies)
    return told


async def _copy(store: SqliteStore, copies: int) -> None:
    """Keep all rows so many times in all."""
    async with store.snapshot() as snapshot:
        until = await snapshot.flows_kept()
        rows = [(how, await snapshot.flow_page(kind, "", 10**9)) for kind, how in COPYING.items()]
    for number in range(1, copies):
        copied = tuple(how(body, f"~{number}") for how, bodies in rows for _, body in bodies)
        await store.keep_flows(FlowRevision((), copied, until, until))


def _battery(body: bytes, name: str) -> FlowRow:
    row: BatteryRow = flow_rows.battery(body)
    return flow_rows.kept_battery(row._replace(key=row.key + name))


def _new_battery(body: bytes, name: str) -> FlowRow:
    row: NewBattery = flow_rows.new_battery(body)
    made = [one._replace(draws=tuple((lot + name, portion) for lot, portion in one.draws)) for one in row.bodies]
    bodies: tuple[Made, ...] = tuple(made)
    return flow_rows.kept_new(row._replace(key=row.key + name, bodies=bodies))


def _transformation(body: bytes, name: str) -> FlowRow:
    row: TransformationRow = flow_rows.transformation(body)
    draws = tuple(draw._replace(lot=draw.lot + name) for draw in row.draws)
    outputs = tuple(lot + name for lot in row.outputs)
    position = row.position + name.encode()
    return flow_rows.kept_transformation(row._replace(position=position, draws=draws, outputs=outputs))


def _lot(body: bytes, name: str) -> FlowRow:
    row: LotRow = flow_rows.lot(body)
    return flow_rows.kept_lot(row._replace(key=row.key + name))


COPYING: dict[FlowKind, Callable[[Any, str], FlowRow]] = {
    FlowKind.BATTERY: _battery,
    FlowKind.NEW_BATTERY: _new_battery,
    FlowKind.TRANSFORMATION: _transformation,
    FlowKind.LOT: _lot,
}
"""How a row is copied under another name."""


def _asked(store: SqliteStore, what: str) -> tuple[float, float]:
    """Seconds that a report took, and of processor time."""
    began, worked = perf_counter(), process_time()
    asyncio.run(Reports(store, Question()).ask(what))
    return perf_counter() - began, process_time() - worked


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.reporting", description=__doc__)
    parser.add_argument("--batteries", type=int, default=BATTERIES)
    parser.add_argument("--copies", type=int, default=1, help="so many times the rows are kept")
    stated = parser.parse_args()
    print(json.dumps(measure(stated.batteries, stated.copies), indent=2))


if __name__ == "__main__":
    main()
