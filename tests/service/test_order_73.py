"""What Order No. 73 asks is judged of everybody in China, registered or not."""

from typing import Any

import pytest

from graph_schema.rules import Finding
from graph_schema.rules.examples import Event, numbered
from service.findings import FindingFilter
from service.keeping import Keeper
from service.kept import found as kept_finding
from service.stores.memory import MemoryStore
from tests.service.test_auditing import found
from tests.service.test_keeping import kept
from tests.support import send, wait

BICYCLE = {"key": "BIKE", "kind": "VEHICLE", "attributes": {"vehicleType": "electric bicycle"}}
RECYCLED = {"inputs": [{"key": "PACK"}], "outputs": [{"key": "BM", "material": "black mass", "massKg": 100}]}


def _on(day: str, kind: str, actor: str, **fields: Any) -> Event:
    return {"type": kind, "occurredAt": f"{day}T08:00:00+08:00", "actor": actor, **fields}


def _known(key: str, role: str, region: str | None = "CN-44", **more: Any) -> Event:
    organization = {"key": key, "roles": [role], **more} | ({} if region is None else {"region": region})
    return _on("2025-01-01", "REGISTRATION", key, organization=organization)


def _made(*parts: str, owner: str = "OWNER", region: str = "CN-44") -> list[Event]:
    """A maker's pack goes to an owner."""
    pack = {"key": "PACK", "kind": "BATTERY", "parts": [{"key": part, "kind": "MODULE"} for part in parts]}
    return [
        _known("MAKER", "BATTERY_MAKER", region), _known("OWNER", "VEHICLE_OWNER", region),
        _known("TRADER", "TRADER"), _on("2025-02-01", "PRODUCTION", "MAKER", outputs=[pack]),
        *([] if owner == "MAKER" else [_on("2025-03-01", "TRANSFER", "MAKER", items=["PACK"], to=owner)]),
    ]  # fmt: skip


def _found(events: list[Event], code: str) -> list[Finding]:
    store = MemoryStore()
    send(store, numbered(events))
    return [one for one in found(store) if one.code == code]


PROCESSING = "UNAUTHORIZED_PROCESSING"


@pytest.mark.parametrize("kind", ["RECYCLING", "DISMANTLING"])
def test_whoever_works_on_a_used_battery_needs_an_authorization_though_nobody_retired_it(kind: str) -> None:
    work: dict[str, Any] = RECYCLED if kind == "RECYCLING" else {"item": "PACK"}
    history = [*_made(), _on("2026-06-01", "TRANSFER", "OWNER", items=["PACK"], to="TRADER")]
    (one,) = _found([*history, _on("2026-06-10", kind, "TRADER", **work)], PROCESSING)
    assert (one.subject, one.evidence, one.parties) == ("PACK", ("e7",), ("TRADER",))
    authorized = [_known("TRADER", "UTILIZER", authorizations=[{"scope": kind}]), *history]
    authorized = [event for event in authorized if event != _known("TRADER", "TRADER")]
    assert _found([*authorized, _on("2026-06-10", kind, "TRADER", **work)], PROCESSING) == []


def test_a_maker_may_recycle_its_own_scrap_that_never_left_it() -> None:
    recycled = _on("2026-06-10", "RECYCLING", "MAKER", **RECYCLED)
    assert _found([*_made(owner="MAKER"), recycled], PROCESSING) == []
    back = _on("2026-06-01", "TRANSFER", "OWNER", items=["PACK"], to="MAKER")
    assert [one.parties for one in _found([*_made(), back, recycled], PROCESSING)] == [("MAKER",)]
    retired = _on("2026-06-01", "RETIREMENT", "MAKER", item="PACK")
    assert len(_found([*_made(owner="MAKER"), retired, recycled], PROCESSING)) == 1, "it was used where it was made"


def test_what_was_inside_of_what_others_held_has_left_its_maker() -> None:
    """The car with the pack is sold and bought back; the pack alone never was anybody else's."""
    car = [
        _on("2025-03-01", "PRODUCTION", "MAKER", outputs=[{"key": "CAR", "kind": "VEHICLE", "parts": ["PACK"]}]),
        _on("2025-04-01", "TRANSFER", "MAKER", items=["CAR"], to="OWNER"),
        _on("2026-05-01", "TRANSFER", "OWNER", items=["CAR"], to="MAKER"),
    ]
    end = [
        _on("2026-05-02", "REMOVAL", "MAKER", part="PACK", host="CAR"),
        _on("2026-06-10", "RECYCLING", "MAKER", **RECYCLED),
    ]
    assert len(_found([*_made(owner="MAKER"), *car, *end], PROCESSING)) == 1
    assert _found([*_made(owner="MAKER"), car[0], *end], PROCESSING) == [], "the car was never sold"


