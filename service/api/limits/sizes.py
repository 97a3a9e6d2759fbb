"""How many entries a field may answer with, as far as its arguments say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from graphql import (
    FieldNode,
    GraphQLField,
    IntValueNode,
    ListValueNode,
    NullValueNode,
    OperationDefinitionNode,
    ValueNode,
    VariableNode,
    get_named_type,
    is_list_type,
    is_non_null_type,
)

from graph_schema.further import STEP
from service.api.connection import PAGE
from service.settings import Settings

LIST_SIZE = 10
"""What a list counts as whose length nothing says, such as the parts of a unit."""

_OF_TYPE = {"Balance": LIST_SIZE}
"""Types of which there are few, whatever the field above: a balance has a row for each element."""

_TRACES = {"Affected": 1, "TraceChanges": 2}
"""How many traces as large as they may be a field of these types walks."""

_UNSTATED = object()


class Sizes:
    """Reads sizes off the arguments of fields, with the variables that came with the request."""

    def __init__(
        self, settings: Settings, operation: OperationDefinitionNode, variables: Mapping[str, Any] | None
    ) -> None:
        self.settings = settings
        self.variables = dict(variables or {})
        for definition in operation.variable_definitions or ():
            if definition.default_value is not None:
                self.variables.setdefault(definition.variable.name.value, _literal(definition.default_value))

    def of(self, node: FieldNode, field: GraphQLField) -> tuple[int | None, int]:
        """The size of the lists that a field answers with, None where it says none; and the work to find them.

        A page costs its entries, a trace what it walks, a list that is sent what it holds.
        """
        stated = {one.name.value: self._value(one.value) for one in node.arguments or ()}
        kind = get_named_type(field.type).name
        traces = _TRACES.get(kind, 0) * self.settings.nodes_max
        if "first" in field.args:
            ceiling = self.settings.page_max
            pages = [stated[name] for name in ("first", "last") if stated.get(name) is not None]
            return max((_bounded(page, ceiling) for page in pages), default=min(PAGE, ceiling)), traces
        if kind in _OF_TYPE:
            return _OF_TYPE[kind], 0
        if kind in _TRACES:
            return self.settings.nodes_max, traces
        if kind == "Trace":
            ceiling = self.settings.nodes_max
            nodes = stated.get("maxNodes")
            size = ceiling if nodes is None else _bounded(nodes, ceiling)
            size += STEP * _count(stated.get("further"))
            return size, size
        sent = [stated.get(name) for name, argument in field.args.items() if _takes_list(argument.type)]
        if sent:
            size = sum(map(_count, sent))
            return size, size
        return None, 0

    def _value(self, node: ValueNode) -> Any:
        return self.variables.get(node.name.value) if isinstance(node, VariableNode) else _literal(node)


def _count(sent: Any) -> int:
    """How many entries a list has that is sent; one that is not in a list is a list of one."""
    return len(sent) if isinstance(sent, list) else int(sent is not None)


def _takes_list(kind: Any) -> bool:
    return is_list_type(kind.of_type if is_non_null_type(kind) else kind)


def _literal(node: ValueNode) -> Any:
    """A value as far as sizes need it: a number, the entries of a list, None for null."""
    if isinstance(node, IntValueNode):
        return int(node.value) if len(node.value) < 20 else _UNSTATED
    if isinstance(node, ListValueNode):
        return list(node.values)
    return None if isinstance(node, NullValueNode) else _UNSTATED


def _bounded(value: Any, ceiling: int) -> int:
    """A stated size within its limit; what is no size counts as the limit, and is refused when it is read."""
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= ceiling:
        return value
    return ceiling
