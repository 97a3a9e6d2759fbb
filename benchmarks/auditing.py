"""What the rulebook costs, and what it finds: in a clean history nothing, else what was planted and only that.

`python -m benchmarks.auditing --batteries 100000` measures that alone.
"""

from __future__ import annotations

import argparse
import io
import json
import sys
import tempfile
from datetime import UTC, datetime, time, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any

import orjson

from benchmarks.measure import seconds
from graph_schema.order import instant_us
from graph_schema.rules import RULE_SETS
from seed.nation import KINDS, SHOWN_AFTER, UNTIL, Nation
from service import collecting
from service.findings import CountBy, FindingFilter, KeptFinding
from service.ingesting import Ingest
from service.keeping import Keeper
from service.ports import Store
from service.running import drive
from service.stores.sqlite import SqliteStore
from service.workers import cores, judging

RATE = 0.02
OFTEN = {"RECOVERY_BELOW_THRESHOLD": 0.5}
"""There are few recyclers."""
LAST = 10
"""So many events are recorded after the first audit."""
PAGE = 500
TOLD = 100_000
"""After so many items it is told how far an audit is."""
CODES = frozenset(rule.code for rules in RULE_SETS for rule in rules.all)


def measure(batteries: int) -> dict[str, Any]:
    """Audits of a history with trouble and of a clean one."""
    planted = {code: OFTEN.get(code, RATE) for code in sorted(CODES.intersection(KINDS))}
    return {
        "audit, with trouble": _audited(Nation(batteries, trouble=planted)),
        "audit, clean": _audited(Nation(batteries)),
    }


def _audited(nation: Nation) -> dict[str, float]:
    """One history: the first audit, one after a few more events, lists and counts, and how right it is."""
    lines = [orjson.dumps(event) for event in nation.events()]
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "audit.db")
        _ingest(store, Path(folder) / "first.jsonl", lines[:-LAST])
        with collecting.rarely(tidy=False), judging(store, (), None) as judges:
            judged, first = _run(Keeper(store, judges=judges))
        _ingest(store, Path(folder) / "last.jsonl", lines[-LAST:])
        again, second = _run(Keeper(store))
        start = perf_counter()
        drive(Keeper(store).organizations())
        organizations = perf_counter() - start
        found = {(one.code, one.subject.key) for one in _kept(store)}
        expected = {(one.code, one.key) for one in nation.planted if one.code in CODES}
        right = len(found & expected)
        report = {
            "items": judged,
            "seconds": first,
            "processes": cores(),
            "ms/item": 1000 * first / judged,
            f"items judged again after {LAST} events": again,
            f"ms after {LAST} events": 1000 * second,
            "seconds for all organizations, rows not kept": organizations,
            "findings": len(found),
            "planted": len(expected),
            "precision": right / len(found) if found else 1.0,
            "recall": right / len(expected) if expected else 1.0,
            "ms for a page of 50": 1000 * seconds(lambda: drive(_page(store, 50))),
            "ms for counts by code": 1000 * seconds(lambda: drive(_counts(store))),
        }
        drive(store.close())
        return report


def _ingest(store: Store, path: Path, lines: list[bytes]) -> None:
    """As `voltrace ingest` does, which keeps when each event was reported."""
    path.write_bytes(b"\n".join(lines))
    drive(Ingest(store).run([str(path)], io.BytesIO()))


def _run(keeper: Keeper) -> tuple[int, float]:
    start, judged = perf_counter(), 0
    while True:
        done = drive(keeper.step())
        judged += done.judged
        if done.finished:
            return judged, perf_counter() - start
        if judged // TOLD > (judged - done.judged) // TOLD:
            print(f"{judged:,} items judged in {perf_counter() - start:,.0f} s", file=sys.stderr)


def _kept(store: Store) -> list[KeptFinding]:
    until = FindingFilter(since_to_us=instant_us(datetime.combine(UNTIL + timedelta(days=SHOWN_AFTER), time.max, UTC)))

    async def ask() -> list[KeptFinding]:
        found: list[KeptFinding] = []
        async with store.snapshot() as snapshot:
            while page := await snapshot.finding_page(until, found[-1].place if found else None, PAGE):
                found += page
        return found

    return drive(ask())


async def _page(store: Store, size: int) -> None:
    async with store.snapshot() as snapshot:
        await snapshot.finding_page(FindingFilter(codes=("CUSTODY_GAP",)), None, size)


async def _counts(store: Store) -> None:
    async with store.snapshot() as snapshot:
        await snapshot.finding_counts(FindingFilter(), CountBy.CODE)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.auditing", description=__doc__)
    parser.add_argument("--batteries", type=int, default=100_000)
    print(json.dumps(measure(parser.parse_args().batteries), indent=2))


if __name__ == "__main__":
    main()
