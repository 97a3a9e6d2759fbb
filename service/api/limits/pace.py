"""How fast a subscription may be: what it costs, over time."""

from __future__ import annotations

import time
from collections.abc import Callable


class Pace:
    """A budget of cost that is spent by events, and gained again over some seconds."""

    def __init__(self, budget: int, refill_s: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._budget = budget
        self._per_s = budget / refill_s
        self._clock = clock
        self._left = float(budget)
        self._seen = clock()

    def spend(self, cost: int) -> float:
        """Spend the cost of an event: after how many seconds it may be sent."""
        now = self._clock()
        self._left = min(self._budget, self._left + (now - self._seen) * self._per_s) - cost
        self._seen = now
        return max(0.0, -self._left / self._per_s)
