"""The schema: as committed, described throughout, and without a break of what was released."""

from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path

from graphql import (
    GraphQLEnumType,
    GraphQLInputObjectType,
    GraphQLInterfaceType,
    GraphQLObjectType,
    build_schema,
    find_breaking_changes,
    is_introspection_type,
    is_specified_scalar_type,
)

from service.api.descriptions import ARGUMENTS, VALUES
from service.api.schema import schema, sdl

RELEASED = Path(__file__).parents[2] / "data" / "released.graphql"
TYPES = [
    kind
    for kind in schema._schema.type_map.values()
    if not is_introspection_type(kind) and not is_specified_scalar_type(kind)
]


def test_the_committed_schema_is_the_code_s() -> None:
    assert files("service.api").joinpath("schema.graphql").read_text() == sdl()


def test_nothing_that_was_released_breaks() -> None:
    changes = find_breaking_changes(build_schema(RELEASED.read_text()), build_schema(sdl()))
    assert [change.description for change in changes] == []


def parts() -> Iterator[tuple[str, str | None]]:
    """Everything that has a description, by its coordinate."""
    for kind in TYPES:
        yield kind.name, kind.description
        if isinstance(kind, GraphQLEnumType):
            for name, value in kind.values.items():
                yield f"{kind.name}.{name}", value.description
        if isinstance(kind, GraphQLObjectType | GraphQLInterfaceType | GraphQLInputObjectType):
            for name, field in kind.fields.items():
                yield f"{kind.name}.{name}", field.description
                for argument_name, argument in getattr(field, "args", {}).items():
                    yield f"{kind.name}.{name}({argument_name}:)", argument.description


def test_every_type_field_argument_and_value_is_described() -> None:
    assert len(list(parts())) > 500
    assert [name for name, description in parts() if not description] == []


def test_nothing_is_described_that_is_not_there() -> None:
    enums = {kind.name: set(kind.values) for kind in TYPES if isinstance(kind, GraphQLEnumType)}
    assert {(name, value) for name in VALUES for value in set(VALUES[name]) - enums.get(name, set())} == set()
    there = {name.partition("(")[2].removesuffix(":)") for name, _ in parts() if "(" in name}
    assert set(ARGUMENTS) <= there
