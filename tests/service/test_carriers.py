"""A carrier has a waste battery for who gave it: what is asked is to whom it brings it, and that it does."""

from datetime import UTC, datetime
from itertools import pairwise

import pytest

from graph_schema.rules import RULE_SETS
from graph_schema.rules.examples import Event, numbered
from graph_schema.rules.history import History
from service.auditing import histories
from service.ports import ItemFilter
from service.stores.memory import MemoryStore
from tests.service.test_order_73 import _found, _known, _made, _on
from tests.support import send, wait

RECIPIENT = "UNAUTHORIZED_RECIPIENT"


def _history(*more: Event) -> list[Event]:
    known = [_known("HAUL", "CARRIER"), _known("OUTLET", "OUTLET"), _known("SHOP", "REPAIRER")]
    retired = _on("2026-06-01", "RETIREMENT", "OWNER", item="PACK")
    return [*known, *_made(), retired, *more]


def _sent(day: str, actor: str, to: str, key: str = "PACK") -> Event:
    return _on(day, "TRANSFER", actor, items=[key], to=to)


def test_a_carrier_that_brings_it_to_an_outlet_is_no_recipient() -> None:
    there = [_sent("2026-06-02", "OWNER", "HAUL"), _sent("2026-06-04", "HAUL", "OUTLET")]
    assert _found(_history(*there), RECIPIENT) == []


def test_two_carriers_in_a_row_and_a_pallet_are_no_recipients() -> None:
    pallet = "urn:epc:id:sscc:0614141.1234567890"
    packed = _on("2026-06-02", "PRODUCTION", "OWNER", outputs=[{"key": pallet, "kind": "COMPONENT", "parts": ["PACK"]}])
    way = [
        _known("SHIP", "CARRIER"), _sent("2026-06-03", "OWNER", "HAUL", pallet),
        _sent("2026-06-10", "HAUL", "SHIP", pallet), _sent("2026-07-05", "SHIP", "OUTLET", pallet),
    ]  # fmt: skip
    assert _found(_history(packed, *way), RECIPIENT) == []


def test_who_a_carrier_brings_it_to_is_judged_as_ever() -> None:
    there = [_sent("2026-06-02", "OWNER", "HAUL"), _sent("2026-06-04", "HAUL", "TRADER")]
    (one,) = _found(_history(*there), RECIPIENT)
    assert one.parties == ("HAUL", "TRADER")


@pytest.mark.parametrize(("by", "judged"), [("OWNER", 0), ("OUTLET", 1)])
def test_only_an_owner_may_leave_it_with_a_repairer_by_a_carrier_too(by: str, judged: int) -> None:
    first = [] if by == "OWNER" else [_sent("2026-06-02", "OWNER", by)]
    there = [*first, _sent("2026-06-03", by, "HAUL"), _sent("2026-06-04", "HAUL", "SHOP")]
    assert [one.parties for one in _found(_history(*there), RECIPIENT)] == [("HAUL", "SHOP")] * judged


@pytest.mark.parametrize("more", [[], [_sent("2026-07-10", "HAUL", "OUTLET")], [_sent("2026-06-05", "HAUL", "HAUL")]])
def test_a_carrier_that_keeps_it_is_a_recipient_from_when_the_time_is_over(more: list[Event]) -> None:
    (one,) = _found(_history(_sent("2026-06-02", "OWNER", "HAUL"), *more), RECIPIENT)
    assert one.parties == ("OWNER", "HAUL")
    assert "a carrier, which did not hand it on within 30 days" in one.sentence
    assert one.since == datetime(2026, 7, 2, 16, tzinfo=UTC)


def test_what_somebody_else_works_on_has_arrived_and_the_gap_is_told() -> None:
    plant = _known("PLANT", "UTILIZER", authorizations=[{"scope": "DISMANTLING"}])
    there = [_sent("2026-06-02", "OWNER", "HAUL"), _on("2026-06-20", "DISMANTLING", "PLANT", item="PACK")]
    assert _found(_history(plant, *there), RECIPIENT) == []
    assert [one.parties for one in _found(_history(plant, *there), "CUSTODY_GAP")] == [("PLANT", "HAUL")]


