"""Recording events."""

from __future__ import annotations

from collections import Counter
from typing import cast

import strawberry

from service.access.writing import record_as
from service.api.context import Moment
from service.api.errors import limit_error
from service.api.event import Event, Problem, load_event
from service.api.item import Info
from service.api.scalars import EventInput, OnConflict, RecordStatus
from service.recording import Submission
from service.running import run


@strawberry.type(description="What became of one sent event.")
class RecordedEvent:
    """One result."""

    event_id: str | None = strawberry.field(description="Null where it could not be read.")
    status: RecordStatus = strawberry.field(description="What became of it.")
    problems: list[Problem] = strawberry.field(description="Why, where it is not accepted.")
    moment: strawberry.Private[Moment]

    @strawberry.field(description="The stored event; null where it was turned away.")
    async def event(self, info: Info) -> Event | None:
        """The stored event."""
        if self.event_id is None or self.status.value == "REJECTED":
            return None
        return await load_event(info.context, self.moment, self.event_id)


@strawberry.type(description="How many events have a status.")
class StatusCount:
    """One count."""

    status: RecordStatus = strawberry.field(description="The status.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="What became of the sent events, in the order sent.")
class RecordEventsResult:
    """All results."""

    results: list[RecordedEvent] = strawberry.field(description="One for each event.")
    counts: list[StatusCount] = strawberry.field(description="How many of each status.")


async def record_events(
    info: Info,
    events: list[EventInput],
    on_conflict: OnConflict | None,
    all_or_nothing: bool | None,
    dry_run: bool = False,
) -> RecordEventsResult:
    """Record events; what is null is as its default. Raises GraphQLError above the limit of one call."""
    limit = info.context.settings.batch_max
    if len(events) > limit:
        what = f"events: {len(events)} are too many"
        raise limit_error(what, "batch_max", limit, len(events), hint="send them in several calls")
    store, viewer = info.context.store, info.context.sight.viewer
    sent = cast("list[Submission]", events)
    conflict, whole = on_conflict or OnConflict.KEEP, bool(all_or_nothing)

    async def work() -> tuple[list[RecordedEvent], Counter[RecordStatus]]:
        results = await record_as(viewer, store, sent, conflict, whole, dry_run)
        moment = Moment(await store.sequence_at(None), None)
        shown = [
            RecordedEvent(
                event_id=result.event_id,
                status=result.status,
                problems=[Problem(**problem._asdict()) for problem in result.problems],
                moment=moment,
            )
            for result in results
        ]
        return shown, Counter(result.status for result in results)

    results, counts = await run(store, work)
    if not dry_run:
        info.context.metrics.recorded({status.value: count for status, count in counts.items()})
    return RecordEventsResult(
        results=results,
        counts=[StatusCount(status=status, count=count) for status, count in sorted(counts.items())],
    )
