"""What the files are made of: a sheet for each label and each type of relationship."""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

Rows = Iterator[tuple[Any, ...]]


class Sheet(NamedTuple):
    """Nodes of a label, or relationships of a type: `columns` are headings of the importer, `rows` their values.

    `source` is the table of the embedded store that has a row for each row of the sheet, or nearly so; `further` are
    headings that depend on what the store holds.
    """

    kind: Literal["nodes", "relationships"]
    of: str
    columns: tuple[str, ...]
    source: str
    rows: Callable[[sqlite3.Connection], Rows]
    further: Callable[[sqlite3.Connection], list[str]] = lambda connection: []

    @property
    def name(self) -> str:
        """The file's name without its ending."""
        return self.of.lower().replace("_", "-")
