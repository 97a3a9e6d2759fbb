"""Values as fields of the importer's CSV.

Python's csv module cannot tell an empty text from an absent one before 3.12, which the importer does: what is absent is
an empty field, an empty text is a quoted one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

IN_LIST = "\x1f"
"""What stands between the values of a list: the unit separator, which no text has."""
_SIGNED = [str(byte if byte < 128 else byte - 256) for byte in range(256)]


def _text(value: str) -> str:
    return '"' + value.replace('"', '""') + '"'


def _texts(values: list[str]) -> str:
    return _text(IN_LIST.join(values))


def _bytes(value: bytes) -> str:
    """The importer's bytes are Java's: signed numbers."""
    return IN_LIST.join([_SIGNED[byte] for byte in value])


def _boolean(value: bool | int) -> str:
    return "true" if value else "false"


FIELDS: dict[str, Callable[[Any], str]] = {
    "string": _text,
    "long": str,
    "double": repr,
    "boolean": _boolean,
    "string[]": _texts,
    "byte[]": _bytes,
    "datetime": lambda moment: moment.isoformat(),
    "LABEL": str,
    "ID": str,
    "START_ID": str,
    "END_ID": str,
}
"""How a value of each type of column is written."""


def type_of_column(column: str) -> str:
    """The type in a column's heading, `name:type` or `:ID(Group)`."""
    return column.partition(":")[2].partition("(")[0]


def lines(columns: Iterable[str], rows: Iterable[tuple[Any, ...]]) -> Iterable[str]:
    """Each row as a line without its end; None is an absent value."""
    fields = [FIELDS[type_of_column(column)] for column in columns]
    for row in rows:
        yield ",".join(
            ["" if value is None else field(value) for field, value in zip(fields, row, strict=True)]
        )  # fmt: skip
