"""`voltrace verify` and `voltrace rebuild`."""

from __future__ import annotations

import click

from service.cli.common import err, finish, opened, out, store_option


@click.command()
@store_option
def verify(store_url: str | None) -> None:
    """Check the hash chain of the log, and that the graph equals a fresh fold of it.

    Exit code 1, with the first bad record, where something is wrong.
    """
    store = opened(store_url)

    async def check() -> int:
        faults = await store.verify()
        count = await store.sequence_at(None)
        for fault in faults:
            err.print(f"[red]fault[/] at {fault.where}: {fault.what}")
        if not faults:
            out.print(f"{store.url}: {count} records, the chain holds, and the graph is the fold of the log")
        return len(faults)

    if finish(store, check):
        raise SystemExit(1)


@click.command()
@store_option
def rebuild(store_url: str | None) -> None:
    """Fold the graph again from the log, keeping what was known when."""
    store = opened(store_url)
    count = finish(store, store.rebuild)
    out.print(f"{store.url}: folded {count} events")
