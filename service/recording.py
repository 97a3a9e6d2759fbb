"""Recording events: parse, tell duplicates, append, answer with what became of each (model section 5)."""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from typing import Any, NamedTuple

import orjson

from graph_schema.canonical import canonical, digest, parse_event
from graph_schema.errors import MalformedEvent
from graph_schema.events import AnyEvent
from graph_schema.faults import unsound
from graph_schema.outcome import EventStatus, Outcome, Problem
from service.chain import now_us
from service.ports import NewEvent, Store, Writer
from service.running import aside


class RecordStatus(StrEnum):
    """What became of a submitted event."""

    ACCEPTED = "ACCEPTED"
    PENDING = "PENDING"
    CONTESTED = "CONTESTED"
    VOIDED = "VOIDED"
    DUPLICATE = "DUPLICATE"
    REJECTED = "REJECTED"


class OnConflict(StrEnum):
    """What to do with an event that comes out pending or contested."""

    KEEP = "KEEP"
    REJECT = "REJECT"


class RecordedEvent(NamedTuple):
    """What became of one submitted event; problems say why. `event_id` is None where it could not be read."""

    event_id: str | None
    status: RecordStatus
    problems: tuple[Problem, ...] = ()


@dataclass
class Stated:
    """When a batch is said to have been recorded (microseconds since 1970).

    That is kept unless it lies in the future or before the end of the log: then the batch is recorded now, and
    `refused` says why.
    """

    recorded_us: int
    refused: str | None = None

    async def at(self, writer: Writer) -> int | None:
        """What to append with: the stated moment, None for now."""
        if self.recorded_us > now_us():
            self.refused = "its recordedAt lies in the future"
        elif self.recorded_us < (await writer.head()).recorded_us:
            self.refused = "its recordedAt is earlier than the end of the log"
        else:
            self.refused = None
        return None if self.refused else self.recorded_us


LARGE_BATCH_BYTES = 10_000
"""About fifty events, or one with some hundreds of items."""

Submission = dict[str, Any] | bytes | str | NewEvent | RecordedEvent
"""An event as it was sent, or as `read_event` read it."""


class _DryRun(Exception):
    def __init__(self, answered: list[RecordedEvent]) -> None:
        self.answered = answered


class _TurnedAway(Exception):
    def __init__(self, outcomes: dict[str, Outcome]) -> None:
        self.outcomes = outcomes


async def record(
    store: Store,
    submissions: Sequence[Submission],
    on_conflict: OnConflict = OnConflict.KEEP,
    all_or_nothing: bool = False,
    dry_run: bool = False,
    stated: Stated | None = None,
) -> list[RecordedEvent]:
    """Record events; the results are in the order sent. With `dry_run` nothing is stored: they say what would happen.

    A malformed event, or one whose id was used for other content, is REJECTED and not stored, with the field and the
    reason; with `all_or_nothing` one such event turns the whole batch away. `on_conflict` REJECT turns pending and
    contested events away instead of keeping them. What events themselves say of `recordedAt` is ignored; who operates
    the store may say it by `stated`.
    """
    batch = await aside(store, lambda: _Batch(submissions, stated))

    async def work(writer: Writer) -> list[RecordedEvent]:
        await writer.foresee([batch.events])
        answered = await batch.append(writer, on_conflict, all_or_nothing)
        if dry_run:
            raise _DryRun(answered)
        return answered

    with _no_collection(batch.bytes):
        while True:
            try:
                return await store.write(work)
            except _TurnedAway as error:
                batch.turned_away.update(error.outcomes)
            except _DryRun as error:
                return error.answered


async def record_batches(
    store: Store,
    batches: Sequence[tuple[Sequence[Submission], Stated | None]],
    sent: Callable[[], None] = lambda: None,
) -> list[list[RecordedEvent]]:
    """Record batches as `record` would one after the other, each known at a moment of its own, in one write.

    `sent` is called when all is with the store, for which there is but to wait.
    """
    several = await aside(store, lambda: [_Batch(submissions, stated) for submissions, stated in batches])
    events = [batch.events for batch in several]

    async def work(writer: Writer) -> list[list[RecordedEvent]]:
        await writer.foresee(events)
        answered = [await batch.append(writer) for batch in several]
        await writer.send()
        sent()
        return answered

    with _no_collection(sum(batch.bytes for batch in several) if store.blocking else 0):
        return await store.write(work)


@contextmanager
def _no_collection(size: int) -> Iterator[None]:
    """Folding makes many objects and no cycles: looking for cycles would take a quarter of the time of a batch, and
    each look stops everything, however few events they come of. A store that waits for a server lets others work
    meanwhile, who may make some."""
    pause = size >= LARGE_BATCH_BYTES and gc.isenabled()
    if pause:
        gc.disable()
    try:
        yield
    finally:
        if pause:
            gc.enable()


