"""A person looks at the story in a real browser: with the mouse, with the keyboard, with a screen reader's rules."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

from seed.story import BLACK_MASS, PACK_NEW, PACK_RECYCLED, story
from service.explorer.home import EXAMPLES
from service.readers import catenax
from service.stores.sqlite import SqliteStore
from tests.service.writers.written import packs
from tests.serving import serving
from tests.support import send, wait

ROOT = Path(__file__).parents[2]
AXE = ROOT / "tests/conformance/node_modules/axe-core/axe.min.js"
CATENA_X = ROOT / "seed/data/catenax/smallTestdata.json"
PICTURES = ROOT / "build" / "screenshots"
TRACE = f"/explore?key={PACK_RECYCLED}"
PAGES = {
    "home": "/",
    "picture": TRACE,
    "opened": f"{TRACE}&open={BLACK_MASS}",
    "groups": "/explore?key=LOT-0&group=P2",
    "cut-off": "/explore?key=LOT-0&maxNodes=40",
    "catena-x": f"/explore?key={EXAMPLES[2]}",
    "catena-x-timeline": f"/explore?key={EXAMPLES[2]}&view=timeline",
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
    "history": f"/history?key={PACK_RECYCLED}",
}
FIRST_LOAD_MAX = 200_000
FADED = re.compile("faded")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    store = SqliteStore(tmp_path_factory.mktemp("explorer") / "story.db")
    send(store, [*story(), *packs(100, 3, 5)])
    send(store, [dict(event) for event in catenax.read(CATENA_X.read_bytes(), CATENA_X.name).events])
    wait(store, store.close())
    with serving(store.url, VOLTRACE_AUDIT_INTERVAL_S="1") as address:
        yield address


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page that refuses any other host, and takes down what it complains of and how much it loads."""

    def __init__(
        self, browser: Browser, address: str, width: int = 1280, dark: bool = False, script: bool = True
    ) -> None:
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": 900},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
        )
        self.address = address
        self.complaints: list[str] = []
        self.loaded = 0
        self.page: Page = context.new_page()
        self.page.route("**/*", self._only_own)
        self.page.on("console", lambda told: self.complaints.append(told.text) if told.type == "error" else None)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("response", lambda answer: self._count(answer.headers.get("content-length")))

    def _only_own(self, route: Route) -> None:
        if route.request.url.startswith(self.address):
            route.continue_()
        else:
            self.complaints.append(f"another host: {route.request.url}")
            route.abort()

    def _count(self, length: str | None) -> None:
        self.loaded += int(length or 0)


@pytest.mark.parametrize("name", PAGES)
@pytest.mark.parametrize(("width", "dark"), [(390, True), (1440, False)])
def test_every_page_is_accessible_small_and_large(
    browser: Browser, address: str, name: str, width: int, dark: bool
) -> None:
    watched = Watched(browser, address, width, dark)
    watched.page.goto(PAGES[name])
    expect(watched.page.locator("h1").first).to_be_visible()
    PICTURES.mkdir(parents=True, exist_ok=True)
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


def test_the_picture_moves_zooms_and_shows_what_hangs_together(browser: Browser, address: str) -> None:
    page = Watched(browser, address).page
    page.goto(TRACE)
    picture = page.locator("#frame")
    page.get_by_role("button", name="Fit").click()
    whole = picture.get_attribute("data-seen")
    page.get_by_role("button", name="Zoom in").click()
    near = picture.get_attribute("data-seen")
    assert near != whole
    page.locator("#frame").focus()
    page.keyboard.press("ArrowRight")
    assert picture.get_attribute("data-seen") != near
    page.keyboard.press("0")
    assert picture.get_attribute("data-seen") == whole
    page.locator('#frame a[href*="open=LOT-AL"]').focus()
    expect(page.locator('#frame a[href*="open=LOT-LI2CO3"]')).to_have_class(FADED)
    expect(page.locator(f'#frame a[href*="open={PACK_RECYCLED}"]').first).not_to_have_class(FADED)


@pytest.mark.parametrize("focused", ["LOT-CAM", "LOT-BM", PACK_NEW, "story-10-production"])
def test_the_path_to_the_root_goes_through_what_things_are_inside_of(
    browser: Browser, address: str, focused: str
) -> None:
    page = Watched(browser, address).page
    page.goto(TRACE)
    root = page.locator("#frame a.root").first
    page.locator(f'#frame a[href*="open={focused}"]').first.focus()
    expect(page.locator(f'#frame a[href*="open={focused}"]').first).not_to_have_class(FADED)
    expect(root).not_to_have_class(FADED)


