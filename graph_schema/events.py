"""The events of the log (model section 4): one small class each, and a union that tells them apart by `type`."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from typing import Annotated, Any, Literal

from pydantic import Discriminator, Field, JsonValue, Tag, TypeAdapter, model_validator

from graph_schema.order import Position, position_of
from graph_schema.specs import (
    Draw,
    EventId,
    ItemSpec,
    Key,
    LotSpec,
    Moment,
    OrganizationSpec,
    PartRef,
    Place,
    Record,
    Text,
    part_tag,
    spec_keys,
    unique,
)


class BaseEvent(Record):
    """What all events state."""

    event_id: EventId
    type: str
    occurred_at: Moment
    actor: Key
    step: Annotated[int, Field(strict=True, ge=-(2**62), le=2**62)] = 0
    place: Place | None = None
    note: Text | None = None
    attributes: dict[str, JsonValue] | None = None

    @cached_property
    def position(self) -> Position:
        """The place in the total order (7.1)."""
        return position_of(self.occurred_at, self.type, self.step, self.event_id)

    def named_keys(self) -> list[str]:
        """The items that the event names, also those that it brings into being."""
        return []

    @property
    def refers_to(self) -> str | None:
        """The id of the event that a receipt or a voiding is about."""
        return None

    @model_validator(mode="after")
    def _no_key_twice(self) -> BaseEvent:
        for field, keys in self._lists_of_keys():
            unique(field, keys)
        return self

    def _lists_of_keys(self) -> Iterator[tuple[str, list[str]]]:
        return iter(())


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

    @property
    def refers_to(self) -> str:
        """The transfer that is confirmed."""
        return self.transfer


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
        list[Annotated[Annotated[Key, Tag("key")] | Annotated[PartRef, Tag("ref")], Discriminator(part_tag)]] | None
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

    @property
    def refers_to(self) -> str:
        """The event that is voided."""
        return self.voids


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
    for kind in EVENT_CLASSES:
        schema["$defs"][kind.__name__]["properties"]["recordedAt"] = {
            "description": "No part of the event: when a log recorded it. Kept by `voltrace ingest`, else ignored.",
            "format": "date-time",
            "type": "string",
        }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": "https://voltrace.dev/schema/events.json",
        "title": "voltrace event",
        **schema,
    }
