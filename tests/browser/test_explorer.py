"""A person looks at the story in a real browser: with the mouse, with the keyboard, with a screen reader's rules."""

from __future__ import annotations

import itertools
import os
import re
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, expect

from seed.story import BLACK_MASS, PACK_RECYCLED, RECYCLER
from service.explorer.home import EXAMPLES
from service.explorer.state import VIEWS
from tests.browsing import Watched

ROOT = Path(__file__).parents[2]
AXE = ROOT / "tests/conformance/node_modules/axe-core/axe.min.js"
PICTURES = ROOT / "build" / "screenshots"
TRACE = f"/explore?key={PACK_RECYCLED}"
PAGES = {
    "home": "/",
    "picture": TRACE,
    "opened": f"{TRACE}&open={BLACK_MASS}",
    "groups": "/explore?key=LOT-0&group=P2",
    "cut-off": "/explore?key=LOT-0&maxNodes=40",
    **{f"catena-x-{view}": f"/explore?key={EXAMPLES[2]}&view={view}" for view in VIEWS},
    "catena-x-contested": f"/explore?key={EXAMPLES[2]}&claims=ALL",
    "catena-x-contested-timeline": f"/explore?key={EXAMPLES[2]}&claims=ALL&view=timeline",
    "catena-x-opened": f"/explore?key={EXAMPLES[2]}&open={EXAMPLES[2]}",
    "catena-x-identity": f"/id/{EXAMPLES[2]}",
    "catena-x-compare": f"/compare?key={EXAMPLES[2]}&before=2022-02-01T00:00:00Z",
    "catena-x-recall": f"/recall?keys={EXAMPLES[2]}",
    "timeline": f"{TRACE}&view=timeline",
    "balance": f"{TRACE}&view=balance",
    "table": f"{TRACE}&view=table",
    "query": f"{TRACE}&view=query",
    "identity": f"/id/{PACK_RECYCLED}",
    "overview": "/overview",
    "found": "/?q=VOLT001",
    "scan": "/scan",
    "sign-in": "/sign-in",
    "compare": f"/compare?key={PACK_RECYCLED}&before=2025-01-01T00:00:00Z",
    "recall": f"/recall?keys={BLACK_MASS}",
    "items": "/items?kind=BATTERY",
    "findings": "/findings",
    "event": "/event/story-57-inspection",
    "history": f"/history?key={PACK_RECYCLED}",
    "organization": f"/organization/{RECYCLER}",
}
FIRST_LOAD_MAX = 200_000


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "dark"), [(390, True), (1440, False)])
def test_every_page_is_accessible_small_and_large(
    browser: Browser, address: str, name: str, width: int, dark: bool
) -> None:
    watched = Watched(browser, address, width, dark)
    watched.page.goto(PAGES[name])
    expect(watched.page.locator("h1").first).to_be_visible()
    watched.page.screenshot(path=PICTURES / f"{name}-{width}{'-dark' if dark else ''}.png")
    assert watched.complaints == []
    assert 0 < watched.loaded < FIRST_LOAD_MAX
    wide = watched.page.evaluate("document.documentElement.scrollWidth")
    assert wide <= width, "the page scrolls sideways"
    watched.page.evaluate(AXE.read_text("utf-8"))
    found = watched.page.evaluate(
        "axe.run(document, { resultTypes: ['violations'] })"
        ".then(found => found.violations.map(one =>"
        " `${one.id}: ${one.nodes.map(node => node.target + ' ' + node.failureSummary).join(' | ')}`))"
    )
    assert found == []


@pytest.mark.parametrize("width", [360, 2560])
def test_no_page_in_chinese_is_wider_than_a_small_phone_or_a_wall_screen(
    browser: Browser, address: str, width: int
) -> None:
    watched = Watched(browser, address, width, dark=width > 1440)
    for name, place in PAGES.items():
        watched.page.goto(f"{place}{'&' if '?' in place else '?'}lang=zh-Hans")
        expect(watched.page.locator("html")).to_have_attribute("lang", "zh-Hans")
        watched.page.screenshot(path=PICTURES / f"{name}-{width}-chinese.png")
        assert watched.page.evaluate("document.documentElement.scrollWidth") <= width, name
    assert watched.complaints == []


@pytest.mark.parametrize("turn", range(2))
def test_no_page_of_the_test_before_is_open(browser: Browser, address: str, turn: int) -> None:
    assert browser.contexts == []
    assert Watched(browser, address).page.context in browser.contexts


