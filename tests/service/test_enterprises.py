"""Findings on enterprises: what they recover in a calendar year."""

from datetime import UTC, datetime
from typing import Any

import pytest

from graph_schema.rules.finding import Finding
from seed.nation import Nation
from service.enterprises import organization_findings
from service.ports import Store
from service.stores.memory import MemoryStore
from tests.support import send, wait

CODE = "RECOVERY_BELOW_THRESHOLD"
PLANT = {"key": "PLANT", "roles": ["UTILIZER"], "region": "CN-43"}


def findings(store: Store, *organizations: str) -> list[Finding]:
    """Of some organizations."""

    async def ask() -> list[Finding]:
        async with store.snapshot() as snapshot:
            judged = await organization_findings(snapshot)
        assert judged.failures == []
        return [one for key in organizations for one in judged.of.get(key, [])]

    return wait(store, ask())


def told(number: int, kind: str, at: str, actor: str = "PLANT", **fields: Any) -> dict[str, Any]:
    return {"eventId": f"e{number}", "type": kind, "occurredAt": f"{at}T12:00:00+08:00", "actor": actor, **fields}


def plant(
    year: int, nickel_kg: float, region: str = "CN-43", lithium_kg: float = 4.6, **black: Any
) -> list[dict[str, Any]]:
    """A pack with 10 kg of nickel and 5 kg of lithium, recycled, refined to so much nickel and lithium."""
    pack = {"key": "PACK", "kind": "BATTERY", "massKg": 100.0, "composition": {"Ni": 10.0, "Li": 5.0}}
    mass = {"key": "BM", "material": "black mass", "massKg": 50.0, "composition": {"Ni": 10.0, "Li": 5.0}} | black
    salts = {"key": "SALT", "material": "sulphates", "massKg": 40.0, "composition": {"Ni": nickel_kg, "Li": lithium_kg}}
    return [
        told(1, "REGISTRATION", "2019-01-01", organization=PLANT | {"region": region}),
        told(2, "ENROLMENT", "2019-02-01", items=[pack]),
        told(3, "RECYCLING", f"{year}-05-01", inputs=[{"key": "PACK"}], outputs=[mass]),
        told(4, "REFINING", f"{year}-06-01", inputs=[{"key": "BM", "massKg": 50.0}], outputs=[salts]),
    ]


def test_too_little_is_told_with_its_evidence(store: Store) -> None:
    send(store, plant(2025, 9.7))
    (one,) = findings(store, "PLANT", "NOBODY")
    assert (one.code, one.rule_set, one.subject) == (CODE, "cn-conditions-2024", "PLANT")
    assert one.sentence == (
        "of what entered the plants of PLANT in 2025, at most 97.0% of Ni is recovered, where 98% are asked for"
    )
    assert one.evidence == ("e3", "e4")
    assert one.since == datetime(2025, 12, 31, 16, tzinfo=UTC), "from the end of the year in China"


@pytest.mark.parametrize(
    ("what", "events"),
    [
        ("enough", plant(2025, 9.8)),
        ("before the conditions", plant(2024, 9.7)),
        ("in another country", plant(2025, 9.7, region="DE-BY")),
        ("still in process", plant(2025, 9.7)[:3]),
        ("not known", plant(2025, 9.7, composition=None)),
    ],
)
def test_nothing_is_found_of(what: str, events: list[dict[str, Any]]) -> None:
    store = MemoryStore()
    send(store, events)
    assert findings(store, "PLANT") == [], what


@pytest.mark.parametrize(
    ("year", "nickel_kg", "lithium_kg", "missed"),
    [
        (2027, 8.9, 2.0, None),
        (2028, 8.9, 2.6, "at most 89.0% of Ni is recovered, where 90% are asked for"),
        (2028, 9.1, 2.4, "at most 48.0% of Li is recovered, where 50% are asked for"),
        (2031, 9.1, 2.6, None),
        (2032, 9.1, 4.1, "at most 91.0% of Ni is recovered, where 95% are asked for"),
        (2032, 9.6, 4.0, None),
    ],
)
def test_in_the_european_union_a_year_is_judged_by_the_targets_reached_before_it(
    year: int, nickel_kg: float, lithium_kg: float, missed: str | None
) -> None:
    store = MemoryStore()
    send(store, plant(year, nickel_kg, "BE", lithium_kg))
    found = findings(store, "PLANT")
    assert [one.sentence.partition(", ")[2] for one in found] == ([] if missed is None else [missed])
    for one in found:
        assert (one.code, one.rule_set, one.evidence) == (CODE, "eu-2023-1542", ("e3", "e4"))
        assert one.since == datetime(year + 1, 1, 1, tzinfo=UTC), "from the end of the year in UTC"


def test_a_nation_is_found_lossy_where_that_was_planted() -> None:
    for rate in (0.0, 0.5):
        nation = Nation(1500, 3, trouble={CODE: rate})
        events = list(nation.events())
        store = MemoryStore()
        send(store, events)
        recyclers = {event["actor"] for event in events if event["type"] == "REFINING"}
        planted = {one.key for one in nation.planted}
        found = findings(store, *sorted(recyclers))
        assert {one.subject for one in found} == planted
        assert bool(found) == bool(rate)
