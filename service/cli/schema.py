"""`voltrace schema`."""

from __future__ import annotations

from importlib.resources import files

import click
import orjson

from graph_schema.events import json_schema
from graph_schema.neo4j.description import document


@click.command()
@click.argument("what", type=click.Choice(["events", "graphql", "neo4j"]))
def schema(what: str) -> None:
    """Print the JSON Schema of an event, the GraphQL schema, or what is in a Neo4j database.

    \b
    voltrace schema events > events.schema.json
    voltrace schema graphql
    voltrace schema neo4j > docs/graph.md
    """
    if what == "events":
        click.echo(orjson.dumps(json_schema(), option=orjson.OPT_INDENT_2).decode())
    elif what == "neo4j":
        click.echo(document())
    else:
        click.echo(files("service.api").joinpath("schema.graphql").read_text(encoding="utf-8").rstrip())
