"""The command `voltrace`."""

from __future__ import annotations

import click

from service.cli.audit import audit
from service.cli.common import config_option
from service.cli.copy import copy
from service.cli.demo import demo
from service.cli.explain import explain
from service.cli.export import export
from service.cli.generate import generate
from service.cli.ingest import ingest
from service.cli.report import report
from service.cli.schema import schema
from service.cli.serve import serve
from service.cli.token import token
from service.cli.trace import trace
from service.cli.upkeep import migrate, rebuild, verify


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(package_name="voltrace")
def main() -> None:
    """Provenance of traction batteries: where did this battery's substance go, and where did it come from?

    \b
    voltrace demo                          everything in one go
    voltrace ingest events.jsonl           events into the store
    voltrace trace KEY                     the trace as a tree
    voltrace report recovery               what was recovered of each element
    voltrace serve                         GraphQL on 127.0.0.1:8000
    """


_COMMANDS = (
    demo, serve, ingest, trace, audit, report, explain, generate, verify, rebuild, migrate, copy, export, schema, token,
)  # fmt: skip
for command in _COMMANDS:
    main.add_command(command)
    command.params.append(config_option)
main.params.append(config_option)

__all__ = ["main"]
