"""Dates and masses of pages and pictures are written as their readers do, in one way on all of them."""

import re

import pytest
from starlette.testclient import TestClient

from seed.story import BLACK_MASS, PACK_RECYCLED
from service.app import create_app
from service.languages import TAGS
from service.settings import Settings
from tests.service.explorer.audited import audited_story

PAGES = (
    "/",
    "/overview",
    "/findings",
    "/items?kind=BATTERY",
    f"/history?key={PACK_RECYCLED}",
    f"/id/{PACK_RECYCLED}",
    f"/recall?keys={PACK_RECYCLED}",
    f"/compare?key={PACK_RECYCLED}&before=2024-01-01",
    *(f"/explore?key={PACK_RECYCLED}&view={view}" for view in ("picture", "timeline", "balance", "table")),
    f"/explore?key={PACK_RECYCLED}&open={PACK_RECYCLED}&asOf=2026-08-01",
    f"/explore?key={PACK_RECYCLED}&open={BLACK_MASS}",
)
MACHINES = re.compile(r"<style.*?</style>|<(?!title)[^>]*>|&quot;.*?&quot;", re.S)


@pytest.fixture(scope="module")
def client() -> TestClient:
    return TestClient(create_app(audited_story(), Settings(store="memory:")))


@pytest.mark.parametrize("page", PAGES)
def test_no_page_has_dates_of_machines_beside_those_of_its_reader(client: TestClient, page: str) -> None:
    answer = client.get(page, headers={"Accept-Language": "de-DE,de;q=0.9"})
    assert answer.status_code == 200
    told = MACHINES.sub(" ", answer.text)
    told = re.sub(r"\S*[A-Za-z]\S*20\d\d-\d\d\S*|LOT-\S+", " ", told)  # keys and names of files
    assert not re.search(r"\b20\d\d-\d\d-\d\d", told), re.findall(r".{60}\b20\d\d-\d\d-\d\d.{20}", told)


def test_the_picture_and_the_balance_follow_the_reader(client: TestClient) -> None:
    address = f"/explore?key={PACK_RECYCLED}"
    here, there = (client.get(address, headers={"Accept-Language": tag}).text for tag in ("en-US", "de-DE"))
    assert re.search(r">[A-Z][a-z]{2} \d{1,2}, 20\d\d</text>", here)
    assert re.search(r">\d{1,2} [A-Z][a-z]{2,3} 20\d\d</text>", there)
    balance = client.get(f"{address}&view=balance", headers={"Accept-Language": "de"}).text
    assert re.search("\\d,\\d+\u00a0kg", balance)
    file = client.get(f"/trace/{PACK_RECYCLED}.svg", headers={"Accept-Language": "de"}).text
    assert re.search(r">[A-Z][a-z]{2} \d{1,2}, 20\d\d</text>", file), "a file says by its address what it is"


@pytest.mark.parametrize("tag", TAGS)
@pytest.mark.parametrize("extension", ["dot", "mmd"])
def test_what_programs_read_has_days_of_machines(client: TestClient, extension: str, tag: str) -> None:
    address = f"/trace/{PACK_RECYCLED}.{extension}?lang={tag}"
    text = client.get(address, headers={"Accept-Language": "de-DE,de;q=0.9"}).text
    days = re.findall(r"(\S+)(?:\\n|<br/>)story-46-refining", text)
    assert days == ["2026-07-01"]
