"""The two times, and the graph as a function of the set of events: every read at every moment of knowledge."""

from __future__ import annotations

from collections.abc import Awaitable, Collection, Iterable, Sequence
from typing import Any

from service.copying import CannotCopy, copy
from service.ports import LAST_KEY, Change, EventFilter, Store, StoredEvent
from service.recording import record_batches
from service.stores.contract.answers import Answers, answers, difference
from service.stores.contract.lists import MANY
from service.stores.contract.script import BATCHES, ORGANIZATIONS, events_until
from service.stores.contract.telling import (
    Event,
    draw,
    edges,
    event,
    lot,
    made,
    moment,
    moved,
    roles,
    standing,
    tell,
    traced,
    unit,
    voided,
)
from service.stores.memory import MemoryStore


async def _answers(store: Store, sequence: int | None, organizations: Collection[str]) -> Answers:
    async with store.snapshot(sequence) as snapshot:
        return await answers(snapshot, organizations)


async def _tell_both(store: Store, memory: Store, batch: Collection[Event]) -> int:
    """Record a batch in both; the sequence that it ends at."""
    statuses = await tell(memory, *batch)
    assert await tell(store, *batch) == statuses
    return await store.sequence_at(None)


async def _equal(store: Store, memory: Store, sequences: Iterable[int], organizations: Collection[str]) -> None:
    """Every read at each of these sequences, asked now."""
    for sequence in sequences:
        expected = await _answers(memory, sequence, organizations)
        actual = await _answers(store, sequence, organizations)
        assert not difference(expected, actual), f"at {sequence}: {difference(expected, actual)}"


def _name(sequence: int) -> str:
    for number, (name, _) in enumerate(BATCHES, 1):
        if len(events_until(number)) == sequence:
            return f"after {name!r}"
    return f"at {sequence}"


FINALLY = {
    "ACCEPTED": "sell-q got-q got-t void-nothing in-p2 p2 twin enrol second void-in-q void-rec void-void void-m1 apart",
    "PENDING": "p1 v1 out-v ref cell too-much dump late-draw scrap",
    "CONTESTED": "out-p2 late-out early-void",
    "VOIDED": "in-q to-come rec void-p2 reg-b m1",
}
"""What becomes of the script's events, worked out by hand."""


async def check_the_script_comes_out_as_worked_out_by_hand(store: Store) -> None:
    for _, batch in BATCHES:
        await tell(store, *batch)
    for status, names in FINALLY.items():
        found = dict(zip(names.split(), await standing(store, *names.split()), strict=True))
        assert found == dict.fromkeys(names.split(), status), f"{status}: {found}"


async def check_what_is_answered_at_once_is_what_stays(store: Store) -> None:
    """What is answered after each batch is what `memory:` says of that moment when everything is recorded, which is
    what `check_every_read_equals_the_specification` asks this store for, then."""
    said = {0: await _answers(store, None, ORGANIZATIONS)}
    memory = MemoryStore()
    for _, batch in BATCHES:
        sequence = await _tell_both(store, memory, batch)
        said[sequence] = await _answers(store, None, ORGANIZATIONS)
    for sequence, then in said.items():
        later = await _answers(memory, sequence, ORGANIZATIONS)
        assert not difference(then, later), f"{_name(sequence)}: {difference(then, later)}"


async def check_every_read_equals_the_specification(store: Store) -> None:
    await check_history(store, [batch for _, batch in BATCHES], ORGANIZATIONS)


async def check_batches_of_one_write_are_known_each_at_its_own_moment(store: Store) -> None:
    await check_history(store, [batch for _, batch in BATCHES], ORGANIZATIONS, together=len(BATCHES), each=2)
    assert await store.verify() == []


async def check_history(
    store: Store,
    batches: Sequence[Sequence[Event]],
    organizations: Collection[str],
    together: int = 1,
    each: int = 1,
) -> None:
    """Every read of a store equals that of `memory:`, which recorded the same batches, at the end of each batch, or of
    every so many.

    The store is told so many batches in one write, `memory:` each in one of its own.
    """
    memory = MemoryStore()
    ends = [0]
    statuses = []
    for batch in batches:
        statuses.append(await tell(memory, *batch))
        ends.append(await memory.sequence_at(None))
    for first in range(0, len(batches), together):
        write = [(batch, None) for batch in batches[first : first + together]]
        said = [[result.status.value for result in results] for results in await record_batches(store, write)]
        assert said == statuses[first : first + together]
    await _equal(store, memory, ends[::-each], organizations)


