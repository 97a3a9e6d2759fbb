"""How large a document is: its depth, width and cost, found without executing it.

Each fragment is measured once, those that it spreads before it, so the work is linear in the document. A list below a
connection takes its size from the field above, which a fragment does not know: its measure keeps what one entry of
such lists costs apart (`entry`). Cycles of fragments, unknown fields and fragments are left to GraphQL's own rules.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple, TypeAlias

from graphql import (
    DocumentNode,
    FieldNode,
    FragmentDefinitionNode,
    FragmentSpreadNode,
    GraphQLField,
    GraphQLSchema,
    InlineFragmentNode,
    Node,
    OperationDefinitionNode,
    SelectionSetNode,
    get_named_type,
    is_composite_type,
    is_list_type,
    is_non_null_type,
)

from service.api.limits.sizes import LIST_SIZE, Sizes

COST_CEILING = 10**15
"""Larger costs are all called this: JSON's numbers hold it exactly."""

Owner: TypeAlias = OperationDefinitionNode | FragmentDefinitionNode


class Measure(NamedTuple):
    """Of a selection set.

    `depth`: levels of fields. `width`: fields at its top level. `cost`: of all but lists whose size the field above
    decides. `entry`: of one entry of each of those lists.
    """

    depth: int = 0
    width: int = 0
    cost: int = 0
    entry: int = 0

    def sized(self, size: int) -> int:
        """The cost where the field above says how long lists are."""
        return min(self.cost + size * self.entry, COST_CEILING)


def measure(schema: GraphQLSchema, document: DocumentNode, operation: Owner, sizes: Sizes) -> Measure:
    """The measure of an operation of a document."""
    return Measuring(schema, document, sizes).of(operation)


class Measuring:
    """Measures the operations of a document, and what is in them."""

    def __init__(self, schema: GraphQLSchema, document: DocumentNode, sizes: Sizes) -> None:
        self.schema = schema
        self.sizes = sizes
        self.fragments = {
            one.name.value: one for one in document.definitions if isinstance(one, FragmentDefinitionNode)
        }
        self.known: dict[str, Measure] = {}

    def of(self, operation: Owner) -> Measure:
        """The measure of an operation, once those of its fragments are known."""
        for name in _inner_first(operation, self.fragments):
            fragment = self.fragments[name]
            kind = self.schema.get_type(fragment.type_condition.name.value)
            self.known[name] = self.selections(fragment.selection_set, kind)
        assert isinstance(operation, OperationDefinitionNode)
        return self.selections(operation.selection_set, self.schema.get_root_type(operation.operation))

    def selections(self, selection_set: SelectionSetNode, kind: Any) -> Measure:
        """The measure of a selection set on a type, once the operation was measured."""
        depth = width = cost = entry = 0
        for selection in selection_set.selections:
            part = self._selection(selection, kind)
            depth = max(depth, part.depth)
            width += part.width
            cost += part.cost
            entry += part.entry
        return Measure(depth, min(width, COST_CEILING), min(cost, COST_CEILING), min(entry, COST_CEILING))

    def _selection(self, selection: Node, kind: Any) -> Measure:
        if isinstance(selection, FragmentSpreadNode):
            return self.known.get(selection.name.value, Measure())
        if isinstance(selection, InlineFragmentNode):
            condition = selection.type_condition
            narrowed = kind if condition is None else self.schema.get_type(condition.name.value)
            return self.selections(selection.selection_set, narrowed)
        assert isinstance(selection, FieldNode)
        field = self.schema.get_field(kind, selection.name.value) if is_composite_type(kind) else None
        return self._field(selection, field)

    def _field(self, node: FieldNode, field: GraphQLField | None) -> Measure:
        below = Measure()
        if node.selection_set is not None:
            below = self.selections(node.selection_set, None if field is None else get_named_type(field.type))
        depth = below.depth + 1
        if field is None:
            return Measure(depth, 1, 1 + below.sized(LIST_SIZE))
        size, work = self.sizes.of(node, field)
        if size is None and get_named_type(field.type).name.endswith("Connection"):
            return Measure(depth, 1, 1 + below.cost, below.entry)
        if not _is_list(field):
            return Measure(depth, 1, 1 + work + below.sized(LIST_SIZE if size is None else size))
        entry = below.sized(LIST_SIZE)
        if size is None:
            return Measure(depth, 1, 1, entry)
        return Measure(depth, 1, min(1 + work + size * entry, COST_CEILING))


def _is_list(field: GraphQLField) -> bool:
    return is_list_type(field.type.of_type if is_non_null_type(field.type) else field.type)


def _inner_first(operation: Owner, fragments: Mapping[str, FragmentDefinitionNode]) -> list[str]:
    """The fragments that an operation reaches, each after those that it spreads itself; without recursion."""
    order: list[str] = []
    seen: set[str] = set()
    path: list[tuple[str | None, Iterator[str]]] = [(None, _spreads(operation))]
    while path:
        owner, spreads = path[-1]
        name = next((one for one in spreads if one in fragments and one not in seen), None)
        if name is not None:
            seen.add(name)
            path.append((name, _spreads(fragments[name])))
            continue
        path.pop()
        if owner is not None:
            order.append(owner)
    return order


def _spreads(owner: Owner) -> Iterator[str]:
    return (one.name.value for one in _nodes(owner.selection_set) if isinstance(one, FragmentSpreadNode))


def _nodes(selection_set: SelectionSetNode) -> Iterator[FieldNode | InlineFragmentNode | FragmentSpreadNode]:
    """Every selection inside, without recursion."""
    waiting = [selection_set]
    while waiting:
        for selection in waiting.pop().selections:
            yield selection  # type: ignore[misc]
            inner = getattr(selection, "selection_set", None)
            if inner is not None:
                waiting.append(inner)


class Counts(NamedTuple):
    """Of a whole document: fields with an alias or repeated in one selection set, and directives used."""

    aliases: int
    directives: int


def counts(document: DocumentNode) -> Counts:
    """The counts of a document, by one look at each of its nodes."""
    aliases = directives = 0
    for definition in document.definitions:
        if not isinstance(definition, OperationDefinitionNode | FragmentDefinitionNode):
            continue
        directives += len(definition.directives or ())
        for variable in definition.variable_definitions or ():
            directives += len(variable.directives or ())
        directives += sum(len(node.directives or ()) for node in _nodes(definition.selection_set))
        aliases += sum(_aliased(selection_set) for selection_set in _selection_sets(definition))
    return Counts(aliases, directives)


def _selection_sets(owner: Owner) -> Iterator[SelectionSetNode]:
    """Those of the owner and of each field inside."""
    yield owner.selection_set
    for node in _nodes(owner.selection_set):
        if isinstance(node, FieldNode) and node.selection_set is not None:
            yield node.selection_set


def _aliased(selection_set: SelectionSetNode) -> int:
    """Fields that have an alias, or the name of another for the same type: an inline fragment hides none."""
    count = 0
    seen: set[tuple[str, str]] = set()
    waiting = [("", selection_set)]
    while waiting:
        kind, inner = waiting.pop()
        for one in inner.selections:
            if isinstance(one, InlineFragmentNode):
                condition = one.type_condition
                waiting.append((kind if condition is None else condition.name.value, one.selection_set))
            elif isinstance(one, FieldNode):
                named = (kind, one.name.value)
                count += one.alias is not None or named in seen
                if one.alias is None:
                    seen.add(named)
    return count
