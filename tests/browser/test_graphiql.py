"""A person opens GraphiQL in a real browser, pastes the README's query, and gets the answer printed there."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect

from seed.story import story
from service.stores.sqlite import SqliteStore
from tests.browsing import Watched
from tests.serving import serving
from tests.support import send, wait

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text("utf-8")
QUERY = re.search(r"```graphql\n(.*?)```", README, re.DOTALL)
ANSWER = re.search(r"```json\n(\{\n  \"data\".*?)```", README, re.DOTALL)


@pytest.fixture
def address(tmp_path: Path) -> Iterator[str]:
    """A service over the short story, in a process of its own."""
    store = SqliteStore(tmp_path / "story.db")
    send(store, list(story()))
    wait(store, store.close())
    with serving(store.url) as address:
        yield address


@pytest.fixture
def page(browser: Browser, address: str) -> Iterator[Page]:
    """A page that refuses any other host."""
    watched = Watched(browser, address)
    yield watched.page
    assert watched.complaints == [], "nothing is asked of another host"


def test_the_query_of_the_readme_answers_as_printed(page: Page) -> None:
    assert QUERY is not None
    assert ANSWER is not None
    page.goto("/graphql")
    editor = page.locator(".graphiql-query-editor .CodeMirror")
    expect(editor).to_be_visible()
    editor.evaluate("(node, query) => node.CodeMirror.setValue(query)", QUERY[1])
    page.locator(".graphiql-execute-button").click()
    result = page.locator(".result-window .CodeMirror")
    expect(result).to_contain_text("rootKg")
    shown = result.evaluate("node => node.CodeMirror.getValue()")
    assert json.loads(shown) == json.loads(ANSWER[1])


def test_the_start_page_leads_to_it(page: Page) -> None:
    page.goto("/")
    page.get_by_role("link", name="GraphiQL").first.click()
    expect(page.locator(".graphiql-query-editor")).to_be_visible()
