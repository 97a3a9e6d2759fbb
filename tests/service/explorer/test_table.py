"""The table of a trace: page by page, by any column, under the state of the page."""

import re
from collections.abc import Iterator
from html import unescape

import pytest
from starlette.testclient import TestClient

from seed.story import PACK_RECYCLED
from service.app import create_app
from service.explorer import table
from service.explorer.table import COLUMNS, ROWS_MAX, rows_of, told
from service.languages import ENGLISH, language
from service.settings import Settings
from service.stores.memory import MemoryStore
from tests.service.writers.written import of_story, packs
from tests.support import send

TABLE = "/explore?key=LOT-0&view=table"


@pytest.fixture(scope="module")
def client() -> Iterator[TestClient]:
    store = MemoryStore()
    send(store, packs(40, 3, 5))
    with TestClient(create_app(store, Settings(store="memory:")), follow_redirects=False) as made:
        yield made


def keys(text: str) -> list[str]:
    body = text.partition("<tbody>")[2].partition("</tbody>")[0]
    return re.findall(r'<tr><td class="code"><a [^>]*>([^<]+)</a>', body)


def linked(text: str, rel: str) -> str | None:
    found = re.search(f'<a rel="{rel}" href="([^"]*)"', text)
    return found and unescape(found[1])


def test_a_large_trace_is_told_in_pages(client: TestClient) -> None:
    address: str | None = f"{TABLE}&sort=key"
    pages, seen = 0, []
    while address is not None:
        text = client.get(address).text
        pages, seen = pages + 1, seen + keys(text)
        assert 0 < len(keys(text)) <= ROWS_MAX
        assert "sort=key" in address
        address = linked(text, "next")
    assert pages == 4
    assert len(seen) == len(set(seen)) == 400
    assert "400 nodes · 301 to 400" in text
    assert keys(client.get(linked(text, "prev") or "").text) == seen[200:300]
    assert keys(client.get(f"{TABLE}&sort=key&rows=9999").text) == seen[:100], "a page that is not there is the first"


def test_what_is_opened_leaves_the_page_of_the_table(client: TestClient) -> None:
    text = client.get(f"{TABLE}&sort=-key&rows=100").text
    (first, *_) = keys(text)
    found = re.search(f'<tr><td class="code"><a href="([^"]*)">{first}<', text)
    assert found is not None
    link = unescape(found[1])
    assert "open=" in link
    assert keys(client.get(link).text) == keys(text)


def test_a_short_trace_is_told_at_once() -> None:
    trace = of_story()[0]
    rows = rows_of(trace.nodes[:5], "", "", ENGLISH)
    assert (list(rows.nodes), rows.first, rows.after) == (trace.nodes[:5], 0, None)


@pytest.mark.parametrize("tag", ["en", "zh-Hans"])
@pytest.mark.parametrize("column", COLUMNS)
def test_each_column_sorts_both_ways_by_what_it_says(column: str, tag: str) -> None:
    nodes = of_story()[0].nodes
    assert len(nodes) > 20
    up, down = (rows_of(nodes, f"{sign}{column}", "", language(tag)) for sign in ("", "-"))
    said = [told(node, column, language(tag)) for node in up.nodes]
    if column == "depth":
        assert [int(one) for one in said] == sorted(int(one) for one in said)
    assert said[0] != said[-1]
    assert [told(node, column, language(tag)) for node in down.nodes] == said[::-1]
    assert (up.way(column), down.way(column)) == ("ascending", "descending")
    assert (up.turned(column), down.turned(column)) == (f"-{column}", column)


def test_numbers_in_keys_are_in_their_order(client: TestClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(table, "ROWS_MAX", 1000)
    found = [one for one in keys(client.get(f"{TABLE}&sort=key").text) if re.fullmatch(r"P\d+", one)]
    assert found == sorted(found, key=lambda one: int(one[1:]))
    assert found != sorted(found)
    assert 'aria-sort="ascending"' in client.get(f"{TABLE}&sort=key").text
    assert "aria-sort" not in client.get(f"{TABLE}&sort=nothing").text
    assert PACK_RECYCLED not in found
