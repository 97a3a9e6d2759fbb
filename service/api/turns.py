"""Turns of the event loop: whoever completes a long answer lets others have theirs.

All operations of a loop share one slice of time in each of its turns, however many there are.
"""

from __future__ import annotations

import asyncio
from time import perf_counter
from weakref import WeakKeyDictionary

SLICE_S = 0.02
"""Completing goes on for so long before the loop looks after others."""

_TURNS: WeakKeyDictionary[asyncio.AbstractEventLoop, Turns] = WeakKeyDictionary()


class Turns:
    """Of one event loop."""

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._call_soon = loop.call_soon
        self._until = 0.0
        self._renewing = False

    def over(self) -> bool:
        """Whether the slice of this turn is used up."""
        return perf_counter() > self._until

    async def wait(self) -> None:
        """Go on in a turn that has time left. Those who wait come in the order in which they began to."""
        while self.over():
            if not self._renewing:
                self._renewing = True
                self._call_soon(self._renew)
            await asyncio.sleep(0)

    def _renew(self) -> None:
        self._renewing = False
        self._until = perf_counter() + SLICE_S


def turns() -> Turns:
    """Those of the running loop. Raises RuntimeError where there is none."""
    loop = asyncio.get_running_loop()
    found = _TURNS.get(loop)
    if found is None:
        found = _TURNS[loop] = Turns(loop)
    return found
