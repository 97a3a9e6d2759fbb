"""`voltrace export`."""

from __future__ import annotations

from pathlib import Path

import click

from service.cli.common import finish, opened, say, store_option
from service.cli.progress import progress_bar
from service.writers.neo4j_admin import Export, Exported


@click.group()
def export() -> None:
    """Write a store's log and graph for another program.

    \b
    voltrace export neo4j-admin DIR    for a first load into Neo4j
    """


@export.command("neo4j-admin")
@click.argument("directory", type=click.Path(file_okay=False, path_type=Path), metavar="DIR")
@store_option
@click.option("--gzip", "compressed", is_flag=True, help="compress the data files, a tenth of the size")
def neo4j_admin(directory: Path, store_url: str | None, compressed: bool) -> None:
    """Write the files of `neo4j-admin database import full`: the fast way to load a whole history into Neo4j.

    The database that comes of it is the one that recording the same log would make. The store is a sqlite: one, and
    DIR is empty or not there yet.

    \b
    voltrace export neo4j-admin nation --store sqlite:nation.db
    cd nation && neo4j-admin database import full neo4j @import.args
    """
    store = opened(store_url)
    with progress_bar("rows") as bar:
        task = bar.add_task("export", total=None, count=0)

        def progress(rows: int, total: int, what: str) -> None:
            bar.update(task, completed=rows, total=total, count=rows, description=f"export {what}")

        async def write() -> Exported:
            return Export(store, directory, compressed, progress).run()

        done = finish(store, write)
    told = f"{done.nodes:,} nodes and {done.relationships:,} relationships of {done.sequence:,} records"
    say(f"{told} are in {directory}. Load them into a Neo4j that holds nothing yet:")
    say("  1. on its machine, before its first start:")
    say(f"     cd {directory} && neo4j-admin database import full neo4j @import.args")
    say("  2. start it, and set VOLTRACE_STORE to its address")
    say("  3. voltrace migrate    makes the indexes; until then the store is refused")
    say("  4. voltrace verify     checks the chain, and the graph against a fresh fold")
