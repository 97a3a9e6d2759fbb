"""Turns of the event loop: whoever completes a long answer lets others have theirs.

All operations of a loop take turns: one of them has a slice of time in each.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from heapq import heappop, heappush
from itertools import count
from time import perf_counter
from typing import TypeVar
from weakref import WeakKeyDictionary

SLICE_S = 0.01
"""Completing goes on for so long before the loop looks after others."""
TOGETHER = 100
"""So many that wait are woken at once."""
MANY = 2_000
"""So many rows are gone through between two looks at the clock."""
T = TypeVar("T")

_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


class Turns:
    """Of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._call_soon, self._create_future = loop.call_soon, loop.create_future
        self._until = 0.0
        self._tickets = count()
        self._waiting: list[tuple[int, asyncio.Future[None]]] = []
        self._giving = False

    def over(self) -> bool:
        """Whether the slice of this turn is used up."""
        return perf_counter() > self._until

    async def wait(self) -> None:
        """Go on at once while the slice lasts, else in a later turn: who waits longest comes first."""
        if not self.over():
            return
        ticket = next(self._tickets)
        while self.over():
            waiting = self._create_future()
            heappush(self._waiting, (ticket, waiting))
            self._give_soon()
            await waiting

    def _give_soon(self) -> None:
        if not self._giving:
            self._giving = True
            self._call_soon(self._give)

    def _give(self) -> None:
        """Begin a slice, for as many as come to it: what they ask for together is read together."""
        self._giving = False
        self._until = perf_counter() + SLICE_S
        for _ in range(min(TOGETHER, len(self._waiting))):
            _, waiting = heappop(self._waiting)
            if not waiting.done():  # else it was cancelled
                waiting.set_result(None)
        if self._waiting:
            self._give_soon()


def turns() -> Turns:
    """Those of the running loop. Raises RuntimeError where there is none."""
    loop = asyncio.get_running_loop()
    found = _TURNS.get(loop)
    if found is None:
        found = _TURNS[loop] = Turns(loop)
    return found


async def in_turns(rows: Sequence[T]) -> AsyncIterator[Sequence[T]]:
    """The rows, some at a time; between them others have their turn."""
    for start in range(0, len(rows), MANY):
        await turns().wait()
        yield rows[start : start + MANY]
