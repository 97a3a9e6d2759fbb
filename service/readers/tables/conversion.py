"""What a mapping says is done to cells, held against what a field takes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from service.readers.tables.cells import (
    Convert,
    boolean_of,
    integer_of,
    number_with,
    shown,
    text_of,
    time_with,
)
from service.readers.tables.mapping import FieldSource, Mapping
from service.readers.tables.shape import FREE, Leaf

_UNQUOTED = ("number", "integer", "boolean")


def _kind(source: FieldSource, leaf: Leaf) -> str:
    """What a cell becomes: what the field takes; where that is free, what the mapping says, or else the usual."""
    if leaf.kind not in FREE:
        return leaf.kind
    return source.as_ or ("number" if source.multiplier is not None else FREE[leaf.kind])


def converter(source: FieldSource, leaf: Leaf, mapping: Mapping) -> Convert:
    """A function from a cell to what the field takes; it raises ValueError."""
    match _kind(source, leaf):
        case "integer":
            return integer_of
        case "boolean":
            return boolean_of
        case "time":
            return time_with(source.times(mapping.time))
        case "number":
            return number_with(mapping.table.numbers, source.multiplier)
        case _ if source.prefix:
            return lambda cell: source.prefix + str(text_of(cell))
        case _:
            return text_of


def looked_up(source: FieldSource, convert: Convert) -> Convert:
    """The converter, or the table of values in its place."""
    values = source.values
    if values is None:
        return convert

    def look(cell: Any) -> Any:
        key = cell if isinstance(cell, str) else str(cell)
        if key not in values:
            raise ValueError(f"{shown(cell)} is none of the values in the mapping: {', '.join(values)}")
        return values[key]

    return look


def misuses(source: FieldSource, leaf: Leaf) -> Iterator[str]:
    """What is said of a field that makes no sense for what it takes."""
    kind = _kind(source, leaf)
    if source.list_ and not leaf.many and leaf.kind not in FREE:
        yield f"takes one {leaf.kind}, not a list"
    if source.as_ is not None and leaf.kind not in FREE and source.as_ != leaf.kind:
        yield f"takes a {leaf.kind}, so `as` cannot make it a {source.as_}"
    if kind != "number" and (source.unit or source.factor):
        yield f"takes a {kind}; unit and factor are of numbers"
    if kind != "text" and source.prefix:
        yield f"takes a {kind}; a prefix is of texts"
    if kind != "time" and (source.format or source.offset):
        yield f"takes a {kind}; format and offset are of times"


def wrong(value: Any, source: FieldSource, leaf: Leaf, convert: Convert) -> str | None:
    """Why a field cannot take a value that the mapping itself states; None where it can."""
    if leaf.words and value not in leaf.words:
        return f"{value!r} is none of {', '.join(leaf.words)}"
    if leaf.kind in FREE and source.as_ is None:
        return None
    kind = _kind(source, leaf)
    if kind in _UNQUOTED and isinstance(value, str):
        return f"{value!r} is no {kind}; write it without quotes"
    if kind not in _UNQUOTED and not isinstance(value, str):
        return f"{value!r} is no {kind}; write it in quotes"
    try:
        convert(value)
    except ValueError as error:
        return str(error)
    return None
