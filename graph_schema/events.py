"""The events of the log (model section 4): one small class each, and a union that tells them apart by `type`."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    JsonValue,
    Tag,
    TypeAdapter,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from graph_schema.elements import ELEMENTS
from graph_schema.order import Position, position_of

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


def _composition(value: dict[str, float]) -> dict[str, float]:
    for symbol in value:
        if symbol not in ELEMENTS:
            raise PydanticCustomError(
                "element", "{symbol} is not the symbol of a chemical element (such as Li)", {"symbol": repr(symbol)}
            )
    return value


Key = Annotated[str, Field(strict=True, pattern=r"^[^\p{C}\p{Z}]{1,128}$")]
"""Of an item or organization: 1 to 128 printable characters without spaces."""
EventId = Annotated[str, Field(strict=True, pattern=r"^\P{C}{1,128}$")]
Text = Annotated[str, Field(strict=True)]
Moment = Annotated[datetime, BeforeValidator(_rfc_3339), AfterValidator(_in_utc)]
Mass = Annotated[float, Field(strict=True, gt=0, allow_inf_nan=False)]
Amount = Annotated[float, Field(strict=True, ge=0, allow_inf_nan=False)]
Number = Annotated[float, Field(strict=True, allow_inf_nan=False)]
Composition = Annotated[dict[str, Amount], AfterValidator(_composition)]
"""Kilograms per element; an element that is not listed is 0 (model 8.6)."""

UnitKind = Literal["CELL", "MODULE", "BATTERY", "COMPONENT", "VEHICLE"]
Kind = Literal["CELL", "MODULE", "BATTERY", "COMPONENT", "VEHICLE", "LOT"]


class Record(BaseModel):
    """What every part of an event is: immutable, camelCase outside, unknown fields refused."""

    model_config = ConfigDict(extra="forbid", alias_generator=to_camel, populate_by_name=True)


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


def _part_tag(value: object) -> str:
    if isinstance(value, str):
        return "key"
    kind = value.get("kind") if isinstance(value, dict) else getattr(value, "kind", None)
    return "ref" if kind is None else "new"


PartSpec = Annotated[
    Annotated[Key, Tag("key")] | Annotated[PartRef, Tag("ref")] | Annotated[ItemSpec, Tag("new")],
    Discriminator(_part_tag),
]
ItemSpec.model_rebuild()


def unique(field: str, keys: list[str]) -> None:
    """Refuse one key twice in a list (7.6)."""
    if len(keys) > 1 and len(set(keys)) < len(keys):
        twice = next(key for index, key in enumerate(keys) if key in keys[:index])
        raise PydanticCustomError("twice", "{field}: the key {key} stands there twice", {"field": field, "key": twice})


class BaseEvent(Record):
    """What all events state."""

    event_id: EventId
    type: str
    occurred_at: Moment
    actor: Key
    step: Annotated[int, Field(strict=True, ge=-(2**62), le=2**62)] = 0
    place: Place | None = None
    note: Text | None = None

    @cached_property
    def position(self) -> Position:
        """The place in the total order (7.1)."""
        return position_of(self.occurred_at, self.type, self.step, self.event_id)

    def named_keys(self) -> list[str]:
        """The items that the event names, also those that it brings into being."""
        return []

    @model_validator(mode="after")
    def _no_key_twice(self) -> BaseEvent:
        for field, keys in self._lists_of_keys():
            unique(field, keys)
        return self

    def _lists_of_keys(self) -> Iterator[tuple[str, list[str]]]:
        return iter(())


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


class Registration(BaseEvent):
    """Creates or updates an organization."""

    type: Literal["REGISTRATION"]
    organization: OrganizationSpec


class Enrolment(BaseEvent):
    """Legacy items enter without a production record."""

    type: Literal["ENROLMENT"]
    items: Annotated[list[ItemSpec], Field(min_length=1)]

    def named_keys(self) -> list[str]:
        return spec_keys(self.items)

    def _lists_of_keys(self) -> Iterator[tuple[str, list[str]]]:
        yield "items", spec_keys(self.items)


class Building(BaseEvent):
    """Production and repurposing: outputs come into being, with parts in them."""

    outputs: Annotated[list[ItemSpec], Field(min_length=1)]
    inputs: list[Draw] = []

    def named_keys(self) -> list[str]:
        return [*spec_keys(self.outputs), *(draw.key for draw in self.inputs)]

    def _lists_of_keys(self) -> Iterator[tuple[str, list[str]]]:
        yield "outputs", spec_keys(self.outputs)
        yield "inputs", [draw.key for draw in self.inputs]


class Production(Building):
    """Units come into being at the actor; lot draws flow into what is yielded."""

    type: Literal["PRODUCTION"]


class Repurposing(Building):
    """Like production, for second life; the parts are used batteries or modules."""

    type: Literal["REPURPOSING"]
    inputs: Annotated[list[Draw], Field(max_length=0)] = []


class Installation(BaseEvent):
    """A part goes into a host."""

    type: Literal["INSTALLATION"]
    part: Key
    host: Key
    at_position: Annotated[Text | None, Field(alias="position")] = None

    def named_keys(self) -> list[str]:
        return [self.part, self.host]


class Removal(BaseEvent):
    """A part comes out of its host, and is held by the actor from then."""

    type: Literal["REMOVAL"]
    part: Key
    host: Key
    reason: Text | None = None

    def named_keys(self) -> list[str]:
        return [self.part, self.host]


class ItemsEvent(BaseEvent):
    """An event over a list of items."""

    items: Annotated[list[Key], Field(min_length=1)]

    def named_keys(self) -> list[str]:
        return self.items

    def _lists_of_keys(self) -> Iterator[tuple[str, list[str]]]:
        yield "items", self.items


class Transfer(ItemsEvent):
    """Custody passes from the actor to `to`."""

    type: Literal["TRANSFER"]
    to: Key
    reason: Text | None = None


class Receipt(BaseEvent):
    """The receiver confirms a transfer."""

    type: Literal["RECEIPT"]
    transfer: EventId


class ItemEvent(BaseEvent):
    """An event over one item."""

    item: Key

    def named_keys(self) -> list[str]:
        return [self.item]


class Inspection(ItemEvent):
    """A measurement in the item's history."""

    type: Literal["INSPECTION"]
    measurements: dict[str, JsonValue] = {}


