"""Turns of the event loop: whoever completes a long answer lets others have theirs.

All operations of a loop take turns: one of them has a slice of time in each.
"""

from __future__ import annotations

import asyncio
from collections import deque
from time import perf_counter
from weakref import WeakKeyDictionary

SLICE_S = 0.01
"""Completing goes on for so long before the loop looks after others."""

_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


class Turns:
    """Of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._call_soon, self._create_future = loop.call_soon, loop.create_future
        self._until = 0.0
        self._waiting: deque[asyncio.Future[None]] = deque()
        self._giving = False

    def over(self) -> bool:
        """Whether the slice of this turn is used up."""
        return perf_counter() > self._until

    async def wait(self) -> None:
        """Go on at once while the slice lasts, else in a later turn: who waits longest has the next one."""
        if not self.over():
            return
        waiting = self._create_future()
        self._waiting.append(waiting)
        if not self._giving:
            self._giving = True
            self._call_soon(self._give)
        await waiting

    def _give(self) -> None:
        """Give the next slice; the one after it in a turn of its own."""
        while self._waiting:
            waiting = self._waiting.popleft()
            if not waiting.done():  # else it was cancelled
                self._until = perf_counter() + SLICE_S
                waiting.set_result(None)
                break
        self._giving = bool(self._waiting)
        if self._giving:
            self._call_soon(self._give)


def turns() -> Turns:
    """Those of the running loop. Raises RuntimeError where there is none."""
    loop = asyncio.get_running_loop()
    found = _TURNS.get(loop)
    if found is None:
        found = _TURNS[loop] = Turns(loop)
    return found
