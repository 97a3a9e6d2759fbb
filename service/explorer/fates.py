"""Where kilograms of an element went: from item to item through what transformed them, and what became of them.

All of it follows from the shares and edges of a trace. The sums are those of its balance, or else only that is told.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from math import isclose
from typing import NamedTuple

from graph_schema.answer import Balance, Direction, Trace
from graph_schema.elements import TOTAL_MASS

FATES = ("recovered", "usedInProduction", "inUse", "disposed", "loss", "unknown")
"""What can have become of a kilogram; `unknown`: nobody stated what left a process, or how much of a lot was taken."""
ROOT = ""
"""The name of the root, with all that was ever inside it."""
_ENOUGH = 1e-6


class Band(NamedTuple):
    """Kilograms that went from an item (`ROOT`: from the root) to another, or to a fate."""

    source: str
    target: str
    kg: float
    is_fate: bool = False


def parts_of(row: Balance) -> dict[str, float]:
    """The parts of a balance by fate, kg."""
    kg = (row.recovered_kg, row.used_in_production_kg, row.in_use_kg, row.disposed_kg, row.loss_kg)
    return dict(zip(FATES, kg, strict=False))


def elements_of(trace: Trace) -> list[str]:
    """The elements that anything is known of, total mass (`""`) first."""
    return sorted({row.element for row in trace.attribution if row.direction is Direction.FORWARD})


def bands_of(trace: Trace, element: str) -> tuple[list[Band], bool]:
    """The bands of an element, and whether they are those that were followed. Where the trace has a balance of it, the
    fates sum up to that: where what was followed does not, only the fates are told."""
    told = next((row for row in trace.balance if row.element == element), None)
    bands = followed(trace, element)
    if told is None:
        return bands, True
    wanted, found = parts_of(told), fates_of(bands)
    slack = _ENOUGH * max(told.root_kg, 1e-9)
    if all(isclose(found[fate], kg, rel_tol=_ENOUGH, abs_tol=slack) for fate, kg in wanted.items()):
        return bands, True
    return [Band(ROOT, fate, kg, is_fate=True) for fate, kg in wanted.items() if kg > slack], False


def followed(trace: Trace, element: str) -> list[Band]:
    """The bands of an element from item to item, however small each is: many small ones may be much together."""
    return _Flow(trace, element, closes=any(row.element == element for row in trace.balance)).bands()


def fates_of(bands: Iterable[Band]) -> dict[str, float]:
    """What bands sum up to by fate, kg."""
    found = dict.fromkeys(FATES, 0.0)
    for band in bands:
        if band.is_fate:
            found[band.target] += band.kg
    return found


class _Flow:
    """Follows an element forward. `closes`: all that is in a process is known, so that what does not come out is
    lost."""

    def __init__(self, trace: Trace, element: str, closes: bool) -> None:
        self.missing = "loss" if closes else "unknown"
        rows = [row for row in trace.attribution if row.direction is Direction.FORWARD]
        self.kg = {row.key: row.mass_kg for row in rows if row.element == element}
        self.created = {row.key: row.mass_kg / row.share for row in rows if row.element == TOTAL_MASS}
        self.lots = {node.key for node in trace.nodes if node.kind == "LOT"}
        self.types = {node.key: node.label for node in trace.nodes if node.kind == "EVENT"}
        edges = [edge for edge in trace.edges if not edge.contested]
        self.inside = _inside(trace)
        self.into: dict[str, list[tuple[str, float | None]]] = defaultdict(list)
        self.out: dict[str, list[str]] = defaultdict(list)
        for edge in edges:
            if edge.kind == "CONSUMED_IN":
                self.into[edge.target].append((edge.source, edge.mass_kg))
            elif edge.kind == "YIELDED" and edge.target not in self.inside:
                self.out[edge.source].append(edge.target)
        self.arrived = {key: self.kg[key] for key in self.inside if key in self.kg}
        """What is known to have come into each item: no more than what its share is of."""
        self.gone: dict[str, float] = defaultdict(float)
        """What share of each item was taken."""
        self.found: dict[tuple[str, str, bool], float] = defaultdict(float)

    def bands(self) -> list[Band]:
        """The bands. What is nothing may be so but for rounding."""
        for event in self._in_order():
            self._transform(event)
        for key, kg in self.arrived.items():
            self._add(key, self._rest(key), kg * (1 - self.gone[key]), True)
        return [Band(*ends[:2], kg, ends[2]) for ends, kg in self.found.items()]

    def _in_order(self) -> list[str]:
        """The events in the order of the trace, those of disposal last; what made something before what took it, also
        where both were at one time."""
        maker = {key: event for event, keys in self.out.items() for key in keys}
        found: dict[str, None] = {}
        entered: set[str] = set()
        rest = sorted(self.into, key=lambda event: self.types.get(event) == "DISPOSAL")[::-1]
        while rest:
            event = rest[-1]
            before = [maker[key] for key, _ in self.into.get(event, ()) if key in maker]
            before = [] if event in entered else [one for one in before if one not in entered]
            entered.add(event)
            if before:
                rest += before
            else:
                found[rest.pop()] = None
        return list(found)

    def _rest(self, key: str) -> str:
        """What became of that which was not taken of an item."""
        if key in self.lots:
            return "recovered"
        return "inUse" if key in self.inside else "usedInProduction"

    def _transform(self, event: str) -> None:
        taken = {key: self._take(key, kg, event) for key, kg in self.into[event]}
        went = {key: self.arrived[key] * share for key, share in taken.items() if key in self.arrived}
        total = sum(went.values())
        if total <= 0:
            return
        came = {key: self.kg[key] for key in self.out[event] if key in self.kg}
        known = min(1.0, total / sum(came.values())) if came else 0.0
        for key, kg in came.items():
            self.arrived[key] = kg * known
        fate = "disposed" if self.types.get(event) == "DISPOSAL" else self.missing
        for source, kg in went.items():
            for target in came:
                self._add(source, target, self.arrived[target] * kg / total, False)
            self._add(source, fate, kg - sum(self.arrived[target] for target in came) * kg / total, True)

    def _take(self, key: str, kg: float | None, event: str) -> float:
        """The share of an item that an event took: all of a unit; a draw of a lot; the rest, where it disposed of it or
        nobody states how much it was."""
        left = 1 - self.gone[key]
        if key in self.lots and kg is not None and self.types.get(event) != "DISPOSAL" and self.created.get(key):
            left = min(left, kg / self.created[key])
        self.gone[key] += left
        return left

    def _add(self, source: str, target: str, kg: float, is_fate: bool) -> None:
        self.found[ROOT if source in self.inside else source, target, is_fate] += kg


def _inside(trace: Trace) -> set[str]:
    """The root and all that was ever inside it."""
    parts = defaultdict(list)
    for edge in trace.edges:
        if edge.kind == "PART_OF" and not edge.contested:
            parts[edge.target].append(edge.source)
    found, rest = {trace.root}, [trace.root]
    while rest:
        for part in parts[rest.pop()]:
            if part not in found:
                found.add(part)
                rest.append(part)
    return found
