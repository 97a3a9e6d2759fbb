"""What a store makes of submitted events: outcomes, duplicates, what is turned away, what an exception leaves."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import orjson

from graph_schema.order import instant_us
from graph_schema.outcome import EventStatus
from service.ports import EventFilter, ItemFilter, NewEvent, Store, Writer
from service.recording import OnConflict, RecordedEvent, RecordStatus, read_event, record
from service.stores.contract.telling import (
    Event,
    draw,
    event,
    lot,
    made,
    moved,
    registered,
    standing,
    tell,
    unit,
    voided,
)


async def check_an_empty_store_answers(store: Store) -> None:
    assert await store.sequence_at(None) == 0, "an empty log ends at 0"
    async with store.snapshot() as snapshot:
        assert snapshot.sequence == 0
        assert await snapshot.find("x") is None
        assert await snapshot.item_page(ItemFilter(), None, 10) == []
        assert await snapshot.item_count(ItemFilter()) == 0
        assert await snapshot.event_page(EventFilter(), None, 10) == []
        assert await snapshot.event_count(EventFilter()) == 0
        assert await snapshot.stored(["x"]) == []
        assert await snapshot.registrations(["A"]) == []
        assert await snapshot.organizations(["A"]) == {}
        assert not await snapshot.are_organizations(["A"])
        for rows in (snapshot.items, snapshot.parts, snapshot.hosts, snapshot.custody, snapshot.consumptions):
            assert await rows([]) == [], f"{rows.__name__} of nothing is nothing"
    assert await store.verify() == []
    assert await store.rebuild() == 0


async def check_outcomes_come_in_the_order_sent(store: Store) -> None:
    results = await record(
        store,
        [
            moved("in", "INSTALLATION", 3, "m", "P"),
            {"eventId": "broken", "type": "RETIREMENT"},
            moved("ghost", "INSTALLATION", 3, "m", "no such host"),
            made("p", 1, unit("P", "BATTERY")),
            moved("again", "INSTALLATION", 4, "m", "P"),
            moved("unknown", "INSTALLATION", 5, "m", "Q"),
            made("m", 2, unit("m")),
            voided("v", 9, "w"),
            event("w", "RETIREMENT", 6, item="P"),
        ],
    )
    assert [(result.event_id, result.status.value) for result in results] == [
        ("in", "ACCEPTED"),
        ("broken", "REJECTED"),
        ("ghost", "REJECTED"),
        ("p", "ACCEPTED"),
        ("again", "CONTESTED"),
        ("unknown", "PENDING"),
        ("m", "ACCEPTED"),
        ("v", "ACCEPTED"),
        ("w", "VOIDED"),
    ]
    conflict = results[4].problems[0]
    assert (conflict.code, conflict.key, conflict.conflicts_with) == ("ALREADY_INSTALLED", "m", "in")
    assert [problem.code for problem in results[5].problems] == ["UNKNOWN_ITEM"]
    async with store.snapshot() as snapshot:
        kept = [stored.event_id for stored in await snapshot.event_page(EventFilter(), None, 99)]
    assert kept == ["in", "p", "again", "unknown", "m", "v", "w"], "the log keeps the order sent"


async def check_a_malformed_event_says_where_and_why(store: Store) -> None:
    told: list[Any] = [b"{not json", {**made("x", 1, unit("m")), "actor": ""}, orjson.dumps(made("y", 1, unit("n")))]
    results = await record(store, told)
    assert [result.status for result in results] == [RecordStatus.REJECTED] * 2 + [RecordStatus.ACCEPTED]
    assert results[0].event_id is None
    assert [(result.problems[0].code, result.problems[0].field) for result in results[:2]] == [
        ("MALFORMED", None),
        ("MALFORMED", "actor"),
    ]
    assert await store.sequence_at(None) == 1, "what is malformed is not stored"


SAID = {
    "eventId": "e",
    "type": "REGISTRATION",
    "occurredAt": "2024-03-01T12:00:00+08:00",
    "actor": "A",
    "organization": {
        "key": "A",
        "name": "A works",
        "authorizations": [{"scope": "RECYCLING", "validFrom": "2024-01-01T00:00:00Z"}],
    },
}
MADE = made("m", 1, unit("m", massKg=2, composition={"Li": 1}))
FREE = event("i", "INSPECTION", 2, item="m") | {"attributes": {"shift": "night", "slots": [1, 2.5, {"a": None}]}}


async def check_free_data_of_an_event_is_kept_as_it_is(store: Store) -> None:
    assert await tell(store, MADE, FREE, FREE) == ["ACCEPTED", "ACCEPTED", "DUPLICATE"]
    async with store.snapshot() as snapshot:
        (stored,) = await snapshot.stored(["i"])
    assert stored.payload is not None
    assert orjson.loads(stored.payload)["attributes"] == FREE["attributes"]
    other = FREE | {"attributes": {"shift": "day"}}
    assert [result.status for result in await record(store, [other])] == [RecordStatus.REJECTED]


async def check_whole_numbers_are_kept_exactly_or_refused_with_their_place(store: Store) -> None:
    """What fits 64 bits, with or without a sign, comes back as it was; more is refused wherever it stands."""
    most, least = 2**64 - 1, -(2**63)
    numbers = {"cycleCount": most, "stateOfHealthPercent": most, "low": least, "precise": 2**53 + 1}
    made_of = MADE | {"eventId": "n", "outputs": [unit("n", attributes={"serial": most, "list": [least]})]}
    seen = FREE | {"eventId": "seen", "item": "n", "measurements": numbers, "attributes": {"counter": most}}
    assert await tell(store, made_of, seen) == ["ACCEPTED", "ACCEPTED"]
    async with store.snapshot() as snapshot:
        told = {one.event_id: orjson.loads(one.payload or b"{}") for one in await snapshot.stored(["n", "seen"])}
        (details,) = await snapshot.details(list((await snapshot.keyed(["n"])).values()))
    assert (told["seen"]["measurements"], told["seen"]["attributes"]) == (numbers, {"counter": most})
    assert orjson.loads(details.spec)["attributes"] == {"serial": most, "list": [least]}
    beyond = FREE | {"eventId": "beyond", "attributes": {"deep": [{"counter": most + 1}]}}
    for submitted in (beyond, json.dumps(beyond), json.dumps(beyond).encode()):
        (result,) = await record(store, [submitted])
        assert (result.event_id, result.status) == ("beyond", RecordStatus.REJECTED)
        assert [problem.field for problem in result.problems] == ["attributes.deep.0.counter"]
        assert "18446744073709551616 is a whole number beyond 64 bits" in result.problems[0].message
    assert await store.sequence_at(None) == 2, "nothing of it is recorded"


async def check_equal_content_is_a_duplicate(store: Store) -> None:
    assert await tell(store, SAID, MADE) == ["ACCEPTED", "ACCEPTED"]
    organization: Event = SAID["organization"]  # type: ignore[assignment]
    authorization = {"validFrom": "2024-01-01T08:00:00+08:00", "scope": "RECYCLING", "validTo": None}
    same: dict[str, Event] = {
        "keys in another order": dict(reversed(SAID.items())),
        "another offset of the same instant": {**SAID, "occurredAt": "2024-03-01T04:00:00Z"},
        "a fraction of zeros": {**SAID, "occurredAt": "2024-03-01T04:00:00.000Z"},
        "null for absent": {**SAID, "note": None, "place": None},
        "null for absent, further in": {**SAID, "organization": {**organization, "region": None}},
        "an instant further in": {**SAID, "organization": {**organization, "authorizations": [authorization]}},
        "2.0 for 2": {**MADE, "outputs": [unit("m", massKg=2.0, composition={"Li": 1.0})]},
        "2e0 for 2": orjson.loads(orjson.dumps(MADE).replace(b'"massKg":2', b'"massKg":2e0')),
    }
    for name, again in same.items():
        results = await record(store, [again])
        assert results == [RecordedEvent(again["eventId"], RecordStatus.DUPLICATE)], f"{name}: {results}"
    assert await store.sequence_at(None) == 2, "a duplicate has no effect"


async def check_other_content_under_a_known_id_is_rejected(store: Store) -> None:
    assert await tell(store, MADE) == ["ACCEPTED"]
    other: dict[str, Event] = {
        "another mass": made("m", 1, unit("m", massKg=2.5, composition={"Li": 1})),
        "another instant": made("m", 1.5, unit("m", massKg=2, composition={"Li": 1})),
        "another actor": {**MADE, "actor": "B"},
        "a default spelled out is other content": {**MADE, "step": 1},
        "another type": event("m", "RETIREMENT", 1, item="m"),
    }
    for name, reused in other.items():
        (result,) = await record(store, [reused])
        problem = result.problems[0]
        assert (result.status, problem.code) == (RecordStatus.REJECTED, "EVENT_ID_REUSED"), name
        assert (problem.field, problem.conflicts_with) == ("eventId", "m")
    results = await record(store, [made("n", 1, unit("n")), made("n", 2, unit("n")), made("n", 1, unit("n"))])
    assert [result.status.value for result in results] == ["ACCEPTED", "REJECTED", "DUPLICATE"], "within one batch"
    assert results[1].problems[0].code == "EVENT_ID_REUSED"
    assert await store.sequence_at(None) == 2


async def check_reject_turns_away_what_would_be_kept(store: Store) -> None:
    await tell(store, made("p", 1, unit("P", "BATTERY"), unit("Q", "BATTERY"), unit("m")), moved("in", *IN))
    before = await store.sequence_at(None)
    results = await record(
        store,
        [
            moved("twice", "INSTALLATION", 4, "m", "Q"),
            made("x", 4, unit("X", "BATTERY", ["ghost"])),
            event("sell-x", "TRANSFER", 5, items=["X"], to="B"),
            event("got-x", "RECEIPT", 6, "B", transfer="sell-x"),
            event("look", "INSPECTION", 5, item="P"),
        ],
        OnConflict.REJECT,
    )
    assert [(result.status.value, *(problem.code for problem in result.problems)) for result in results] == [
        ("REJECTED", "ALREADY_INSTALLED"),
        ("REJECTED", "UNKNOWN_ITEM"),
        ("REJECTED", "UNKNOWN_ITEM"),
        ("REJECTED", "UNKNOWN_EVENT"),
        ("ACCEPTED",),
    ]
    assert results[0].problems[0].conflicts_with == "in"
    assert await store.sequence_at(None) == before + 1, "what is turned away is not stored"
    assert await standing(store, "p", "in", "look", "twice", "x") == ["ACCEPTED", "ACCEPTED", "ACCEPTED", "-", "-"]
    assert await tell(store, moved("twice", "REMOVAL", 4, "m", "P")) == ["ACCEPTED"], "the id is free again"


IN = ("INSTALLATION", 2, "m", "P")


async def check_reject_lets_a_late_event_shake_what_is_stored(store: Store) -> None:
    """REJECT is about the events sent; one that is possible is taken, though it makes a stored one contested."""
    await tell(store, made("p", 1, unit("P", "BATTERY"), unit("Q", "BATTERY"), unit("m")), moved("in", *IN))
    assert await tell(store, moved("early", "INSTALLATION", 1.5, "m", "Q"), on_conflict=OnConflict.REJECT) == [
        "ACCEPTED"
    ]
    assert await standing(store, "early", "in") == ["ACCEPTED", "CONTESTED"]


async def check_all_or_nothing(store: Store) -> None:
    good, bad = made("p", 1, unit("P", "BATTERY")), {"eventId": "bad"}
    results = await record(store, [good, bad], all_or_nothing=True)
    assert [result.problems[0].code for result in results] == ["BATCH_REJECTED", "MALFORMED"]
    assert await store.sequence_at(None) == 0, "one rejected event turns the whole batch away"
    pending = moved("in", "INSTALLATION", 2, "m", "P")
    assert await tell(store, good) == ["ACCEPTED"]
    results = await record(store, [good, {**good, "actor": "B"}, made("q", 1, unit("Q"))], all_or_nothing=True)
    assert [result.status.value for result in results] == ["DUPLICATE", "REJECTED", "REJECTED"]
    results = await record(store, [made("q", 1, unit("Q")), pending], OnConflict.REJECT, all_or_nothing=True)
    assert [result.problems[0].code for result in results] == ["BATCH_REJECTED", "UNKNOWN_ITEM"]
    assert await store.sequence_at(None) == 1
    results = await record(store, [made("q", 1, unit("Q")), pending], all_or_nothing=True)
    assert [result.status.value for result in results] == ["ACCEPTED", "PENDING"], "pending is kept, not rejected"


def _new(told: Event) -> NewEvent:
    read = read_event(told)
    assert isinstance(read, NewEvent)
    return read


class _Stop(Exception):
    pass


async def check_an_exception_in_the_writer_leaves_nothing(store: Store) -> None:
    await tell(store, made("p", 1, unit("P", "BATTERY")))

    async def stop(writer: Writer) -> None:
        outcomes = await writer.append([_new(made("m", 1, unit("m"))), _new(moved("in", *IN))])
        assert [outcome.status for outcome in outcomes.values()] == [EventStatus.ACCEPTED] * 2
        raise _Stop

    try:
        await store.write(stop)
    except _Stop:
        pass
    else:
        raise AssertionError("an exception inside a write must come out of it")
    assert await store.sequence_at(None) == 1
    async with store.snapshot() as snapshot:
        assert await snapshot.find("m") is None, "an item of a write that failed is not known"
        assert await snapshot.event_count(EventFilter()) == 1
    assert await tell(store, made("m", 1.5, unit("m"))) == ["ACCEPTED"], "the store writes on, and the id is free"
    assert await store.verify() == []


async def check_a_stated_moment_is_kept_and_never_goes_back(store: Store) -> None:
    early, late = datetime(2020, 1, 1, tzinfo=UTC), datetime(2020, 1, 2, tzinfo=UTC)

    async def append(writer: Writer, name: str, moment: datetime | None) -> None:
        await writer.append([_new(made(name, 1, unit(name)))], None if moment is None else instant_us(moment))

    await store.write(lambda writer: append(writer, "a", early))
    await store.write(lambda writer: append(writer, "b", late))
    await store.write(lambda writer: append(writer, "c", late))
    assert [await store.sequence_at(moment) for moment in (early, late)] == [1, 3], "equal moments are known together"
    try:
        await store.write(lambda writer: append(writer, "d", early))
    except ValueError:
        pass
    else:
        raise AssertionError("recordedAt never decreases along the sequence")
    await store.write(lambda writer: append(writer, "e", None))
    async with store.snapshot() as snapshot:
        recorded = [stored.recorded_at for stored in await snapshot.event_page(EventFilter(), None, 9)]
    assert recorded[:3] == [early, late, late]
    assert len(recorded) == 4
    assert recorded[3] > late, "what states nothing is recorded now"
    assert await store.verify() == []
    assert await store.rebuild() == 4


async def check_two_appends_in_one_write(store: Store) -> None:
    async def work(writer: Writer) -> None:
        assert await writer.digests(["p", "m"]) == {}
        first, second = _new(made("p", 1, unit("P", "BATTERY"))), _new(made("m", 1, unit("m")))
        await writer.append([first])
        assert await writer.digests(["p", "m"]) == {"p": first.digest}, "what was appended is stored for the writer"
        outcomes = await writer.append([second, _new(moved("in", *IN))])
        assert [(key, outcome.status.value) for key, outcome in outcomes.items()] == [
            ("m", "ACCEPTED"),
            ("in", "ACCEPTED"),
        ]

    await store.write(work)
    assert await store.sequence_at(None) == 3
    assert await store.verify() == []


async def check_what_is_nested_very_deeply(store: Store) -> None:
    """A chain of a thousand units, each inside the next, is odd, but it must not stop anything."""
    deep = 1000
    inside = [moved(f"in{n}", "INSTALLATION", 3, f"u{n}", f"u{n + 1}") for n in range(deep)]
    await tell(store, event("late", "RETIREMENT", 4, item=f"u{deep}"))
    assert await tell(store, made("p", 1, *(unit(f"u{n}", massKg=1) for n in range(deep + 1)))) == ["ACCEPTED"]
    assert set(await tell(store, *inside)) == {"ACCEPTED"}
    assert await tell(store, made("top", 5, unit("T", "BATTERY", [f"u{deep}"], massKg=2000))) == ["ACCEPTED"]
    assert await tell(store, event("rec", "RECYCLING", 9, inputs=[draw("T")], outputs=[lot("L", 900)])) == ["ACCEPTED"]
    assert await standing(store, "late") == ["ACCEPTED"]


async def check_an_empty_batch_is_nothing(store: Store) -> None:
    assert await record(store, []) == []
    assert await record(store, [], OnConflict.REJECT, all_or_nothing=True) == []
    await tell(store, registered("reg", 1, "A"))
    assert await store.sequence_at(None) == 1
