"""The fast road: flat lists of leaf fields are completed in one loop.

GraphQL's own completion costs tens of microseconds a field; a trace has tens of thousands. Where every selected field
of a list's object type is a plain attribute of leaf type, this does the same in one loop. Wherever anything is out of
the ordinary - a resolver, arguments, a directive, a middleware, a null in a non-null field, a value that does not
serialize - it falls back to the slow road, which then reports the error.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from operator import attrgetter
from typing import Any

from graphql import GraphQLNonNull, GraphQLObjectType, Undefined, is_leaf_type
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from service.api.errors import too_long

_CONDITIONAL = frozenset(["skip", "include"])

Column = tuple[str, Callable[[Any], Any], Callable[[Any], Any], bool]
"""Response name, getter, serializer, whether it is non-null."""


class _SlowRoad(Exception):
    """Something that the fast road does not do."""


class FastExecutionContext(StrawberryGraphQLCoreExecutionContext):
    """strawberry's execution, with the fast road; of an event of a subscription only for so long."""

    _of_event = False

    def build_per_event_executor(self, payload: Any) -> Any:
        """The execution of one event."""
        made = super().build_per_event_executor(payload)
        made._of_event = True  # type: ignore[attr-defined]
        return made

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Execute it. Raises the error of the limit where one event takes too long: the subscription ends."""
        done = super().execute_operation(serially)
        return self._bounded(done) if self._of_event and self.is_awaitable(done) else done

    async def _bounded(self, done: Awaitable[Any]) -> Any:
        seconds, started = self.context_value.settings.execution_timeout_s, time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                return await done
        except TimeoutError as error:
            raise too_long(time.monotonic() - started, seconds) from error

    def complete_list_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, *more: Any
    ) -> Any:
        """Complete a list: in one loop where that is possible."""
        if isinstance(result, list) and result and not getattr(self.middleware_manager, "middlewares", ()):
            try:
                return self._complete_flat(return_type.of_type, field_details_list, result)
            except _SlowRoad:
                pass
        return super().complete_list_value(return_type, field_details_list, info, path, result, *more)

    def _complete_flat(self, item_type: Any, field_details_list: Any, rows: list[Any]) -> list[dict[str, Any]]:
        object_type = item_type.of_type if isinstance(item_type, GraphQLNonNull) else item_type
        if not isinstance(object_type, GraphQLObjectType) or object_type.is_type_of is not None:
            raise _SlowRoad
        grouped, deferred, _ = self.collect_subfields(object_type, field_details_list)
        if deferred:
            raise _SlowRoad
        columns = [self._column(object_type, name, details) for name, details in grouped.items()]
        if any(row is None for row in rows):
            raise _SlowRoad
        names = [column[0] for column in columns]
        completed = [_complete(rows, *column[1:]) for column in columns]
        return [dict(zip(names, values, strict=True)) for values in zip(*completed, strict=True)]

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
        if not is_leaf_type(leaf) or definition is None or not definition.is_basic_field:
            raise _SlowRoad
        return name, attrgetter(definition.python_name), leaf.coerce_output_value, non_null


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
