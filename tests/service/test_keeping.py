"""Findings that are kept, on every store: in step with the log, by the rules at hand, whoever keeps them."""

from datetime import UTC, datetime

import pytest

from graph_schema.order import instant_us
from graph_schema.rules import CN_2018_35, INTEGRITY, RULE_SETS, RuleSet
from seed.story import OUTLET, PACK_VANISHED, RECYCLER, TAXI, module, story
from service import dependents
from service.findings import CountBy, FindingFilter, Subject
from service.keeping import Keeper, fingerprint
from service.kept import found
from service.ports import Store
from service.recording import RecordStatus
from service.stores.contract.telling import draw, event, lot, made, moment, moved, registered, unit
from service.stores.memory import MemoryStore
from tests.support import send, wait

DAY_US = 86_400_000_000


def kept(store: Store) -> list[tuple[str, str]]:
    """Codes and subjects."""

    async def ask() -> list[tuple[str, str]]:
        async with store.snapshot() as snapshot:
            findings = await snapshot.finding_page(FindingFilter(), None, 10_000)
        return sorted((one.code, found(one).subject) for one in findings)

    return wait(store, ask())


STORY = [
    ("CONFLICTING_CLAIMS", module(3)),
    ("CUSTODY_GAP", PACK_VANISHED),
    ("MISSING_RECORD", OUTLET),
    ("RECOVERY_BELOW_THRESHOLD", RECYCLER),
    ("STALE_CUSTODY", PACK_VANISHED),
    ("UNCONFIRMED_TRANSFER", PACK_VANISHED),
    ("UNREGISTERED_ORGANIZATION", PACK_VANISHED),
]


def test_in_step_with_the_log_whatever_the_batches(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependents, "PAGE", 3)
    keeper = Keeper(store, page=5)
    events = list(story())
    for start in range(0, len(events), 9):
        send(store, events[start : start + 9])
        wait(store, keeper.step())
    assert wait(store, keeper.run()) == []
    assert kept(store) == STORY
    send(store, [event("void", "VOIDING", 15_000, TAXI, voids="story-54-transfer")])
    wait(store, Keeper(store).run())
    assert kept(store) == [STORY[0], STORY[2], STORY[3], STORY[4]]


def test_an_audit_of_nothing_comes_before_one_of_something(store: Store) -> None:
    keeper = Keeper(store)
    wait(store, keeper.run())
    send(store, story())
    wait(store, keeper.run())
    assert kept(store) == STORY


def test_a_receipt_and_a_registration_settle_what_they_are_about(store: Store) -> None:
    send(store, [made("p", 1, unit("P"), actor="MAKER"), event("r", "RETIREMENT", 2, "MAKER", item="P")])
    send(store, [event("t", "TRANSFER", 3, "MAKER", items=["P"], to="TAKER", reason="RETURN")])
    wait(store, Keeper(store).run())
    assert {code for code, _ in kept(store)} == {
        "STALE_CUSTODY", "UNCONFIRMED_TRANSFER", "UNREGISTERED_ORGANIZATION",
    }  # fmt: skip
    send(store, [event("got", "RECEIPT", 4, "TAKER", transfer="t")])
    send(store, [registered("m", 5, "MAKER", "BATTERY_MAKER"), registered("k", 5, "TAKER", "OUTLET")])
    wait(store, Keeper(store).run())
    assert [code for code, _ in kept(store)] == ["STALE_CUSTODY"]


