"""The fast road: flat lists are completed column by column, each in one loop.

GraphQL's own completion costs tens of microseconds a field; a trace has tens of thousands. Where every selected field
of a list's object types is of leaf type, and a plain attribute or a method of the object, or an object that is at hand
and has only such fields, this does the same in a few loops. Wherever anything is out of the ordinary - an asynchronous
resolver, arguments, a directive, a null in a non-null field, a value that does not serialize - it raises SlowRoad, and
GraphQL's completion does it and reports the error.
"""

from __future__ import annotations

from collections.abc import Callable
from operator import attrgetter
from types import NoneType
from typing import Any, NamedTuple, TypeAlias, TypeVar

from graphql import GraphQLInterfaceType, GraphQLNonNull, GraphQLObjectType, Undefined, is_leaf_type
from graphql.execution import Executor
from strawberry.types import get_object_definition

_CONDITIONAL = frozenset(["skip", "include"])
F = TypeVar("F", bound=Callable[..., Any])


class SlowRoad(Exception):
    """Something that the fast road does not do."""


class Column(NamedTuple):
    """A response name, and what completes the values of all rows."""

    name: str
    complete: Callable[[list[Any]], list[Any]]


Roads: TypeAlias = dict[type | None, list[Column]]
"""The columns of each type of row, of all alike under None."""


def at_hand(get: Callable[[Any], Any]) -> Callable[[F], F]:
    """Marks a resolver of an object: what `get` finds on the row is what it answers, or SlowRoad where that is raised.

    Stands below `strawberry.field`.
    """

    def mark(resolver: F) -> F:
        resolver.at_hand = get  # type: ignore[attr-defined]
        return resolver

    return mark


def roads(executor: Executor[Any], item_type: Any, field_details_list: Any, rows: list[Any]) -> Roads:
    """The columns of each type of row. Raises SlowRoad where any has none."""
    kind = item_type.of_type if isinstance(item_type, GraphQLNonNull) else item_type
    if isinstance(kind, GraphQLObjectType) and kind.is_type_of is None:
        return {None: _columns(executor, kind, field_details_list)}
    if not isinstance(kind, GraphQLInterfaceType | GraphQLObjectType):
        raise SlowRoad
    return {each: _columns(executor, _type(executor, each, kind), field_details_list) for each in set(map(type, rows))}


def _type(executor: Executor[Any], python_type: type, kind: Any) -> GraphQLObjectType:
    definition = get_object_definition(python_type)
    found = None if definition is None else executor.schema.get_type(definition.name)
    if not isinstance(found, GraphQLObjectType) or (isinstance(kind, GraphQLObjectType) and found is not kind):
        raise SlowRoad
    return found


def _columns(executor: Executor[Any], object_type: GraphQLObjectType, field_details_list: Any) -> list[Column]:
    grouped, deferred, _ = executor.collect_subfields(object_type, field_details_list)
    if deferred:
        raise SlowRoad
    return [_column(executor, object_type, name, details) for name, details in grouped.items()]


def _column(executor: Executor[Any], object_type: GraphQLObjectType, name: str, details: Any) -> Column:
    node = details[0].node
    if any(one.name.value not in _CONDITIONAL for detail in details for one in detail.node.directives or ()):
        raise SlowRoad
    if node.name.value == "__typename":
        return Column(name, lambda rows: [object_type.name] * len(rows))
    field = object_type.fields.get(node.name.value)
    if field is None or field.args:
        raise SlowRoad
    non_null = isinstance(field.type, GraphQLNonNull)
    kind: Any = field.type.of_type if isinstance(field.type, GraphQLNonNull) else field.type
    get = _getter((field.extensions or {}).get("strawberry-definition"))
    if is_leaf_type(kind):
        return Column(name, lambda rows: _leaves(rows, get, kind.coerce_output_value, non_null))

    def objects(rows: list[Any]) -> list[Any]:
        values = [get(row) for row in rows]
        there = [value for value in values if value is not None]
        if non_null and len(there) < len(values):
            raise SlowRoad
        done = iter(complete(roads(executor, kind, details, there), there) if there else ())
        return [None if value is None else next(done) for value in values]

    return Column(name, objects)


def _getter(definition: Any) -> Callable[[Any], Any]:
    if definition is None or definition.extensions:
        raise SlowRoad
    if definition.is_basic_field:
        return attrgetter(definition.python_name)
    resolver = definition.base_resolver
    found: Callable[[Any], Any] | None = getattr(resolver.wrapped_func, "at_hand", None)
    if found is None and not resolver.is_async and resolver.signature.parameters.keys() == {"self"}:
        found = resolver.wrapped_func
    if found is None:
        raise SlowRoad
    return found


def complete(found: Roads, rows: list[Any]) -> list[dict[str, Any]]:
    """Complete rows. Raises SlowRoad."""
    if None in found:
        return _complete(found[None], rows)
    done: list[Any] = [None] * len(rows)
    for kind, columns in found.items():
        places = [index for index, row in enumerate(rows) if type(row) is kind]
        for index, completed in zip(places, _complete(columns, [rows[one] for one in places]), strict=True):
            done[index] = completed
    return done


def _complete(columns: list[Column], rows: list[Any]) -> list[dict[str, Any]]:
    if any(row is None for row in rows):
        raise SlowRoad
    if not columns:
        return [{} for _ in rows]
    names = [column.name for column in columns]
    try:
        completed = [column.complete(rows) for column in columns]
    except SlowRoad:
        raise
    except Exception as error:
        raise SlowRoad from error
    return [dict(zip(names, values, strict=True)) for values in zip(*completed, strict=True)]


def _leaves(rows: list[Any], get: Callable[[Any], Any], serialize: Callable[[Any], Any], non_null: bool) -> list[Any]:
    """One column; a value that was serialized once is not serialized again. Of values of one type, equal ones are the
    same; others are told apart by their types, as 1 is from true."""
    values = list(map(get, rows))
    types = set(map(type, values))
    if NoneType in types:
        if non_null:
            raise SlowRoad
        types.discard(NoneType)
    if len(types) > 1:
        tokens: list[Any] = [None if value is None else (type(value), value) for value in values]
        known = {token: serialize(token[1]) for token in set(tokens) if token is not None}
    else:
        tokens = values
        known = {value: serialize(value) for value in set(values) if value is not None}
    if any(done is None or done is Undefined for done in known.values()):
        raise SlowRoad
    known[None] = None
    return list(map(known.__getitem__, tokens))
