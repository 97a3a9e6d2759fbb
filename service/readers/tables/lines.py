"""Which line of a TOML file says what: tomllib does not tell, and an error should."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from typing import Any

Path = tuple[str, ...]


def split(keys: Iterator[Any] | tuple[Any, ...] | list[Any]) -> Path:
    """Keys as segments: `"outputs.0.key"` in quotes is the same as `outputs.0.key` without."""
    return tuple(segment for key in keys for segment in str(key).split("."))


def lines_of(text: str) -> dict[Path, int]:
    """The line in which each key of a valid TOML text is set, by its path; tables, too."""
    found: dict[Path, int] = {}
    table: Path = ()
    statement, begun = "", 0
    for number, line in enumerate(text.splitlines(), 1):
        if not statement and (not line.strip() or line.lstrip().startswith("#")):
            continue
        begun = begun if statement else number
        statement += line + "\n"
        try:
            parsed = tomllib.loads(statement)
        except tomllib.TOMLDecodeError:
            continue  # a list or a text that goes on in the next line
        paths = list(_paths(parsed))
        if statement.lstrip().startswith("["):
            table = max(paths, key=len)
            paths = [table]
        else:
            paths = [table + path for path in paths]
        for path in paths:
            found.setdefault(path, begun)
        statement = ""
    return found


def _paths(value: Any, above: Path = ()) -> Iterator[Path]:
    if isinstance(value, dict):
        for key, inner in value.items():
            path = above + split((key,))
            yield path
            yield from _paths(inner, path)


def line_of(lines: dict[Path, int], path: Path) -> int:
    """The line of a path, or of what is nearest above it; 1 where nothing is."""
    while path:
        if path in lines:
            return lines[path]
        path = path[:-1]
    return 1