def test_what_time_brings_comes_to_light_when_it_does(store: Store) -> None:
    send(store, [made("p", 1, unit("P"), actor="MAKER"), event("r", "RETIREMENT", 2, "MAKER", item="P")])
    clock = [instant_us(moment(10))]
    keeper = Keeper(store, now_us=lambda: clock[0])
    wait(store, keeper.run())

    async def audited_us() -> int:
        async with store.snapshot() as snapshot:
            return (await snapshot.audited()).at_us

    async def born_us() -> int:
        async with store.snapshot() as snapshot:
            (stale,) = await snapshot.finding_page(FindingFilter(codes=("STALE_CUSTODY",)), None, 2)
        assert stale.shown_us == stale.since_us
        return stale.since_us

    born, before = wait(store, born_us()), wait(store, audited_us())
    clock[0] = born - 1
    wait(store, keeper.step())
    assert wait(store, audited_us()) == before, "nothing came to light"
    clock[0] = born + DAY_US
    assert wait(store, keeper.step()).finished
    assert wait(store, audited_us()) == born + DAY_US


def test_other_rules_begin_anew(store: Store) -> None:
    send(store, story())
    wait(store, Keeper(store).run())
    fewer = RuleSet(INTEGRITY.name, INTEGRITY.title, tuple(r for r in INTEGRITY.rules if r.code == "CUSTODY_GAP"))
    assert fingerprint([fewer]) != fingerprint(RULE_SETS)
    wait(store, Keeper(store, [fewer]).run())
    assert kept(store) == [("CUSTODY_GAP", PACK_VANISHED)]


def test_rules_that_have_judged_are_the_same_rules() -> None:
    before = fingerprint(RULE_SETS)
    assert CN_2018_35.rules[0].limits_of["PRODUCTION"]
    assert CN_2018_35.rules[0].holds_at(datetime(2020, 1, 1, tzinfo=UTC))
    assert fingerprint(RULE_SETS) == before


def test_of_two_keepers_the_slower_one_does_nothing(store: Store) -> None:
    send(store, story())
    fast, slow = Keeper(store, page=4), Keeper(store, page=4)
    overtake = slow._changes

    async def overtaken(run):  # type: ignore[no-untyped-def]
        await fast.step()
        return await overtake(run)

    slow._changes = overtaken  # type: ignore[method-assign]
    done = wait(store, slow.step())
    assert (done.lost, done.judged, done.finished) == (True, 0, False)
    wait(store, fast.run())
    assert kept(store) == STORY


def test_a_finding_counts_for_the_region_of_its_first_party(store: Store) -> None:
    send(store, story())
    wait(store, Keeper(store).run())

    async def ask() -> tuple[object, object]:
        async with store.snapshot() as snapshot:
            about = FindingFilter(subject=Subject(PACK_VANISHED))
            return await snapshot.finding_counts(about, CountBy.REGION), await snapshot.finding_counts(about)

    regions, count = wait(store, ask())
    assert count == [(None, 4)]
    assert regions == [("CN-44", 2), (None, 2)]


def test_what_occurs_at_the_end_of_the_calendar_is_judged_too() -> None:
    """In China it is the next day already, which has no name; anybody may record such an event."""
    store = MemoryStore()
    at = [f"9999-12-31T23:59:59.99999{number}Z" for number in range(6)]
    place = {"region": "CN-44"}
    roles = ("BATTERY_MAKER", "VEHICLE_MAKER", "RECYCLER")
    pack, car = unit("P", "BATTERY"), unit("V", "VEHICLE")
    recycled = event("5", "RECYCLING", 0, inputs=[draw("P")], outputs=[lot("L", 1.0)])
    history = [
        made("1", 0, pack, car),
        moved("2", "INSTALLATION", 0, "P", "V"),
        moved("3", "REMOVAL", 0, "P", "V"),
        event("4", "RETIREMENT", 0, item="P"),
        recycled,
    ]
    told = [{**one, "occurredAt": moment, "place": place} for one, moment in zip(history, at, strict=False)]
    answers = send(store, [registered("r", 1, "A", *roles, region="CN-44"), *told])
    assert {one.status for one in answers} == {RecordStatus.ACCEPTED}
    assert wait(store, Keeper(store).run()) == [], "no rule failed"
    assert ("UNAUTHORIZED_PROCESSING", "P") in kept(store)
