"""The fast road: flat lists of leaf fields are completed in one loop. On the slow one others have their turns.

GraphQL's own completion costs tens of microseconds a field; a trace has tens of thousands. Where every selected field
of a list's object types is of leaf type, and a plain attribute or a method of the object, this does the same in one
loop. Wherever anything is out of the ordinary - an asynchronous resolver, arguments, a directive, a middleware, a null
in a non-null field, a value that does not serialize - it falls back to the slow road, which then reports the error.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from operator import attrgetter
from typing import Any

from graphql import GraphQLInterfaceType, GraphQLNonNull, GraphQLObjectType, Undefined, is_leaf_type
from graphql.execution.collect_fields import collect_fields
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext
from strawberry.types import get_object_definition

from service.api.limits.sizes import LIST_SIZE
from service.api.limits.spending import Step
from service.api.turns import turns

_CONDITIONAL = frozenset(["skip", "include"])

Column = tuple[str, Callable[[Any], Any], Callable[[Any], Any], bool]
"""Response name, getter, serializer, whether it is non-null."""
Roads = dict[type | None, list[Column]]
"""The columns of each type of row, of all alike under None."""

ROWS = 500
"""So many rows are completed in one loop before others have their turn."""
FEW = 20
"""Lists as short as this are completed at once, as long as the turn is not over."""
PIECE = 100
"""So many entries are awaited at once; so many share what is read for them in bulk."""


class _SlowRoad(Exception):
    """Something that the fast road does not do."""


class FastExecutionContext(StrawberryGraphQLCoreExecutionContext):
    """strawberry's execution, with the fast road, turns for others, and a price for what turns out longer."""

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._terms: dict[tuple[Any, ...], tuple[int, int]] = {}

    def build_per_event_executor(self, payload: Any) -> Any:
        """That of one event of a subscription, which has the whole budget."""
        self.context_value.spending.begin()
        return super().build_per_event_executor(payload)

    def complete_list_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, *more: Any
    ) -> Any:
        """Complete a list: in one loop where that is possible, and in turns where it is long or others wait."""
        if not isinstance(result, list) or not result or getattr(self.middleware_manager, "middlewares", None):
            return super().complete_list_value(return_type, field_details_list, info, path, result, *more)
        self._charge(path, len(result))
        try:
            roads = self._roads(return_type.of_type, field_details_list, result)
        except _SlowRoad:
            roads = None
        if roads is not None and len(result) <= ROWS:
            try:
                return _complete_flat(roads, result)
            except _SlowRoad:
                roads = None
        if roads is None and len(result) <= FEW and not turns().over():
            return super().complete_list_value(return_type, field_details_list, info, path, result, *more)
        return self._in_turns(roads, return_type.of_type, field_details_list, info, path, result, *more)

    async def _in_turns(
        self, roads: Roads | None, item_type: Any, field_details_list: Any, info: Any, path: Any, rows: Any, *more: Any
    ) -> list[Any]:
        """Complete a list piece by piece: what is awaited of one is awaited before the next begins."""
        done: list[Any] = []
        while roads is not None and len(done) < len(rows):
            await turns().wait()
            try:
                done += _complete_flat(roads, rows[len(done) : len(done) + ROWS])
            except _SlowRoad:
                roads = None
        while len(done) < len(rows):
            start = len(done)
            awaited: list[int] = []
            try:
                for index in range(start, min(start + PIECE, len(rows))):
                    await turns().wait()
                    item_path = path.add_key(index, None)
                    if self.complete_list_item_value(
                        rows[index], done, item_type, field_details_list, info, item_path, *more
                    ):
                        awaited.append(index)
            except BaseException:
                self.settle_in_background([done[index] for index in awaited])
                raise
            for index, value in zip(awaited, await asyncio.gather(*(done[index] for index in awaited)), strict=True):
                done[index] = value
        return done

    def _charge(self, path: Any, length: int) -> None:
        """Charge the entries of a list that the estimate did not assume. Raises GraphQLError beyond the budget."""
        if length <= LIST_SIZE:
            return
        steps = []
        while path is not None:
            if isinstance(path.key, str):
                steps.append((path.typename, path.key))
            path = path.prev
        names = tuple(reversed(steps))
        if names not in self._terms:
            self._terms[names] = self.context_value.spending.terms(self._way(names))
        assumed, each = self._terms[names]
        if length > assumed:
            self.context_value.spending.charge((length - assumed) * each, names[-1][1])

    def _way(self, names: tuple[tuple[str, str], ...]) -> list[Step]:
        """The fields that lead to a place in the answer."""
        way: list[Step] = []
        details: Any = None
        for type_name, name in names:
            kind: Any = self.schema.get_type(type_name)
            if details is None:
                collected = collect_fields(
                    self.schema, self.fragments, self.variable_values, kind, self.operation, self.hide_suggestions
                )
                grouped = collected.grouped_field_set
            else:
                grouped = self.collect_subfields(kind, details).grouped_field_set
            details = grouped[name]
            nodes = [one.node for one in details]
            field = self.schema.get_field(kind, nodes[0].name.value)
            assert field is not None
            way.append((nodes, field))
        return way

    def _roads(self, item_type: Any, field_details_list: Any, rows: list[Any]) -> Roads:
        """The columns of each type of row. Raises _SlowRoad where any has none."""
        item_type = item_type.of_type if isinstance(item_type, GraphQLNonNull) else item_type
        if isinstance(item_type, GraphQLObjectType):
            return {None: self._columns(item_type, field_details_list)}
        if not isinstance(item_type, GraphQLInterfaceType):
            raise _SlowRoad
        roads: Roads = {}
        for kind in {type(row) for row in rows}:
            definition = get_object_definition(kind)
            object_type = None if definition is None else self.schema.get_type(definition.name)
            if not isinstance(object_type, GraphQLObjectType):
                raise _SlowRoad
            roads[kind] = self._columns(object_type, field_details_list)
        return roads

    def _columns(self, object_type: GraphQLObjectType, field_details_list: Any) -> list[Column]:
        grouped, deferred, _ = self.collect_subfields(object_type, field_details_list)
        if deferred:
            raise _SlowRoad
        return [self._column(object_type, name, details) for name, details in grouped.items()]

    def _column(self, object_type: GraphQLObjectType, name: str, details: Any) -> Column:
        node = details[0].node
        if any(
            directive.name.value not in _CONDITIONAL for detail in details for directive in detail.node.directives or ()
        ):
            raise _SlowRoad
        if node.name.value == "__typename":
            return name, lambda row: object_type.name, str, True
        field = object_type.fields.get(node.name.value)
        if field is None or field.args:
            raise _SlowRoad
        non_null = isinstance(field.type, GraphQLNonNull)
        leaf = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
        definition = (field.extensions or {}).get("strawberry-definition")
        if not is_leaf_type(leaf) or definition is None:
            raise _SlowRoad
        if definition.is_basic_field:
            return name, attrgetter(definition.python_name), leaf.coerce_output_value, non_null
        resolver = definition.base_resolver
        if (
            resolver is None
            or resolver.is_async
            or definition.extensions
            or resolver.signature.parameters.keys() != {"self"}
        ):
            raise _SlowRoad
        return name, resolver.wrapped_func, leaf.coerce_output_value, non_null


