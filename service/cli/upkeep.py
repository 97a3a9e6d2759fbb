"""`voltrace verify`, `voltrace rebuild` and `voltrace migrate`."""

from __future__ import annotations

import click

from graph_schema.neo4j import Migration
from service.cli.common import err, finish, opened, out, store_option
from service.stores.neo4j import Neo4jStore
from service.stores.neo4j.migrating import migrate as apply_migrations


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


@click.command()
@store_option
@click.option("--dry-run", is_flag=True, help="only say what would be done")
def migrate(store_url: str | None, dry_run: bool) -> None:
    """Bring the schema of a Neo4j database up to date.

    Running it again changes nothing. A schema newer than this voltrace is refused. The embedded stores need none.
    """
    store = opened(store_url)

    async def bring_up() -> list[Migration]:
        return await apply_migrations(store.connection, dry_run) if isinstance(store, Neo4jStore) else []

    steps = finish(store, bring_up)
    for step in steps:
        out.print(f"{'would apply' if dry_run else 'applied'} {step.number:04d} {step.name}")
    if not steps:
        out.print(f"{store.url}: the schema is up to date")
