"""What many organizations recover, year by year, without following each through the whole record."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping

from graph_schema.flows.amounts import UNSTATED, Scope
from graph_schema.flows.recovery import CHAIN, ChemistryRecovery, Followed, Share, of_each, waste_shares
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
        self._chemistries = _chemistries_in(self._chain, lots)
        self._shares: dict[tuple[str, str | None], Mapping[str, Share | None]] = {}

    def acted(self) -> Iterator[tuple[str, list[TransformationRow]]]:
        """Organizations, and what they recycled and refined."""
        for organization, places in self._acted.items():
            yield organization, [self._chain[place] for place in places]

    def flows(self, organization: str, scopes: Iterable[Scope]) -> list[list[ChemistryRecovery]]:
        """The flows of periods of an organization; a scope is about that organization alone, and all chemistries."""
        acted = self._acted.get(organization, [])
        chain = self._downstream(acted)
        chemistries = {one for place in acted for one in self._chemistries[place]}

        def follow(scope: Scope, element: str) -> Followed:
            return Followed(chain, self._lots, scope, element, self._shares_of(element, scope.chemistry))

        return [of_each(chemistries, self._elements, scope, follow) for scope in scopes]

    def _shares_of(self, element: str, chemistry: str | None) -> Mapping[str, Share | None]:
        key = element, chemistry
        if key not in self._shares:
            self._shares[key] = waste_shares(self._chain, self._lots, element, chemistry)
        return self._shares[key]

    def _downstream(self, places: Iterable[int]) -> list[TransformationRow]:
        found: set[int] = set()
        waiting = list(places)
        while waiting:
            place = waiting.pop()
            if place not in found:
                found.add(place)
                waiting += (user for lot in self._chain[place].outputs for user in self._users.get(lot, ()))
        return [self._chain[place] for place in sorted(found)]


def _chemistries_in(chain: Iterable[TransformationRow], lots: Mapping[str, LotRow]) -> list[set[str]]:
    """The chemistries that can have come into each event of a chain, which is in its order: those of its units, and of
    what came into the lots that it drew on."""
    within: dict[str, set[str]] = {}
    found = []
    for row in chain:
        into = {chemistry or UNSTATED for chemistry in row.units}
        for draw in row.draws:
            into |= within.get(draw.lot) or ({UNSTATED} if lots[draw.lot].is_intermediate else set())
        within |= dict.fromkeys(row.outputs, into)
        found.append(into)
    return found