def read_event(submission: dict[str, Any] | bytes | str) -> NewEvent | RecordedEvent:
    """Parse one submitted event, or say why it is malformed."""
    try:
        event, payload = parse_event(submission)
        return NewEvent(event, orjson.dumps(payload), digest(canonical(payload, event)))
    except MalformedEvent as error:
        return malformed(error)


def malformed(error: MalformedEvent) -> RecordedEvent:
    """What becomes of a malformed event: a problem for each of its faults."""
    problems = tuple(Problem("MALFORMED", fault.reason, fault.field or None) for fault in error.faults)
    return RecordedEvent(error.event_id, RecordStatus.REJECTED, problems)


class _Batch:
    """Events that are recorded together."""

    def __init__(self, submissions: Sequence[Submission], stated: Stated | None) -> None:
        self._known: list[RecordedEvent | None] = [None] * len(submissions)
        self._parsed: dict[int, NewEvent] = {}
        self._stated = stated
        self._tried: dict[int, RecordedEvent] = {}
        """What came of the events of an earlier try, which may be recorded though its store was lost."""
        self.turned_away: dict[str, Outcome] = {}
        """What is to be rejected, since it came out so that it is not wanted."""
        for index, submission in enumerate(submissions):
            read = submission if isinstance(submission, NewEvent | RecordedEvent) else read_event(submission)
            if isinstance(read, NewEvent):
                self._parsed[index] = read
            else:
                self._known[index] = read

    @property
    def events(self) -> list[AnyEvent]:
        """Those that could be read."""
        return [new.event for new in self._parsed.values()]

    @property
    def bytes(self) -> int:
        """How large they are."""
        return sum(len(new.payload) for new in self._parsed.values())

    async def append(
        self, writer: Writer, on_conflict: OnConflict = OnConflict.KEEP, all_or_nothing: bool = False
    ) -> list[RecordedEvent]:
        """One try. Raises _TurnedAway."""
        results, fresh = await self._sorted_out(writer)
        rejected = [result for result in results if result is not None and result.status is RecordStatus.REJECTED]
        if all_or_nothing and rejected:
            message = f"nothing of the batch was stored, because {len(rejected)} of its events were rejected"
            problem = Problem("BATCH_REJECTED", message)
            for index, new in fresh.items():
                results[index] = RecordedEvent(new.event.event_id, RecordStatus.REJECTED, (problem,))
        elif fresh:
            recorded_us = None if self._stated is None else await self._stated.at(writer)
            outcomes = await writer.append(list(fresh.values()), recorded_us)
            if on_conflict is OnConflict.REJECT:
                _turn_away(outcomes)
            for index, new in fresh.items():
                outcome = outcomes[new.event.event_id]
                status = RecordStatus(outcome.status.value)
                results[index] = self._tried[index] = RecordedEvent(new.event.event_id, status, outcome.problems)
        return [result for result in results if result is not None]

    async def _sorted_out(self, writer: Writer) -> tuple[list[RecordedEvent | None], dict[int, NewEvent]]:
        """What is known of the events already, and those that are new."""
        results = list(self._known)
        stored = await writer.digests([new.event.event_id for new in self._parsed.values()])
        fresh: dict[int, NewEvent] = {}
        for index, new in self._parsed.items():
            event_id = new.event.event_id
            if event_id in self.turned_away:
                problems = self.turned_away[event_id].problems
                results[index] = RecordedEvent(event_id, RecordStatus.REJECTED, problems)
            elif event_id not in stored and (fault := unsound(new.event)) is not None:
                results[index] = malformed(fault)
            elif event_id not in stored:
                stored[event_id] = new.digest
                fresh[index] = new
            elif stored[event_id] == new.digest:
                results[index] = self._tried.get(index) or RecordedEvent(event_id, RecordStatus.DUPLICATE)
            else:
                message = f"{event_id} was recorded before with other content; send a new id, and void the old event"
                problem = Problem("EVENT_ID_REUSED", message, "eventId", event_id, event_id)
                results[index] = RecordedEvent(event_id, RecordStatus.REJECTED, (problem,))
        return results, fresh


def _turn_away(outcomes: dict[str, Outcome]) -> None:
    unwanted = {
        event_id: outcome
        for event_id, outcome in outcomes.items()
        if outcome.status in (EventStatus.PENDING, EventStatus.CONTESTED)
    }
    if unwanted:
        raise _TurnedAway(unwanted)