@pytest.mark.parametrize(
    ("place", "region", "judged"),
    [(None, "CN-44", True), (None, "DE-BY", False), ("CN-31", "DE-BY", True), ("DE-BY", "CN-44", False)],
)
def test_what_nobody_registered_is_where_the_event_was_or_who_held_it_before(
    place: str | None, region: str, judged: bool
) -> None:
    where = {} if place is None else {"place": {"region": place}}
    handed = _on("2026-06-01", "TRANSFER", "OWNER", items=["PACK"], to="NOBODY")
    for history in (_made(region=region), [*_made(region=region), handed]):
        events = [*history, _on("2026-06-10", "RECYCLING", "NOBODY", **RECYCLED, **where)]
        assert [one.parties for one in _found(events, PROCESSING)] == [("NOBODY",)] * judged


@pytest.mark.parametrize(
    ("place", "region", "judged"),
    [(None, "CN-44", True), (None, "DE-BY", False), ("CN-31", "DE-BY", True), ("DE-BY", "CN-44", False)],
)
def test_who_is_registered_without_a_region_neither_escapes_nor_is_blamed_abroad(
    place: str | None, region: str, judged: bool
) -> None:
    """As one that nobody registered; a holder without a region says nothing of where the next one is."""
    where = {} if place is None else {"place": {"region": place}}
    somewhere = [_known("SOMEWHERE", "UTILIZER", None), _known("BETWEEN", "OUTLET", None)]
    handed = _on("2026-06-01", "TRANSFER", "OWNER", items=["PACK"], to="BETWEEN")
    recycled = _on("2026-06-10", "RECYCLING", "SOMEWHERE", **RECYCLED, **where)
    found = _found([*somewhere, *_made(region=region), handed, recycled], PROCESSING)
    assert [one.parties for one in found] == [("SOMEWHERE",)] * judged


def test_a_valid_credit_code_is_in_china_without_a_region_and_a_wrong_one_says_nothing() -> None:
    for code, judged in (("91350100M000100Y43", True), ("91350100M000100Y44", False)):
        plant = _known(code, "UTILIZER", None)
        recycled = _on("2026-06-10", "RECYCLING", code, **RECYCLED)
        assert bool(_found([plant, *_made(region="DE-BY"), recycled], PROCESSING)) is judged


def test_what_only_strangers_held_is_judged_where_its_producer_is() -> None:
    """Neither the taker nor the holder before is registered."""
    recycled = _on("2026-06-10", "RECYCLING", "NOBODY", **RECYCLED)
    assert len(_found([*_made(owner="STRANGER"), recycled], PROCESSING)) == 1
    assert _found([*_made(owner="STRANGER", region="DE-BY"), recycled], PROCESSING) == []


def test_a_registered_organization_elsewhere_is_not_judged_wherever_the_battery_is_from() -> None:
    abroad = _known("ABROAD", "UTILIZER", "DE-BY")
    assert _found([abroad, *_made(), _on("2026-06-10", "RECYCLING", "ABROAD", **RECYCLED)], PROCESSING) == []


def test_a_stranger_that_hands_on_what_is_retired_or_scraps_a_car_without_it_is_judged() -> None:
    retired = _on("2026-06-01", "RETIREMENT", "OWNER", item="PACK")
    handed = _on("2026-06-02", "TRANSFER", "NOBODY", items=["PACK"], to="TRADER")
    (one,) = _found([*_made(), retired, handed], "UNAUTHORIZED_RECIPIENT")
    assert one.parties == ("NOBODY", "TRADER")
    scrapped = [
        _on("2025-03-02", "ENROLMENT", "OWNER", items=[{"key": "CAR", "kind": "VEHICLE", "parts": ["PACK"]}]),
        _on("2026-05-02", "REMOVAL", "OWNER", part="PACK", host="CAR"),
        _on("2026-05-03", "SCRAPPING", "NOBODY", item="CAR"),
    ]
    (one,) = _found([*_made(), *scrapped], "BATTERY_MISSING_AT_SCRAPPING")
    assert one.parties == ("NOBODY", "OWNER")