def _complete_flat(roads: Roads, rows: list[Any]) -> list[dict[str, Any]]:
    """Rows of leaves. Raises _SlowRoad."""
    if None in roads:
        return _complete_alike(roads[None], rows)
    done: list[Any] = [None] * len(rows)
    for kind, columns in roads.items():
        places = [index for index, row in enumerate(rows) if type(row) is kind]
        for index, completed in zip(places, _complete_alike(columns, [rows[one] for one in places]), strict=True):
            done[index] = completed
    return done


def _complete_alike(columns: list[Column], rows: list[Any]) -> list[dict[str, Any]]:
    if any(row is None for row in rows):
        raise _SlowRoad
    names = [column[0] for column in columns]
    completed = [_complete(rows, *column[1:]) for column in columns]
    return [dict(zip(names, values, strict=True)) for values in zip(*completed, strict=True)]


def _complete(rows: list[Any], get: Callable[[Any], Any], serialize: Callable[[Any], Any], non_null: bool) -> list[Any]:
    """One column; a value that was serialized once is not serialized again."""
    known: dict[Any, Any] = {}
    column: list[Any] = []
    try:
        for row in rows:
            value = get(row)
            if value is None:
                if non_null:
                    raise _SlowRoad
                column.append(None)
                continue
            token = (type(value), value)
            done = known.get(token, Undefined)
            if done is Undefined:
                done = known[token] = serialize(value)
                if done is None or done is Undefined:
                    raise _SlowRoad
            column.append(done)
    except _SlowRoad:
        raise
    except Exception as error:
        raise _SlowRoad from error
    return column
