"""Files that commands read and write: what is told of them."""

from __future__ import annotations

from pathlib import Path
from typing import BinaryIO

import click


def said(error: OSError) -> str:
    """What the system says of a file, with its name first."""
    return f"{error.filename}: {error.strerror}" if error.filename else str(error)


def writable(path: str | Path) -> BinaryIO:
    """A file to write. Opened before any work is done: one that cannot be written ends the command then."""
    try:
        return Path(path).open("wb")
    except OSError as error:
        raise click.ClickException(f"{said(error)}; name a file that can be written") from error