class Retirement(ItemEvent):
    """First life is over."""

    type: Literal["RETIREMENT"]
    reason: Text | None = None


class Dismantling(ItemEvent):
    """The unit ends; the parts named (default: all) come out of it."""

    type: Literal["DISMANTLING"]
    parts: (
        list[Annotated[Annotated[Key, Tag("key")] | Annotated[PartRef, Tag("ref")], Discriminator(_part_tag)]] | None
    ) = None

    @property
    def part_keys(self) -> list[str] | None:
        """The keys of the parts that come out; None: all that are directly in it."""
        return None if self.parts is None else [part if isinstance(part, str) else part.key for part in self.parts]

    def named_keys(self) -> list[str]:
        return [self.item, *(self.part_keys or ())]

    def _lists_of_keys(self) -> Iterator[tuple[str, list[str]]]:
        yield "parts", self.part_keys or []


class Transformation(BaseEvent):
    """Recycling and refining: inputs end or are drawn on, lots come into being."""

    inputs: Annotated[list[Draw], Field(min_length=1)]
    outputs: list[LotSpec] = []

    def named_keys(self) -> list[str]:
        return [*(draw.key for draw in self.inputs), *(lot.key for lot in self.outputs)]

    def _lists_of_keys(self) -> Iterator[tuple[str, list[str]]]:
        yield "inputs", [draw.key for draw in self.inputs]
        yield "outputs", [lot.key for lot in self.outputs]


class Recycling(Transformation):
    """Units, everything inside them, and draws on lots become lots."""

    type: Literal["RECYCLING"]


class Refining(Transformation):
    """Refining, blending and splitting of lots."""

    type: Literal["REFINING"]


class Scrapping(ItemEvent):
    """A vehicle ends; what is still in it stays with the actor, as if removed."""

    type: Literal["SCRAPPING"]
    reason: Text | None = None


class Disposal(ItemsEvent):
    """The items end outside the loop."""

    type: Literal["DISPOSAL"]
    method: Literal["LANDFILL", "INCINERATION", "EXPORT", "LOSS", "THEFT"]


class Voiding(BaseEvent):
    """Another event no longer counts."""

    type: Literal["VOIDING"]
    voids: EventId
    reason: Text | None = None


AnyEvent = (
    Registration
    | Enrolment
    | Production
    | Installation
    | Removal
    | Transfer
    | Receipt
    | Inspection
    | Retirement
    | Dismantling
    | Repurposing
    | Recycling
    | Refining
    | Scrapping
    | Disposal
    | Voiding
)
EVENT_CLASSES: tuple[type[BaseEvent], ...] = AnyEvent.__args__
ADAPTER: TypeAdapter[AnyEvent] = TypeAdapter(Annotated[AnyEvent, Field(discriminator="type")])


def json_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one event, as `voltrace schema events` prints it."""
    schema = ADAPTER.json_schema(by_alias=True)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://voltrace.dev/schema/events.json",
        "title": "voltrace event",
        **schema,
    }