def test_who_is_no_carrier_is_judged_at_once_though_it_hands_it_on() -> None:
    there = [_sent("2026-06-02", "OWNER", "TRADER"), _sent("2026-06-04", "TRADER", "OUTLET")]
    (one,) = _found(_history(*there), RECIPIENT)
    assert one.parties == ("OWNER", "TRADER")


def test_an_authority_may_seize_it_and_whom_it_gives_it_to_is_judged() -> None:
    there = [_known("POLICE", "REGULATOR"), _sent("2026-06-02", "OWNER", "POLICE")]
    assert _found(_history(*there), RECIPIENT) == []
    assert len(_found(_history(*there, _sent("2026-08-02", "POLICE", "TRADER")), RECIPIENT)) == 1


@pytest.mark.parametrize(("back", "judged"), [("2026-06-30", 0), ("2026-07-03", 1)])
def test_what_is_turned_away_goes_back_in_the_time_to_confirm_it(back: str, judged: int) -> None:
    there = [_sent("2026-06-02", "OWNER", "OUTLET"), _sent(back, "OUTLET", "OWNER")]
    assert len(_found(_history(*there), RECIPIENT)) == judged


THERE_AND_BACK = {
    "by the carrier that brought it": "OWNER HAUL OUTLET HAUL OWNER",
    "by a carrier": "OWNER OUTLET HAUL OWNER",
    "by another carrier": "OWNER HAUL OUTLET SHIP OWNER",
    "by two carriers": "OWNER HAUL SHIP OUTLET SHIP HAUL OWNER",
    "from carrier to carrier": "OWNER HAUL SHIP HAUL OWNER",
    "of a trader": "OWNER HAUL TRADER HAUL OWNER",
}


def _way(names: str, *days: str) -> list[Event]:
    """From hand to hand, on days of 2026, of which there may be more."""
    return [_sent(f"2026-{day}", *pair) for day, pair in zip(days, pairwise(names.split()), strict=False)]


@pytest.mark.parametrize("way", THERE_AND_BACK.values(), ids=THERE_AND_BACK)
def test_what_is_turned_away_may_go_back_by_carriers(way: str) -> None:
    there = _way(way, "06-02", "06-03", "06-04", "06-05", "06-06", "06-07")
    trader = [("HAUL", "TRADER")] if "TRADER" in way else []
    assert [one.parties for one in _found(_history(_known("SHIP", "CARRIER"), *there), RECIPIENT)] == trader


@pytest.mark.parametrize(
    ("way", "days", "judged"),
    [
        ("OWNER OUTLET HAUL OWNER", ("06-02", "07-03", "07-04"), ("HAUL", "OWNER")),
        ("OWNER HAUL OUTLET HAUL OWNER", ("06-02", "06-03", "07-10", "07-11"), ("HAUL", "OWNER")),
        ("OWNER HAUL OUTLET HAUL TRADER", ("06-02", "06-03", "06-04", "06-05"), ("HAUL", "TRADER")),
        ("OWNER HAUL OUTLET HAUL", ("06-02", "06-03", "06-04"), ("OUTLET", "HAUL")),
    ],
)
def test_what_comes_late_or_elsewhere_or_stays_with_a_carrier_was_not_turned_away(
    way: str, days: tuple[str, ...], judged: tuple[str, str]
) -> None:
    assert [one.parties for one in _found(_history(*_way(way, *days)), RECIPIENT)] == [judged]


@pytest.mark.parametrize("to", ["TRADER", "KOREAN"])
def test_a_foreign_carrier_brings_it_for_who_gave_it(to: str) -> None:
    known = [_known("ABROAD", "CARRIER", region="KR"), _known("KOREAN", "TRADER", region="KR")]
    (one,) = _found(_history(*known, *_way(f"OWNER ABROAD {to}", "06-02", "06-05")), RECIPIENT)
    assert one.parties == ("ABROAD", to)
    assert _found(_history(*known, *_way("OWNER ABROAD OUTLET", "06-02", "06-05")), RECIPIENT) == []
    kept = _found(_history(*known, *_way("OWNER ABROAD", "06-02")), RECIPIENT)
    assert [one.parties for one in kept] == [("OWNER", "ABROAD")]


