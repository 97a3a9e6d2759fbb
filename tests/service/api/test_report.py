"""Reports over GraphQL, and who may ask for them."""

from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from service.access.tokens import Tokens
from service.api.limits.spending import Spending
from service.api.report_cost import blurred
from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.access.conftest import asking, served
from tests.service.test_reporting import EVENTS
from tests.support import send

EVENTS_OF_PLANTS = sum(one["type"] in ("RECYCLING", "REFINING", "REPURPOSING") for one in EVENTS)
NICKEL = "{ report { recovery { elements { element inputKg recoveredKg rate unknownInputs } } } }"


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    store = MemoryStore()
    send(store, EVENTS)
    return store


def ask(store: MemoryStore, query: str, settings: Settings | None = None) -> dict[str, Any]:
    with TestClient(create_app(store, settings or Settings(store="memory:"))) as client:
        return client.post("/graphql", json={"query": query}).json()


def test_recovery(store: MemoryStore) -> None:
    elements = ask(store, NICKEL)["data"]["report"]["recovery"]["elements"]
    assert {"element": "Ni", "inputKg": 50.0, "recoveredKg": 24.0, "rate": 0.48, "unknownInputs": 0} in elements


def test_recovery_of_each_chemistry(store: MemoryStore) -> None:
    query = '{ organization(key: "REFINER") { recovery { byChemistry { chemistry elements { element inputKg } } } } }'
    (ternary,) = ask(store, query)["data"]["organization"]["recovery"]["byChemistry"]
    assert ternary["chemistry"] == "NMC622"
    assert {"element": "Ni", "inputKg": 24.5} in ternary["elements"]


def test_that_of_an_organization_is_its_own(store: MemoryStore) -> None:
    query = '{ organization(key: "REFINER") { recovery { elements { element inputKg } } } }'
    elements = ask(store, query)["data"]["organization"]["recovery"]["elements"]
    assert {"element": "Ni", "inputKg": 24.5} in elements


def test_unknown_is_null_and_counted(store: MemoryStore) -> None:
    query = '{ report(filter: { organization: "MAKER" }) { fates(element: "Ni") { fate share mass { kg unknown } } } }'
    fates = {one["fate"]: one for one in ask(store, query)["data"]["report"]["fates"]}
    assert fates["UNKNOWN"] == {"fate": "UNKNOWN", "share": 0.25, "mass": {"kg": 25.0, "unknown": 0}}


def test_what_is_no_element_is_refused(store: MemoryStore) -> None:
    body = ask(store, '{ report { fates(element: "lithium") { fate } } }')
    assert "element: 'lithium'" in body["errors"][0]["message"]


@pytest.fixture
def charged(monkeypatch: pytest.MonkeyPatch) -> list[tuple[int, str]]:
    """What is charged."""
    found: list[tuple[int, str]] = []
    monkeypatch.setattr(Spending, "charge", lambda self, more, what: found.append((more, what)))
    return found


@pytest.mark.parametrize(
    ("query", "cost"),
    [
        ("{ report { fates { batteries } } }", 8),
        ('{ report(filter: { organization: "MAKER" }) { fates { batteries } } }', 8),
        ('{ report(filter: { organization: "NOBODY" }) { fates { batteries } } }', 8),
        ('{ report(filter: { organization: "NOBODY" }, asOf: "2030-01-01T00:00:00Z") { fates { batteries } } }', 0),
        ('{ report(asOf: "2030-01-01T00:00:00Z") { fates { batteries } } }', 8 * 36),
        ("{ report { yearly { year } } }", 8 + EVENTS_OF_PLANTS),
        ("{ report { recovery { blackMassKg } } }", 20 * EVENTS_OF_PLANTS),
        ('{ report(filter: { organization: "NOBODY" }) { recovery { blackMassKg } } }', 20 * EVENTS_OF_PLANTS),
        ('{ report(asOf: "2030-01-01T00:00:00Z") { recovery { blackMassKg } } }', 80 * EVENTS_OF_PLANTS),
        ('{ report(filter: { organization: "NOBODY" }) { recycledContent { unknown } } }', 8 + 10 * EVENTS_OF_PLANTS),
        ("{ report { recycledContent { unknown } } }", 8 + 3 * 8 + 10 * EVENTS_OF_PLANTS),
    ],
)
def test_a_report_is_charged_for_the_rows_that_it_reads(
    store: MemoryStore, charged: list[tuple[int, str]], query: str, cost: int
) -> None:
    ask(store, query)
    assert (cost, "report") in charged


def test_recovery_by_chemistry_is_charged_as_recovery_is_and_besides(
    store: MemoryStore, charged: list[tuple[int, str]]
) -> None:
    ask(store, "{ report { recovery { blackMassKg byChemistry { chemistry } } } }")
    assert [cost for cost, what in charged if what == "report"] == [20 * EVENTS_OF_PLANTS] * 2


def test_a_report_beyond_the_budget_is_refused_before_it_is_made(store: MemoryStore) -> None:
    query = "{ report { recovery { blackMassKg } yearly { year } } }"
    body = ask(store, query, Settings(store="memory:", cost_max=20 * EVENTS_OF_PLANTS))
    (error,) = body["errors"]
    assert (error["extensions"]["code"], error["path"][0]) == ("LIMIT", "report")


def test_who_does_not_see_all_is_not_told_how_many_rows_there_are() -> None:
    assert [blurred(one, 64) for one in (0, 1, 64, 65, 128, 129, 100_000)] == [64, 64, 64, 128, 128, 256, 131_072]


def test_a_period_that_ends_before_it_begins(store: MemoryStore) -> None:
    query = '{ report(filter: { from: "2025-01-01T00:00:00Z", to: "2024-01-01T00:00:00Z" }) { yearly { year } } }'
    assert "filter.from" in ask(store, query)["errors"][0]["message"]


@pytest.mark.parametrize(
    ("viewer", "organization", "allowed"),
    [
        ("regulator", None, True),
        ("REFINER", "REFINER", True),
        ("REFINER", "RECYCLER", False),
        ("REFINER", None, False),
        ("public", "REFINER", False),
    ],
)
def test_who_sees_a_report(
    store: MemoryStore, tmp_path: Path, viewer: str, organization: str | None, allowed: bool
) -> None:
    query = "query ($of: String) { report(filter: { organization: $of }) { recovery { blackMassKg } } }"
    tokens = Tokens(tmp_path / "tokens.json")
    with TestClient(served(store, tokens)) as client:
        # A file of tokens is only there once there is a token.
        bearer = asking(client, tokens)
        bearer("regulator", "{ viewer { role } }")
        body = bearer(viewer, query, of=organization)
    assert ("errors" not in body) == allowed
    if not allowed:
        assert "filter.organization" in body["errors"][0]["message"]
