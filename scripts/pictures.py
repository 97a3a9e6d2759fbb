"""Takes the pictures of README.md and docs/explorer.md: pages over the short story, in Chromium.

PYTHONPATH=. python scripts/pictures.py
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from playwright.sync_api import sync_playwright

from seed.story import BLACK_MASS, PACK_RECYCLED, story
from service.keeping import Keeper
from service.stores.sqlite import SqliteStore
from tests.serving import serving
from tests.support import send, wait

IMAGES = Path(__file__).parents[1] / "docs" / "images"
TRACE = f"/explore?key={PACK_RECYCLED}"
PAGES = {
    "explorer": (f"{TRACE}&direction=FORWARD&open={BLACK_MASS}", 1880, 880),
    "timeline": (f"{TRACE}&view=timeline", 1280, 1060),
    "balance": (f"{TRACE}&view=balance", 1280, 1060),
    "identity": (f"/id/{PACK_RECYCLED}", 1280, 930),
    "overview": ("/overview", 1280, 1060),
}
"""The name of each picture, its page, and how wide and high its window is, so that nothing of note is cut off."""


def main() -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "story.db")
        send(store, story())
        wait(store, Keeper(store).run())
        wait(store, store.close())
        with serving(store.url) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_page(base_url=address)
            for name, (place, width, height) in PAGES.items():
                page.set_viewport_size({"width": width, "height": height})
                page.goto(place)
                page.wait_for_load_state()
                page.screenshot(path=IMAGES / f"{name}.png", scale="css")
            browser.close()


if __name__ == "__main__":
    main()
