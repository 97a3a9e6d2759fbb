"""What many organizations recover, year by year, without following each through the whole record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from graph_schema.flows.amounts import Scope
from graph_schema.flows.recovery import (
    CHAIN,
    ChemistryRecovery,
    Followed,
    Share,
    chemistries_in,
    nothing_in,
    of_each,
)
from graph_schema.flows.transformations import LotRow, TransformationRow


class Recoveries:
    """What many organizations recover of each chemistry, year by year: each is followed through what it did and what
    came of that, and not through the whole record. The result is that of `recovery_by_chemistry`."""

    def __init__(self, rows: Iterable[TransformationRow], lots: Mapping[str, LotRow], elements: Iterable[str]) -> None:
        self._chain = sorted((row for row in rows if row.type in CHAIN), key=lambda row: row.position)
        self._lots, self._elements = lots, sorted(set(elements))
        self._users: dict[str, list[int]] = {}
        self._acted: dict[str, list[int]] = {}
        for place, row in enumerate(self._chain):
            self._acted.setdefault(row.actor, []).append(place)
            for draw in row.draws:
                self._users.setdefault(draw.lot, []).append(place)
        self._within, self._others = chemistries_in(self._chain, lots), nothing_in(self._chain)
        self._shares: dict[tuple[str, str | None], Mapping[str, Share | None]] = {}

    def acted(self) -> Iterator[tuple[str, list[TransformationRow]]]:
        """Organizations, and what they recycled and refined."""
        for organization, places in self._acted.items():
            yield organization, [self._chain[place] for place in places]

    def flows(self, organization: str, scopes: Iterable[Scope]) -> list[list[ChemistryRecovery]]:
        """The flows of periods of an organization; a scope is about that organization alone, and all chemistries."""
        acted = self._acted.get(organization, [])
        entered = set().union(*(self._within[place] for place in acted))
        places = self._downstream(acted)
        within = [self._within[place] & entered for place in places]

        def follow(some: list[TransformationRow], scope: Scope, element: str) -> Followed:
            return Followed(some, self._lots, scope, element, self._shares_of(element, scope.chemistry))

        chain = [self._chain[place] for place in places]
        return [of_each(chain, within, self._elements, scope, follow) for scope in scopes]

    def _shares_of(self, element: str, chemistry: str | None) -> Mapping[str, Share | None]:
        key = element, chemistry
        if key not in self._shares:
            some = [row for row, into in zip(self._chain, self._within, strict=True) if chemistry in into]
            scope = Scope(chemistry=chemistry)
            self._shares[key] = self._others | Followed(some, self._lots, scope, element, self._others).shares
        return self._shares[key]

    def _downstream(self, places: Iterable[int]) -> list[int]:
        found: set[int] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                waiting += (user for lot in self._chain[place].outputs for user in self._users.get(lot, ()))
        return sorted(found)
