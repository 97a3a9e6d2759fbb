"""`voltrace ingest`."""

from __future__ import annotations

import sys
from contextlib import nullcontext
from pathlib import Path

import click
import orjson

from graph_schema.outcome import EventStatus
from service import ingesting
from service.cli.common import AGAIN, err, finish, opened, out, store_option
from service.cli.files import said, writable
from service.cli.progress import progress_bar
from service.ingesting import FORMATS, PARTS, Ingest, Rejection, Report
from service.readers.reading import BATCH, Options, UnreadableFile
from service.recording import RecordStatus
from service.stores.errors import StoreError

RESUME = "what was read before that is recorded; mend the file and run the same again: nothing is recorded twice"


@click.command()
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@store_option
@click.option("--format", "format_name", type=click.Choice(FORMATS), help="where the content does not tell")
@click.option(
    "--mapping",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="what the columns of tables mean: TOML",
)
@click.option("--actor", metavar="KEY", help="who acts in EPCIS events that name nobody")
@click.option(
    "--batch",
    type=click.IntRange(1, 100_000),
    default=BATCH,
    show_default=True,
    help=f"events in one write; on a Neo4j it holds {PARTS} batches, each known from a moment of its own",
)
@click.option("--report", "report_path", type=click.Path(dir_okay=False), help="rejected lines go there, as JSON Lines")
def ingest(
    files: tuple[str, ...],
    store_url: str | None,
    format_name: str | None,
    mapping: Path | None,
    actor: str | None,
    batch: int,
    report_path: str | None,
) -> None:
    """Record events from files; - is standard input. The exit code is 1 where lines were rejected.

    \b
    voltrace ingest events.jsonl
    voltrace ingest company-a.json company-b.json     Catena-X files are recognised
    voltrace ingest lifecycle.jsonld                  and EPCIS 2.0 documents
    voltrace ingest --mapping outlet.toml outlet.csv  CSV and Parquet need a mapping
    zcat big.jsonl.gz | voltrace ingest -
    """
    store = opened(store_url)
    with nullcontext() if report_path is None else writable(report_path) as file, progress_bar("events") as bar:
        task = bar.add_task("ingest", total=None, count=0)

        def reject(rejection: Rejection) -> None:
            if file is not None:
                file.write(orjson.dumps(rejection._asdict(), option=orjson.OPT_APPEND_NEWLINE))

        def progress(now: ingesting.Progress) -> None:
            total = now.bytes_total or None
            bar.update(task, completed=now.bytes_read, total=total, count=now.events)

        run = Ingest(store, batch, progress, reject, Options(actor, mapping))
        report = run.report

        async def read() -> str | None:
            """Why it ended before its end, if it did. Raises ClickException where there is nothing to report of."""
            try:
                await run.run(list(files), sys.stdin.buffer, format_name)
            except (OSError, UnreadableFile) as error:
                failed = said(error) if isinstance(error, OSError) else str(error)
                if not report.counts:
                    raise click.ClickException(failed) from error
                return f"{failed}; {RESUME}"
            except StoreError as error:
                failed = f"{error}; {AGAIN}"
                if not report.counts:
                    raise click.ClickException(failed) from error
                return failed
            return None

        failed = finish(store, read)
    print_report(report, report_path)
    if failed is not None:
        raise click.ClickException(failed)
    if report.rejected:
        raise SystemExit(1)


def print_report(report: Report, report_path: str | None = None) -> None:
    """The summary: what came in, what stands in the store now, as far as that is known, and where to look."""
    out.print("[bold]Ingested[/]")
    for status in RecordStatus:
        if report.counts[status]:
            name = "malformed" if status is RecordStatus.REJECTED else status.value.lower()
            out.print(f"  {report.counts[status]:>9,} {name}")
    for (what, reason), count in sorted(report.left_out.items()):
        out.print(f"  {count:>9,} left out: {what} ({reason})", markup=False)
    for (what, reason), count in sorted(report.assumed.items()):
        out.print(f"  {count:>9,} assumed: {what} ({reason})", markup=False)
    for name, count in sorted(report.kept.items()):
        out.print(f"  {count:>9,} kept in the attributes of the event, as it was written: {name}", markup=False)
    standing = ", ".join(f"{count:,} {status.value.lower()}" for status, count in report.standing.items() if count)
    if report.standing:
        out.print(f"In the store now: {standing or 'nothing'}")
    unsettled = [status for status in (EventStatus.PENDING, EventStatus.CONTESTED) if report.standing.get(status)]
    for kind in unsettled:
        out.print(
            f"  see why: {{ events(filter: {{status: {kind.value}}}) "
            "{ edges { node { eventId problems { code message conflictsWith } } } } }",
            style="dim",
            markup=False,
            soft_wrap=True,
        )
    for rejection in report.rejections[:10]:
        err.print(f"[red]malformed[/] {rejection.where}: ", end="")
        err.print(f"{rejection.field}: {rejection.reason}" if rejection.field else rejection.reason, markup=False)
    if report.rejected > 10:
        rest = f"all of them are in {report_path}" if report_path else "--report FILE writes them all down"
        err.print(f"... and {report.rejected - 10:,} more; {rest}")