async def _changed(store: Store, after: Change, page: int, sequence: int | None = None) -> list[Change]:
    found: list[Change] = []
    async with store.snapshot(sequence) as snapshot:
        while more := await snapshot.changes(found[-1] if found else after, page):
            found += more
    return found


async def check_changes_are_told_to_who_follows(store: Store) -> None:
    """Of every item of which something changed since any moment, and of hardly another; whatever the page."""
    memory = MemoryStore()
    ends = [0]
    for _, batch in BATCHES:
        await tell(memory, *batch)
        await tell(store, *batch)
        ends.append(await store.sequence_at(None))
        for since in ends:
            expected = {change.key for change in await _changed(memory, Change(since, LAST_KEY), 1_000)}
            told = await _changed(store, Change(since, LAST_KEY), 2)
            assert expected <= {change.key for change in told}, f"{_name(ends[-1])}, since {since}"
            assert [one.sequence for one in told] == sorted(one.sequence for one in told)
            assert all(since < one.sequence <= ends[-1] for one in told)
    assert not await _changed(store, Change(ends[-1], LAST_KEY), 2)
    await tell(memory, made("alone", 99, unit("ALONE")))
    await tell(store, made("alone", 99, unit("ALONE")))
    assert await _changed(store, Change(ends[-1], LAST_KEY), 2) == [Change(await store.sequence_at(None), "ALONE")]
    for until, since in zip(ends[1:], ends, strict=False):
        expected = {change.key for change in await _changed(memory, Change(since, LAST_KEY), 1_000, until)}
        told = await _changed(store, Change(since, LAST_KEY), 3, until)
        assert expected <= {change.key for change in told}
        assert all(one.sequence <= until for one in told)


MIXED = ("a", "ｚ", "ｚz", "😀", "😀z", "\uffee")
"""Keys that are in one order by code point and in another by UTF-16."""


async def check_changes_are_told_of_every_key(store: Store) -> None:
    """Whatever it begins with; of the last record and of those before it, page by page; none is behind the last key."""
    await tell(store, made("mixed", 1, *map(unit, MIXED)))
    for sequence, keys in ((1, MIXED), (2, (*MIXED, "c")), (1, (*MIXED, "c"))):
        if "c" in keys and sequence == 2:
            await tell(store, made("more", 2, unit("c")))
        for page in (1, 2, 10):
            told = [change.key for change in await _changed(store, Change(0, ""), page, sequence)]
            assert set(MIXED) <= set(told) <= set(keys), (sequence, page)
            assert len(told) == len(set(told))
            behind = await _changed(store, Change(sequence, LAST_KEY), page, sequence)
            assert not set(MIXED) & {change.key for change in behind}, (sequence, page)


