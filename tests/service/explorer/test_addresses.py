"""Addresses that are pasted into the search lead there; forms lead back to pages of ours and to nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest
from starlette.testclient import TestClient

from seed.story import BLACK_MASS, PACK_RECYCLED, story
from service.access.tokens import Tokens
from service.app import create_app
from service.explorer.addresses import own_path, pasted
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.support import send

HOSTS = frozenset(["testserver", "id.example.org"])


@pytest.mark.parametrize(
    ("text", "leads"),
    [
        ("/id/A%2FB", "/id/A%2FB"),
        ("/organization/A%2FB", "/organization/A%2FB"),
        ("https://id.example.org/id/PACK-1", "/id/PACK-1"),
        ("HTTP://ID.EXAMPLE.ORG/id/PACK-1?lang=en", "/id/PACK-1"),
        ("/explore?key=LOT-1&direction=FORWARD", "/explore?key=LOT-1&direction=FORWARD"),
        ("http://testserver/trace/LOT-1.prov.json?direction=FORWARD", "/explore?key=LOT-1"),
        ("/trace/LOT-1", "/explore?key=LOT-1"),
        ("/label/PACK-1.png", "/id/PACK-1"),
        ("/01/09506000134352/21/7", "/01/09506000134352/21/7"),
        ("/8004/9521x", "/8004/9521x"),
        ("https://elsewhere.example/id/PACK-1", None),
        ("https://testserver/01/09506000134352/21/7", None),
        ("//elsewhere.example/id/PACK-1", None),
        ("/explore", None),
        ("/id/", None),
        ("/organization/", None),
        ("/sign-out", None),
        ("javascript:/id/X", None),
        ("PACK-1", None),
        ("http://[", None),
    ],
)
def test_an_address_of_ours_leads_there(text: str, leads: str | None) -> None:
    assert pasted(text, HOSTS) == leads


@pytest.mark.parametrize(
    "text", ["//evil.example", "https://evil.example/", "/\\evil.example", "evil", "/sign-out", "/a\nb", "/短"]
)
def test_nothing_leads_to_another_site(text: str) -> None:
    assert own_path(text) == "/"


def test_the_search_takes_addresses_and_digital_links() -> None:
    store = MemoryStore()
    send(store, story())
    with TestClient(create_app(store, Settings(store="memory:")), follow_redirects=False) as client:
        for text, place in (
            (f"http://testserver/id/{PACK_RECYCLED}", f"/id/{PACK_RECYCLED}"),
            (f"/trace/{BLACK_MASS}.svg", f"/explore?key={BLACK_MASS}"),
        ):
            answer = client.get("/", params={"q": text})
            assert (answer.status_code, answer.headers["location"]) == (303, place)
            assert client.get(place).status_code == 200


def test_who_signs_in_comes_back_to_where_they_were(tmp_path: Path) -> None:
    store, tokens = MemoryStore(), Tokens(tmp_path / "tokens.json")
    send(store, story())
    token = tokens.create("inspector", "regulator", None)
    settings = Settings(store="memory:", tokens_file=str(tokens.path))
    with TestClient(create_app(store, settings), follow_redirects=False) as client:
        page = client.get(f"/explore?key={BLACK_MASS}&view=table")
        assert page.status_code == 404
        link = f"/sign-in?next=%2Fexplore%3Fkey%3D{BLACK_MASS}%26view%3Dtable"
        assert f'href="{link}"' in page.text
        back = f"/explore?key={BLACK_MASS}&view=table"
        assert f'name="next" type="hidden" value="{back.replace("&", "&amp;")}"' in client.get(link).text
        assert client.post("/sign-in", data={"token": "wrong", "next": back}).text.count("view=table") == 1
        assert client.post("/sign-in", data={"token": token, "next": back}).headers["location"] == back
        assert client.post("/sign-in", data={"token": token, "next": "//evil.example"}).headers["location"] == "/"
        assert client.get(back).status_code == 200
        assert client.head(back).status_code == 200, "the cookie counts for HEAD, too"


def test_head_is_get_without_a_body() -> None:
    store = MemoryStore()
    send(store, story())
    with TestClient(create_app(store, Settings(store="memory:")), follow_redirects=False) as client:
        files = (f"/id/{PACK_RECYCLED}", f"/trace/{PACK_RECYCLED}.csv", f"/label/{PACK_RECYCLED}.svg")
        for address in ("/", "/overview", *files, "/healthz", "/nothing"):
            got, head = client.get(address), client.head(address)
            assert head.status_code == got.status_code
            assert head.content == b""
            assert head.headers["content-type"] == got.headers["content-type"]
        assert client.head("/sign-out").status_code == 405
