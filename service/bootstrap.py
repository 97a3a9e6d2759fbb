"""Wiring: from a store's URL to a store."""

from __future__ import annotations

from service.ports import Store
from service.stores.errors import StoreError
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore


def open_store(url: str) -> Store:
    """The store of a URL: `memory:` or `sqlite:PATH`. Raises StoreError, which says what there is."""
    scheme, _, rest = url.partition(":")
    if scheme == "memory":
        return MemoryStore(url)
    if scheme == "sqlite" and rest:
        return SqliteStore(rest)
    raise StoreError(f"{url!r} is no store of this version; there are sqlite:PATH and memory:")