def test_from_the_empty_page_to_what_it_became_in_two_clicks(browser: Browser, address: str) -> None:
    page = Watched(browser, address).page
    page.goto("/")
    page.locator(".card", has_text=PACK_RECYCLED).click()
    expect(page.locator("#frame svg")).to_be_visible()
    page.locator(f'#frame a[href*="open={BLACK_MASS}"]').click()
    panel = page.locator("#panel")
    expect(panel).to_contain_text("black mass")
    expect(panel).to_contain_text("recycling")
    assert f"open={BLACK_MASS}" in page.url
    page.reload()
    expect(page.locator("#panel")).to_contain_text("black mass")


def test_everything_is_reached_by_the_keyboard_in_order(browser: Browser, address: str) -> None:
    page = Watched(browser, address).page
    page.goto(TRACE)
    assert page.locator("#frame a[data-box]").count() == len(page.locator("#frame [data-box]").all())
    seen = []
    for _ in range(18):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("document.activeElement.textContent.trim() || document.activeElement.name"))
    assert seen[:4] == ["Skip to content", "voltrace", "q", "Search"]
    assert "Show" in seen


STOPS = """() => {
  const stops = 'a[href], button, input:not([type=hidden]), select, summary, [tabindex="0"]';
  const shown = [...document.querySelectorAll(stops)].filter(one => one.checkVisibility({ visibilityProperty: true }));
  shown.forEach((one, number) => { one.dataset.stop = number; });
  return shown.length;
}"""
TABBED = (
    "home",
    "organization",
    "identity",
    "items",
    "findings",
    "history",
    "scan",
    "compare",
    "recall",
    "overview",
    "sign-in",
    "table",
    "balance",
    "query",
    "event",
    "found",
)


@pytest.mark.parametrize("name", TABBED)
def test_each_link_and_field_is_a_stop_of_the_tab_key_in_the_order_of_the_page(
    browser: Browser, address: str, name: str
) -> None:
    page = Watched(browser, address).page
    page.goto(PAGES[name])
    count = page.evaluate(STOPS)
    links = page.get_by_role("link")
    assert links.count() == page.locator("a[href][data-stop]").count() > 4
    assert all(text.strip() for text in links.all_inner_texts()), "each says where it leads"
    seen = []
    for _ in range(count):
        page.keyboard.press("Tab")
        seen.append(page.evaluate("Number(document.activeElement.dataset.stop ?? -1)"))
    assert seen == list(range(count))


def test_a_list_is_read_on_a_phone_without_moving_it_sideways(browser: Browser, address: str) -> None:
    page = Watched(browser, address, 360).page
    for name in ("items", "findings", "recall", "table", "catena-x-table", "organization"):
        page.goto(PAGES[name])
        table = page.locator("table.rows")
        assert table.evaluate("one => one.scrollWidth <= one.parentElement.clientWidth"), name
        told = table.locator("tbody td[data-label]").evaluate_all("all => all.map(one => one.dataset.label)")
        heads = [text.strip() for text in table.locator("th").all_text_contents()]
        assert set(told) == set(heads[1:]), name
    for name in ("history", "compare", "catena-x-compare"):
        page.goto(PAGES[name])
        tables = page.locator("table.rows, table.changes").all()
        assert tables
        for table in tables:
            assert table.evaluate("one => one.scrollWidth <= one.parentElement.clientWidth"), name
    page.goto(PAGES["timeline"])
    assert page.locator(".lanes").evaluate("one => one.scrollWidth <= one.clientWidth")


def test_no_name_in_a_lane_is_cut_to_a_letter(browser: Browser, address: str) -> None:
    page = Watched(browser, address).page
    for name in ("timeline", "catena-x-timeline"):
        page.goto(PAGES[name])
        widths = page.locator(".lanes .span > span").evaluate_all(
            "all => all.filter(one => one.getBoundingClientRect().width > 1)"
            ".map(one => one.parentElement.getBoundingClientRect().width)"
        )
        assert widths
        assert min(widths) > 36


TEXTS = """all => all.map(one => {
  const range = document.createRange();
  range.selectNodeContents(one);
  const { left, right, top, bottom } = range.getBoundingClientRect();
  return { left, right, top, bottom, text: one.textContent };
}).filter(one => one.right - one.left > 1)"""


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("name", ["timeline", "groups", "catena-x-contested"])
@pytest.mark.parametrize("language", ["en", "zh-Hans"])
def test_texts_of_lanes_lie_on_nothing(browser: Browser, address: str, width: int, name: str, language: str) -> None:
    page = Watched(browser, address, width).page
    page.goto(f"{PAGES[name]}&view=timeline&lang={language}")
    ticks = page.locator(".axis .year").evaluate_all(TEXTS)
    assert len(ticks) > 1
    edge = page.locator(".axis > div").evaluate("one => one.getBoundingClientRect().right")
    for one, other in itertools.pairwise(ticks):
        assert one["right"] < other["left"], (one["text"], other["text"])
    assert ticks[-1]["right"] <= edge, "it is not cut off"
    for lane in page.locator(".lanes ol").all():
        bottom = lane.evaluate("one => one.getBoundingClientRect().bottom")
        told = sorted(lane.locator(".span").evaluate_all(TEXTS), key=lambda one: one["top"])
        claimed = lane.locator(".span.claimed").evaluate_all(TEXTS)
        others = [one for one in told if one not in claimed]
        assert all(one["bottom"] <= bottom for one in told)
        assert all(one["bottom"] <= other["top"] + 2 for one in others for other in claimed)


