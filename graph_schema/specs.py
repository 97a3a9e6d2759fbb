"""What events are made of: keys, masses, compositions, and the specs of items and organizations (model section 4)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from graph_schema.elements import ELEMENTS

_RFC_3339 = re.compile(r"\d{4}-\d\d-\d\d[Tt ]\d\d:\d\d:\d\d(\.\d+)?([Zz]|[+-]\d\d:\d\d)\Z")


def _rfc_3339(value: object) -> object:
    if isinstance(value, datetime) and value.tzinfo is not None:
        return value
    if isinstance(value, str) and _RFC_3339.match(value):
        return value
    raise PydanticCustomError(
        "time", "is not an RFC 3339 time with an offset, such as 2026-04-01T08:30:00+08:00 or 2026-04-01T00:30:00Z"
    )


def _in_utc(value: datetime) -> datetime:
    try:
        return value.astimezone(UTC)
    except OverflowError:
        raise PydanticCustomError("time", "is too near the beginning or the end of the calendar") from None


Key = Annotated[str, Field(strict=True, pattern=r"^[^\p{C}\p{Z}]{1,128}$")]
"""Of an item or organization: 1 to 128 printable characters without spaces."""
EventId = Annotated[str, Field(strict=True, pattern=r"^\P{C}{1,128}$")]
Text = Annotated[str, Field(strict=True)]
Moment = Annotated[datetime, BeforeValidator(_rfc_3339), AfterValidator(_in_utc)]
Mass = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Amount = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Symbol = Annotated[str, Field(pattern=rf"^({'|'.join(sorted(ELEMENTS))})$")]
"""Of a chemical element."""
Composition = dict[Symbol, Amount]
"""Kilograms per element; an element that is not listed is 0 (model 8.6)."""

UnitKind = Literal["CELL", "MODULE", "BATTERY", "COMPONENT", "VEHICLE"]
Kind = Literal["CELL", "MODULE", "BATTERY", "COMPONENT", "VEHICLE", "LOT"]


class Record(BaseModel):
    """What every part of an event is: immutable, camelCase outside, unknown fields refused."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel)


class Identifier(Record):
    """Another name of the same thing, by which it is found."""

    scheme: Annotated[str, Field(strict=True, min_length=1, max_length=64)]
    value: Annotated[str, Field(strict=True, min_length=1, max_length=256)]


class Place(Record):
    """Where it happened."""

    site: Text | None = None
    region: Text | None = None
    latitude: Annotated[float, Field(strict=True, ge=-90, le=90)] | None = None
    longitude: Annotated[float, Field(strict=True, ge=-180, le=180)] | None = None


class Authorization(Record):
    """What an organization may do, and when."""

    scope: Annotated[str, Field(strict=True, min_length=1)]
    valid_from: Moment | None = None
    valid_to: Moment | None = None


class OrganizationSpec(Record):
    """An organization as a registration states it; a later one replaces the fields it states."""

    key: Key
    name: Text | None = None
    roles: list[Text] | None = None
    region: Text | None = None
    authorizations: list[Authorization] | None = None
    identifiers: list[Identifier] | None = None


class Draw(Record):
    """An input: a unit, or a draw on a lot; without `massKg` nobody measured how much."""

    key: Key
    mass_kg: Mass | None = None


class PartRef(Record):
    """A unit that exists before the event and goes in as a part (7.7)."""

    key: Key
    position: Text | None = None


class ItemSpec(Record):
    """A unit or lot that an event brings into being, with the parts in it."""

    key: Key
    kind: Kind
    model: Text | None = None
    chemistry: Text | None = None
    mass_kg: Mass | None = None
    energy_kwh: Mass | None = None
    composition: Composition | None = None
    material: Text | None = None
    grade: Text | None = None
    identifiers: list[Identifier] | None = None
    attributes: dict[str, JsonValue] | None = None
    position: Text | None = None
    parts: list[PartSpec] = []


class LotSpec(Record):
    """A material lot that recycling or refining yields."""

    kind: Literal["LOT"] = "LOT"
    key: Key
    material: Text | None = None
    mass_kg: Mass | None = None
    composition: Composition | None = None
    grade: Text | None = None
    identifiers: list[Identifier] | None = None
    attributes: dict[str, JsonValue] | None = None
    model: ClassVar[None] = None
    chemistry: ClassVar[None] = None
    energy_kwh: ClassVar[None] = None
    parts: ClassVar[tuple[()]] = ()


def part_tag(value: object) -> str:
    if isinstance(value, str):
        return "key"
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return "ref" if kind is None else "new"


PartSpec = Annotated[
    Annotated[Key, Tag("key")] | Annotated[PartRef, Tag("ref")] | Annotated[ItemSpec, Tag("new")],
    Discriminator(part_tag),
]
ItemSpec.model_rebuild()


def unique(field: str, keys: list[str]) -> None:
    """Refuse one key twice in a list (7.6)."""
    if len(keys) > 1 and len(set(keys)) < len(keys):
        twice = next(key for index, key in enumerate(keys) if key in keys[:index])
        raise PydanticCustomError("twice", "{field}: the key {key} stands there twice", {"field": field, "key": twice})


def new_items(specs: list[ItemSpec] | list[LotSpec]) -> Iterator[ItemSpec | LotSpec]:
    """All specs of new items, each after the new parts inside it."""
    for spec in specs:
        for part in spec.parts:
            if isinstance(part, ItemSpec):
                yield from new_items([part])
        yield spec


def part_refs(specs: list[ItemSpec]) -> Iterator[str]:
    """The keys of existing units that go in as parts."""
    for spec in specs:
        for part in spec.parts:
            if isinstance(part, ItemSpec):
                yield from part_refs([part])
            else:
                yield part if isinstance(part, str) else part.key


def spec_keys(specs: list[ItemSpec] | list[LotSpec]) -> list[str]:
    """Every key in the specs: new items and parts alike."""
    keys: list[str] = []
    for spec in specs:
        keys.append(spec.key)
        for part in spec.parts:
            if isinstance(part, ItemSpec):
                keys += spec_keys([part])
            else:
                keys.append(part if isinstance(part, str) else part.key)
    return keys


_EDGES = {"parts", "position"}


def spec_text(spec: ItemSpec | LotSpec) -> bytes:
    """What an event states of an item that it brings in, as JSON text; its parts and its place are edges."""
    return spec.model_dump_json(by_alias=True, exclude_none=True, exclude=_EDGES).encode()
