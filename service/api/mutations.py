"""The mutations: any events at once, and one typed mutation for each event type."""

from __future__ import annotations

import re
from typing import Any

import strawberry

from graph_schema.events import EVENT_CLASSES, BaseEvent
from service.api.inputs import EVENT_INPUTS, event_of
from service.api.item import Info
from service.api.record import RecordedEvent, RecordEventsResult, record_events
from service.api.scalars import EventInput, OnConflict


def _recorder(cls: type[BaseEvent]) -> Any:
    """The mutation that records one event of a type."""

    async def record(info: Any, event: Any, on_conflict: Any = OnConflict.KEEP) -> Any:
        result = await record_events(info, [EventInput(event_of(cls, event))], on_conflict, all_or_nothing=False)
        return result.results[0]

    record.__annotations__ = {
        "info": Info,
        "event": EVENT_INPUTS[cls],
        "on_conflict": OnConflict | None,
        "return": RecordedEvent,
    }
    doc = (cls.__doc__ or "").strip().splitlines()[0]
    return strawberry.mutation(resolver=record, description=f"Record: {doc[0].lower()}{doc[1:]}")


def _snake(name: str) -> str:
    return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()


TypedMutation = strawberry.type(
    type("TypedMutation", (), {f"record_{_snake(cls.__name__)}": _recorder(cls) for cls in EVENT_CLASSES}),
    description="One mutation for each event type.",
)


@strawberry.type(description="Writes. What became of an event is data: a status and problems.")
class Mutation(TypedMutation):  # type: ignore[misc, valid-type]
    """The mutations."""

    @strawberry.mutation(
        description="Record events: a status and problems for each. An event is recorded once by its id."
    )
    async def record_events(
        self,
        info: Info,
        events: list[EventInput],
        on_conflict: OnConflict | None = OnConflict.KEEP,
        all_or_nothing: bool | None = False,
    ) -> RecordEventsResult:
        """Record events."""
        return await record_events(info, events, on_conflict, all_or_nothing)

    @strawberry.mutation(description="What would become of events if they were recorded now; nothing is stored.")
    async def validate_events(
        self,
        info: Info,
        events: list[EventInput],
        on_conflict: OnConflict | None = OnConflict.KEEP,
        all_or_nothing: bool | None = False,
    ) -> RecordEventsResult:
        """Try events."""
        return await record_events(info, events, on_conflict, all_or_nothing, dry_run=True)
