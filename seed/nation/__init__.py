"""A synthetic nation: batteries from cathode material to second life and back, as their parties report them.

Deterministic: the same arguments give the same bytes. docs/generator.md says what is drawn from which distribution.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from seed.nation.clock import Clock, Event
from seed.nation.parties import Parties
from seed.nation.production import Production
from seed.nation.trade import Trade
from seed.nation.trouble import KINDS, SHOWN_AFTER, Planted, Trouble

UNTIL = date(2026, 9, 30)
"""The last day, where none is stated."""
EARLIEST, LATEST = date(2018, 12, 31), date(2040, 12, 31)
"""Of last days: the first packs are of September 2018, and the years of GB/T 34014 end in 2040."""


class Nation:
    """One history. `events` may be read once; then `planted` is the ledger of all trouble.

    `trouble` gives rates from 0 to 1 by kind (`KINDS`). Raises ValueError for a kind, a rate or a day that is none.
    """

    def __init__(
        self,
        batteries: int,
        seed: int = 1,
        until: date = UNTIL,
        cells: bool = False,
        trouble: Mapping[str, float] | None = None,
    ) -> None:
        if not EARLIEST <= until <= LATEST:
            raise ValueError(f"{until} is no last day of a history: it lies between {EARLIEST} and {LATEST}")
        if batteries < 1:
            raise ValueError(f"{batteries} batteries make no history")
        self._clock = Clock(seed, until)
        self._trade = Trade(self._clock, Parties(), Trouble(seed, trouble or {}))
        self._clock.at(0, self._trade.parties.register, self._clock)
        Production(self._trade, batteries, until, cells)

    def events(self) -> Iterator[Event]:
        """Every event, in the order of its report, with `recordedAt`."""
        yield from self._clock.run()
        self._trade.recyclers.settle()

    @property
    def planted(self) -> list[Planted]:
        """What was planted so far; complete once all events are read."""
        return self._trade.trouble.planted


def generate(batteries: int, seed: int = 1) -> Iterator[Event]:
    """The events of a nation without trouble, in the order of their reports."""
    return Nation(batteries, seed).events()


__all__ = ["EARLIEST", "KINDS", "LATEST", "SHOWN_AFTER", "UNTIL", "Nation", "Planted", "generate"]
