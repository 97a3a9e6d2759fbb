"""The command `voltrace`."""

from __future__ import annotations

from importlib import import_module

import click

from service.cli.config import config_option

COMMANDS = {
    name: f"service.cli.{module}"
    for module, names in {
        "audit": ("audit",),
        "copy": ("copy",),
        "demo": ("demo",),
        "explain": ("explain",),
        "export": ("export",),
        "generate": ("generate",),
        "ingest": ("ingest",),
        "report": ("report",),
        "schema": ("schema",),
        "serve": ("serve",),
        "token": ("token",),
        "trace": ("trace",),
        "upkeep": ("migrate", "rebuild", "verify"),
    }.items()
    for name in names
}
"""The module of each command."""


class Commands(click.Group):
    """Commands whose modules are imported when they are asked for: a web server takes a second and 100 MB to import."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        """The names, as help shows them."""
        return sorted(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        """The command of a name, if there is one."""
        if cmd_name not in COMMANDS:
            return None
        command: click.Command = getattr(import_module(COMMANDS[cmd_name]), cmd_name)
        if config_option not in command.params:
            command.params.append(config_option)
        return command


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
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


main.params.append(config_option)

__all__ = ["main"]
