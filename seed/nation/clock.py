"""What is to happen on which day, and what is reported when."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, timedelta
from types import MethodType
from typing import Any

from graph_schema.identifiers import vin
from seed.nation.tables import FIRST_DAY, ORDER_73

Event = dict[str, Any]

DELAYS = (0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2, 3, 3, 3, 4, 4, 5, 5, 6, 7, 8, 9, 10, 12)
"""Days from an event to its report, each as likely: all of them within every limit of the two regulations."""
_SECONDS = 36_000


class Names:
    """What tells the names in the history of one seed from those of another: event ids and lots have the seed in them,
    the codes of batteries and vehicles two characters of it, `mark`, which are the same again 1,089 seeds later."""

    def __init__(self, seed: int) -> None:
        self._seed = seed
        upper, lower = divmod(seed % len(vin.ALPHABET) ** 2, len(vin.ALPHABET))
        self.mark = vin.ALPHABET[upper] + vin.ALPHABET[lower]

    def event(self, number: int) -> str:
        """An event id."""
        return f"syn-{self._seed}-{number:08d}"

    def lot(self, what: str, number: int) -> str:
        """The key of a lot of material."""
        return f"SYN-{what}-{self._seed}-{number:06d}"

    def stranger(self, number: int) -> str:
        """Somebody whom nobody registers."""
        return f"SYNTHETIC-STRANGER-{self._seed}-{number}"


class Clock:
    """Days from `FIRST_DAY` on. Things are told on the day that they happen, and written on the day of their report.

    Memory grows with what is still to happen (a pack on the road waits for its end) and with some days of reports.
    """

    def __init__(self, seed: int, until: date) -> None:
        self.random = random.Random(seed).random
        self.names = Names(seed)
        self.last = (until - FIRST_DAY).days
        self.today = 0
        self.count = 0
        self._told_today = 0
        self._times = [_time(second) for second in range(_SECONDS)]
        self._prefix = ""
        self._later: dict[int, list[tuple[Any, ...]]] = {}
        self._acts: dict[Callable[..., object], Callable[..., object]] = {}
        """Each method once, however many wait for it: what it is bound to makes an object of it each time."""
        self._reports: dict[int, list[Event]] = {}

    def at(self, day: int, act: Callable[..., object], *arguments: Any) -> None:
        """Do something on a day; what would be after the last day never happens."""
        if self.today <= day <= self.last:
            if isinstance(act, MethodType):
                act = self._acts.setdefault(act, act)
            self._later.setdefault(day, []).append((act, *arguments))

    def in_force(self) -> bool:
        """Whether the measures of 2026 hold today: what they forbid was no trouble before."""
        return self.day(self.today) >= ORDER_73

    def day(self, number: int) -> date:
        """The date of a day."""
        return FIRST_DAY + timedelta(days=number)

    def tell(self, kind: str, actor: str, delay: int | None = None, **fields: Any) -> str:
        """Something happens now; its event id. It is reported after `delay` days, else after some days by chance."""
        self.count += 1
        second = self._told_today
        self._told_today += 1
        time = self._times[second] if second < _SECONDS else _time_of_many(second)
        event_id = self.names.event(self.count)
        event = {
            "eventId": event_id,
            "type": kind,
            "occurredAt": f"{self._prefix}{time}+08:00",
            "actor": actor,
            **fields,
        }
        if delay is None:
            delay = DELAYS[int(self.random() * len(DELAYS))]
        reported = self.today + delay
        if reported not in self._reports:
            self._reports[reported] = []
        self._reports[reported].append(event)
        return event_id

    def run(self) -> Iterator[Event]:
        """Every event, in the order of reports, with its `recordedAt`."""
        for today in range(self.last + 1):
            self.today, self._told_today = today, 0
            self._prefix = f"{self.day(today)}T"
            # What an act puts off to the same day is done that day: the list grows while it is read.
            for act, *arguments in self._later.setdefault(today, []):
                act(*arguments)
            del self._later[today]
            yield from self._reported(today)
        for day in sorted(self._reports):
            yield from self._reported(day)

    def _reported(self, day: int) -> Iterator[Event]:
        recorded_at = f"{self.day(day)}T22:00:00+08:00"
        for event in self._reports.pop(day, ()):
            event["recordedAt"] = recorded_at
            yield event


def _time(second: int) -> str:
    """The time of day, so many seconds after eight in the morning."""
    minute, second = divmod(second, 60)
    return f"{8 + minute // 60:02d}:{minute % 60:02d}:{second:02d}"


def _time_of_many(number: int) -> str:
    """The time of an event of a day that has more of them than seconds: from then on they are a millisecond apart."""
    second, milli = divmod(number - _SECONDS, 1000)
    return f"{_time(_SECONDS + second)}.{milli:03d}"
