"""From a row to an event: a mapping and a header, compiled to functions over the cells of a row."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import orjson

from service.readers.tables.cells import BadCell, Convert, shown

Cells = Sequence[Any]
Reading = Callable[[Cells], Any]
"""Reads a value from the cells of a row; None where they are empty. Raises BadCell."""
Json = dict[str, Any]
ID_PREFIX = "table:"


class Node(NamedTuple):
    """A value that is read; `constant` where no column has a say in it."""

    read: Reading
    constant: bool = False


def constant_of(value: Any) -> Node:
    """The same in every row."""
    return Node(lambda cells: value, True)


def column_of(indexes: Sequence[int], name: str, convert: Convert, default: Any, join: str) -> Node:
    """One column, or several joined; empty cells give the default."""
    first, one = indexes[0], len(indexes) == 1

    def read(cells: Cells) -> Any:
        cell = cells[first] if one else _joined([cells[index] for index in indexes], join)
        if cell is None or cell == "":
            return default
        try:
            return convert(cell)
        except ValueError as error:
            raise BadCell(name, str(error)) from None

    return Node(read)


def _joined(cells: list[Any], join: str) -> str | None:
    given = [cell if isinstance(cell, str) else str(cell) for cell in cells if cell is not None and cell != ""]
    return join.join(given) or None


def object_of(children: dict[str, Node]) -> Node:
    """An object; where the columns in it are all empty it is absent, whatever constants it has."""
    parts = [(key, child.read, child.constant) for key, child in children.items()]
    constant = all(child.constant for child in children.values())

    def read(cells: Cells) -> Json | None:
        found: Json = {}
        given = constant
        for key, part, is_constant in parts:
            value = part(cells)
            if value is not None:
                found[key] = value
                given = given or not is_constant
        return found if given else None

    return Node(read, constant)


def list_of(children: Sequence[Node]) -> Node:
    """A list of what is not absent; absent where that is nothing."""
    parts = [child.read for child in children]

    def read(cells: Cells) -> list[Any] | None:
        return [value for part in parts if (value := part(cells)) is not None] or None

    return Node(read, all(child.constant for child in children))


def each_of(children: dict[str, Node], name: str) -> Node:
    """A list of objects, from columns that hold a list each, entry by entry."""

    def read(cells: Cells) -> list[Json] | None:
        lists = {key: child.read(cells) for key, child in children.items() if not child.constant}
        lists = {key: found for key, found in lists.items() if found}
        sizes = {len(found) for found in lists.values()}
        if len(sizes) > 1:
            said = ", ".join(f"{len(found)} of {key}" for key, found in lists.items())
            raise BadCell(name, f"the lists differ in length: {said}")
        fixed = {key: child.read(cells) for key, child in children.items() if child.constant}
        entries = [dict(zip(lists, values, strict=True)) for values in zip(*lists.values(), strict=True)]
        return [{**fixed, **entry} for entry in entries] or None

    return Node(read)


class Plan(NamedTuple):
    """How a row becomes an event: `type` reads its type, `events` the rest by type; `names` says where a field is from.

    `leave_out` are (index, column, values) of rows that are no events, `unmapped` (index, column) of columns to keep
    in the note or, with `in_attributes`, in the attributes of its first item, or of the event where it brings none in.
    """

    type: Reading
    type_name: str
    events: dict[str, Reading]
    names: dict[str, str]
    leave_out: Sequence[tuple[int, str, frozenset[str]]]
    unmapped: Sequence[tuple[int, str]]
    in_attributes: bool
    group: int | None

    def left_out(self, cells: Cells) -> tuple[str, str] | None:
        """Whether the mapping leaves a row out: the column and the value for which it does."""
        for index, column, values in self.leave_out:
            if cells[index] is not None and str(cells[index]) in values:
                return column, str(cells[index])
        return None

    def event(self, cells: Cells) -> Json:
        """The event of a row, without an id where the mapping gives none. Raises BadCell."""
        kind = self.type(cells)
        if kind not in self.events:
            reason = "is empty" if kind is None else f"{shown(kind)} is none of {', '.join(self.events)}"
            raise BadCell(self.type_name, reason)
        event: Json = {"type": kind, **self.events[kind](cells)}
        if self.unmapped:
            self._keep(event, cells)
        return event

    def _keep(self, event: Json, cells: Cells) -> None:
        rest = {column: cells[index] for index, column in self.unmapped if cells[index] not in (None, "")}
        if not rest:
            return
        rest = {name: cell if isinstance(cell, str | int | float | list) else str(cell) for name, cell in rest.items()}
        specs = event.get("outputs") or event.get("items") or [None]
        if self.in_attributes:
            about = specs[0] if isinstance(specs[0], dict) else event
            about["attributes"] = {**rest, **about.get("attributes", {})}
        else:
            text = orjson.dumps(rest).decode()
            event["note"] = f"{event['note']}; {text}" if "note" in event else text

    def field_name(self, field: str) -> str:
        """A field in the terms of the table, for an error: the column, and the field."""
        path = field
        while path and path not in self.names:
            path = path.rpartition(".")[0]
        return f"{self.names[path]} ({field})" if path else field


def identified(event: Json) -> Json:
    """The event with an id: a digest of all that it says, where it has none, so that the same row is the same event."""
    if "eventId" not in event:
        text = orjson.dumps(event, option=orjson.OPT_SORT_KEYS)
        event["eventId"] = ID_PREFIX + hashlib.sha256(text).hexdigest()[:32]
    return event
