"""Findings on enterprises: what they recover in a calendar year."""

from datetime import UTC, datetime
from typing import Any

import pytest

from graph_schema.rules.finding import Finding
from seed.nation import Nation
from service.enterprises import organization_findings
from service.phrases import translated
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


def mixed(
    year: int, region: str, *packs: tuple[str | None, str, float], together: bool = False
) -> list[dict[str, Any]]:
    """Packs of so many kilograms of 10 that come back, by chemistry and element; each by itself, or all in one lot."""
    told_of = [told(1, "REGISTRATION", "2019-01-01", organization=PLANT | {"region": region})]
    content: dict[str, float] = {}
    for number, (chemistry, element, _) in enumerate(packs):
        stated = {} if chemistry is None else {"chemistry": chemistry}
        pack = {"key": f"P{number}", "kind": "BATTERY", "massKg": 100.0, "composition": {element: 10.0}, **stated}
        told_of.append(told(10 + number, "ENROLMENT", "2019-02-01", items=[pack]))
        content[element] = content.get(element, 0.0) + 10.0
    batches = [range(len(packs))] if together else [[number] for number in range(len(packs))]
    for number, batch in enumerate(batches):
        entered = content if together else {packs[number][1]: 10.0}
        out: dict[str, float] = {}
        for one in batch:
            out[packs[one][1]] = out.get(packs[one][1], 0.0) + packs[one][2]
        black = {"key": f"B{number}", "material": "black mass", "massKg": 50.0, "composition": entered}
        salt = {"key": f"S{number}", "material": "salt", "massKg": 40.0, "composition": out}
        inputs = [{"key": f"P{one}"} for one in batch]
        told_of += [
            told(100 + number, "RECYCLING", f"{year}-05-01", inputs=inputs, outputs=[black]),
            told(
                200 + number,
                "REFINING",
                f"{year}-06-01",
                inputs=[{"key": f"B{number}", "massKg": 50.0}],
                outputs=[salt],
            ),
        ]
    return told_of


NMC, OTHER_NMC = ("NMC622", "Ni", 9.7), ("NMC811", "Ni", 10.0)


@pytest.mark.parametrize(
    ("events", "missed"),
    [
        (mixed(2025, "CN-43", NMC, OTHER_NMC),
         "at most 97.0% of Ni in NMC622 is recovered, where 98% are asked for"),
        (mixed(2025, "CN-43", NMC, OTHER_NMC, together=True), None),
        (mixed(2025, "CN-43", ("NMC622", "Li", 9.5), ("LFP", "Li", 8.8), (None, "Li", 8.0)),
         "at most 88.0% of Li in LFP is recovered, where 90% are asked for; "
         "at most 80.0% of Li is recovered, where 90% are asked for"),
        (mixed(2025, "CN-43", ("LFP", "Ni", 0.1), ("LFP", "Mn", 0.1), ("LFP/graphite", "Co", 0.1)), None),
        (mixed(2025, "CN-43", ("LiFePO4", "Ni", 0.1), ("磷酸铁锂", "Mn", 0.1), ("C-LFP", "Co", 0.1)), None),
        (mixed(2025, "CN-43", ("LFP+NMC622", "Ni", 0.1)),
         "at most 1.0% of Ni in LFP+NMC622 is recovered, where 98% are asked for"),
        (mixed(2028, "BE", ("NMC622", "Ni", 8.8), ("NMC811", "Ni", 9.3), ("LFP", "Ni", 0.1)), None),
        (mixed(2028, "BE", ("NMC622", "Ni", 8.6), ("NMC811", "Ni", 9.2), ("NiMH", "Ni", 9.9)),
         "at most 89.0% of Ni in lithium-based batteries is recovered, where 90% are asked for"),
        (mixed(2028, "BE", ("NMC622", "Ni", 9.9), ("NiCd", "Ni", 8.9)),
         "at most 89.0% of Ni in nickel-cadmium batteries is recovered, where 90% are asked for"),
    ],
    ids=[
        "one chemistry of two", "in one lot, which mixes them", "lithium of each", "cans and steel", "by other names",
        "a mixed chemistry", "lithium-based ones are one category", "and other batteries another",
        "such as nickel-cadmium",
    ],
)  # fmt: skip
def test_each_chemistry_is_judged_by_itself(events: list[dict[str, Any]], missed: str | None) -> None:
    store = MemoryStore()
    send(store, events)
    found = findings(store, "PLANT")
    assert [one.sentence.partition(", ")[2] for one in found] == ([] if missed is None else [missed])
    assert all(translated("zh-Hans", one.sentence) for one in found)


def test_what_a_refiner_recovers_of_bought_black_mass_is_judged_by_what_that_is_of() -> None:
    """The plant that shredded it recovers of each chemistry what the refiner does."""
    events = mixed(2025, "CN-43", NMC, OTHER_NMC)
    refiner = told(2, "REGISTRATION", "2019-01-01", organization=PLANT | {"key": "REFINER"})
    events = [event | ({"actor": "REFINER"} if event["type"] == "REFINING" else {}) for event in events]
    store = MemoryStore()
    send(store, [refiner, *events])
    told_of = [
        (one.subject, one.sentence.partition(", ")[2], one.evidence) for one in findings(store, "PLANT", "REFINER")
    ]
    missed = "at most 97.0% of Ni in NMC622 is recovered, where 98% are asked for"
    assert told_of == [("PLANT", missed, ("e100", "e101")), ("REFINER", missed, ("e200", "e201"))]


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
