"""`--config`, of every command, before its name or after."""

from __future__ import annotations

import os

import click

from service import settings


def _name_config(context: click.Context, parameter: click.Parameter, path: str | None) -> None:
    """Name the file for all that is loaded from here on, worker processes included."""
    if path is not None:
        os.environ[settings.CONFIG] = os.path.abspath(path)


config_option = click.Option(
    ["--config"],
    type=click.Path(exists=True, dir_okay=False),
    callback=_name_config,
    is_eager=True,
    expose_value=False,
    help="A TOML file of settings.  [default: VOLTRACE_CONFIG]",
)
