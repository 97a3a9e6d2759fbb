"""`voltrace report`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from graph_schema.elements import ELEMENTS
from graph_schema.flows.amounts import Scope
from service.cli.common import Moment, err, finish, opened, out, store_option
from service.reporting import REPORTS, Question, Reports
from service.synthetic import holds_synthetic
from service.writers.report import as_csv, as_json, as_table, lines_of

FORMATS = ("table", "csv", "json")


class Beginning(Moment):
    """As a moment, but a date means its first microsecond."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Parse a moment."""
        moment = super().convert(value, param, ctx)
        if isinstance(value, str) and len(value) == 10:
            return moment.replace(hour=0, minute=0, second=0, microsecond=0)
        return moment


@click.command()
@click.argument("what", type=click.Choice(REPORTS))
@store_option
@click.option("--organization", metavar="KEY", help="what it did; for batteries, those that it made")
@click.option("--region", help="such as CN-44")
@click.option("--chemistry", help="such as LFP")
@click.option("--from", "since", type=Beginning(), help="the start of the period: a date, or a time with an offset")
@click.option("--to", "until", type=Moment(), help="its end, inclusive")
@click.option(
    "--element",
    type=click.Choice(sorted(ELEMENTS)),
    metavar="SYMBOL",
    help="fates: of this element rather than of total mass",
)
@click.option("--as-of", type=Moment(), help="the world at that moment")
@click.option("--known-at", type=Moment(), help="what the log held at that moment")
@click.option("--format", "format_name", type=click.Choice(FORMATS), default="table", show_default=True)
def report(
    what: str,
    store_url: str | None,
    organization: str | None,
    region: str | None,
    chemistry: str | None,
    since: datetime | None,
    until: datetime | None,
    element: str | None,
    as_of: datetime | None,
    known_at: datetime | None,
    format_name: str,
) -> None:
    """Flows of metal: what was sold, retired and recovered, by whom, and when. docs/reports.md defines every number.

    \b
    recovery     input, output and recovery rate of each element, over the whole chain of plants
    chemistries  the same, of each chemistry alone
    fates        what became of the batteries retired in the period
    market       put on the market, in use, retired and recovered, by producer and model
    stages       how long batteries were in each stage of life
    yearly       retired and utilized, by year and region
    content      recycled content of the batteries made in the period

    A rate is recovered / input, so far: at least that much comes back, and at most (recovered + in process) / input, as
    nobody refined yet what is in process. Where a part is unknown there is no rate, and ? in its place. A mass with
    "+ 2 ?" is of all but two things, which nobody weighed: at least that much.

    \b
    voltrace report recovery --from 2025-01-01 --to 2025-12-31
    voltrace report fates --region CN-44 --element Li --format csv
    """
    if since is not None and until is not None and since > until:
        raise click.BadParameter("the period begins after its end (--to)", param_hint="--from")
    store = opened(store_url)

    async def ask() -> Any:
        sequence = None if known_at is None else await store.sequence_at(known_at)
        scope = Scope(organization, region, chemistry, since, until)
        found = await Reports(store, Question(scope, as_of, sequence, element or "")).ask(what)
        return found, await holds_synthetic(store)

    found, synthetic = finish(store, ask)
    lines = lines_of(found, synthetic)
    if synthetic:
        err.print("synthetic data: generated, of batteries and companies that never existed")
    if format_name == "json":
        click.echo(as_json(lines))
    elif format_name == "csv":
        click.echo(as_csv(lines), nl=False)
    elif lines:
        out.print(as_table(lines))
    else:
        err.print("nothing to report")
