"""Running a use case against a store without holding up the event loop."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Coroutine, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any, TypeVar

from service.ports import Store

T = TypeVar("T")

_UNWANTED: ContextVar[threading.Event | None] = ContextVar("unwanted", default=None)
_ALONE: ContextVar[bool] = ContextVar("alone", default=False)


def is_alone() -> bool:
    """Whether nothing else waits for the event loop, so that it may be held."""
    return _ALONE.get()


@contextmanager
def alone() -> Iterator[None]:
    """What is run in here has its event loop for itself, as a command does."""
    token = _ALONE.set(True)
    try:
        yield
    finally:
        _ALONE.reset(token)


def unwanted() -> bool:
    """Whether nobody waits any more for what runs in this context, so that a long read had better end."""
    event = _UNWANTED.get()
    return event is not None and event.is_set()


class Unwanted(Exception):
    """Nobody waits any more for what would be done now, so it is not done."""


def check_wanted() -> None:
    """Raises Unwanted where nobody waits any more for what runs in this context."""
    if unwanted():
        raise Unwanted


def drive(coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine that never suspends."""
    try:
        coroutine.send(None)
    except StopIteration as done:
        return done.value  # type: ignore[no-any-return]
    coroutine.close()
    raise RuntimeError("an embedded store must not suspend")


async def run_at_once(store: Store, use_case: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run what an embedded store answers in some microseconds, for which another thread would take longer."""
    return drive(use_case()) if store.blocking else await use_case()


async def run(store: Store, use_case: Callable[[], Coroutine[Any, Any, T]]) -> T:
    """Run a use case: on a worker thread where the store blocks, else right here.

    A thread cannot be ended from outside. Where this is cancelled, because the client is gone or the time is over, the
    use case is told by `unwanted`, which the store looks at where it can; else it runs to its end, unheard. A write
    that nobody waits for any more is undone.
    """
    if not store.blocking:
        return await use_case()
    event = threading.Event()

    def work() -> T:
        _UNWANTED.set(event)
        return drive(use_case())

    try:
        return await asyncio.to_thread(work)
    except asyncio.CancelledError:
        event.set()
        raise


async def aside(store: Store, work: Callable[[], T]) -> T:
    """Do what takes Python long without asking the store: here where this runs on a worker thread already, else on one,
    so that the event loop goes on meanwhile."""
    return work() if store.blocking else await asyncio.to_thread(work)
