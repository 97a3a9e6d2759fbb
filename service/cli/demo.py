"""`voltrace demo`: the main job in one go."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from functools import partial
from importlib.resources import as_file, files
from pathlib import Path

import click
import orjson
from rich.markup import escape

from graph_schema.answer import Direction, Trace
from graph_schema.canonical import parse_event
from graph_schema.rules import Finding, holding
from graph_schema.trace import TraceQuestion
from seed.story import PACK_RECYCLED, reported
from service import settings, tracing
from service.auditing import findings_of
from service.cli.audit import as_table, in_order
from service.cli.common import configured, finish, opened, out
from service.cli.ingest import print_report
from service.cli.serve import run_service
from service.cli.trace import show
from service.enterprises import organization_findings
from service.ingesting import Ingest, Report
from service.ports import Store
from service.running import run

END = datetime(2026, 10, 1, tzinfo=UTC)
"""When the story is over."""
STORE = "sqlite:voltrace-demo.db"
BATTERY = "urn:uuid:386da648-326a-4855-84c1-13597c1f2f09"
QUERY = f"""{{
  trace(key: "{PACK_RECYCLED}", direction: FORWARD) {{
    root {{ key status }}
    balance {{ element rootKg recoveredKg usedInProductionKg lossKg }}
  }}
}}"""


@click.command()
@click.option("--port", type=click.IntRange(1, 65_535), default=8000, show_default=True)
@click.option("--store", "stated", metavar="URL", help=f"[default: VOLTRACE_STORE, or {STORE}]")
@click.option("--add", is_flag=True, help="also to a store that holds something else; what is added stays")
@click.option("--exit", "leave", is_flag=True, envvar="DEMO_EXIT", help="stop after printing")
def demo(port: int, stated: str | None, add: bool, leave: bool) -> None:
    """Load a real Catena-X file and a short story, print traces, and serve.

    Running it again changes nothing: what is there already is a duplicate.
    """
    configured()  # A bad setting ends the command.
    store_url = stated or settings.load(store=STORE).store
    store = opened(store_url)
    finish(store, lambda: _show(store, add))
    if leave:
        _invite(port)
    else:
        again = store if store_url == "memory:" else opened(store_url, serving=True)
        run_service(again, "127.0.0.1", port, tell=partial(_invite, port))


def _invite(port: int) -> None:
    out.print(f"[bold]Look at it[/], on http://127.0.0.1:{port}/ : the explorer")
    out.print(f"[bold]Ask it yourself[/], on http://127.0.0.1:{port}/graphql :")
    click.echo(QUERY)


async def _show(store: Store, add: bool) -> None:
    if not add:
        await _refuse_among_others(store)
    out.print(f"[bold]Into the store[/] {escape(store.url)}", soft_wrap=True)
    out.print("[bold]A short story[/]: two packs, one to second life, one to salts and into a new pack")
    print_report(await run(store, lambda: record_story(store)))
    out.print(f"\n[bold]What the rulebook finds in the story[/], as of {END.date()}")
    out.print(as_table(await run(store, lambda: story_findings(store))))
    with as_file(files("seed").joinpath("data/catenax/smallTestdata.json")) as path:
        out.print(f"\n[bold]A real file[/]: {path.name} (Catena-X test data: 4 vehicles, 2 traction batteries)")
        print_report(await _ingest(store, path))
    out.print("\n[bold]A battery of the real file[/]")
    for direction in (Direction.FORWARD, Direction.BACKWARD):
        show(await _trace(store, BATTERY, direction))
    out.print("[bold]The recycled pack of the story[/]")
    show(await _trace(store, PACK_RECYCLED, Direction.FORWARD))


async def _refuse_among_others(store: Store) -> None:
    """End the command where the store holds something, and not the story."""

    async def missing() -> tuple[int, int]:
        async with store.snapshot() as snapshot:
            ids = [event["eventId"] for event in reported()]
            return snapshot.sequence, len(ids) - len(await snapshot.stored(ids))

    held, added = await run(store, missing)
    if held and added:
        raise click.ClickException(
            f"{store.url} holds {held:,} records, and not the story, which would stay there for good; name another"
            f" store, such as --store {STORE}, or add it with --add"
        )


async def _ingest(store: Store, path: Path) -> Report:
    return await run(store, lambda: Ingest(store).run([str(path)], io.BytesIO()))


async def record_story(store: Store) -> Report:
    """The story, each event recorded when it was reported."""
    lines = b"\n".join(orjson.dumps(event) for event in reported())
    return await Ingest(store).run(["-"], io.BytesIO(lines))


async def story_findings(store: Store) -> list[Finding]:
    """What is wrong with what the story names, at its end."""
    events = [parse_event(event)[0] for event in reported()]
    keys = sorted({key for event in events for key in event.named_keys()})
    async with store.snapshot() as snapshot:
        items = await findings_of(snapshot, list((await snapshot.keyed(keys)).values()))
        organizations = await organization_findings(snapshot)
    actors = {event.actor for event in events}
    found = [one for each in items.of.values() for one in each]
    found += [one for key, each in organizations.of.items() if key in actors for one in each]
    return in_order(holding(found, END))


async def _trace(store: Store, key: str, direction: Direction) -> Trace:
    found = await tracing.trace(store, TraceQuestion(key, direction))
    assert found is not None, f"the demo did not load {key}"
    return found
