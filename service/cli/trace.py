"""`voltrace trace`."""

from __future__ import annotations

from datetime import datetime

import click
import orjson

from graph_schema.answer import Direction, Trace
from graph_schema.trace import TraceQuestion
from service import tracing
from service.cli.common import Moment, configured, err, finish, opened, out, store_option
from service.writers.json import trace_json
from service.writers.tree import render


@click.command()
@click.argument("key")
@store_option
@click.option("--direction", type=click.Choice(["forward", "backward", "both"]), default="both", show_default=True)
@click.option("--as-of", type=Moment(), help="the world at that moment: a date, or a time with an offset")
@click.option("--known-at", type=Moment(), help="what the log held at that moment")
@click.option("--claims", type=click.Choice(["accepted", "all"]), default="accepted", show_default=True)
@click.option("--max-depth", type=click.IntRange(0))
@click.option("--max-nodes", type=click.IntRange(1))
@click.option("--format", "format_name", type=click.Choice(["tree", "json"]), default="tree", show_default=True)
@click.option("--all", "unfold", is_flag=True, help="show each of a group of like items")
def trace(
    key: str,
    store_url: str | None,
    direction: str,
    as_of: datetime | None,
    known_at: datetime | None,
    claims: str,
    max_depth: int | None,
    max_nodes: int | None,
    format_name: str,
    unfold: bool,
) -> None:
    """Where the substance of an item went, and where it came from.

    KEY is an item's key, or another identifier of it.

    \b
    voltrace trace 04QPE76836300JBC40000903
    voltrace trace LOT-17 --direction backward --as-of 2026-04-01
    voltrace trace PACK-1 --known-at 2026-05-01T00:00:00Z --format json
    """
    store = opened(store_url)
    ceiling = configured().nodes_max
    if max_nodes is not None and max_nodes > ceiling:
        raise click.BadParameter(f"{max_nodes} is above the ceiling of {ceiling} (VOLTRACE_NODES_MAX)")
    chosen = Direction(direction.upper())
    apart = format_name == "tree" and chosen is Direction.BOTH
    wanted = [Direction.FORWARD, Direction.BACKWARD] if apart else [chosen]

    async def ask() -> list[Trace | None]:
        sequence = await store.sequence_at(known_at)
        return [
            await tracing.trace(
                store,
                TraceQuestion(key, one, as_of, claims == "all", max_depth, max_nodes or ceiling),
                sequence,
            )
            for one in wanted
        ]

    traces = finish(store, ask)
    for one in traces:
        if one is None:
            when = " at that moment" if as_of or known_at else ""
            err.print(f"[red]not known[/]{when}: ", end="")
            err.print(f"{key}: no accepted event brought it in ({store.url})", markup=False)
            raise SystemExit(1)
        show(one, format_name, unfold)


def show(trace: Trace, format_name: str = "tree", unfold: bool = False) -> None:
    """Print a trace."""
    if format_name == "json":
        click.echo(orjson.dumps(trace_json(trace), option=orjson.OPT_INDENT_2).decode())
    else:
        out.print(render(trace, unfold))
        out.print()
