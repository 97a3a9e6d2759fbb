"""Scalars and enums of the schema."""

from __future__ import annotations

from datetime import UTC, datetime
from enum import StrEnum
from typing import Any, NewType

import strawberry

from graph_schema.answer import Direction as TraceDirection
from graph_schema.answer import Role as TraceRole
from graph_schema.canonical import utc_text
from graph_schema.order import TYPE_ORDER
from graph_schema.outcome import EventStatus
from graph_schema.status import ItemStatus
from service.api.errors import BadValue
from service.recording import OnConflict, RecordStatus

__all__ = [
    "SCALARS",
    "AttributionBasis",
    "Claims",
    "EdgeKind",
    "EventInput",
    "EventStatus",
    "EventType",
    "ItemKind",
    "ItemStatus",
    "OnConflict",
    "RecordStatus",
    "TraceDirection",
    "TraceRole",
]


def read_moment(value: Any) -> datetime:
    """A time with an offset. Raises BadValue saying how one is written, and for one that has no name in UTC."""
    if isinstance(value, str):
        try:
            moment = datetime.fromisoformat(value.upper())
        except ValueError:
            moment = None
        if moment is not None and moment.tzinfo is not None and len(value) > 10:
            try:
                moment.astimezone(UTC)
            except OverflowError:
                raise BadValue(f"{value!r} is too near the beginning or the end of the calendar") from None
            return moment
    raise BadValue(f"{value!r} is not an RFC 3339 time with an offset, such as 2026-04-01T08:30:00+08:00")


EventInput = NewType("EventInput", object)

SCALARS: Any = {
    datetime: strawberry.scalar(
        name="DateTime",
        description="An RFC 3339 time with an offset, such as 2026-04-01T08:30:00+08:00; a blank may stand for the T."
        " Answers are in UTC.",
        serialize=utc_text,
        parse_value=read_moment,
    ),
    EventInput: strawberry.scalar(
        name="EventInput",
        description="One event as a JSON object, exactly as the event schema says: what `voltrace ingest` takes.",
        serialize=lambda value: value,
        parse_value=lambda value: value,
    ),
}


@strawberry.enum(description="Whether contested claims are followed too.")
class Claims(StrEnum):
    """Which claims a trace follows."""

    ACCEPTED = "ACCEPTED"
    ALL = "ALL"


@strawberry.enum(description="What an item is.")
class ItemKind(StrEnum):
    """The kinds of items."""

    CELL = "CELL"
    MODULE = "MODULE"
    BATTERY = "BATTERY"
    COMPONENT = "COMPONENT"
    VEHICLE = "VEHICLE"
    LOT = "LOT"


@strawberry.enum(description="Custody (HELD_BY) and derivation edges.")
class EdgeKind(StrEnum):
    """The kinds of edges."""

    HELD_BY = "HELD_BY"
    PART_OF = "PART_OF"
    CONSUMED_IN = "CONSUMED_IN"
    YIELDED = "YIELDED"


@strawberry.enum(description="What a share rests on: known content of the element, mass, or only the number of inputs.")
class AttributionBasis(StrEnum):
    """The bases, the strongest first."""

    ELEMENT = "ELEMENT"
    MASS = "MASS"
    COUNT = "COUNT"


EventType = StrEnum("EventType", {name: name for name in TYPE_ORDER})  # type: ignore[misc]
strawberry.enum(EventType, description="What an event reports.")
strawberry.enum(EventStatus, description="What became of a stored event.")
strawberry.enum(RecordStatus, description="What became of a sent event.")
strawberry.enum(OnConflict, description="Keep pending and contested events, or turn them away.")
strawberry.enum(ItemStatus, description="The first that holds of ENDED, RETIRED, IN_SECOND_LIFE, INSTALLED, AVAILABLE.")
strawberry.enum(TraceDirection, name="TraceDirection", description="Where it went, where it came from, or both.")
strawberry.enum(
    TraceRole, name="TraceRole", description="What a node is to the root: its own body carries substance, or a part's."
)
