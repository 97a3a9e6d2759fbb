"""`voltrace trace`."""

from __future__ import annotations

import sys
from datetime import datetime
from pathlib import Path

import click

from graph_schema.answer import Direction, Trace
from graph_schema.further import NAMED_MAX
from graph_schema.surroundings import Beyond
from graph_schema.trace import TraceQuestion
from service import tracing
from service.cli.common import Moment, configured, err, finish, opened, out, store_option
from service.languages import ENGLISH
from service.synthetic import holds_synthetic
from service.writers.formats import BY_NAME, Format, Options
from service.writers.png import NoFont
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
@click.option("--further", multiple=True, metavar="KEY", help="100 more neighbours of that node, each time it is named")
@click.option("--format", "format_name", type=click.Choice(["tree", *BY_NAME]), default="tree", show_default=True)
@click.option("--output", "-o", type=click.Path(dir_okay=False, writable=True), help="the file to write (not a tree)")
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
    further: tuple[str, ...],
    format_name: str,
    output: str | None,
    unfold: bool,
) -> None:
    """Where the substance of an item went, and where it came from.

    KEY is an item's key, or another identifier of it.

    \b
    voltrace trace 04QPE76836300JBC40000903
    voltrace trace LOT-17 --direction backward --as-of 2026-04-01
    voltrace trace PACK-1 --known-at 2026-05-01T00:00:00Z --format json
    voltrace trace PACK-1 --max-depth 1 --further LOT-17
    voltrace trace PACK-1 --format svg --output pack.svg
    """
    chosen_format = BY_NAME.get(format_name)
    if output is not None and chosen_format is None:
        raise click.BadParameter(f"a tree is for the terminal; name a --format: {', '.join(BY_NAME)}", param_hint="-o")
    if format_name == "png" and output is None and sys.stdout.isatty():
        raise click.BadParameter("a PNG is nothing for a terminal; name a file with --output", param_hint="--format")
    if len(further) > NAMED_MAX:
        raise click.BadParameter(f"{len(further)} names are too many: at most {NAMED_MAX}", param_hint="--further")
    store = opened(store_url)
    ceiling = configured().nodes_max
    if max_nodes is not None and max_nodes > ceiling:
        raise click.BadParameter(f"{max_nodes} is above the ceiling of {ceiling} (VOLTRACE_NODES_MAX)")
    chosen = Direction(direction.upper())
    apart = format_name == "tree" and chosen is Direction.BOTH
    wanted = [Direction.FORWARD, Direction.BACKWARD] if apart else [chosen]

    weigh = chosen_format is None or chosen_format.weighed
    drawn = chosen_format is not None and chosen_format.drawn
    bounds = max_depth, max_nodes or ceiling, weigh, further
    beyond = Beyond.HOLDERS if drawn else Beyond.NOTHING

    async def ask() -> tuple[list[Trace | None], bool]:
        sequence = await store.sequence_at(known_at)
        traces = [
            await tracing.trace(
                store,
                TraceQuestion(key, one, as_of, claims == "all", *bounds, beyond=beyond),
                sequence,
            )
            for one in wanted
        ]
        if not drawn:
            return traces, False
        shown = [one and await tracing.with_used_up(store, one, as_of, sequence) for one in traces]
        return shown, await holds_synthetic(store)

    traces, synthetic = finish(store, ask)
    for one in traces:
        if one is None:
            when = " at that moment" if as_of or known_at else ""
            err.print(f"[red]not known[/]{when}: ", end="")
            err.print(f"{key}: no accepted event brought it in ({store.url})", markup=False)
            raise SystemExit(1)
        if chosen_format is None:
            show(one, unfold)
        else:
            moments = (("as of", as_of), ("known at", known_at))
            said = [f"{word} {ENGLISH.moment(moment)}" for word, moment in moments if moment]
            said += [ENGLISH.text("note.synthetic")] if synthetic else []
            write(one, chosen_format, ", ".join(said), output)


def show(trace: Trace, unfold: bool = False) -> None:
    """Print a trace as a tree."""
    out.print(render(trace, unfold))
    out.print()


def write(trace: Trace, format: Format, note: str, path: str | None) -> None:
    """Write a trace to a file, or to standard output."""
    try:
        body = format.write(trace, Options(note))
    except NoFont as error:
        raise click.ClickException(str(error)) from error
    if path is None:
        click.echo(body, nl=False)
    else:
        try:
            Path(path).write_bytes(body)
        except OSError as error:
            raise click.ClickException(f"{path}: {error.strerror}") from error
