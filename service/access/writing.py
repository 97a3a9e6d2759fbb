"""Who may record what."""

from __future__ import annotations

from collections.abc import Sequence

from graph_schema.events import AnyEvent, Registration
from graph_schema.outcome import Problem
from service.access.guard import Guarded
from service.access.trying import masked, unmasked
from service.access.viewer import Role, Viewer
from service.ports import NewEvent, Store
from service.recording import OnConflict, RecordedEvent, RecordStatus, Submission, read_event, record
from service.running import aside

FORBIDDEN = "FORBIDDEN"
NO_TOKEN = "recording events needs the token of a participant or a regulator"


def refusal(viewer: Viewer, event: AnyEvent) -> Problem | None:
    """Why a viewer may not record an event, None where it may.

    A participant reports only as its own organization. Registrations say who is a regulator, so that only a regulator
    makes them; whose events a voiding may void is for the fold to judge.
    """
    if viewer.records_for_others:
        return None
    if viewer.role is Role.PUBLIC:
        return Problem(FORBIDDEN, NO_TOKEN)
    if isinstance(event, Registration):
        return Problem(FORBIDDEN, "only a regulator registers organizations", "type")
    if event.actor != viewer.organization:
        message = f"{viewer.organization} records events only as their actor; this one has the actor {event.actor}"
        return Problem(FORBIDDEN, message, "actor")
    return None


async def record_as(
    viewer: Viewer,
    store: Store,
    submissions: Sequence[Submission],
    on_conflict: OnConflict = OnConflict.KEEP,
    all_or_nothing: bool = False,
    dry_run: bool = False,
) -> list[RecordedEvent]:
    """`recording.record` for a viewer: what it may not record is REJECTED, what problems say of others is withheld.

    An event that is not kept, since it is tried or since REJECT turned it away, is answered as if what is withheld from
    the viewer were not there. Where that is not why it was turned away, the problem says only that it is withheld.
    """
    if viewer.sees_all:
        return await record(store, submissions, on_conflict, all_or_nothing, dry_run)
    allowed = await aside(store, lambda: [_checked(viewer, submission) for submission in submissions])
    if dry_run:
        return await _tried(viewer, store, allowed, on_conflict, all_or_nothing)
    results = await record(store, allowed, on_conflict, all_or_nothing)
    if not any(result.problems for result in results):
        return results
    blind: list[RecordedEvent | None] = [None] * len(results)
    if on_conflict is OnConflict.REJECT and any(map(_turned_away, results)):
        blind = [*await _tried(viewer, store, allowed, on_conflict, all_or_nothing)]
    async with store.snapshot() as snapshot:
        guard = Guarded(snapshot, viewer)
        return [
            tried if tried is not None and _turned_away(tried) and _turned_away(result) else await _told(guard, result)
            for result, tried in zip(results, blind, strict=True)
        ]


async def _told(guard: Guarded, result: RecordedEvent) -> RecordedEvent:
    return result._replace(problems=await guard.records.told(result.problems))


def _turned_away(result: RecordedEvent) -> bool:
    return result.status is RecordStatus.REJECTED


async def _tried(
    viewer: Viewer,
    store: Store,
    events: Sequence[NewEvent | RecordedEvent],
    on_conflict: OnConflict,
    all_or_nothing: bool,
) -> list[RecordedEvent]:
    """What would become of events by what the viewer sees; nothing is stored."""
    async with store.snapshot() as snapshot:
        sent, names = await masked(snapshot, Guarded(snapshot, viewer), events)
    results = await record(store, sent, on_conflict, all_or_nothing, dry_run=True)
    async with store.snapshot() as snapshot:
        guard = Guarded(snapshot, viewer)
        return [unmasked(await _told(guard, result), names) for result in results]


def _checked(viewer: Viewer, submission: Submission) -> NewEvent | RecordedEvent:
    if viewer.role is Role.PUBLIC and isinstance(submission, dict):
        event_id = submission.get("eventId")
        named = event_id if isinstance(event_id, str) else None
        return RecordedEvent(named, RecordStatus.REJECTED, (Problem(FORBIDDEN, NO_TOKEN),))
    read = submission if isinstance(submission, NewEvent | RecordedEvent) else read_event(submission)
    if isinstance(read, RecordedEvent):
        return read
    problem = refusal(viewer, read.event)
    return read if problem is None else RecordedEvent(read.event.event_id, RecordStatus.REJECTED, (problem,))
