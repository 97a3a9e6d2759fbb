"""Whether a store holds a history that `voltrace generate` made up, so that whoever looks at it is told."""

from __future__ import annotations

import asyncio
from weakref import WeakSet

import orjson

from service.ports import Store
from service.running import run
from service.stores.errors import StoreError

FIRST_PARTY = "91350000MA0000000F"
"""Each such history, of whatever seed, begins with the registration of this organization, whose note is NOTE."""
NOTE = "synthetic"
SECONDS = 2
"""How long that is waited for."""
_KNOWN: WeakSet[Store] = WeakSet()
"""Stores that hold one; a log loses nothing."""


async def holds_synthetic(store: Store) -> bool:
    """Whether a generated history is in a store; not where it does not answer, which whatever is asked next says."""
    if store in _KNOWN:
        return True

    async def answer() -> bool:
        async with store.snapshot() as snapshot:
            found = await snapshot.registrations([FIRST_PARTY])
        return any(one.payload is not None and orjson.loads(one.payload).get("note") == NOTE for one in found)

    try:
        async with asyncio.timeout(SECONDS):
            told = await run(store, answer)
    except (StoreError, TimeoutError):
        return False
    if told:
        _KNOWN.add(store)
    return told