@pytest.mark.parametrize("actor", ["TRADER", "NOBODY"])
def test_a_part_of_what_was_taken_apart_is_waste_though_nobody_retired_it(actor: str) -> None:
    apart = _on("2026-06-10", "DISMANTLING", "TRADER", item="PACK")
    bicycle = _on("2026-06-11", "ENROLMENT", "TRADER", items=[BICYCLE])
    built_in = _on("2026-06-12", "INSTALLATION", actor, part="MODULE", host="BIKE")
    (one,) = _found([*_made("MODULE"), apart, bicycle, built_in], "FORBIDDEN_USE")
    assert (one.subject, one.evidence, one.parties) == ("MODULE", ("e8",), (actor,))
    removed = _on("2026-06-10", "REMOVAL", "TRADER", part="MODULE", host="PACK")
    assert _found([*_made("MODULE"), removed, bicycle, built_in], "FORBIDDEN_USE") == [], "only taken out"


def test_a_battery_of_a_scrapped_car_is_waste_and_what_is_inside_it_too() -> None:
    history = [
        *_made("MODULE"),
        _on("2025-03-02", "ENROLMENT", "OWNER", items=[{"key": "CAR", "kind": "VEHICLE", "parts": ["PACK"]}]),
        _on("2026-05-03", "SCRAPPING", "TRADER", item="CAR"),
        _on("2026-06-01", "ENROLMENT", "TRADER", items=[BICYCLE]),
    ]
    packed = _on("2026-06-12", "INSTALLATION", "TRADER", part="PACK", host="BIKE")
    assert [one.subject for one in _found([*history, packed], "FORBIDDEN_USE")] == ["PACK"]
    taken = _on("2026-06-11", "REMOVAL", "TRADER", part="MODULE", host="PACK")
    built_in = _on("2026-06-12", "INSTALLATION", "TRADER", part="MODULE", host="BIKE")
    assert [one.subject for one in _found([*history, taken, built_in], "FORBIDDEN_USE")] == ["MODULE"]


def test_where_a_stranger_is_judged_follows_registrations_that_come_later() -> None:
    """What is kept is brought up to date: the holder before was in the pack's car, and its region is told at last."""
    store = MemoryStore()
    car = {"key": "CAR", "kind": "VEHICLE", "parts": [{"key": "PACK", "kind": "BATTERY"}]}
    history = [
        _on("2025-02-01", "PRODUCTION", "MAKER", outputs=[car]),
        _on("2025-03-01", "TRANSFER", "MAKER", items=["CAR"], to="OWNER"),
        _on("2026-06-09", "REMOVAL", "NOBODY", part="PACK", host="CAR"),
        _on("2026-06-10", "RECYCLING", "NOBODY", **RECYCLED),
    ]
    send(store, numbered(history))

    def judged() -> list[str]:
        wait(store, Keeper(store).run())
        return [key for code, key in kept(store) if code == PROCESSING]

    assert judged() == []
    send(store, [{"eventId": "maker", **_known("MAKER", "VEHICLE_MAKER")}])
    assert judged() == ["PACK"], "it was made in China"
    send(store, [{"eventId": "owner", **_known("OWNER", "VEHICLE_OWNER", "DE-BY")}])
    assert judged() == [], "and driven elsewhere"


def test_a_namesake_that_is_reported_anew_is_proven_by_its_new_birth() -> None:
    store = MemoryStore()

    def cell(event_id: str, key: str) -> Event:
        spec = {"key": key, "kind": "CELL", "identifiers": [{"scheme": "SN", "value": "7"}]}
        return {"eventId": event_id, **_on("2026-06-01", "PRODUCTION", "MAKER", outputs=[spec])}

    def evidence() -> tuple[str, ...]:
        async def ask() -> tuple[str, ...]:
            async with store.snapshot() as snapshot:
                rows = await snapshot.finding_page(FindingFilter(codes=("SHARED_IDENTIFIER",)), None, 10)
            return next(one.evidence for one in map(kept_finding, rows) if one.subject == "ONE")

        wait(store, Keeper(store).run())
        return wait(store, ask())

    send(store, [cell("one", "ONE"), cell("other", "OTHER")])
    assert evidence() == ("one", "other")
    send(store, [{"eventId": "void", **_on("2026-06-02", "VOIDING", "MAKER", voids="other")}, cell("anew", "OTHER")])
    assert evidence() == ("one", "anew")
