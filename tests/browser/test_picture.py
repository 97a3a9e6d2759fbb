"""The picture of a trace in a real browser: what is seen of it, how it moves, what opens."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import Browser, Page, expect

from graph_schema.further import STEP
from seed.story import BLACK_MASS, PACK_A, PACK_NEW, PACK_RECYCLED, PACK_VANISHED
from service.explorer.home import EXAMPLES
from tests.browsing import Watched

TRACE = f"/explore?key={PACK_RECYCLED}"
REAL = f"/explore?key={EXAMPLES[2]}"
FADED = re.compile("faded")


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


def test_what_came_of_a_part_does_not_fade_what_that_was_inside_of(browser: Browser, address: str) -> None:
    """Of PACK_A one module went to be recycled, from inside of it: the metals lead back to the root."""
    page = Watched(browser, address).page
    page.goto(f"/explore?key={PACK_A}")
    root = page.locator("#frame a.root").first
    for focused in ("LOT-AL-2026-06", "LOT-BM", "story-45-recycling"):
        page.locator(f'#frame a[href*="open={focused}"]').first.focus()
        expect(page.locator(f'#frame a[href*="open={focused}"]').first).not_to_have_class(FADED)
        expect(root).not_to_have_class(FADED)
        expect(page.locator("#frame .faded").first).to_be_attached()


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


@pytest.mark.parametrize("dark", [False, True])
def test_materials_look_different_by_day_and_by_night(browser: Browser, address: str, dark: bool) -> None:
    page = Watched(browser, address, dark=dark).page
    page.goto("/explore?key=LOT-0&maxNodes=4000")
    lots = page.locator("#frame .lot[class*=material-]")
    fills = lots.evaluate_all(
        "all => all.map(one => [one.classList.value.match(/material-\\d+/)[0],"
        " getComputedStyle(one.querySelector('rect')).fill])"
    )
    assert len({fill for _, fill in fills}) == len({name for name, _ in fills}) == 3
    signs = page.locator(".legend rect[class*=material-], .legend g[class*=material-] > rect")
    told = signs.evaluate_all("all => all.map(one => getComputedStyle(one).fill)")
    assert {fill for _, fill in fills} == set(told)


def seen_of(page: Page) -> list[int]:
    """Left, top, width and height of what is seen."""
    return [int(one) for one in (page.locator("#frame.live").get_attribute("data-seen") or "").split()]


def smallest(page: Page) -> float:
    """Of the texts of the picture, in pixels of the screen."""
    return float(
        page.locator("#frame.live").evaluate(
            "frame => Math.min(...[...frame.querySelectorAll('text')].map(one =>"
            " one.getAttribute('font-size') * one.getScreenCTM().a))"
        )
    )


@pytest.mark.parametrize("trace", [TRACE, REAL, f"{REAL}&claims=ALL", "/explore?key=LOT-0"])
def test_what_fits_on_a_phone_is_to_be_read(browser: Browser, address: str, trace: str) -> None:
    page = Watched(browser, address, 390, height=844, touch=True).page
    page.goto(trace)
    page.get_by_role("button", name="Zoom out").click()
    page.get_by_role("button", name="Fit").click()
    assert smallest(page) > 8.99
    root, frame = page.locator("#frame .root > rect").last.bounding_box(), page.locator("#frame").bounding_box()
    assert root is not None
    assert frame is not None
    assert frame["x"] <= root["x"] < frame["x"] + frame["width"]
    assert frame["y"] <= root["y"] < frame["y"] + frame["height"]


def test_contested_claims_are_in_sight_at_once(browser: Browser, address: str) -> None:
    page = Watched(browser, address, 1280, height=760).page
    page.goto(f"{REAL}&claims=ALL")
    frame = page.locator("#frame.live").bounding_box()
    assert frame is not None
    assert page.locator(".onward:visible").count(), "not all of it is in sight"
    lines = [line.bounding_box() for line in page.locator("#frame path.contested").all()]
    assert len(lines) == 2
    for line in lines:
        assert line is not None
        assert frame["y"] <= line["y"]
        assert line["y"] + line["height"] <= frame["y"] + frame["height"]
    root = page.locator("#frame .root > rect").last.bounding_box()
    assert root is not None
    assert frame["y"] <= root["y"] < frame["y"] + frame["height"]


@pytest.mark.parametrize("trace", [TRACE, REAL])
@pytest.mark.parametrize(("width", "height"), [(390, 844), (1440, 900), (2560, 1440), (3840, 2160)])
def test_it_begins_large_enough_to_read_and_takes_the_room(
    browser: Browser, address: str, width: int, height: int, trace: str
) -> None:
    page = Watched(browser, address, width, height=height).page
    page.goto(trace)
    frame = page.locator("#frame.live")
    expect(page.locator("#frame .root").first).to_be_in_viewport()
    assert smallest(page) >= (10 if width < 768 else 8.5)
    place = frame.bounding_box()
    assert place is not None
    assert place["width"] > min(width - 40, 0.985 * width)
    assert place["height"] <= height


@pytest.mark.parametrize(("width", "height", "key"), [(1440, 900, PACK_VANISHED), (1920, 1080, PACK_RECYCLED)])
def test_what_fits_large_enough_to_read_begins_whole(
    browser: Browser, address: str, width: int, height: int, key: str
) -> None:
    page = Watched(browser, address, width, height=height).page
    page.goto(f"/explore?key={key}")
    begins = seen_of(page)
    expect(page.locator("#map")).to_be_hidden()
    expect(page.locator(".onward:visible")).to_have_count(0)
    page.get_by_role("button", name="Fit").click()
    assert seen_of(page) == begins


@pytest.mark.parametrize("trace", [TRACE, REAL])
def test_a_laptop_shows_the_picture_with_what_moves_it(browser: Browser, address: str, trace: str) -> None:
    page = Watched(browser, address, 1366, height=768).page
    page.goto(trace)
    expect(page.get_by_role("button", name="Fit")).to_be_in_viewport(ratio=1)
    frame, entry = page.locator("#frame.live"), page.locator(".legend li").first
    expect(frame).to_be_in_viewport(ratio=1)
    expect(entry).to_be_in_viewport(ratio=1)
    before = entry.bounding_box()
    frame.focus()
    page.keyboard.press("ArrowRight")
    assert entry.bounding_box() == before, "it does not move with the picture"


@pytest.mark.parametrize(
    ("width", "key", "way", "steps"), [(1440, PACK_RECYCLED, "right", 1), (390, EXAMPLES[2], "left", 3)]
)
def test_what_does_not_begins_at_its_root_and_says_where_there_is_more(
    browser: Browser, address: str, width: int, key: str, way: str, steps: int
) -> None:
    page = Watched(browser, address, width).page
    page.goto(f"/explore?key={key}")
    frame, root = page.locator("#frame.live").bounding_box(), page.locator("#frame .root").first.bounding_box()
    assert frame is not None
    assert root is not None
    assert frame["x"] <= root["x"]
    assert root["x"] + root["width"] <= frame["x"] + frame["width"]
    before = seen_of(page)
    onward = page.get_by_role("button", name=f"More to the {way}")
    for _ in range(steps):
        onward.click()
    assert (seen_of(page)[0] > before[0]) is (way == "right")
    expect(onward).to_be_hidden()


def test_the_address_follows_what_is_seen_and_shows_it_again(browser: Browser, address: str) -> None:
    page = Watched(browser, address).page
    page.goto(TRACE)
    page.locator("#frame").focus()
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "+"):
        page.keyboard.press(key)
    moved = seen_of(page)
    page.wait_for_url(re.compile("seen="))
    other = Watched(browser, address).page
    other.goto(page.url)
    assert seen_of(other) == pytest.approx(moved, abs=1)
    page.locator(f'#frame a[href*="open={BLACK_MASS}"]').focus()
    moved = seen_of(page)
    page.keyboard.press("Enter")
    expect(page.locator("#panel")).to_contain_text("black mass")
    assert seen_of(page)[0] == pytest.approx(moved[0], abs=moved[2] / 2), "the panel takes room; what was seen stays"
    page.locator("#panel .close").click()
    expect(page.locator("#panel")).to_have_count(0)
    assert seen_of(page) == pytest.approx(moved, abs=2)


def test_a_finger_scrolls_the_page_past_the_picture_and_moves_it_sideways(browser: Browser, address: str) -> None:
    page = Watched(browser, address, width=390, touch=True).page
    page.goto(TRACE)
    page.locator("#frame.live").scroll_into_view_if_needed()
    place = page.locator("#frame").bounding_box()
    assert place is not None
    x, y = place["x"] + 200, place["y"] + 120
    before, top = seen_of(page), page.evaluate("scrollY")
    swipe(page, (x, y), (x - 120, y))
    moved = seen_of(page)
    assert moved[0] > before[0] + 60
    assert page.evaluate("scrollY") == top
    swipe(page, (x, y), (x, y - 90))
    page.wait_for_function("top => scrollY > top + 40", arg=top)
    assert seen_of(page) == moved


def test_two_fingers_move_the_picture_and_not_the_page(browser: Browser, address: str) -> None:
    page = Watched(browser, address, width=390, touch=True).page
    page.goto(TRACE)
    page.locator("#frame.live").scroll_into_view_if_needed()
    place = page.locator("#frame").bounding_box()
    assert place is not None
    x, y = place["x"] + 100, place["y"] + 120
    before, top = seen_of(page), page.evaluate("scrollY")
    swipe(page, (x, y), (x, y - 80), apart=100)
    assert seen_of(page)[1] > before[1] + 40
    assert page.evaluate("scrollY") == top


def swipe(page: Page, start: tuple[float, float], end: tuple[float, float], apart: float | None = None) -> None:
    """A finger from a place to another, or two at this distance."""
    session = page.context.new_cdp_session(page)

    def tell(kind: str, x: float, y: float) -> None:
        points = [{"x": x, "y": y, "id": 0}] + ([] if apart is None else [{"x": x + apart, "y": y, "id": 1}])
        session.send("Input.dispatchTouchEvent", {"type": kind, "touchPoints": [] if kind == "touchEnd" else points})

    tell("touchStart", *start)
    for step in range(1, 11):
        share = step / 10
        tell("touchMove", start[0] + (end[0] - start[0]) * share, start[1] + (end[1] - start[1]) * share)
    tell("touchEnd", *end)


def test_the_map_lies_over_no_box(browser: Browser, address: str) -> None:
    for width in (390, 1440):
        page = Watched(browser, address, width).page
        page.goto(TRACE)
        page.get_by_role("button", name="Zoom in").click()
        expect(page.locator("#map")).to_be_visible()
        small, frame = page.locator("#map").bounding_box(), page.locator("#frame").bounding_box()
        assert small is not None
        assert frame is not None
        assert small["y"] >= frame["y"] + frame["height"]


def test_the_real_file_is_understood_at_once_and_its_groups_open(browser: Browser, address: str) -> None:
    page = Watched(browser, address, 1440).page
    page.goto(REAL)
    for told in ("6 × module HV MODUL", "60 × cell ZB ZELLE", "60 × production"):
        expect(page.locator("#frame text", has_text=told)).to_be_in_viewport()
    page.locator("#frame a.group.module path.plus").click()
    expect(page.locator("#frame a.module")).to_have_count(6)


def test_what_a_bound_cut_off_comes_into_the_same_picture_without_script(browser: Browser, address: str) -> None:
    page = Watched(browser, address, script=False).page
    page.goto("/explore?key=L10&direction=BACKWARD&maxNodes=4")
    told = page.locator("#frame svg > desc")
    for _ in range(2):
        before = int((told.text_content() or "").split()[0])
        page.locator("#frame a.further").first.click()
        expect(page.locator("h1")).to_have_text("L10")
        after = int((told.text_content() or "").split()[0])
        assert before < after <= before + STEP, "of that one alone"
        assert "maxNodes=4" in page.url
        expect(page.locator("#frame .marked")).to_have_count(1)


def test_an_element_of_the_balance_is_chosen_and_its_flows_are_listed(browser: Browser, address: str) -> None:
    page = Watched(browser, address, 390).page
    page.goto(f"{TRACE}&view=balance")
    page.get_by_role("navigation", name="Elements").get_by_role("link", name="Ni").click()
    expect(page.locator("h2", has_text="Ni")).to_contain_text("1.6\u00a0kg in this battery")
    assert "element=Ni" in page.url
    picture = page.locator("svg.balance.turned")
    expect(picture).to_be_visible()
    expect(page.locator("svg.balance:not(.turned)")).to_be_hidden()
    expect(picture).to_have_attribute("aria-label", re.compile("in new products 985.7\u00a0g"))
    assert picture.evaluate("one => one.getBoundingClientRect().width <= one.parentElement.clientWidth")
    sizes = picture.locator("text").evaluate_all(
        "all => all.map(one => parseFloat(getComputedStyle(one).fontSize) * one.getScreenCTM().a)"
    )
    assert min(sizes) > 9
    page.locator("summary", has_text="Each flow").click()
    expect(page.locator("details table")).to_contain_text("LOT-NICOSO4-2026-07")
