"""What reports on one's own organization tell of others, in what they say and in what they are charged."""

from typing import Any

import pytest

from seed.story import MAKER, RECYCLER, STORAGE, TAXI, WORKSHOP
from service.ports import Store
from tests.service.access.conftest import AskAs
from tests.support import send

RECOVERY = (
    "query($organization: String) { report(filter: { organization: $organization }) "
    "{ recovery { elements { element } byChemistry { chemistry } } } }"
)


def event(kind: str, actor: str, day: int, **fields: Any) -> dict[str, Any]:
    at = f"2026-08-{day:02}T00:00:00Z"
    return {"eventId": f"{kind}-{actor}-{day}", "type": kind, "actor": actor, "occurredAt": at, **fields}


@pytest.fixture
def plants(told: Store) -> Store:
    """The story, in which RECYCLER refines black mass of unknown content that TAXI made of a battery with nickel, and
    WORKSHOP recycles a battery of another chemistry with zinc."""
    nickel = {"key": "HB", "kind": "BATTERY", "massKg": 100.0, "chemistry": "NMC", "composition": {"Ni": 10.0}}
    zinc = {"key": "ZB", "kind": "BATTERY", "massKg": 50.0, "chemistry": "ZN-AIR", "composition": {"Zn": 5.0}}
    done = send(told, [
        event("PRODUCTION", TAXI, 1, outputs=[nickel]),
        event("RECYCLING", TAXI, 2, inputs=[{"key": "HB"}],
              outputs=[{"key": "BM", "material": "BLACK_MASS", "massKg": 60.0}]),
        event("TRANSFER", TAXI, 3, items=["BM"], to=RECYCLER),
        event("REFINING", RECYCLER, 4, inputs=[{"key": "BM", "massKg": 60.0}],
              outputs=[{"key": "NS", "material": "NICKEL_SULPHATE", "massKg": 30.0}]),
        event("PRODUCTION", WORKSHOP, 1, outputs=[zinc]),
        event("RECYCLING", WORKSHOP, 2, inputs=[{"key": "ZB"}],
              outputs=[{"key": "ZM", "material": "BLACK_MASS", "massKg": 20.0, "composition": {"Zn": 3.0}}]),
    ])  # fmt: skip
    assert {one.status.value for one in done} == {"ACCEPTED"}
    return told


def recovery(ask: AskAs, who: str) -> Any:
    return ask(who, RECOVERY, organization=who)["data"]["report"]["recovery"]


@pytest.mark.usefixtures("plants")
def test_the_elements_are_those_that_entered_ones_own_plants(ask: AskAs) -> None:
    def elements(who: str) -> list[str]:
        return [one["element"] for one in recovery(ask, who)["elements"]]

    assert elements(STORAGE) == [""]
    assert elements(TAXI) == ["", "Ni"]
    assert elements(WORKSHOP) == ["", "Zn"]
    assert "Ni" in elements(RECYCLER)
    assert "Zn" not in elements(RECYCLER)


@pytest.mark.usefixtures("plants")
def test_the_chemistries_are_those_that_entered_ones_own_plants(ask: AskAs) -> None:
    def chemistries(who: str) -> list[str]:
        return [one["chemistry"] for one in recovery(ask, who)["byChemistry"]]

    assert chemistries(STORAGE) == []
    assert chemistries(TAXI) == ["NMC"]
    assert chemistries(WORKSHOP) == ["ZN-AIR"]
    assert "NMC" in chemistries(RECYCLER)
    assert "ZN-AIR" not in chemistries(RECYCLER)


REPORTS = (
    "fates { fate }",
    "yearly { year }",
    "recovery { blackMassKg }",
    "recovery { byChemistry { chemistry } }",
    "recycledContent { element }",
)


def charged(ask: AskAs, who: str, **more: Any) -> list[int]:
    """What each report on its own organization is charged."""
    query = "query($who: String, $asOf: DateTime) { report(filter: { organization: $who }, asOf: $asOf) { %s } }"
    answers = [ask(who, query % one, who=MAKER, **more) for one in REPORTS]
    assert not any("errors" in answer for answer in answers)
    return [answer["extensions"]["cost"]["charged"] for answer in answers]


@pytest.mark.parametrize("as_of", [None, "2026-09-01T00:00:00Z"])
def test_no_charge_tells_how_many_rows_others_have(told: Store, ask: AskAs, as_of: str | None) -> None:
    """The events of others' plants grow from the story's to 60, their batteries by 1,000: no charge follows."""
    before, exact = charged(ask, MAKER, asOf=as_of), charged(ask, "regulator", asOf=as_of)
    batteries = [{"key": f"B{number}", "kind": "BATTERY", "massKg": 50.0} for number in range(1000)]
    send(told, [
        event("PRODUCTION", TAXI, 1, outputs=batteries),
        *(
            event("RECYCLING", TAXI, 2, inputs=[{"key": f"B{number}"}],
                  outputs=[{"key": f"M{number}", "material": "BLACK_MASS"}]) | {"eventId": f"R{number}"}
            for number in range(55)
        ),
    ])  # fmt: skip
    assert charged(ask, MAKER, asOf=as_of) == before
    after = charged(ask, "regulator", asOf=as_of)
    assert all(now > then for now, then in zip(after[1:], exact[1:], strict=True)), "who sees all is charged as it is"


@pytest.mark.usefixtures("told")
def test_ones_own_batteries_are_charged_as_they_are(told: Store, ask: AskAs) -> None:
    before = charged(ask, MAKER)
    send(told, [event("PRODUCTION", MAKER, 1, outputs=[{"key": "OWN", "kind": "BATTERY"}])])
    assert [now - then for now, then in zip(charged(ask, MAKER), before, strict=True)] == [0, 0, 0, 0, 3]
