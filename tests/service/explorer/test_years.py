"""Retired and utilized by year on the overview: what is added up, for whom, and what is said where it is not."""

import asyncio
import re
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from seed.story import MAKER, TRADER, story
from service.access.tokens import Tokens
from service.app import create_app
from service.explorer import years
from service.explorer.years import Mass, Year, Years, summed
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.explorer.reading import LINK
from tests.support import send


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    store = MemoryStore()
    send(store, story())
    return store


def shown(store: MemoryStore, address: str = "/overview", **settings: Any) -> str:
    with TestClient(create_app(store, Settings(store="memory:", **settings))) as client:
        answer = client.get(address)
    assert answer.status_code == 200, answer.text
    return answer.text


def line(year: int, count: int, /, **kg: float | None) -> dict[str, Any]:
    masses = {name: {"kg": kg.get(name), "unknown": int(name in kg and kg[name] is None)} for name in years.MASSES}
    return {"year": year, "retired": count} | {f"{name}Mass": mass for name, mass in masses.items()}


def test_regions_of_a_year_are_one_year_and_unknown_stays_unknown() -> None:
    lines = [line(2025, 1, retired=30.0, recycled=60.0), line(2024, 0, repurposed=20.0)]
    found = summed([*lines, line(2025, 2, retired=None, repurposed=40.0)])
    masses = {"retired": Mass(30.0, 1), "recycled": Mass(60.0, 0), "repurposed": Mass(40.0, 0)}
    assert found[1] == Year(2025, 3, masses, {"retired": 30.0, "recycled": 60.0, "repurposed": 40.0})
    assert [one.year for one in found] == [2024, 2025]
    assert Years(found, [], None).unit == ("kg", 1)
    assert Years(summed([line(2025, 1, retired=100_000.0)]), [], None).unit == ("t", 1000)


def test_the_years_of_the_story(store: MemoryStore) -> None:
    rows = re.findall(r'<th scope="row">(20\d\d)</th><td class="number">(\d)</td>', shown(store))
    assert rows == [("2025", "1"), ("2026", "2")]


def test_an_empty_store_says_that_nothing_was_retired() -> None:
    assert "No battery was retired yet." in shown(MemoryStore())


@pytest.mark.parametrize(
    ("role", "organization"), [("regulator", None), ("participant", MAKER), ("participant", TRADER)]
)
def test_who_sees_which_years(store: MemoryStore, tmp_path: Path, role: str, organization: str | None) -> None:
    tokens = Tokens(tmp_path / "tokens.json")
    token = tokens.create("somebody", role, organization)
    with TestClient(create_app(store, Settings(store="memory:", tokens_file=str(tokens.path)))) as client:
        assert "Retired and utilized" not in client.get("/overview").text, "the public sees no reports"
        text = client.get("/overview", headers={"Authorization": f"Bearer {token}"}).text
    told = re.findall("Batteries that (.*?) made", LINK.sub("", text))
    assert told == {None: [], MAKER: ["Minjiang Cell"] * 2, TRADER: [TRADER] * 2}[organization], (
        "at stages and years, by name"
    )
    assert ("No battery was retired yet." in text) is (organization == TRADER)


def test_what_takes_long_is_asked_for(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(years, "AT_ONCE_MAX", 2)
    assert "2025</th>" not in shown(store)
    assert 'href="/overview?years=show#years"' in shown(store)
    assert "2025</th>" in shown(store, "/overview?years=show")


def test_what_is_not_ready_in_time_keeps_nobody_waiting(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    async def never(*_: Any, **__: Any) -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(years, "SECONDS", 0.01)
    monkeypatch.setattr(years, "ask", never)
    text = shown(store)
    assert "They are still being added up." in text
    assert "In the store" in text


def test_what_costs_too_much_is_said_in_its_place(store: MemoryStore, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        years,
        "QUERY",
        '{ report(filter: { from: "2025-01-01T00:00:00Z", to: "2024-01-01T00:00:00Z" }) { yearly { year } } }',
    )
    text = shown(store)
    assert "filter.from" in text
    assert "In the store" in text
