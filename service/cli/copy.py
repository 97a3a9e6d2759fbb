"""`voltrace copy`."""

from __future__ import annotations

import click
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from service import copying
from service.cli.common import err, finish, opened, out


@click.command()
@click.option("--from", "source_url", required=True, metavar="URL", help="the store to read")
@click.option("--to", "target_url", required=True, metavar="URL", help="the store to write: empty, or a part of it")
@click.option("--verify/--no-verify", default=True, show_default=True, help="compare all of both, page by page")
def copy(source_url: str, target_url: str, verify: bool) -> None:
    """Copy a log from one store to another, with its hash chain and its moments of knowledge.

    Run it again after an interruption, or to catch up with a source that has grown: it goes on where it stopped. At the
    end all records and edges of both stores are compared (without --verify only how many there are).

    \b
    voltrace copy --from sqlite:voltrace.db --to neo4j://127.0.0.1:7687
    """
    for url in (source_url, target_url):
        if url.startswith("memory:"):
            raise click.UsageError(f"{url} ends with the command that opens it; name a store that lasts")
    if source_url == target_url:
        raise click.UsageError("both are the same store")
    source, target = opened(source_url), opened(target_url)

    async def run() -> copying.Copied:
        try:
            with _bar() as bar:
                task = bar.add_task("copy", total=None)
                copied = await copying.copy(
                    source, target, lambda done, total: bar.update(task, completed=done, total=total)
                )
                if verify:
                    comparing = bar.add_task("compare", total=None)
                    await copying.compare(
                        source, target, copied.records, lambda compared: bar.update(comparing, completed=compared)
                    )
            return copied
        except copying.CannotCopy as error:
            raise click.ClickException(str(error)) from error
        finally:
            await source.close()

    copied = finish(target, run)
    checked = "verified" if verify else "not verified"
    out.print(
        f"{target_url}: {copied.records:,} records, {copied.records - copied.before:,} of them copied now, {checked}",
        soft_wrap=True,
    )


def _bar() -> Progress:
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn(compact=True))
    return Progress(*columns, console=err, disable=not err.is_terminal)
