"""An operation whose time is over ends, with its work, and says so."""

import asyncio
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest
from starlette.testclient import TestClient

from seed.story import PACK_A, story
from service.app import create_app
from service.settings import Settings
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from service.stores.sqlite.snapshot import SqliteSnapshot
from tests.service.api.limits.conftest import ask
from tests.service.test_running import ENDLESS
from tests.support import send

QUERY = '{ item(key: "%s") { key } }' % PACK_A
TOLD = {"code": "LIMIT", "limit": 1, "setting": "VOLTRACE_EXECUTION_TIMEOUT_S"}


def test_an_endless_query_on_the_embedded_store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    store = SqliteStore(tmp_path / "store.db")
    send(store, story())
    interrupted = threading.Event()

    async def endless(self: SqliteSnapshot, *_: Any) -> Any:
        try:
            return self.rows(ENDLESS)
        except sqlite3.OperationalError:
            interrupted.set()
            raise

    with TestClient(create_app(store, Settings(store=store.url, execution_timeout_s=1))) as client:
        with monkeypatch.context() as patched:
            patched.setattr(SqliteSnapshot, "find", endless)
            body = ask(client, QUERY)
            assert interrupted.wait(60)
        (error,) = body["errors"]
        assert error["extensions"].items() >= TOLD.items()
        assert error["extensions"]["value"] >= 1
        assert error["message"] == ("it took too long: the limit is 1 seconds (VOLTRACE_EXECUTION_TIMEOUT_S)")
        assert "data" not in body
        assert ask(client, QUERY)["data"]["item"]["key"] == PACK_A


class SlowStore(MemoryStore):
    """A store that is waited for, as Neo4j is."""

    blocking = False
    ended = False

    async def write(self, work: Any) -> Any:
        """Never comes back by itself."""
        try:
            await asyncio.Event().wait()
        finally:
            self.ended = True


def test_an_endless_mutation_says_that_it_may_have_been_done() -> None:
    store = SlowStore()
    with TestClient(create_app(store, Settings(store="memory:", execution_timeout_s=1))) as client:
        (error,) = ask(client, "mutation { recordEvents(events: [{}]) { counts { count } } }")["errors"]
    assert error["extensions"].items() >= TOLD.items()
    assert "send it again, an event is recorded once" in error["message"]
    assert store.ended
