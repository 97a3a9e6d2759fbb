"""`voltrace demo`: the main job in one go."""

from __future__ import annotations

import io
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path

import click
import orjson

from graph_schema.answer import Direction, Trace
from graph_schema.trace import TraceQuestion
from seed.story import PACK_RECYCLED, reported
from service import tracing
from service.cli.common import finish, opened, out
from service.cli.ingest import print_report
from service.cli.serve import run_service
from service.cli.trace import show
from service.ingesting import Ingest, Report
from service.ports import Store
from service.running import run

BATTERY = "urn:uuid:386da648-326a-4855-84c1-13597c1f2f09"
QUERY = f"""{{
  trace(key: "{PACK_RECYCLED}", direction: FORWARD) {{
    root {{ key status }}
    balance {{ element rootKg recoveredKg usedInProductionKg lossKg }}
  }}
}}"""


@click.command()
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)
@click.option("--store", "store_url", default="sqlite:voltrace-demo.db", show_default=True, metavar="URL")
@click.option("--exit", "leave", is_flag=True, envvar="DEMO_EXIT", help="stop after printing")
def demo(port: int, store_url: str, leave: bool) -> None:
    """Load a real Catena-X file and a short story, print traces, and serve.

    Running it again changes nothing: what is there already is a duplicate.
    """
    store = opened(store_url)
    finish(store, lambda: _show(store))
    if leave:
        _invite(port)
    else:
        again = store if store_url == "memory:" else opened(store_url)
        run_service(again, "127.0.0.1", port, tell=partial(_invite, port))


def _invite(port: int) -> None:
    out.print(f"[bold]Look at it[/], on http://127.0.0.1:{port}/ : the explorer")
    out.print(f"[bold]Ask it yourself[/], on http://127.0.0.1:{port}/graphql :")
    click.echo(QUERY)


async def _show(store: Store) -> None:
    out.print("[bold]A short story[/]: two packs, one to second life, one to salts and into a new pack")
    print_report(await _record_story(store))
    with as_file(files("seed").joinpath("data/catenax/smallTestdata.json")) as path:
        out.print(f"\n[bold]A real file[/]: {path.name} (Catena-X test data: 4 vehicles, 2 traction batteries)")
        print_report(await _ingest(store, path))
    out.print("\n[bold]A battery of the real file[/]")
    for direction in (Direction.FORWARD, Direction.BACKWARD):
        show(await _trace(store, BATTERY, direction))
    out.print("[bold]The recycled pack of the story[/]")
    show(await _trace(store, PACK_RECYCLED, Direction.FORWARD))


async def _ingest(store: Store, path: Path) -> Report:
    return await run(store, lambda: Ingest(store).run([str(path)], io.BytesIO()))


async def _record_story(store: Store) -> Report:
    lines = b"\n".join(orjson.dumps(event) for event in reported())
    return await run(store, lambda: Ingest(store).run(["-"], io.BytesIO(lines)))


async def _trace(store: Store, key: str, direction: Direction) -> Trace:
    found = await tracing.trace(store, TraceQuestion(key, direction))
    assert found is not None, f"the demo did not load {key}"
    return found
