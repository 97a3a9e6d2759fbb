"""Running a use case against a store without holding up the event loop."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from typing import Any, TypeVar

from service.ports import Store

T = TypeVar("T")


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    coroutine.close()
    raise RuntimeError("an embedded store must not suspend")


async def run(store: Store, use_case: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a use case: on a worker thread where the store blocks, else right here."""
    if store.blocking:
        return await asyncio.to_thread(lambda: drive(use_case()))
    return await use_case()
