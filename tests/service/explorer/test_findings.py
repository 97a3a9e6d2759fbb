"""A finding can be checked: its events are shown, what would resolve it, and what it stands on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from seed.story import PACK_VANISHED, story
from service.app import create_app
from service.keeping import Keeper
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.support import send, wait

LINK = re.compile(r'<a href="([^"]+)"')


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    store = MemoryStore()
    send(store, story())
    wait(store, Keeper(store).run())
    with TestClient(create_app(store, Settings(store="memory:")), follow_redirects=False) as made:
        yield made


def test_a_finding_can_be_checked(client: TestClient) -> None:
    """Each says which events prove it, what would resolve it and what it stands on, and each event opens."""
    rows = client.get("/findings").text.partition("<tbody>")[2].split("<tr>")[1:]
    assert len(rows) > 5
    links = set()
    for row in rows:
        because = row.partition('class="because"')[2]
        assert re.search("What would resolve it: [A-Z]", because)
        assert re.search("It stands on: .", because)
        found = LINK.findall(because)
        assert found, "each finding of the story has evidence"
        links.update(map(unescape, found))
    for link in links:
        assert len(re.findall("<dt>Event id</dt>", client.get(link, follow_redirects=True).text)) == 1, link


def test_a_finding_can_be_checked_in_the_panel(client: TestClient) -> None:
    panel = client.get(f"/explore?key={PACK_VANISHED}&open={PACK_VANISHED}").text.partition('id="panel"')[2]
    because = panel.partition('class="because"')[2].partition("</small>")[0]
    assert "It stands on: " in because
    (link, *_) = map(unescape, LINK.findall(because))
    assert f"key={PACK_VANISHED}" in link
    assert "<dt>Event id</dt>" in client.get(link).text


def test_an_event_has_an_address(client: TestClient) -> None:
    answer = client.get("/event/story-56-transfer", follow_redirects=True)
    assert (answer.status_code, "story-56-transfer</dd>" in answer.text) == (200, True)
    answer = client.get("/event/nothing")
    assert answer.status_code == 404
    assert "nothing: no event of that id is known" in answer.text
