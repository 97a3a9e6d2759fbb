"""A pack as the simulation knows it."""

from __future__ import annotations

from datetime import date

from graph_schema.identifiers import gbt34014
from seed.nation.tables import Model

MODULES_MAX = 16
MAKERS = "ABCDEFGH"
"""The letters that the codes of each maker begin with."""


def day_code(day: date) -> str:
    """A date as three characters (GB/T 34014, positions 15 to 17)."""
    return (
        gbt34014.YEARS[day.year - gbt34014.FIRST_YEAR]
        + gbt34014.MONTHS[day.month - 1]
        + gbt34014.DAYS[day.day - 1]
    )  # fmt: skip


class Pack:
    """A pack: its code, how it is built, and the modules that are no longer the first ones, by place.

    `seen` is the event that retired it; `unreported` says that nobody told how it came out of its vehicle.
    """

    __slots__ = ("key", "model", "retired", "seen", "swapped", "unreported")

    def __init__(self, key: str, model: Model) -> None:
        self.key = key
        self.model = model
        self.swapped: dict[int, str] | None = None
        self.retired = False
        self.seen = ""
        self.unreported = False

    @property
    def maker(self) -> int:
        """The place of its maker among the parties."""
        return MAKERS.index(self.key[0])

    def modules(self) -> list[str]:
        """The codes of what is in it, by place."""
        head, first = f"{self.key[:3]}M{self.key[4:17]}", int(self.key[17:]) * MODULES_MAX
        keys = [f"{head}{first + place:07d}" for place in range(self.model.modules)]
        for place, key in (self.swapped or {}).items():
            keys[place] = key
        return keys
