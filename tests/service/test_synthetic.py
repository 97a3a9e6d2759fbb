"""A generated history is called synthetic wherever one looks at it, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from seed.story import MAKER, PACK_A, story
from service.access.tokens import Tokens
from service.app import create_app
from service.languages import language
from service.settings import Settings
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from service.synthetic import FIRST_PARTY
from tests.service.cli.test_cli import run
from tests.support import send, wait

BANNER = '<p class="synthetic">'


@pytest.fixture(scope="module")
def generated() -> list[dict[str, Any]]:
    lines = run("generate", "--batteries", "3", "--seed", "5").output.splitlines()
    return [orjson.loads(line) for line in lines if line.startswith("{")]


def test_every_page_over_a_generated_history_says_so(generated: list[dict[str, Any]], tmp_path: Path) -> None:
    store = MemoryStore()
    send(store, story())
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        for address in ("/", "/overview", f"/explore?key={PACK_A}", f"/id/{PACK_A}"):
            assert BANNER not in client.get(address).text, address
        send(store, generated)
        for address in ("/", "/overview", f"/explore?key={PACK_A}", f"/id/{PACK_A}", "/items", "/organization/X"):
            assert BANNER in client.get(address).text, address
        assert language("zh-Hans").text("synthetic") in client.get("/overview?lang=zh-Hans").text
    tokens = Tokens(tmp_path / "tokens.json")
    tokens.create("somebody", "regulator", None)
    with TestClient(create_app(store, Settings(store="memory:", tokens_file=str(tokens.path)))) as client:
        assert BANNER in client.get("/").text, "whoever looks at it"


def test_an_organization_of_that_name_is_not_enough() -> None:
    store = MemoryStore()
    made = {"eventId": "r", "type": "REGISTRATION", "occurredAt": "2026-01-01T00:00:00Z", "actor": FIRST_PARTY}
    send(store, [made | {"organization": {"key": FIRST_PARTY, "name": "Works"}}])
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        assert BANNER not in client.get("/overview").text


def test_a_report_says_so_in_each_line_and_beside_them(generated: list[dict[str, Any]], tmp_path: Path) -> None:
    for name, events in (("real", story()), ("generated", generated)):
        store = SqliteStore(tmp_path / f"{name}.db")
        send(store, list(events))
        wait(store, store.close())
        url = f"sqlite:{tmp_path / name}.db"
        done = run("report", "yearly", "--store", url, "--format", "json")
        assert ("synthetic data" in done.stderr) is (name == "generated")
        lines = orjson.loads(done.stdout)
        assert lines
        assert {line.get("synthetic") for line in lines} == {True if name == "generated" else None}
        header, *rows = run("report", "recovery", "--store", url, "--format", "csv").stdout.splitlines()
        assert header.endswith(",synthetic") is (name == "generated")
        assert all(row.endswith(",true") for row in rows) is (name == "generated")


def test_a_report_over_graphql_says_so(generated: list[dict[str, Any]]) -> None:
    store = MemoryStore()
    send(store, story())
    query = "{ report { synthetic recovery { synthetic } } organization(key: %s) { recovery { synthetic } } }"
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        for expected in (False, True):
            body = {"query": query % f'"{MAKER}"'}
            data = client.post("/graphql", json=body).json()["data"]
            assert data["report"] == {"synthetic": expected, "recovery": {"synthetic": expected}}
            assert data["organization"] == {"recovery": {"synthetic": expected}}
            send(store, generated)


def test_a_picture_as_a_file_says_so(generated: list[dict[str, Any]], tmp_path: Path) -> None:
    store = SqliteStore(tmp_path / "both.db")
    send(store, story())
    with TestClient(create_app(store, Settings(store="memory:"))) as client:
        address = f"/trace/{PACK_A}.svg"
        assert "synthetic data" not in client.get(address).text
        send(store, generated)
        assert "synthetic data" in client.get(address).text
        assert language("zh-Hans").text("note.synthetic") in client.get(f"{address}?lang=zh-Hans").text
    wait(store, store.close())
    written = run("trace", PACK_A, "--store", f"sqlite:{tmp_path}/both.db", "--format", "svg").stdout
    assert "synthetic data" in written