def test_what_foreigners_do_among_themselves_is_not_judged() -> None:
    known = [_known("ABROAD", "CARRIER", region="KR"), _known("KOREAN", "TRADER", region="KR")]
    there = _way("OWNER KOREAN ABROAD OTHER", "06-02", "06-05", "06-07")
    assert [one.parties for one in _found(_history(*known, *there), RECIPIENT)] == [("OWNER", "KOREAN")]


@pytest.mark.parametrize(
    ("event", "judged"),
    [
        (_on("2026-06-04", "DISPOSAL", "HAUL", items=["PACK"], method="THEFT"), 0),
        (_on("2026-06-04", "REPURPOSING", "TRADER", outputs=[{"key": "SL", "kind": "BATTERY", "parts": ["PACK"]}]), 0),
        (_on("2026-06-04", "INSPECTION", "HAUL", item="PACK", measurements={"stateOfHealthPercent": 50}), 1),
        (_on("2026-07-04", "DISPOSAL", "HAUL", items=["PACK"], method="THEFT"), 1),
    ],
)
def test_what_a_carrier_does_not_have_any_more_it_does_not_keep(event: Event, judged: int) -> None:
    there = [_sent("2026-06-02", "OWNER", "HAUL"), event]
    assert [one.parties for one in _found(_history(*there), RECIPIENT)] == [("OWNER", "HAUL")] * judged


def test_a_workshop_that_retires_a_battery_may_not_give_it_back() -> None:
    """What it was given was no waste yet."""
    repaired = [
        _known("SHOP", "REPAIRER"), *_made(), _sent("2026-05-02", "OWNER", "SHOP"),
        _on("2026-05-03", "RETIREMENT", "SHOP", item="PACK"), _sent("2026-05-04", "SHOP", "OWNER"),
    ]  # fmt: skip
    assert [one.parties for one in _found(repaired, RECIPIENT)] == [("SHOP", "OWNER")]
    by_carrier = [_known("HAUL", "CARRIER"), *repaired[:-1], *_way("SHOP HAUL OWNER", "05-04", "05-05")]
    assert [one.parties for one in _found(by_carrier, RECIPIENT)] == [("HAUL", "OWNER")]


def test_nobody_confirms_what_it_hands_to_itself() -> None:
    assert _found(_history(_sent("2026-06-02", "OWNER", "OWNER")), "UNCONFIRMED_TRANSFER") == []


def _to_and_fro(times: int) -> tuple[History, list[str]]:
    """What is seen of a pack that two carriers hand to each other, and the event that is left with one of them."""
    carriers = [("HAUL", "SHIP") if turn % 2 == 0 else ("SHIP", "HAUL") for turn in range(times)]
    way = [
        {**_sent("2026-06-03", *pair), "occurredAt": f"2026-06-03T{turn // 60:02}:{turn % 60:02}:00Z"}
        for turn, pair in enumerate(carriers)
    ]
    events = numbered(_history(_known("SHIP", "CARRIER"), _sent("2026-06-02", "OWNER", "HAUL"), *way))
    store = MemoryStore()
    send(store, events)

    async def read() -> History:
        async with store.snapshot() as snapshot:
            items = [handle for handle, _ in await snapshot.item_page(ItemFilter(), None, 10)]
            (history,) = (await histories(snapshot, items)).values()
            return history

    return wait(store, read()), [events[-1]["eventId"]]


def test_each_hand_over_between_carriers_is_looked_at_a_few_times(monkeypatch: pytest.MonkeyPatch) -> None:
    looks: list[str] = []

    def counted(name: str) -> None:
        plain = getattr(History, name)
        monkeypatch.setattr(History, name, lambda history, event: looks.append(name) or plain(history, event))

    for name in ("concerns", "receiver"):
        counted(name)
    (rule,) = (rule for rules in RULE_SETS for rule in rules.rules if rule.code == RECIPIENT)
    counts = []
    for times in (40, 160):
        history, last = _to_and_fro(times)
        looks.clear()
        (one,) = rule.judge(rule, history)
        assert list(one.evidence) == last
        counts.append(len(looks))
    assert counts[1] <= 4 * counts[0]
