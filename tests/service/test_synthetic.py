"""A generated history is called synthetic wherever one looks at it, and nothing else is."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import orjson
import pytest
from starlette.testclient import TestClient

from seed.story import PACK_A, story
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


def test_a_report_says_so_beside_its_lines(generated: list[dict[str, Any]], tmp_path: Path) -> None:
    for name, events in (("real", story()), ("generated", generated)):
        store = SqliteStore(tmp_path / f"{name}.db")
        send(store, list(events))
        wait(store, store.close())
        done = run("report", "yearly", "--store", f"sqlite:{tmp_path / name}.db", "--format", "json")
        assert ("synthetic data" in done.stderr) is (name == "generated")
        assert isinstance(orjson.loads(done.stdout), list)
