"""A finding can be checked: its events are shown, what would resolve it, and what it stands on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from html import unescape
from pathlib import Path

import pytest
from orjson import loads
from starlette.testclient import TestClient

import service
from seed.story import PACK_VANISHED, story
from service.app import create_app
from service.explorer.pages import finding_sentence
from service.keeping import Keeper
from service.languages import ENGLISH, chosen
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.support import send, wait

CHINESE = Path(service.__file__).parent / "texts" / "phrases.zh-Hans.json"
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


KEYS = ["LOT:{}", "site/{}", "lot.{}", "LOT-{}", "L{}", "LOT({})", "{}/2", "{}.A", "{}:7", "{})x"]


@pytest.mark.parametrize("key", KEYS)
@pytest.mark.parametrize("tag", ["en", "zh-Hans"])
def test_a_day_within_a_key_stays_what_it_is(tag: str, key: str) -> None:
    key, language = key.format("2026-06-01"), chosen(tag, None)
    lost = f"{key} was lost, says Bay on 2026-07-02: its materials left the loop"
    for text in (lost, f"a sentence that nobody translated, of {key} on 2026-07-02"):
        told = str(finding_sentence(language, text))
        assert key in told
        assert "2026-07-02" not in told
        assert language.date(date(2026, 7, 2)) in told


def test_a_day_is_written_for_the_reader_wherever_a_sentence_has_it() -> None:
    """In each sentence of the catalogue of Chinese, where full-width marks touch it."""
    days = re.compile(r"\{(day|since|out|recorded|begin|end)\}")
    catalogue = loads(CHINESE.read_bytes())
    event = catalogue["{said_type} {id} of {day}"]
    sentences = [
        told.replace("{said_told}", event)
        for english, told in catalogue.items()
        if re.search(r" (on|of|from) \{|\{said_told\}", english)
    ]
    found = [re.sub(r"\{\w+\}", "X", days.sub("2026-07-02", told)) for told in sentences if days.search(told)]
    assert len(found) > 31
    alone = ["on 2026-07-02, 2026-07-02; (2026-07-02), to 2026-07-02.", "（2026-07-02），2026-07-02；", "2026-07-02"]
    for filled in found + alone:
        told = str(finding_sentence(ENGLISH, filled))
        assert told.count("Jul 2, 2026") == filled.count("2026-07-02"), filled
