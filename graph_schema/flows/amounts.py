"""Sums that know what they lack, and what a report is about."""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from graph_schema.contents import Content, Portion
from graph_schema.elements import TOTAL_MASS
from graph_schema.order import Position, moment_of


class Amount(NamedTuple):
    """Kilograms that are known, and of how many things they are not known."""

    known_kg: float = 0.0
    known: int = 0
    unknown: int = 0

    @property
    def kg(self) -> float | None:
        """The sum of what is known; None where there is something and nothing of it is known."""
        return None if self.unknown and not self.known else self.known_kg

    def plus(self, kg: float | None) -> Amount:
        """With one more thing."""
        if kg is None:
            return self._replace(unknown=self.unknown + 1)
        return Amount(self.known_kg + kg, self.known + 1, self.unknown)

    def joined(self, other: Amount) -> Amount:
        """The sum of two."""
        return Amount(self.known_kg + other.known_kg, self.known + other.known, self.unknown + other.unknown)


def content_of(portion: Portion, element: str) -> float | None:
    """Kilograms of an element (`""`: total mass) in a portion, None where unknown; what is not listed is 0 (8.6)."""
    if element == TOTAL_MASS:
        return portion.mass_kg
    return None if portion.composition is None else portion.composition.get(element, 0.0)


def total_of(portions: list[Portion]) -> Portion:
    """The sum of portions; a quantity is None where it is unknown of one of them."""
    mass: float | None = 0.0
    composition: Content | None = {}
    for portion in portions:
        mass = None if mass is None or portion.mass_kg is None else mass + portion.mass_kg
        if composition is None or portion.composition is None:
            composition = None
        else:
            for element, kg in portion.composition.items():
                composition[element] = composition.get(element, 0.0) + kg
    return Portion(mass, composition)


class Scope(NamedTuple):
    """What a report is about: all that is given must hold. The period is inclusive at both ends."""

    organization: str | None = None
    region: str | None = None
    chemistry: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    def in_period(self, position: Position) -> bool:
        """Whether an event lies in the period."""
        moment = moment_of(position)
        return (self.since is None or moment >= self.since) and (self.until is None or moment <= self.until)

    def has_region(self, region: str | None) -> bool:
        """Whether a region is meant; one that is not known is none."""
        return self.region in (None, region)

    def has_chemistry(self, chemistry: str | None) -> bool:
        """Whether a chemistry is meant; one that is not known is none."""
        return self.chemistry in (None, chemistry)
