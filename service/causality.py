"""Reads that must see an earlier write, also where another process wrote: bookmarks, and the header that carries them.

A client that sends back the `Voltrace-Bookmark` of an answer with its next request sees what that answer told, from
whatever process and replica. Stores in which every read sees every write have no bookmarks.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from contextvars import ContextVar

import orjson

HEADER = "Voltrace-Bookmark"
_FORM = re.compile(r"[A-Za-z]+:[A-Za-z0-9+/]+=*")
"""Of a bookmark of Neo4j: `FB:` and base64."""
FOLLOWED: ContextVar[frozenset[str]] = ContextVar("followed", default=frozenset())
"""The bookmarks that what runs in this context must see."""


def encode(bookmarks: Iterable[str]) -> str:
    """Bookmarks as one opaque text."""
    return base64.urlsafe_b64encode(orjson.dumps(sorted(bookmarks))).decode().rstrip("=")


def decode(text: str) -> frozenset[str]:
    """The bookmarks in a text. Raises ValueError."""
    try:
        told = orjson.loads(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)))
    except (binascii.Error, ValueError) as error:
        raise ValueError(f"{HEADER}: no bookmark of this service") from error
    if not isinstance(told, list) or not all(isinstance(each, str) and _FORM.fullmatch(each) for each in told):
        raise ValueError(f"{HEADER}: no bookmark of this service")
    return frozenset(told)
