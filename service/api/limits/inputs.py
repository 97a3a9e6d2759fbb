"""How much comes with an operation as variables, counted before any of it is read."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

from graphql import ListTypeNode, NonNullTypeNode, OperationDefinitionNode, TypeNode

LOOSE = frozenset(["EventInput", "JSON"])
"""Scalars that are taken as they are, and read where nobody else waits."""
TEXT = 100
"""So many characters of a text are a value."""


class Inputs(NamedTuple):
    """Values - entries of lists, fields of objects, each 100 characters of a text - that are coerced to types of the
    schema, and those in events. Counting ends where there are more than `most`."""

    typed: int
    events: int


def inputs_of(operation: OperationDefinitionNode, variables: Mapping[str, Any] | None, most: int) -> Inputs:
    """What the variables of an operation hold; those that it does not declare are never looked at."""
    typed = events = 0
    for definition in operation.variable_definitions or ():
        value = (variables or {}).get(definition.variable.name.value)
        count = values_in(value, most)
        if _named(definition.type) in LOOSE:
            events += count
        else:
            typed += count
    return Inputs(typed, events)


def values_in(value: Any, most: int) -> int:
    """How many values there are in one, itself among them."""
    count, waiting = 0, [value]
    while waiting and count <= most:
        one = waiting.pop()
        count += 1
        if isinstance(one, str):
            count += len(one) // TEXT
        elif isinstance(one, dict | list):
            if count + len(one) > most:
                return count + len(one)
            waiting += one.values() if isinstance(one, dict) else one
    return count


def _named(kind: TypeNode) -> str:
    while isinstance(kind, NonNullTypeNode | ListTypeNode):
        kind = kind.type
    return kind.name.value  # type: ignore[attr-defined, no-any-return]
