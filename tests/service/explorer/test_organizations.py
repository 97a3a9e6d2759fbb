"""Organizations are links wherever they are named, and lead to a page of what they hold, under the guard."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from seed.story import BLACK_MASS, FLEET, MAKER, PACK_NEW, PACK_RECYCLED, PACK_VANISHED, RECYCLER, TRADER
from service.access.tokens import Tokens
from service.app import create_app
from service.explorer import organization
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.explorer.audited import audited_story

NAMES = {MAKER: "Minjiang Cell", RECYCLER: "Xiang Metals"}
NAMED = [
    ("/?q=i", MAKER),
    ("/items?kind=BATTERY", MAKER),
    (f"/recall?keys={BLACK_MASS}", MAKER),
    (f"/history?key={PACK_RECYCLED}", RECYCLER),
    (f"/id/{PACK_NEW}", MAKER),
    ("/event/story-01-registration", MAKER),
    (f"/compare?key={PACK_RECYCLED}&before=2026-01-01", RECYCLER),
    (f"/explore?key={PACK_RECYCLED}&open={PACK_RECYCLED}", RECYCLER),
    (f"/explore?key={PACK_RECYCLED}&open=story-45-recycling", RECYCLER),
    ("/overview", RECYCLER),
    ("/", MAKER),
]


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    return audited_story()


@pytest.fixture(scope="module")
def client(store: MemoryStore) -> Iterator[TestClient]:
    with TestClient(create_app(store, Settings(store="memory:"))) as made:
        yield made


@pytest.mark.parametrize(("address", "key"), NAMED)
def test_who_is_named_is_a_link(client: TestClient, address: str, key: str) -> None:
    text = client.get(address).text
    assert re.search(rf'<a href="/organization/{key}">{NAMES[key]}', text), address


def test_the_page_says_who_it_is_what_it_holds_and_what_is_found(client: TestClient) -> None:
    text = client.get(f"/organization/{RECYCLER}").text
    for told in ("<h1>Xiang Metals</h1>", "utilizer", "Hunan", "recycling, Jan 1, 2020", "What it holds itself: 2"):
        assert told in text, told
    row = text.partition(f">{BLACK_MASS}</a>")[2].partition("</tr>")[0]
    assert "used up" in row
    assert "available" not in row
    assert "CONFLICTING_CLAIMS" in text, "somebody says that they had what it recycled"
    assert '<p class="empty">None.</p>' in client.get(f"/organization/{FLEET}").text
    trader = client.get(f"/organization/{TRADER}").text
    assert "not registered" in trader
    assert "UNREGISTERED_ORGANIZATION" in trader
    for link in {unescape(one) for one in re.findall(r'href="(/(?!static|graphql)[^"]*)"', trader)}:
        assert "lang=" in link or client.get(link).status_code == 200, link
    chinese = client.get(f"/organization/{RECYCLER}", headers={"Accept-Language": "zh-Hans"}).text
    assert "综合利用企业" in chinese


def test_a_recall_lists_who_holds_how_many(client: TestClient) -> None:
    text = client.get(f"/recall?keys={BLACK_MASS}").text
    listed = text.partition("Who holds how much of it")[2].partition("</ul>")[0]
    assert re.findall(r'<a href="/organization/(\w+)">[^<]+</a> <span>items: (\d+)', listed) == [
        (MAKER, "9"),
        (RECYCLER, "1"),
    ]


def test_a_search_that_finds_one_organization_leads_there(client: TestClient) -> None:
    for text in (RECYCLER, "Xiang Metals"):
        assert client.get("/", params={"q": text}).url.path == f"/organization/{RECYCLER}"
    assert client.get("/", params={"q": f"/organization/{MAKER}"}).url.path == f"/organization/{MAKER}"


def test_holdings_go_on_until_the_last(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    keys = re.compile(r'<td class="code"><a href="[^"]*">([^<]+)')
    whole = keys.findall(client.get(f"/organization/{MAKER}").text)
    monkeypatch.setattr(organization, "FIRST", 3)
    first = client.get(f"/organization/{MAKER}").text
    (further,) = re.findall(r'rel="next" href="([^"]+)"', first)
    found = keys.findall(first) + keys.findall(client.get(unescape(further)).text)
    assert found == whole
    assert len(whole) == 4


def test_the_trace_of_an_organization_is_its_page(client: TestClient) -> None:
    for key in (RECYCLER, MAKER):
        answer = client.get(f"/explore?key={key}&view=timeline", follow_redirects=False)
        assert (answer.status_code, answer.headers["location"]) == (303, f"/organization/{key}")
    assert client.get("/explore?key=NOBODY").status_code == 404


def test_nobody_sees_more_of_it_than_the_api_shows(store: MemoryStore, tmp_path: Path) -> None:
    tokens = Tokens(tmp_path / "tokens.json")
    bearer = {"Authorization": f"Bearer {tokens.create('trader', 'participant', TRADER)}"}
    with TestClient(create_app(store, Settings(store="memory:", tokens_file=str(tokens.path)))) as client:
        public = client.get(f"/organization/{RECYCLER}").text
        assert "Xiang Metals" in public, "registrations are public"
        other = client.get(f"/organization/{RECYCLER}", headers=bearer).text
        for text in (public, other):
            assert BLACK_MASS not in text
            assert "recycling</a>" not in text
        assert "for those who sign in" in public
        assert "None that you may see" in other
        for path in ("organization/", "explore?key="):
            assert client.get(f"/{path}{TRADER}", follow_redirects=False).status_code == 404
        own = client.get(f"/organization/{TRADER}", headers=bearer).text
        assert PACK_VANISHED in own.partition('id="holdings"')[2]
