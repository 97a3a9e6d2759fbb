"""GS1 Digital Links at the service's own address lead to the public page of the item that they name."""

from collections.abc import Iterator
from typing import Any
from urllib.parse import quote

import pytest
import zxingcpp
from starlette.testclient import TestClient

from service.app import create_app
from service.explorer.digital_links import path_of
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.explorer.decoding import gray
from tests.support import send

PUBLIC = "https://id.example.org"
OURS = f"{PUBLIC}/01/09506000134352/21/OURS"
KNOWN: list[dict[str, Any]] = [
    {"key": "https://id.gs1.org/01/09506000134352/21/7%2FA", "kind": "BATTERY"},
    {"key": "BY-IDENTIFIER", "kind": "BATTERY", "identifiers": [{"scheme": "Digital Link", "value": OURS}]},
    {"key": "https://id.gs1.org/8004/95212340BMS26001", "kind": "BATTERY"},
    {"key": "BY-GIAI", "kind": "BATTERY", "identifiers": [{"scheme": "GIAI", "value": "95212340PACK/9"}]},
    {"key": "https://id.gs1.org/01/09506000134352/21/CELL", "kind": "CELL"},
    {"key": "https://id.gs1.org/01/09506000134352", "kind": "BATTERY"},
]


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    store = MemoryStore()
    event = {"eventId": "made", "type": "PRODUCTION", "occurredAt": "2026-01-01T00:00:00Z", "actor": "MAKER"}
    send(store, [event | {"outputs": KNOWN}])
    settings = Settings(store="memory:", public_url=f"{PUBLIC}/")
    with TestClient(create_app(store, settings), follow_redirects=False) as made:
        yield made


@pytest.mark.parametrize(
    ("path", "key"),
    [
        ("/01/09506000134352/21/7%2FA", "https%3A%2F%2Fid.gs1.org%2F01%2F09506000134352%2F21%2F7%252FA"),
        ("/01/9506000134352/21/7%2fA", "https%3A%2F%2Fid.gs1.org%2F01%2F09506000134352%2F21%2F7%252FA"),
        (
            "/01/09506000134352/10/LOT/21/7%2FA?17=301231",
            "https%3A%2F%2Fid.gs1.org%2F01%2F09506000134352%2F21%2F7%252FA",
        ),
        ("/01/09506000134352/21/OURS", "BY-IDENTIFIER"),
        ("/8004/95212340BMS26001", "https%3A%2F%2Fid.gs1.org%2F8004%2F95212340BMS26001"),
        ("/8004/95212340PACK%2F9", "BY-GIAI"),
    ],
)
def test_a_digital_link_leads_to_the_public_page(client: TestClient, path: str, key: str) -> None:
    answer = client.get(path)
    assert (answer.status_code, answer.headers.get("location")) == (307, f"/id/{key}"), answer.text


def test_the_page_that_it_leads_to_is_there(client: TestClient) -> None:
    answer = client.get("/8004/95212340BMS26001", follow_redirects=True)
    assert answer.status_code == 200
    assert "https://id.gs1.org/8004/95212340BMS26001" in answer.text


@pytest.mark.parametrize(
    ("path", "told"),
    [
        ("/01/09506000134352/21/NOBODY", "a valid code, but nobody reported it"),
        ("/01/09506000134352/21/CELL", "is known here, but has no public page"),
        ("/01/09506000134353/21/7", "the check digit of (01) GTIN is 3; it should be 2"),
        ("/01/not-a-number", "no item of that key or identifier is known"),
        ("/8004/%3Cscript%3E", "no item of that key or identifier is known"),
    ],
)
def test_what_it_does_not_name_is_not_found_and_explained(client: TestClient, path: str, told: str) -> None:
    answer = client.get(path)
    assert answer.status_code == 404
    assert told in answer.text
    assert "<script>" not in answer.text


def test_the_code_of_a_label_is_the_digital_link(client: TestClient) -> None:
    known = quote("https://id.gs1.org/8004/95212340BMS26001", safe="")
    found = zxingcpp.read_barcodes(gray(client.get(f"/label/{known}.png").content))
    assert f"{PUBLIC}/8004/95212340BMS26001" in [one.text for one in found]
    assert f"{PUBLIC}/8004/95212340BMS26001" in client.get(f"/id/{known}").text
    text = client.get("/label/BY-IDENTIFIER.svg").text
    assert f"{PUBLIC}/id/BY-IDENTIFIER" in text, "the public sees no identifiers"


def test_what_names_a_kind_of_thing_is_no_link_of_one() -> None:
    paths = [path_of(one["key"]) for one in KNOWN]
    assert paths == [
        "/01/09506000134352/21/7%2FA",
        None,
        "/8004/95212340BMS26001",
        None,
        "/01/09506000134352/21/CELL",
        None,
    ]