def test_what_is_under_the_pointer_stays_there_when_the_wheel_zooms(browser: Browser, address: str) -> None:
    page = Watched(browser, address).page
    page.goto(TRACE)
    page.get_by_role("button", name="Fit").click()
    page.locator("#frame").scroll_into_view_if_needed()
    box = page.locator(f'#frame a[href*="open={BLACK_MASS}"]')
    before = box.bounding_box()
    assert before is not None
    page.mouse.move(before["x"] + 2, before["y"] + 2)
    page.keyboard.down("Control")
    page.mouse.wheel(0, -100)
    page.keyboard.up("Control")
    expect(page.locator("#map")).to_be_visible()
    after = box.bounding_box()
    assert after is not None
    assert after["width"] > before["width"] * 1.1
    assert (after["x"], after["y"]) == pytest.approx((before["x"], before["y"]), abs=2)


def test_two_fingers_zoom(browser: Browser, address: str) -> None:
    page = Watched(browser, address, width=390).page
    page.goto(TRACE)
    frame = page.locator("#frame.live")
    before = (frame.get_attribute("data-seen") or "").split()
    frame.evaluate(
        """frame => {
            const tell = (type, pointerId, clientX) => frame.dispatchEvent(new PointerEvent(type, {
                bubbles: true, pointerType: "touch", button: 0, pointerId, clientX, clientY: 700 }));
            tell("pointerdown", 1, 150); tell("pointerdown", 2, 200); tell("pointermove", 2, 250);
            tell("pointerup", 2, 250); tell("pointerup", 1, 150);
        }"""
    )
    after = (frame.get_attribute("data-seen") or "").split()
    assert int(after[2]) * 2 == pytest.approx(int(before[2]), abs=2)
    frame.evaluate("frame => frame.dispatchEvent(new PointerEvent('pointermove', { pointerId: 2, clientX: 300 }))")
    assert (frame.get_attribute("data-seen") or "").split() == after, "the fingers are off"


def test_a_group_opens_with_the_keyboard_and_the_picture_begins_there(browser: Browser, address: str) -> None:
    page = Watched(browser, address).page
    page.goto("/explore?key=LOT-0&maxNodes=4000")
    group = page.locator('#frame a.group.battery[href*="group="]').first
    group.focus()
    page.keyboard.press("Enter")
    expect(page.locator("#frame a.battery.marked")).to_be_in_viewport()
    assert "group=" in page.url
    assert "maxNodes=4000" in page.url
    page.get_by_role("link", name="close").click()
    expect(page.locator("#frame .marked")).to_have_count(0)


def test_the_map_shows_what_is_seen_of_a_large_picture_and_moves_it(browser: Browser, address: str) -> None:
    page = Watched(browser, address).page
    page.goto("/explore?key=LOT-0&maxNodes=4000&group=P0")
    small, picture = page.locator("#map"), page.locator("#frame")
    expect(small).to_be_visible()
    small.scroll_into_view_if_needed()
    before = picture.get_attribute("data-seen")
    place = small.bounding_box()
    assert place is not None
    page.mouse.click(place["x"] + place["width"] / 2, place["y"] + place["height"] - 4)
    after = picture.get_attribute("data-seen")
    assert before is not None
    assert after is not None
    assert float(after.split()[1]) > float(before.split()[1])
    assert round(float(small.locator(".seen").get_attribute("y") or 0)) == float(after.split()[1])
    page.get_by_role("button", name="Fit").click()
    expect(small).to_be_hidden()


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


def test_the_table_sorts(browser: Browser, address: str) -> None:
    page = Watched(browser, address).page
    page.goto(PAGES["table"])
    page.get_by_role("button", name="Key").click()
    keys = page.locator("tbody tr td:nth-child(3)").all_text_contents()
    before, after = keys[0].strip(), keys[-1].strip()
    assert before < after
    expect(page.locator("th[aria-sort=ascending]")).to_have_count(1)


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


def test_the_overview_shows_events_as_they_are_recorded(browser: Browser, address: str) -> None:
    watched = Watched(browser, address)
    watched.page.goto("/overview")
    expect(watched.page.locator("#live")).to_contain_text("live")
    name = f"LIVE-{os.getpid()}"
    event = {
        "eventId": name,
        "type": "PRODUCTION",
        "occurredAt": "2026-10-01T00:00:00Z",
        "actor": "MAKER",
        "outputs": [{"key": name, "kind": "BATTERY"}],
    }
    record = "mutation ($e: [EventInput!]!) { recordEvents(events: $e) { counts { count } } }"
    watched.page.request.post("/graphql", data={"query": record, "variables": {"e": [event]}})
    expect(watched.page.locator("#latest")).to_contain_text(name)
