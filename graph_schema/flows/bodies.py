"""Bodies of units, summed: what is known of them, and of how many it is not."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, NamedTuple

from graph_schema.contents import Content, add_to
from graph_schema.flows.amounts import Amount
from graph_schema.flows.facts import Facts


class Bodies(NamedTuple):
    """Bodies of units (so many): their content as far as known, of how many it is not.

    `again_kg` is the mass of those that a repurposing had taken up before, or that were made for second life.
    """

    units: int
    kg: float
    kg_unknown: int
    composition: Content
    composition_unknown: int
    again_kg: float = 0.0

    def content(self, element: str) -> tuple[float, int]:
        """Kilograms of an element (`""`: total mass) as far as known; of how many bodies it is not known."""
        if not element:
            return self.kg, self.kg_unknown
        return self.composition.get(element, 0.0), self.composition_unknown

    def amount(self, element: str) -> Amount:
        """The same as a sum."""
        kg, unknown = self.content(element)
        return Amount(kg, self.units - unknown, unknown)


def bodies_of(facts: Facts, units: Iterable[Any], is_again: Callable[[Any], bool] = lambda _: False) -> Bodies:
    """The sum of units, added up in the order of their keys, so that it is the same whoever asks."""
    kg = again = 0.0
    count = kg_unknown = composition_unknown = 0
    composition: Content = {}
    for unit in sorted(units, key=lambda one: facts.items[one].key):
        count += 1
        body = facts.body(unit)
        if body.mass_kg is None:
            kg_unknown += 1
        else:
            kg += body.mass_kg
            again += body.mass_kg if is_again(unit) else 0.0
        if body.composition is None:
            composition_unknown += 1
        else:
            add_to(composition, body.composition)
    return Bodies(count, kg, kg_unknown, composition, composition_unknown, again)
