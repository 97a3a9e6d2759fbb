"""`voltrace generate`."""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from datetime import datetime
from pathlib import Path
from typing import Any

import click
import orjson

from seed.nation import KINDS, UNTIL, Nation
from service.cli.files import writable


class Rate(click.ParamType[tuple[str, float]]):
    """A kind of trouble and its rate: `CUSTODY_GAP=0.02`; the name in any case, with - or _."""

    name = "KIND=RATE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, float]:
        """Parse one."""
        if isinstance(value, tuple):
            return value
        name, _, rate = value.partition("=")
        kind = name.strip().upper().replace("-", "_")
        if kind not in KINDS and kind != "ALL":
            self.fail(f"{name!r} is no kind of trouble; there are ALL, {', '.join(KINDS)}", param, ctx)
        try:
            number = float(rate)
        except ValueError:
            number = -1.0
        if not 0 <= number <= 1:
            self.fail(f"{value!r}: the rate is a number from 0 to 1, as in {kind}=0.02", param, ctx)
        return kind, number


@click.command()
@click.option("--batteries", type=click.IntRange(min=1), default=1000, show_default=True)
@click.option(
    "--seed",
    type=click.IntRange(min=0),
    default=1,
    show_default=True,
    help="the same seed writes the same bytes; another one, other event ids, codes and lots",
)
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), default=f"{UNTIL}", show_default=True, help="the last day")
@click.option("--cells", is_flag=True, help="with a record of each cell")
@click.option("--trouble", "rates", type=Rate(), multiple=True, help="plant findings; ALL=RATE is all kinds")
@click.option("--ledger", type=click.Path(dir_okay=False, path_type=Path), help="write what was planted, as JSON Lines")
def generate(
    batteries: int,
    seed: int,
    until: datetime,
    cells: bool,
    rates: tuple[tuple[str, float], ...],
    ledger: Path | None,
) -> None:
    """Write a synthetic history of a nation's batteries to standard output, as JSON Lines.

    Without --trouble nobody breaks a rule. What is drawn from which distribution is in docs/generator.md.

    \b
    voltrace generate --batteries 1000 --seed 7 > nation.jsonl
    voltrace generate --batteries 100000 | voltrace ingest - --store sqlite:nation.db
    voltrace generate --trouble CUSTODY_GAP=0.05 --trouble LATE_REPORT=0.1 --ledger planted.jsonl > nation.jsonl
    """
    trouble: dict[str, float] = {}
    for kind, rate in rates:
        trouble.update(dict.fromkeys(KINDS, rate) if kind == "ALL" else {kind: rate})
    try:
        nation = Nation(batteries, seed, until.date(), cells, trouble)
    except ValueError as error:
        raise click.UsageError(str(error)) from error
    out = sys.stdout.buffer
    with nullcontext() if ledger is None else writable(ledger) as file:
        with _no_collection():
            for event in nation.events():
                out.write(orjson.dumps(event, option=orjson.OPT_APPEND_NEWLINE))
        out.flush()
        if file is not None:
            for planted in nation.planted:
                file.write(orjson.dumps(planted._asdict(), option=orjson.OPT_APPEND_NEWLINE))


@contextmanager
def _no_collection() -> Iterator[None]:
    """A history makes many objects and no cycles."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()
