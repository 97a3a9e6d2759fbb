"""The log: sequence, time, chain, and the reads over records."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import orjson

from graph_schema.canonical import GENESIS, canonical, chain_hash, digest, parse_event
from graph_schema.order import instant_us
from graph_schema.outcome import EventStatus
from service.ports import EventFilter, Store, StoredEvent
from service.stores.contract.lists import MANY
from service.stores.contract.script import BATCHES
from service.stores.contract.telling import (
    draw,
    event,
    handles,
    lot,
    made,
    moved,
    registered,
    standing,
    tell,
    unit,
    voided,
)


async def _all(store: Store) -> list[StoredEvent]:
    async with store.snapshot() as snapshot:
        return await snapshot.event_page(EventFilter(), None, MANY)


async def check_the_chain_can_be_recomputed(store: Store) -> None:
    told = [(name, batch) for name, batch in BATCHES if await tell(store, *batch)]
    records = await _all(store)
    assert [stored.event_id for stored in records] == [each["eventId"] for _, batch in told for each in batch]
    assert [stored.sequence for stored in records] == list(range(1, len(records) + 1)), "1, 2, 3 without a hole"
    times = [stored.recorded_at for stored in records]
    assert times == sorted(times), "recordedAt never goes back"
    first = 0
    for name, batch in told:
        assert len(set(times[first : first + len(batch)])) == 1, f"the batch {name!r} shares one recordedAt"
        first += len(batch)
    previous = GENESIS
    for stored, stated in zip(records, (each for _, batch in told for each in batch), strict=True):
        assert stored.payload is not None
        assert orjson.loads(stored.payload) == stated, "the payload is kept as it was stated"
        parsed, payload = parse_event(stored.payload)
        assert stored.digest == digest(canonical(payload, parsed)), stored.event_id
        assert stored.previous_hash == previous, stored.event_id
        previous = chain_hash(previous, stored.sequence, instant_us(stored.recorded_at), stored.digest)
        assert stored.hash == previous, f"the hash of {stored.event_id} does not follow"
        assert (stored.type, stored.actor) == (parsed.type, parsed.actor)
        assert stored.occurred_at == parsed.occurred_at


async def check_sequence_at_is_inclusive(store: Store) -> None:
    ends: list[tuple[int, datetime]] = []
    for number in range(3):
        await tell(store, made(f"a{number}", 1, unit(f"a{number}")), made(f"b{number}", 1, unit(f"b{number}")))
        last = (await _all(store))[-1]
        while ends and last.recorded_at == ends[-1][1]:
            raise AssertionError("two batches within one microsecond: the clock stands still")
        ends.append((last.sequence, last.recorded_at))
    tick = timedelta(microseconds=1)
    assert await store.sequence_at(ends[0][1] - tick) == 0, "before the first record there is nothing"
    for sequence, recorded_at in ends:
        assert await store.sequence_at(recorded_at) == sequence, "the batch of that very moment is known"
        assert await store.sequence_at(recorded_at - tick) == sequence - 2
        assert await store.sequence_at(recorded_at + tick) == sequence
    assert await store.sequence_at(None) == ends[-1][0] == 6


async def check_events_are_paged_in_their_sequence(store: Store) -> None:
    await tell(store, *[made(f"e{9 - n}", 9 - n, unit(f"u{n}"), actor="AB"[n % 2]) for n in range(5)])
    await tell(store, moved("x", "INSTALLATION", 20, "u0", "nowhere"), event("y", "RETIREMENT", 21, item="u1"))
    async with store.snapshot() as snapshot:
        everything = [stored.event_id for stored in await snapshot.event_page(EventFilter(), None, MANY)]
        assert everything == ["e9", "e8", "e7", "e6", "e5", "x", "y"]
        paged, after = [], None
        while page := await snapshot.event_page(EventFilter(), after, 3):
            assert len(page) <= 3
            paged += [stored.event_id for stored in page]
            after = page[-1].sequence
        assert paged == everything
        filters = {
            EventFilter(types=("PRODUCTION",)): everything[:5],
            EventFilter(types=("VOIDING",)): [],
            EventFilter(actor="A"): ["e9", "e7", "e5", "x", "y"],
            EventFilter(actor="nobody"): [],
            EventFilter(status=EventStatus.PENDING): ["x"],
            EventFilter(item="u0"): ["e9", "x"],
            EventFilter(item="nowhere"): ["x"],
            EventFilter(item="never named"): [],
            EventFilter(types=("PRODUCTION",), actor="B"): ["e8", "e6"],
            EventFilter(actor="A", item="u1", status=EventStatus.ACCEPTED): ["y"],
        }
        for where, expected in filters.items():
            found = [stored.event_id for stored in await snapshot.event_page(where, None, MANY)]
            assert found == expected, f"{where}: {found}"
            assert await snapshot.event_count(where) == len(expected), f"the count of {where}"
        last = await snapshot.event_page(EventFilter(types=("PRODUCTION",)), 3, 1)
        assert [stored.event_id for stored in last] == ["e6"], "after a sequence number, with a filter and a limit"


async def check_a_snapshot_knows_nothing_later(store: Store) -> None:
    await tell(store, made("a", 1, unit("a")))
    await tell(store, made("b", 1, unit("b")), event("r", "RETIREMENT", 2, item="a"))
    async with store.snapshot(1) as snapshot:
        assert snapshot.sequence == 1
        assert [stored.event_id for stored in await snapshot.stored(["a", "b", "no such event"])] == ["a"]
        assert await snapshot.event_count(EventFilter()) == 1
        (a,) = await handles(snapshot, ["a"])
        assert [stored.event_id for stored in (await snapshot.history([a]))[a]] == ["a"]
        assert await snapshot.event_count(EventFilter(item="b")) == 0
    async with store.snapshot() as snapshot:
        assert snapshot.sequence == 3


async def check_a_snapshot_stays_as_it_is_while_others_write(store: Store) -> None:
    await tell(store, made("a", 1, unit("a")))
    async with store.snapshot() as snapshot:
        assert await snapshot.event_count(EventFilter()) == 1
        await tell(store, event("r", "RETIREMENT", 2, item="a"), made("b", 1, unit("b")))
        assert await snapshot.event_count(EventFilter()) == 1
        assert await snapshot.find("b") is None
        (a,) = await handles(snapshot, ["a"])
        assert await snapshot.marks([a]) == []


async def check_history_is_all_that_names_or_touches_an_item(store: Store) -> None:
    await tell(store, event("ret", "RETIREMENT", 8, item="m"), moved("ghost", "INSTALLATION", 9, "m", "nowhere"))
    await tell(
        store,
        made("p", 1, unit("P", "BATTERY", [unit("m", parts=[unit("c", "CELL")])])),
        event("look", "INSPECTION", 3, item="m"),
        moved("twice", "INSTALLATION", 4, "m", "P"),
        event("bad", "TRANSFER", 5, items=["m"], to="B"),
        voided("void-bad", 5, "bad"),
        event("lot", "ENROLMENT", 1, items=[lot("L", 3)]),
        event("rec", "RECYCLING", 10, inputs=[draw("P")], outputs=[lot("K", 1)]),
    )
    async with store.snapshot() as snapshot:
        p, m, c, lot_l = await handles(snapshot, ["P", "m", "c", "L"])

        async def told(item: object) -> list[tuple[str, str]]:
            return [(stored.event_id, stored.status.value) for stored in (await snapshot.history([item]))[item]]

        assert await told(m) == [
            ("p", "ACCEPTED"),
            ("look", "ACCEPTED"),
            ("twice", "CONTESTED"),
            ("bad", "VOIDED"),
            ("void-bad", "ACCEPTED"),
            ("ret", "ACCEPTED"),
            ("ghost", "PENDING"),
            ("rec", "ACCEPTED"),
        ], "in the total order, whatever the status; the recycling of the pack ended the module in it"
        assert [name for name, _ in await told(c)] == ["p", "ret", "rec"], "a retirement is about what is inside too"
        assert [name for name, _ in await told(p)] == ["p", "twice", "rec"]
        assert await told(lot_l) == [("lot", "ACCEPTED")]


async def check_history_has_receipts_and_voidings(store: Store) -> None:
    """Of events that it has, of receipts and of voidings; once the event that they refer to is there."""
    await tell(store, made("m", 1, unit("m"), unit("n")), event("early", "RECEIPT", 3, "B", transfer="t"))
    await tell(store, event("t", "TRANSFER", 2, items=["m"], to="B"), event("u", "TRANSFER", 2, items=["n"], to="B"))
    await tell(
        store,
        event("other", "RECEIPT", 3, "B", transfer="u"),
        voided("void-early", 5, "early", "B"),
        voided("void-void", 6, "void-early", "B"),
        voided("stranger", 7, "t", "X"),
        voided("itself", 8, "itself", "B"),
    )
    history = ["m", "t", "early", "void-early", "void-void", "stranger"]
    for sequence, expected in ((2, ["m"]), (4, ["m", "t", "early"]), (9, history)):
        async with store.snapshot(sequence) as snapshot:
            m, n = await handles(snapshot, ["m", "n"])
            assert [one.event_id for one in (await snapshot.history([m, n]))[m]] == expected
            assert (await snapshot.history_count([m]))[m] == len(expected)
            found = await snapshot.event_page(EventFilter(item="m"), None, MANY)
            assert sorted(one.event_id for one in found) == sorted(expected)
            assert await snapshot.event_count(EventFilter(item="m")) == len(expected)
    async with store.snapshot() as snapshot:
        found = (await snapshot.history([m, n]))[n]
        assert [one.event_id for one in found] == ["m", "u", "other"]
        (found,) = (await snapshot.history([m], types=("RECEIPT", "VOIDING"), limit=2, reverse=True)).values()
        assert [one.event_id for one in found] == ["stranger", "void-void"]
        (found,) = (await snapshot.history([m], types=("TRANSFER",))).values()
        assert [one.event_id for one in found] == ["t"]


async def check_a_part_of_the_history_of_many_items(store: Store) -> None:
    """Up to a moment, after a place or before it, so many of each item, of some types; and how many there are."""
    await tell(
        store,
        made("p", 1, unit("P", "BATTERY", [unit("m")]), unit("Q", "BATTERY")),
        *(event(f"look{hour}", "INSPECTION", hour, item="P") for hour in (2, 4, 6)),
        event("ret", "RETIREMENT", 5, item="m"),
        event("both", "TRANSFER", 3, items=["P", "Q"], to="B"),
    )
    await tell(store, event("late", "INSPECTION", 2.5, item="P"))
    async with store.snapshot(6) as snapshot:
        p, m, q = handles_ = await handles(snapshot, ["P", "m", "Q"])

        async def told(**more: Any) -> list[str]:
            found = await snapshot.history(handles_, **more)
            return [" ".join(one.event_id for one in found.get(item, ())) for item in handles_]

        at = {one.event_id: one.position for one in (await snapshot.history([p]))[p]}
        assert await told() == ["p look2 both look4 look6", "p ret", "p both"]
        assert await told(limit=2) == ["p look2", "p ret", "p both"]
        assert await told(limit=2, reverse=True) == ["look6 look4", "ret p", "both p"]
        assert await told(cut=at["look4"]) == ["p look2 both", "p", "p both"]
        assert await told(after=at["look2"], limit=2) == ["both look4", "ret", "both"]
        assert await told(after=at["both"], limit=1, reverse=True) == ["look2", "p", "p"]
        assert await told(types=("INSPECTION", "RETIREMENT"), limit=2, reverse=True) == ["look6 look4", "ret", ""]
        assert await snapshot.history([]) == {}
        assert await snapshot.history_count(handles_) == {p: 5, m: 2, q: 2}
        assert await snapshot.history_count(handles_, at["look4"]) == {p: 3, m: 1, q: 2}
        assert await snapshot.history_count([]) == {}
    async with store.snapshot() as snapshot:
        (found,) = (await snapshot.history([p], limit=3)).values()
        assert [one.event_id for one in found] == ["p", "look2", "late"], "what came late stands where it belongs"


async def check_events_from_the_last_one_back(store: Store) -> None:
    await tell(store, *[made(f"e{n}", 9 - n, unit(f"u{n}"), actor="AB"[n % 2]) for n in range(5)])
    async with store.snapshot() as snapshot:
        for where, expected in (
            (EventFilter(), "e4 e3 e2 e1 e0"),
            (EventFilter(actor="A"), "e4 e2 e0"),
            (EventFilter(party="A"), "e4 e2 e0"),
            (EventFilter(about="B"), "e3 e1"),
        ):
            found = await snapshot.event_page(where, None, MANY, reverse=True)
            assert " ".join(one.event_id for one in found) == expected, where
            paged, before = [], None
            while page := await snapshot.event_page(where, before, 2, reverse=True):
                paged += [one.event_id for one in page]
                before = page[-1].sequence
            assert " ".join(paged) == expected, where


async def check_registrations_in_the_total_order_without_voided_ones(store: Store) -> None:
    await tell(store, registered("third", 3, "A", name="A late"), registered("first", 1, "A", name="A early"))
    await tell(store, registered("wrong", 4, "A", name="not A"), registered("other", 2, "B", "REGULATOR"))
    async with store.snapshot() as snapshot:
        assert await snapshot.organizations(["A", "B", "C"]) == {"A": "not A"}
    await tell(store, voided("v", 9, "wrong", "B"))
    async with store.snapshot() as snapshot:
        assert [stored.event_id for stored in await snapshot.registrations(["A"])] == ["first", "third"]
        assert [stored.event_id for stored in await snapshot.registrations(["B"])] == ["other"]
        assert await snapshot.registrations(["C"]) == []
        assert await snapshot.organizations(["A", "B", "C"]) == {"A": "A late"}, "the last that states a name"
    async with store.snapshot(4) as snapshot:
        assert [stored.event_id for stored in await snapshot.registrations(["A"])] == ["first", "third", "wrong"]
    assert await standing(store, "wrong") == ["VOIDED"]
    at_once = [registered("a", 5, "B", name="step 1") | {"step": 1}, registered("b", 5, "B", name="step 0")]
    await tell(
        store, *at_once, registered("\ue000", 6, "C", name="first"), registered("\U00010000", 6, "C", name="last")
    )
    async with store.snapshot() as snapshot:
        names = await snapshot.organizations(["B", "C"])
        assert names == {"B": "step 1", "C": "last"}, "of one instant by step, then by code point"


async def check_receipts_and_bearers_of_names_in_bulk(store: Store) -> None:
    name = [{"scheme": "SN", "value": "7"}]
    await tell(
        store, made("m", 1, unit("m", identifiers=name), unit("n", identifiers=name), unit("7")),
        event("t", "TRANSFER", 2, items=["m"], to="B"), event("u", "TRANSFER", 2, items=["n"], to="B"),
        event("second", "RECEIPT", 4, "C", transfer="t"), event("first", "RECEIPT", 3, "B", transfer="t"),
        event("other", "RECEIPT", 3, "B", transfer="u"), voided("v", 9, "t"),
    )  # fmt: skip
    await tell(store, event("third", "RECEIPT", 5, "B", transfer="t"))
    async with store.snapshot(7) as snapshot:
        assert [one.event_id for one in await snapshot.receipts(["t", "nothing"])] == ["first", "second"]
        assert [one.event_id for one in await snapshot.receipts(["t", "u"])] == ["first", "other", "second"]
        m, n = await handles(snapshot, ["m", "n"])
        assert sorted(await snapshot.identified(["7", "8"]), key=str) == sorted([("7", m), ("7", n)], key=str)
        assert await snapshot.identified([]) == []
    assert await standing(store, "first", "third") == ["PENDING", "PENDING"]


async def check_who_is_an_organization(store: Store) -> None:
    await tell(store, made("m", 1, unit("m"), actor="ACTED"), registered("r", 1, "REGISTERED"))
    await tell(store, event("t", "TRANSFER", 2, "ACTED", items=["m"], to="HELD"))
    await tell(store, event("u", "TRANSFER", 3, "HELD", items=["m"], to="WRONG"))
    await tell(store, voided("v", 4, "u", "HELD"), event("w", "TRANSFER", 5, "ACTED", items=["ghost"], to="PENDING"))

    async def known(sequence: int) -> list[str]:
        names = ("ACTED", "REGISTERED", "HELD", "WRONG", "PENDING", "NEVER")
        async with store.snapshot(sequence) as snapshot:
            there = await snapshot.are_organizations(names)
            return [name for name in names if name in there]

    assert await known(2) == ["ACTED", "REGISTERED"], "nobody had handed anything to HELD yet"
    assert await known(3) == ["ACTED", "REGISTERED", "HELD"]
    assert await known(4) == ["ACTED", "REGISTERED", "HELD", "WRONG"]
    assert await known(6) == ["ACTED", "REGISTERED", "HELD"], "WRONG held nothing after all, PENDING does not yet"