def test_the_table_sorts(browser: Browser, address: str) -> None:
    page = Watched(browser, address).page
    page.goto(PAGES["table"])
    page.locator("thead").get_by_role("link", name="Key").click()
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)
    keys = page.locator("tbody tr td:nth-child(1)").all_text_contents()
    before, after = keys[0].strip(), keys[-1].strip()
    assert before < after


def test_a_picture_of_a_label_leads_to_its_trace(browser: Browser, address: str) -> None:
    page = Watched(browser, address).page
    label = page.request.get(f"/label/{PACK_RECYCLED}.png").body()
    page.goto("/")
    page.get_by_role("link", name="Scan a code").click()
    page.get_by_label("Picture of the code").set_input_files(
        {"name": "label.png", "mimeType": "image/png", "buffer": label}
    )
    page.get_by_role("button", name="Read it").click()
    expect(page.locator("h1")).to_have_text(PACK_RECYCLED)


def test_the_query_opens_in_graphiql(browser: Browser, address: str) -> None:
    page = Watched(browser, address).page
    page.goto(PAGES["query"])
    page.get_by_role("link", name="Open in GraphiQL").click()
    editor = page.locator(".graphiql-query-editor .CodeMirror")
    expect(editor).to_be_visible()
    assert "trace(key: $key" in editor.evaluate("node => node.CodeMirror.getValue()")
    page.locator(".graphiql-execute-button").click()
    expect(page.locator(".result-window .CodeMirror")).to_contain_text(PACK_RECYCLED)


def test_without_script_all_is_there(browser: Browser, address: str) -> None:
    page = Watched(browser, address, script=False).page
    page.goto("/")
    page.locator("#find").fill(PACK_RECYCLED)
    page.locator(".find button").click()
    expect(page.locator("#frame svg")).to_be_visible()
    page.locator(f'#frame a[href*="open={BLACK_MASS}"]').click()
    expect(page.locator("#panel")).to_contain_text("black mass")


def number(shown: Locator) -> int:
    """The number that a text begins with."""
    return int((shown.text_content() or "").split()[0].replace(",", ""))


def test_an_overview_that_lost_its_connection_says_so(browser: Browser, address: str) -> None:
    page = Watched(browser, address).page
    page.route("**/graphql/stream*", lambda route: route.abort())
    page.goto("/overview")
    expect(page.locator("#live")).to_contain_text("connection lost")


def test_the_overview_shows_events_as_they_are_recorded(browser: Browser, address: str) -> None:
    watched = Watched(browser, address)
    watched.page.goto("/overview")
    expect(watched.page.locator("#live")).to_contain_text("live")
    places = ("#counted", "#kinds li:first-child b", "#statuses li:first-child b")
    counted = [watched.page.locator(one) for one in places]
    before = [number(one) for one in counted]
    name = f"LIVE-{os.getpid()}"
    event = {
        "eventId": name,
        "type": "PRODUCTION",
        "occurredAt": "2026-10-01T00:00:00Z",
        "actor": "MAKER",
        "outputs": [{"key": name, "kind": "BATTERY", "model": "M-1"}],
    }
    record = "mutation ($e: [EventInput!]!) { recordEvents(events: $e) { counts { count } } }"
    watched.page.request.post("/graphql", data={"query": record, "variables": {"e": [event]}})
    entry = watched.page.locator("#latest li", has_text=name)
    expect(entry).to_contain_text(f"Oct 1, 2026 production · MAKER · battery M-1 {name}")
    assert entry.get_by_role("link").evaluate_all("all => all.map(one => one.getAttribute('href'))") == [
        f"/event/{name}", "/organization/MAKER", f"/explore?key={name}",
    ]  # fmt: skip
    for one, count in zip(counted, before, strict=True):
        expect(one).to_have_text(re.compile(rf"^{count + 1:,}\b"))
    said = entry.text_content()
    watched.page.reload()
    expect(entry).to_have_text(said or "")