async def check_a_copy_knows_what_its_source_knew(store: Store) -> None:
    """Copied in two steps, another batch having come in between; every moment of knowledge is kept."""
    memory = MemoryStore()
    ends = [0]
    for number, (_, batch) in enumerate(BATCHES):
        await tell(memory, *batch)
        ends.append(await memory.sequence_at(None))
        if number == len(BATCHES) // 2:
            assert await copy(memory, store) == (0, ends[-1])
    heard: list[tuple[int, int]] = []
    copied = await copy(memory, store, lambda done, records: heard.append((done, records)))
    assert copied.records == ends[-1]
    assert heard[0] == (copied.before, ends[-1])
    assert heard[-1] == (ends[-1], ends[-1])
    assert await store.verify() == []
    await _equal(store, memory, ends, ORGANIZATIONS)
    async with memory.snapshot() as theirs, store.snapshot() as ours:
        records = await theirs.event_page(EventFilter(), None, MANY)
        chain = [(record.hash, record.recorded_at) for record in records]
        assert [(r.hash, r.recorded_at) for r in await ours.event_page(EventFilter(), None, MANY)] == chain
    middle = (await _records(memory))[ends[-1] // 2]
    assert await store.sequence_at(middle.recorded_at) == await memory.sequence_at(middle.recorded_at)


async def check_a_copy_refuses_another_log(store: Store) -> None:
    memory = MemoryStore()
    await tell(memory, made("a", 1, unit("A")), made("b", 2, unit("B")))
    await tell(store, made("c", 1, unit("C")))
    await _refuses(copy(memory, store), "another log")
    await _refuses(copy(store, memory), "more than")
    assert await standing(store, "a", "c") == ["-", "ACCEPTED"], "nothing was written"


async def _records(store: Store) -> list[StoredEvent]:
    async with store.snapshot() as snapshot:
        return await snapshot.event_page(EventFilter(), None, MANY)


async def _refuses(copying: Awaitable[Any], reason: str) -> None:
    said = ""
    try:
        await copying
    except CannotCopy as error:
        said = str(error)
    assert reason in said, said or "it was copied"


async def check_arrival_does_not_matter(store: Store) -> None:
    everything = events_until(len(BATCHES))
    memory = MemoryStore()
    await tell(memory, *everything)
    for told in reversed(everything):
        await tell(store, told)
    expected, actual = await _answers(memory, None, ORGANIZATIONS), await _answers(store, None, ORGANIZATIONS)
    by_id = {row[1]: row[1:] for row in expected.pop("events")}
    assert {row[1]: row[1:] for row in actual.pop("events")} == by_id
    for name in list(expected):
        if name.startswith(("history", "registrations")):
            rows = [row[1:] for row in expected.pop(name)]
            assert [row[1:] for row in actual.pop(name)] == rows, f"{name}: one by one, the last first"
    assert not difference(expected, actual), f"one by one, the last first: {difference(expected, actual)}"


async def check_a_good_store_verifies(store: Store) -> None:
    for _, batch in BATCHES:
        await tell(store, *batch)
        assert await store.verify() == []


async def check_rebuild_changes_no_answer(store: Store) -> None:
    """Of every other moment: what is answered before is held to `memory:` by
    `check_every_read_equals_the_specification`."""
    memory = MemoryStore()
    ends = [0, *[await _tell_both(store, memory, batch) for _, batch in BATCHES]]
    assert await store.rebuild() == len(events_until(len(BATCHES))), "the number of events"
    await _equal(store, memory, ends[::-2], ORGANIZATIONS)
    assert await store.verify() == []
    assert await tell(store, made("more", 200, unit("more"))) == ["ACCEPTED"], "and it writes on"


async def check_a_late_event_changes_what_is_known_not_what_was(store: Store) -> None:
    await tell(
        store,
        made("p", 1, unit("P", "BATTERY", [unit("m", massKg=4), unit("n", massKg=4)], massKg=10)),
        event("rec", "RECYCLING", 9, "D", inputs=[draw("P")], outputs=[lot("L", 5)]),
    )
    await tell(store, moved("out", "REMOVAL", 5, "m", "P", "B"))
    await tell(store, voided("oops", 20, "out", "B"))
    inside, outside = {"m": "ROOT", "P": "HOST", "L": "SUBSTANCE"}, {"m": "ROOT", "P": "HOST"}
    assert roles(await traced(store, "m", sequence=2)) == inside
    assert roles(await traced(store, "m", sequence=3)) == outside
    assert roles(await traced(store, "m")) == inside, "the removal was voided"
    assert [await standing(store, "out", sequence=sequence) for sequence in (2, 3, 4)] == [
        ["-"],
        ["ACCEPTED"],
        ["VOIDED"],
    ]


async def check_as_of_is_inclusive(store: Store) -> None:
    await tell(
        store,
        made("p", 1, unit("P", "BATTERY")),
        made("m", 1, unit("m")),
        moved("in", "INSTALLATION", 2, "m", "P"),
        moved("out", "REMOVAL", 3, "m", "P", "B"),
    )
    assert await traced(store, "m", moment(0.99)) is None, "it was not there yet"
    assert roles(await traced(store, "m", moment(1))) == {"m": "ROOT"}
    assert roles(await traced(store, "m", moment(1.99))) == {"m": "ROOT"}
    assert roles(await traced(store, "m", moment(2))) == {"m": "ROOT", "P": "HOST"}, "as of that very moment"
    for hour, closed in ((2.99, None), (3, "out")):
        answer = await traced(store, "m", moment(hour))
        assert answer is not None
        assert [edge.closed_by for edge in answer.edges if edge.kind == "PART_OF"] == [closed], f"as of {hour} h"
    assert ("HELD_BY", "m", "B") in edges(await traced(store, "m", moment(3)))


async def check_a_voiding_is_timeless_for_as_of(store: Store) -> None:
    """A mistake voided in 2026 is absent from asOf 2024, and present at knownAt 2024 (7.14)."""
    await tell(store, made("p", 1, unit("P", "BATTERY"), unit("m")), moved("in", "INSTALLATION", 2, "m", "P"))
    await tell(store, voided("v", 20_000, "in"))
    assert roles(await traced(store, "m", moment(3))) == {"m": "ROOT"}
    assert roles(await traced(store, "m", moment(3), sequence=2)) == {"m": "ROOT", "P": "HOST"}
