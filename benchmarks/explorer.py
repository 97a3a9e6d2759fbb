"""The explorer in a real browser: how soon a click shows the picture of a trace, and how fluid a large one moves.

Times are of Chromium on the same machine as the service, from the click on (navigation start) to the frame after the
picture stands there with its script; frames are those between two moves of the picture, each of which draws it anew.
"""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from typing import Any
from urllib.parse import urlencode

from playwright.sync_api import Browser, Page

from graph_schema.answer import Trace
from service.explorer.state import GROUPS_MAX
from service.recording import record
from service.running import drive
from service.stores.sqlite import SqliteStore
from service.writers.layout import lay_out
from service.writers.layout.gathering import OPENED_MAX
from tests.browsing import chromium
from tests.service.writers.written import packs, told
from tests.serving import serving

ROOT = "LOT-0"
FRAMES_MIN = 10
NODES_OF_PACK = 10
"""A pack, its module, its cells and the event that made it: each of a model of its own, which takes the longest to find
out what is alike."""
BOXES_OF_PACK = 3
"""A pack of an opened group is drawn with the groups in it: its modules, their cells."""
SEEN = """
const wait = () => document.querySelector("#frame.live svg")
  ? requestAnimationFrame(() => setTimeout(() => { window.shownAfter = performance.now(); }))
  : requestAnimationFrame(wait);
requestAnimationFrame(wait);
"""
FRAMES = """async ([kind, count]) => {
  const frame = document.getElementById("frame");
  const place = frame.getBoundingClientRect();
  const x = place.left + place.width / 2, y = place.top + place.height / 2;
  const tell = (type, more) => frame.dispatchEvent(new PointerEvent(type, { bubbles: true, button: 0, ...more }));
  const next = () => new Promise(requestAnimationFrame);
  const times = [];
  if (kind === "pan") tell("pointerdown", { clientX: x, clientY: y });
  let before = await next();
  for (let step = 1; step <= count; step++) {
    const way = step % 40 < 20 ? 1 : -1;
    if (kind === "pan") tell("pointermove", { clientX: x + 12 * (step % 40), clientY: y + 6 * way });
    else frame.dispatchEvent(new WheelEvent("wheel", {
      bubbles: true, cancelable: true, ctrlKey: true, deltaY: way, clientX: x, clientY: y }));
    const now = await next();
    times.push(now - before);
    before = now;
  }
  if (kind === "pan") window.dispatchEvent(new PointerEvent("pointerup"));
  return times;
}"""


def measure(nodes: int, boxes: int, runs: int) -> dict[str, dict[str, Any]]:
    """The first picture of a trace of so many nodes, and moves of a picture of so many boxes."""
    with chromium() as browser:
        return {
            "explorer, first picture": _first(browser, nodes, runs),
            "explorer, moving a large picture": _moving(browser, boxes, max(FRAMES_MIN, boxes // 20)),
        }


@contextmanager
def _page(browser: Browser, events: list[dict[str, Any]]) -> Iterator[Page]:
    """A window onto a service over events."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "explored.db")
        drive(record(store, events))
        drive(store.close())
        with serving(store.url) as address:
            window = browser.new_context(base_url=address, viewport={"width": 1440, "height": 900})
            window.add_init_script(SEEN)
            yield window.new_page()
            window.close()


def _first(browser: Browser, nodes: int, runs: int) -> dict[str, Any]:
    shown, served = [], []
    with _page(browser, packs(max(1, nodes // NODES_OF_PACK), 1, NODES_OF_PACK - 3, alike=False)) as page:
        for _ in range(runs + 1):
            page.goto(f"/?q={ROOT[:-1]}")
            page.locator(f'main a[href="/explore?key={ROOT}"]').click()
            shown.append(_shown_after(page))
            served.append(_served(page))
        drawn, size = page.locator("#frame [data-box]").count(), len(page.content())
    return {
        "boxes drawn": drawn,
        "page, KB": size / 1000,
        "runs": runs,
        "first byte after ms": median(served[1:]),
        "picture after ms": median(shown[1:]),
        "picture after ms, slowest": max(shown[1:]),
        "picture after ms, the service's first": shown[0],
    }


def _moving(browser: Browser, boxes: int, frames: int) -> dict[str, Any]:
    """Groups of packs are opened until there are as many boxes."""
    events = packs(max(OPENED_MAX, boxes // BOXES_OF_PACK), 1, 4)
    (trace,) = told(events, ROOT, directions=("BOTH",))
    found: dict[str, Any] = {"nodes": len(trace.nodes)}
    stated = {"key": ROOT, "maxNodes": str(len(trace.nodes)), "claims": "ALL", "group": _groups(trace)}
    with _page(browser, events) as page:
        page.goto(f"/explore?{urlencode(stated, doseq=True)}")
        after = _shown_after(page)
        found["boxes drawn"] = page.locator("#frame [data-box]").count()
        found["page, KB"] = len(page.content()) / 1000
        found["first byte after ms"] = _served(page)
        found["picture after ms"] = after
        for kind in ("pan", "zoom"):
            times = sorted(page.evaluate(FRAMES, [kind, frames]))
            found[f"{kind}, ms a frame"] = median(times)
            found[f"{kind}, ms a frame, 95 of 100 below"] = times[int(len(times) * 0.95)]
        page.get_by_role("button", name="Fit").click()
        times = sorted(page.evaluate(FRAMES, ["pan", frames]))
        found["pan with all in sight, ms a frame"] = median(times)
    return found


def _groups(trace: Trace) -> list[str]:
    """The groups to open, one after the other, until each pack stands alone, or no more can be open."""
    opened: list[str] = []
    while len(opened) < GROUPS_MAX:
        boxes = lay_out(trace, opened).every_box()
        more = [box.node.key for box in boxes if len(box.nodes) > 1 and box.node.kind == "BATTERY"]
        if not more:
            break
        opened += more
    return opened[:GROUPS_MAX]


def _shown_after(page: Page) -> float:
    """When the picture was drawn, ms after the click."""
    page.locator("#frame.live svg").wait_for(state="attached")
    told = "new Promise(done => { const look = () => window.shownAfter ? done(window.shownAfter) : setTimeout(look, 5);"
    return float(page.evaluate(f"{told} look(); }})"))


def _served(page: Page) -> float:
    """When the first byte of the page was there, ms after the click."""
    return float(page.evaluate("performance.getEntriesByType('navigation')[0].responseStart"))
