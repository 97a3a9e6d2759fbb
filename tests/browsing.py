"""A real Chromium, and a page of it that is watched."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from playwright.sync_api import Browser, Page, Route, sync_playwright


@contextmanager
def chromium() -> Iterator[Browser]:
    """The Chromium of this machine."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        try:
            yield browser
        finally:
            browser.close()


class Watched:
    """A page that refuses any other host, and takes down what it complains of and how much it loads."""

    def __init__(
        self,
        browser: Browser,
        address: str,
        width: int = 1280,
        dark: bool = False,
        script: bool = True,
        height: int = 900,
        touch: bool = False,
    ) -> None:
        context = browser.new_context(
            base_url=address,
            viewport={"width": width, "height": height},
            color_scheme="dark" if dark else "light",
            java_script_enabled=script,
            has_touch=touch,
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
