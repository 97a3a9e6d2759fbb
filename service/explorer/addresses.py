"""Addresses that people paste where a code is asked for: of our own pages, wherever this service may be found, and
paths of GS1 Digital Links."""

from __future__ import annotations

from urllib.parse import parse_qs, unquote, urlsplit

from service.explorer.digital_links import KEYS
from service.explorer.pages import explore, identity_page, organization_page
from service.writers.formats import parted


def pasted(text: str, hosts: frozenset[str]) -> str | None:
    """Where an address leads on this service; None for a text that is none of ours.

    `/id/KEY`, `/organization/KEY`, `/label/KEY.svg`, `/trace/KEY.csv` and `/explore?key=KEY`, absolute with one of
    `hosts` or without; a path such as `/01/GTIN/21/SERIAL` without a host: with one it is a code, which is searched
    for.
    """
    try:
        parts = urlsplit(text)
    except ValueError:
        return None
    if parts.scheme not in ("", "http", "https") or not parts.path.startswith("/") or text.startswith("//"):
        return None
    if parts.netloc and parts.netloc.lower() not in hosts:
        return None
    if parts.path.startswith("/id/") and len(parts.path) > 4:
        return identity_page(unquote(parts.path.removeprefix("/id/")))
    if parts.path.startswith("/organization/") and len(parts.path) > 14:
        return organization_page(unquote(parts.path.removeprefix("/organization/")))
    if parts.path == "/explore" and parse_qs(parts.query).get("key"):
        return f"/explore?{parts.query}"
    if parts.path.startswith(("/label/", "/trace/")):
        key = _key_of_file(unquote(parts.path.split("/", 2)[2]))
        return None if not key else identity_page(key) if parts.path.startswith("/label/") else explore(key)
    first = parts.path.split("/")[1]
    return parts.path if first in KEYS and parts.path.count("/") >= 2 and not parts.netloc else None


def _key_of_file(name: str) -> str:
    """The key of a file's name: without the extension."""
    found = parted(name)
    return name.rpartition(".")[0] or name if found is None else found[0]


def own_path(text: str) -> str:
    """A path of this service that a form may lead back to, or `/`: nothing that a browser takes for another site."""
    plain = text.isascii() and text.isprintable() and "\\" not in text
    fits = plain and text.startswith("/") and not text.startswith("//")
    return text if fits and not text.startswith(("/sign-in", "/sign-out")) else "/"
