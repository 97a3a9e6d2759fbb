"""Copying a log from one store to another: the same records, chain and moments of knowledge."""

from __future__ import annotations

from collections.abc import Callable
from itertools import groupby
from typing import NamedTuple

from graph_schema.order import instant_us
from graph_schema.outcome import EventStatus
from service.comparing import difference
from service.ports import EventFilter, ItemFilter, NewEvent, OrganizationFilter, Snapshot, Store, StoredEvent, Writer
from service.recording import read_event

PAGE = 2_000
"""Records read at a time, and written in one transaction: whole batches, or one that is larger."""
WHOLE = 10_000
"""The most records of one batch that are written at once: a server holds all that a transaction writes in memory."""


class CannotCopy(Exception):
    """Why a log cannot be copied."""


class Copied(NamedTuple):
    """What was copied: records that were there before, and records in all."""

    before: int
    records: int


async def copy(
    source: Store, target: Store, on_progress: Callable[[int, int], None] = lambda done, records: None
) -> Copied:
    """Copy what the target lacks of the source's log. May be run again after an interruption, and to catch up.

    Each record keeps its recordedAt, so that `knownAt` answers in the copy as it did before. Of a batch of more than
    `WHOLE` records the parts are written one after the other, and known as one: until all are there its moment answers
    with those that are, and what is recorded into the target before makes another log of it. `on_progress` hears how
    many of how many records are there. Raises CannotCopy where the target holds another log, where a record has lost
    its payload, and where the copy does not count what its source counts (`compare` goes through all of both).
    """
    last = await source.sequence_at(None)
    before = await _common(source, target, last)
    done = before
    on_progress(done, last)
    while done < last:
        batches = await _next_batches(source, done, last)
        done = await target.write(lambda writer, batches=batches, done=done: _append(writer, batches, done))  # type: ignore[misc]
        on_progress(done, last)
    await _count(source, target, last)
    return Copied(before, last)


async def _common(source: Store, target: Store, last: int) -> int:
    """How many records the target has; they must be the first of the source."""
    there = await target.sequence_at(None)
    if there > last:
        raise CannotCopy(f"{target.url} holds {there:,} records, more than the {last:,} of {source.url}")
    if there and await _record(source, there) != await _record(target, there):
        raise CannotCopy(
            f"{target.url} holds {there:,} records of another log than {source.url}; copy to an empty store"
        )
    return there


async def _record(store: Store, sequence: int) -> bytes:
    async with store.snapshot() as snapshot:
        (record,) = await snapshot.event_page(EventFilter(), sequence - 1, 1)
    return record.hash


async def _next_batches(source: Store, after: int, last: int) -> list[list[StoredEvent]]:
    """The batches of a page after a record, without the last one where that may go on; or else all of the one that is
    larger, or a part of it where it is too large for one write."""
    records: list[StoredEvent] = []
    async with source.snapshot(last) as snapshot:
        while True:
            page = await snapshot.event_page(EventFilter(), records[-1].sequence if records else after, PAGE)
            records += page
            goes_on = len(page) == PAGE
            if not goes_on or records[0].recorded_at != records[-1].recorded_at or len(records) >= WHOLE:
                break
    batches = [list(batch) for _, batch in groupby(records, key=lambda record: record.recorded_at)]
    return batches[:-1] if goes_on and len(batches) > 1 else batches


async def _append(writer: Writer, batches: list[list[StoredEvent]], after: int) -> int:
    head = await writer.head()
    if head.hash == batches[-1][-1].hash:
        # The store was lost while it confirmed them, and this is another try.
        return head.sequence
    if head.sequence != after:
        raise CannotCopy(f"something else writes to the target: it holds {head.sequence:,} records, not {after:,}")
    for batch in batches:
        await writer.append([_again(record) for record in batch], instant_us(batch[0].recorded_at))
        head = await writer.head()
        if head.hash != batch[-1].hash:
            raise CannotCopy(f"the chain of the source is broken at record {head.sequence:,}; run `voltrace verify`")
    return head.sequence


def _again(record: StoredEvent) -> NewEvent:
    where = f"record {record.sequence:,} ({record.event_id})"
    if record.payload is None:
        raise CannotCopy(f"{where} has no payload any more, so its graph cannot be made again")
    read = read_event(record.payload)
    if not isinstance(read, NewEvent) or read.digest != record.digest:
        raise CannotCopy(f"{where} is not what was recorded; run `voltrace verify` on the source")
    return read


async def _count(source: Store, target: Store, last: int) -> None:
    """Both graphs must count the same."""
    async with source.snapshot(last) as theirs, target.snapshot(last) as ours:
        expected, found = await _counts(theirs), await _counts(ours)
    for what, count in expected.items():
        if count != found[what]:
            raise CannotCopy(
                f"{target.url} has {found[what]:,} {what}, {source.url} {count:,}; run `voltrace verify` on both"
            )


async def _counts(snapshot: Snapshot) -> dict[str, int]:
    events = {f"{one.value} events": await snapshot.event_count(EventFilter(status=one)) for one in EventStatus}
    return events | {
        "items": await snapshot.item_count(ItemFilter()),
        "organizations": await snapshot.organization_count(OrganizationFilter()),
    }


async def compare(
    source: Store, target: Store, last: int, on_progress: Callable[[int], None] = lambda compared: None
) -> None:
    """Go through the first records of both, and all that they say, page by page (`comparing`). Raises CannotCopy."""
    async with source.snapshot(last) as theirs, target.snapshot(last) as ours:
        said = await difference(theirs, ours, on_progress)
    if said is not None:
        raise CannotCopy(f"{target.url} is not like {source.url}: {said}; run `voltrace verify` on both")
