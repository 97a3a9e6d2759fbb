"""The fields of events by dotted paths, read off the published JSON Schema, so that they are stated in one place."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import Any, NamedTuple

from graph_schema.events import json_schema

Schema = dict[str, Any]
Segments = tuple[str, ...]

EACH = "each"
"""The segment of a path that stands for each entry of a list: `inputs.each.key`."""


FREE = {"any": "text", "measurement": "number"}
"""Kinds of leaves that take anything, and what they usually are."""


class Leaf(NamedTuple):
    """What lies at a path: its kind (`text`, `number`, `integer`, `time`, `boolean`, or one of `FREE`), the words it
    may be (empty: any), and whether it is a list of such."""

    kind: str
    words: tuple[str, ...] = ()
    many: bool = False


@cache
def _whole() -> Schema:
    return json_schema()


def _alternatives(schema: Schema) -> Iterator[Schema]:
    """What a schema may be, references and unions resolved, without null."""
    if "$ref" in schema:
        yield from _alternatives(_whole()["$defs"][schema["$ref"].rpartition("/")[2]])
    elif "anyOf" in schema or "oneOf" in schema:
        for inner in schema.get("anyOf", []) + schema.get("oneOf", []):
            yield from _alternatives(inner)
    elif schema.get("type") != "null":
        yield schema


@cache
def _event(event_type: str) -> list[Schema]:
    return list(_alternatives({"$ref": _whole()["discriminator"]["mapping"][event_type]}))


def is_index(segment: str) -> bool:
    """Whether a segment is a place in a list."""
    return segment.isdecimal() or segment == EACH


def _below(schemas: Iterable[Schema], segment: str) -> list[Schema]:
    found: list[Schema] = []
    for schema in schemas:
        if schema.get("type") == "array":
            if is_index(segment):
                found += _alternatives(schema["items"])
        elif segment in schema.get("properties", {}):
            found += _alternatives(schema["properties"][segment])
        elif isinstance(schema.get("additionalProperties"), dict):
            found += _alternatives(schema["additionalProperties"])
        else:
            for pattern, inner in schema.get("patternProperties", {}).items():
                found += _alternatives(inner) if re.match(pattern, segment) else ()
    return found


def _at(event_type: str, path: Segments) -> list[Schema]:
    schemas = _event(event_type)
    for segment in path:
        schemas = _below(schemas, segment)
    return schemas


def leaf_at(event_type: str, path: Segments) -> Leaf | None:
    """What a path of an event type takes; None where the type has no such field, or it is an object."""
    schemas = _at(event_type, path)
    for schema in schemas:
        leaf = _leaf(schema)
        if leaf is not None:
            return leaf._replace(kind="measurement") if path[0] == "measurements" else leaf
    for schema in schemas:
        inner = [_leaf(entry) for entry in _alternatives(schema["items"])] if schema.get("type") == "array" else []
        for leaf in inner:
            if leaf is not None:
                return leaf._replace(many=True)
    return None


def _leaf(schema: Schema) -> Leaf | None:
    kind = schema.get("type")
    if kind == "string":
        words = tuple(schema.get("enum", ())) or ((schema["const"],) if "const" in schema else ())
        return Leaf("time" if schema.get("format") == "date-time" else "text", words)
    if kind in ("number", "integer", "boolean"):
        return Leaf(str(kind))
    return Leaf("any") if kind is None and not schema.get("properties") else None


def lacking(event_type: str, paths: Iterable[Segments]) -> list[str]:
    """The fields that an event of that type must have, and that none of the paths gives; nested ones of what they do
    give, too. The id is made where none is given."""
    given = set(paths)
    found = []
    for above in sorted({path[:depth] for path in given for depth in range(len(path))}):
        schemas = [schema for schema in _at(event_type, above) if "properties" in schema]
        needs = [[name for name in _required(schema, above) if not _gives(given, (*above, name))] for schema in schemas]
        if needs:
            found += [".".join((*above, name)) for name in min(needs, key=len)]
    return found


def _required(schema: Schema, above: Segments) -> list[str]:
    return [name for name in schema.get("required", ()) if (*above, name) != ("eventId",)]


def _gives(paths: set[Segments], needed: Segments) -> bool:
    return any(path[: len(needed)] == needed for path in paths)
