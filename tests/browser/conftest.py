"""A service over the story, over packs made up and over the real file, and a browser to look at it."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser

from seed.story import story
from service.readers import catenax
from service.stores.sqlite import SqliteStore
from tests.browsing import chromium
from tests.service.writers.written import packs
from tests.serving import serving
from tests.support import send, wait

CATENA_X = Path(__file__).parents[2] / "seed/data/catenax/smallTestdata.json"


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = SqliteStore(tmp_path_factory.mktemp("explorer") / "story.db")
    send(store, [*story(), *packs(100, 3, 5)])
    send(store, [dict(event) for event in catenax.read(CATENA_X.read_bytes(), CATENA_X.name).events])
    wait(store, store.close())
    with serving(store.url, VOLTRACE_AUDIT_INTERVAL_S="1") as address:
        yield address


@pytest.fixture(scope="module")
def started_browser() -> Iterator[Browser]:
    with chromium() as browser:
        yield browser


@pytest.fixture
def browser(started_browser: Browser) -> Iterator[Browser]:
    """A browser without a page, whose pages are closed at the end: each that stays open keeps two processes."""
    yield started_browser
    for context in started_browser.contexts:
        context.close()
