"""Days are those of China on every page: what a maker calls 10 May is 10 May in the code, in the text and for machines,
though it is 9 May in UTC."""

import re
from collections.abc import Iterator

import pytest
from starlette.testclient import TestClient

from service.app import create_app
from service.languages import language
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.support import send

PACK, MAKER, YARD = "0V1PE01VOLT001B5A0000009", "MAKER", "YARD"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    authorization = {"scope": "RECYCLING", "validFrom": "2026-04-01T00:00:00+08:00"}
    told = [
        ("2020-01-01", "REGISTRATION", YARD, {"organization": {"key": YARD, "authorizations": [authorization]}}),
        ("2021-05-10", "PRODUCTION", MAKER, {"outputs": [{"key": PACK, "kind": "BATTERY", "massKg": 400}]}),
        ("2025-01-01", "RETIREMENT", MAKER, {"item": PACK, "reason": "CAPACITY"}),
        ("9999-12-31", "INSPECTION", MAKER, {"item": PACK, "occurredAt": "9999-12-31T23:00:00Z"}),
    ]
    store = MemoryStore()
    send(
        store,
        [
            {"eventId": f"{day} {kind}", "type": kind, "actor": actor, "occurredAt": f"{day}T00:00:00+08:00"} | more
            for day, kind, actor, more in told
        ],
    )
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        yield client


def test_the_digital_id_has_the_day_of_its_code(client: TestClient) -> None:
    text = client.get(f"/id/{PACK}", headers={"Accept-Language": "zh-CN"}).text
    assert "2021年5月10日" in text
    assert "5月9日" not in text
    assert '"productionDate":"2021-05-10"' in text


def test_every_page_says_whose_days_they_are(client: TestClient) -> None:
    text = client.get(f"/organization/{YARD}").text
    assert "Apr 1, 2026" in text
    assert "Mar 31, 2026" not in text
    assert language("en").text("days", zone="UTC+08:00") in text


def test_a_day_that_is_typed_ends_in_china(client: TestClient) -> None:
    for day, known in (("2021-05-10", 200), ("2021-05-09", 404)):
        assert client.get(f"/explore?key={PACK}&asOf={day}").status_code == known, day


def test_a_year_begins_in_china(client: TestClient) -> None:
    rows = re.findall(r'<th scope="row">(20\d\d)</th><td class="number">(\d)</td>', client.get("/overview").text)
    assert rows == [("2025", "1")]


@pytest.mark.parametrize(
    "address",
    [
        f"/history?key={PACK}",
        "/event/9999-12-31 INSPECTION",
        *(
            address % moment
            for moment in ("9999-12-31T23:59:59Z", "0001-01-01T00:00:00Z")
            for address in (
                f"/trace/{PACK}.svg?asOf=%s",
                f"/explore?key={PACK}&asOf=%s",
                f"/history?key={PACK}&asOf=%s",
            )
        ),
    ],
)
def test_the_ends_of_the_calendar_are_days_too(client: TestClient, address: str) -> None:
    known = "0001" not in address
    assert client.get(address).status_code == (200 if known else 404)
