"""Pending and contested events of a trace: what each is, and what is wrong with it."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from seed.story import module
from service.app import create_app
from service.explorer import opened
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.explorer.audited import audited_story
from tests.service.explorer.reading import LINK
from tests.support import send


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    with TestClient(create_app(audited_story(), Settings(store="memory:"))) as made:
        yield made


def told(client: TestClient, address: str, **headers: str) -> str:
    found = re.search('<details class="note warn">.*?</details>', client.get(address, headers=headers).text, re.S)
    assert found is not None
    return found[0]


def test_a_contested_event_says_when_what_who_and_why(client: TestClient) -> None:
    listed = told(client, f"/explore?key={module(3)}&view=table")
    words = re.sub(r"\s+", " ", re.sub("<[^>]+>", "", LINK.sub("", listed)))
    assert "Jun 15, 2026 transfer story-56-transfer · contested · Bay Taxi" in words
    assert "conflicts with story-45-recycling" in words
    assert "ended" in words
    for link in re.findall('href="([^"]+)"', listed):
        assert client.get(unescape(link)).status_code == 200
    chinese = told(client, f"/explore?key={module(3)}&view=table", **{"Accept-Language": "zh-Hans"})
    assert "与之冲突" in chinese
    assert 'lang="en"' not in chinese


def test_of_many_the_first_are_told_and_the_rest_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(opened, "UNSETTLED_MAX", 3)
    made = {"type": "PRODUCTION", "actor": "A", "outputs": [{"key": "P", "kind": "BATTERY"}]}
    moved = {"type": "TRANSFER", "actor": "B", "items": ["P", "NOBODY"], "to": "C"}
    events = [
        {"eventId": f"e{day}", "occurredAt": f"2024-01-{1 + day:02d}T00:00:00Z"} | event
        for day, event in enumerate([made, *[moved] * 5])
    ]
    store = MemoryStore()
    send(store, events)
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        listed = told(client, "/explore?key=P&view=table")
        assert re.findall(r'<span class="code">(e\d)</span></a> ·', listed) == ["e1", "e2", "e3"]
        assert "and 2 more" in listed
