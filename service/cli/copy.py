"""`voltrace copy`."""

from __future__ import annotations

import click

from service import copying
from service.cli.common import AGAIN, finish, opened, say
from service.cli.progress import progress_bar
from service.stores.errors import StoreError


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
    bar = progress_bar("records")
    task = bar.add_task("copy", total=None, count=0)
    before: int | None = None

    def progress(done: int, total: int) -> None:
        nonlocal before
        before = done if before is None else before
        bar.update(task, completed=done, total=total, count=done, before=before)

    async def run() -> copying.Copied:
        try:
            with bar:
                copied = await copying.copy(source, target, progress)
                if verify:
                    comparing = bar.add_task("compare", total=None, count=0, unit="records and items")
                    await copying.compare(
                        source,
                        target,
                        copied.records,
                        lambda compared: bar.update(comparing, completed=compared, count=compared),
                    )
            return copied
        except copying.CannotCopy as error:
            raise click.ClickException(str(error)) from error
        except StoreError as error:
            if before is not None:
                done, total = bar.tasks[0].completed, bar.tasks[0].total
                say(f"{target_url}: {done:,.0f} of {total:,.0f} records, {done - before:,.0f} of them copied now")
            raise click.ClickException(f"{error}; {AGAIN}") from error
        finally:
            await source.close()

    copied = finish(target, run)
    checked = "verified" if verify else "not verified"
    say(f"{target_url}: {copied.records:,} records, {copied.records - copied.before:,} of them copied now, {checked}")
