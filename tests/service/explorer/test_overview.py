"""The overview and the start: what is counted, recovered by year, and said where there is nothing or one of it."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from seed.story import MAKER, RECYCLER
from service.app import create_app
from service.explorer import years
from service.explorer.home import RECYCLED
from service.settings import Settings
from service.stores.contract.telling import made, unit
from service.stores.memory import MemoryStore
from tests.service.explorer.audited import audited_story
from tests.support import send

CHINESE = {"Accept-Language": "zh-Hans"}


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(audited_story(), Settings(store="memory:"))) as made:
        yield made


def test_what_was_recovered_is_told_by_year(client: TestClient) -> None:
    """8 kg of black mass were refined, and 3.9 kg of aluminium came out beside it, all of what entered in 2026."""
    text = client.get("/overview").text
    table = text.partition('id="years"')[2].partition("</table>")[0]
    assert "Recovered (kg)" in table
    rows = re.findall(r'<th scope="row">(20\d\d)</th>(.*?)</tr>', table, re.S)
    told = {year: re.sub("<[^>]+>", "|", cells).strip("|").split("|")[-1] for year, cells in rows}
    assert told == {"2025": "0", "2026": "11.9"}
    assert "已回收 (kg)" in client.get("/overview", headers=CHINESE).text


def test_metals_of_more_mass_than_the_black_mass_are_explained(client: TestClient) -> None:
    assert "which never was black mass" in client.get("/overview").text
    assert "从未成为黑粉" in client.get("/overview", headers=CHINESE).text


def test_what_would_cost_too_much_leaves_the_years_alone(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    costs = years.RECOVERED.replace(
        "recovery", " ".join(f"r{one}: recovery {{ blackMassKg }}" for one in range(40)) + " recovery"
    )
    monkeypatch.setattr(years, "RECOVERED", costs)
    text = client.get("/overview").text
    assert '<th scope="row">2026</th>' in text
    assert "Recovered (kg)" not in text


def test_what_follows_the_log_comes_without_what_takes_long(client: TestClient) -> None:
    parts = re.compile(r'id="(\w+)" data-now')
    whole, part = client.get("/overview").text, client.get("/overview?years=none").text
    assert parts.findall(whole) == parts.findall(part) == ["kinds", "statuses", "findings", "counted"]
    assert "Retired and utilized" in whole
    assert "Retired and utilized" not in part


def test_one_of_a_thing_is_told_in_the_singular() -> None:
    store = MemoryStore()
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        empty = client.get("/").text
        assert "0 batteries" in empty
        assert "begin with one of these" not in empty
        send(store, [made("e", 1, unit("P", "BATTERY"))])
        text = client.get("/").text
        assert ">1 battery<" in text
        assert "1 event in the log" in text
        assert "begin with one of these" in text
        assert "1 event in the log" in client.get("/overview").text
        assert "共 1 块电池" in client.get("/", headers=CHINESE).text


def test_latest_events_say_in_which_order_they_are(client: TestClient) -> None:
    for address in ("/", "/overview"):
        assert "The last recorded first" in client.get(address).text


@pytest.mark.parametrize("text", ["story-45-recycling", " story-45-recycling "])
def test_the_id_of_an_event_is_found(client: TestClient, text: str) -> None:
    answer = client.get("/", params={"q": text}, follow_redirects=False)
    assert (answer.status_code, answer.headers["location"]) == (303, "/event/story-45-recycling")
    assert client.get("/", params={"q": "story-45"}, follow_redirects=False).status_code == 200
    assert client.get("/", params={"q": MAKER}, follow_redirects=False).headers["location"] != f"/event/{MAKER}"
    assert RECYCLER in client.get("/", params={"q": RECYCLER}, follow_redirects=True).text


def test_a_store_without_the_story_has_recycled_batteries_as_examples() -> None:
    store = MemoryStore()
    for number in range(RECYCLED + 2):
        send(store, [made(f"m{number}", 1, unit(f"P{number}", "BATTERY"))])
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        assert "Examples" not in client.get("/").text
        for number in range(RECYCLED + 1):
            lot = {"key": f"L{number}", "kind": "LOT", "material": "black mass", "massKg": 1}
            recycling = {"type": "RECYCLING", "inputs": [{"key": f"P{number}"}], "outputs": [lot]}
            told = {"eventId": f"r{number}", "occurredAt": f"2026-02-0{1 + number}T00:00:00Z", "actor": "ORG"}
            (event,) = send(store, [told | recycling])
            assert event.status == "ACCEPTED", event
        cards = re.findall(r'class="card" href="/explore\?key=(P\d)"', client.get("/").text)
        assert cards == [f"P{number}" for number in range(RECYCLED, 0, -1)]
    audited = audited_story()
    with TestClient(create_app(audited, Settings(store="memory:"))) as client:
        assert len(re.findall('class="card"', client.get("/").text)) == 2, "the story shows it"
