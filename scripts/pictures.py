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
WIDTH, HEIGHT = 1280, 760
TRACE = f"/explore?key={PACK_RECYCLED}"
PAGES = {
    "explorer": f"{TRACE}&open={BLACK_MASS}",
    "timeline": f"{TRACE}&view=timeline",
    "balance": f"{TRACE}&view=balance",
    "identity": f"/id/{PACK_RECYCLED}",
    "overview": "/overview",
}
"""The name of each picture, and its page."""


def main() -> None:
    """Take them all."""
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "story.db")
        send(store, story())
        wait(store, Keeper(store).run())
        wait(store, store.close())
        with serving(store.url) as address, sync_playwright() as playwright:
            browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
            page = browser.new_page(base_url=address, viewport={"width": WIDTH, "height": HEIGHT})
            for name, place in PAGES.items():
                page.goto(place.partition("#")[0])
                page.wait_for_load_state()
                page.screenshot(path=IMAGES / f"{name}.png", scale="css")
            browser.close()


if __name__ == "__main__":
    main()
