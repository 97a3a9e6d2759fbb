"""Sums that know what they lack, and what a report is about."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from math import inf
from typing import NamedTuple

from graph_schema.contents import Content, Portion, add_to
from graph_schema.elements import TOTAL_MASS
from graph_schema.order import Position, instant_of, instant_us


class Amount(NamedTuple):
    """Kilograms that are known, and of how many things they are not known."""

    known_kg: float = 0.0
    known: int = 0
    unknown: int = 0

    @property
    def kg(self) -> float | None:
        """The sum of what is known; None where there is something and nothing of it is known."""
        return None if self.unknown and not self.known else self.known_kg

    @property
    def things(self) -> int:
        """How many things it is of."""
        return self.known + self.unknown

    def joined(self, other: Amount) -> Amount:
        """The sum of two."""
        return Amount(self.known_kg + other.known_kg, self.known + other.known, self.unknown + other.unknown)


def content_of(portion: Portion, element: str) -> float | None:
    """Kilograms of an element (`""`: total mass) in a portion, None where unknown; what is not listed is 0 (8.6)."""
    if element == TOTAL_MASS:
        return portion.mass_kg
    return None if portion.composition is None else portion.composition.get(element, 0.0)


def total_of(portions: Iterable[Portion]) -> Portion:
    """The sum of portions; a quantity is None where it is unknown of one of them."""
    mass: float | None = 0.0
    composition: Content | None = {}
    for portion in portions:
        mass = None if mass is None or portion.mass_kg is None else mass + portion.mass_kg
        if composition is None or portion.composition is None:
            composition = None
        else:
            add_to(composition, portion.composition)
    return Portion(mass, composition)


class Sum:
    """An `Amount` that grows."""

    def __init__(self) -> None:
        self.known_kg = 0.0
        self.known = self.unknown = 0

    def add(self, kg: float | None) -> None:
        """Add one more thing."""
        if kg is None:
            self.unknown += 1
        else:
            self.known_kg += kg
            self.known += 1

    @property
    def amount(self) -> Amount:
        """What it is by now."""
        return Amount(self.known_kg, self.known, self.unknown)


UNSTATED = ""
"""The chemistry of what nobody states one of."""


class Scope(NamedTuple):
    """What a report is about: all that is given must hold. The period is inclusive at both ends."""

    organization: str | None = None
    region: str | None = None
    chemistry: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def bounds_us(self) -> tuple[float, float]:
        """The first and the last microsecond since 1970 of the period; infinite where it has no end."""
        since = -inf if self.since is None else instant_us(self.since)
        return since, inf if self.until is None else instant_us(self.until)

    def in_period(self, position: Position) -> bool:
        """Whether an event lies in the period."""
        first, last = self.bounds_us
        return first <= instant_of(position) <= last

    def has_region(self, region: str | None) -> bool:
        """Whether a region is meant; one that is not known is none."""
        return self.region in (None, region)

    def has_chemistry(self, chemistry: str | None) -> bool:
        """Whether a chemistry is meant (None: nobody states one, which is `UNSTATED`)."""
        return self.chemistry is None or self.chemistry == (chemistry or UNSTATED)
