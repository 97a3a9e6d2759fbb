"""`voltrace schema`."""

from __future__ import annotations

from importlib.resources import files

import click
import orjson

from graph_schema.events import json_schema


@click.command()
@click.argument("what", type=click.Choice(["events", "graphql"]))
def schema(what: str) -> None:
    """Print the JSON Schema of an event, or the GraphQL schema.

    \b
    voltrace schema events > events.schema.json
    voltrace schema graphql
    """
    if what == "events":
        click.echo(orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2).decode())
    else:
        click.echo(files("service.api").joinpath("schema.graphql").read_text(encoding="utf-8").rstrip())
