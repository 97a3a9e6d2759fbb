"""`python -m benchmarks`: measure, and write a JSON and a Markdown report."""

from __future__ import annotations

import argparse
import json
import os
import platform
import sqlite3
import tempfile
from pathlib import Path
from typing import Any

from benchmarks import auditing, disk, explorer, holding, http, hub, load, neo4j, recording, reporting, tracing
from benchmarks.measure import fill
from graph_schema.answer import Direction
from service.running import drive


def run(
    batteries: int,
    small: int,
    starts: int,
    draws: int,
    seconds: float,
    audited: int,
    reported: int,
    runs: int,
    traced: int,
    drawn: int,
    asked: holding.Size,
) -> dict[str, Any]:
    """All measurements."""
    report: dict[str, Any] = {
        "machine": {
            "cores": os.cpu_count(),
            "python": platform.python_version(),
            "sqlite": sqlite3.sqlite_version,
            "system": platform.platform(),
        }
    }
    with tempfile.TemporaryDirectory() as folder:
        tiny, told = fill(Path(folder) / "small.db", small)
        large, report["recording, batches of 2,000"] = fill(Path(folder) / "large.db", batteries)
        keys = tracing.starts(large, starts)
        report["trace forward"] = tracing.against_bare(large, keys, Direction.FORWARD)
        report["trace backward"] = tracing.against_bare(large, keys, Direction.BACKWARD)
        report["trace in the past"] = tracing.against_past(large, keys)
        report["trace in a larger history"] = tracing.of_one_size(tiny, large)
        report["trace against memory"] = tracing.against_dicts(small, tiny, tracing.starts(tiny, starts))
        report["trace through HTTP"] = http.through_http(large)
        report["point reads"] = tracing.point_reads(tiny, tracing.starts(tiny, starts))
        report["trace in the smaller history"] = tracing.against_bare(
            tiny, tracing.starts(tiny, starts), Direction.FORWARD
        )
        report["trace backward in the smaller history"] = tracing.against_bare(
            tiny, tracing.starts(tiny, starts), Direction.BACKWARD
        )
        report["recording, batches of 2,000, smaller history"] = told
        report |= load.measure(f"sqlite:{Path(folder) / 'large.db'}", load.named(large), "SQLite", seconds)
        report["export neo4j-admin"] = disk.export(tiny)
        report |= neo4j.measure(small, tracing.starts(tiny, starts), load.named(tiny), seconds, draws)
        report["profile of tracing"] = tracing.profile(large, keys)
        report["recording, batches of 10"] = recording.small_batches(large)
        report["trace at a hub"] = drive(hub.measure(large, draws))
        for store in (tiny, large):
            drive(store.close())
    held = holding.measure([], runs, asked)
    report |= {f"one query, one worker: {name}": values for name, values in held.items()}
    report |= explorer.measure(traced, drawn, runs)
    report |= auditing.measure(audited)
    report["reports, from kept rows"] = reporting.measure(reported)
    report["memory of recording"] = recording.memory(batteries // 2)
    report["profile of recording"] = recording.profile(max(small, batteries // 20))
    return report


def markdown(report: dict[str, Any]) -> str:
    """The report for people."""
    parts = ["# Measurements", ""]
    for title, content in report.items():
        parts += [f"## {title.capitalize()}", ""]
        if isinstance(content, str):
            parts += ["```text", content, "```"]
        else:
            parts += ["| | |", "|---|---|"]
            for name, value in content.items():
                shown = f"{value:,.3g}" if isinstance(value, float) and value < 1000 else value
                parts.append(f"| {name} | {f'{shown:,.0f}' if isinstance(shown, float) else shown} |")
        parts.append("")
    return "\n".join(parts)


def main(arguments: list[str] | None = None) -> None:
    """Measure and write."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--batteries", type=int, default=50_000)
    parser.add_argument("--small", type=int, default=1_000)
    parser.add_argument("--audited", type=int, default=100_000, help="batteries of the histories that are audited")
    parser.add_argument("--reported", type=int, default=reporting.BATTERIES, help="batteries that reports are about")
    parser.add_argument("--runs", type=int, default=holding.RUNS, help="of each query that others wait for, and page")
    parser.add_argument("--starts", type=int, default=200)
    parser.add_argument("--draws", type=int, default=10_000, help="on the lot that is a hub")
    parser.add_argument("--seconds", type=float, default=2.0, help="of load, for each kind of request")
    parser.add_argument("--out", type=Path, default=Path(__file__).parent / "results")
    parser.add_argument("--traced", type=int, default=300, help="nodes of the trace whose first picture is timed")
    parser.add_argument("--drawn", type=int, default=2_000, help="boxes of the picture that is moved")
    for name, value in holding.Size()._asdict().items():
        parser.add_argument(f"--asked-{name}", type=int, default=value, help="of queries that others wait for")
    chosen = parser.parse_args(arguments)
    sizes = {name: value for name, value in vars(chosen).items() if name != "out"}
    asked = holding.Size(*(sizes.pop(f"asked_{name}") for name in holding.Size._fields))
    report = run(**sizes, asked=asked)
    chosen.out.mkdir(parents=True, exist_ok=True)
    (chosen.out / "report.json").write_text(json.dumps(report, indent=2))
    (chosen.out / "report.md").write_text(markdown(report))
    print(markdown(report))


if __name__ == "__main__":
    main()
