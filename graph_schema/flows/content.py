"""Recycled content of new batteries: what of their metal is traced through lots to batteries that were recycled.

A body that a production made has the mix of the lots drawn for it (model 8.7): share = sum(w * waste) / W, where the
waste share of a lot comes from `recovery.py`. What no stated draw covers, and lots that nobody recycled, are not
recycled content: the report says what is proven. Source: recycled content, EU 2023/1542 Art. 8 (share of the element
recovered from battery manufacturing or post-consumer waste, per model, year and plant).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Container, Iterable, Mapping
from typing import NamedTuple

from graph_schema.contents import Mixing, Portion
from graph_schema.flows.amounts import Scope, content_of, total_of
from graph_schema.flows.recovery import Share, waste_shares
from graph_schema.flows.transformations import LotRow, TransformationRow


class Made(NamedTuple):
    """Bodies of a new battery that one event made, summed, and that event: its draws (lot key, portion), its mixing
    (None where nothing was drawn) and the sum of what it yielded. Bodies for which nothing was drawn are one."""

    body: Portion
    draws: tuple[tuple[str, Portion], ...]
    mixing: Mixing | None
    yielded: Portion


NOTHING_DRAWN = Made(Portion(None, None), (), None, Portion(None, None))


class NewBattery(NamedTuple):
    """A battery as it was made: when (microseconds since 1970), and in which region, None where unknown."""

    key: str
    producer: str | None
    model: str | None
    chemistry: str | None
    born_us: int
    region: str | None
    bodies: tuple[Made, ...]


def made(bodies: Iterable[tuple[Portion, Made]]) -> tuple[Made, ...]:
    """Bodies, each with how it was made (one object for each event), put together by that."""
    groups: dict[int, tuple[Made, list[Portion]]] = {}
    for body, how in bodies:
        how = how if how.draws and how.mixing is not None else NOTHING_DRAWN
        groups.setdefault(id(how), (how, []))[1].append(body)
    return tuple(how._replace(body=total_of(portions)) for how, portions in groups.values())


class ContentLine(NamedTuple):
    """Of a producer's model, the batteries made in the period: kilograms of an element in them, and those of them that
    are proven to be recycled. `unknown` batteries, whose content or origin cannot be told, are left out of both."""

    producer: str | None
    model: str | None
    chemistry: str | None
    element: str
    batteries: int
    content_kg: float
    recycled_kg: float
    unknown: int

    @property
    def share(self) -> float | None:
        """Recycled over content; None where nothing is known."""
        return self.recycled_kg / self.content_kg if self.content_kg > 0 else None


class _Body(NamedTuple):
    """A body of a new battery: what it holds, the sum of what was yielded with it, the divisors of its making (None:
    nothing was drawn), its draws on lots that somebody recycled or refined, and whether all its draws state masses and
    compositions."""

    content: Portion
    yielded: Portion
    mixing: Mixing | None
    traced: list[tuple[str, Portion]]
    states_masses: bool
    states_compositions: bool

    @classmethod
    def of(cls, made: Made, recycled: Container[str]) -> _Body:
        """A body; `recycled` are the lots that somebody recycled or refined."""
        return cls(
            made.body,
            made.yielded,
            made.mixing if made.draws else None,
            [draw for draw in made.draws if draw[0] in recycled],
            all(portion.mass_kg is not None for _, portion in made.draws),
            all(portion.composition is not None for _, portion in made.draws),
        )

    def share(self, shares: Mapping[str, Share | None], element: str) -> float | None:
        """Which share of an element of it is proven to be recycled; None where a lot, or the mix, is not known."""
        if self.mixing is None:
            return 0.0
        basis, divisor = self.mixing.divisor(element)
        stated = self.states_compositions if element else self.states_masses
        if basis != ("ELEMENT" if element else "MASS") or not stated:
            return None
        if not self.traced:
            return 0.0
        total = 0.0
        for lot, portion in self.traced:
            share = shares[lot]
            if share is None:
                return None
            total += (content_of(portion, element) or 0.0) * share.waste
        yielded = content_of(self.yielded, element)
        if yielded is not None:
            divisor = max(divisor, yielded)
        return total / divisor if divisor > 0 else 0.0


class Shares:
    """Waste shares of the lots of some transformations, element by element, as they are asked for."""

    def __init__(self, rows: Iterable[TransformationRow], lots: Mapping[str, LotRow]) -> None:
        self._rows, self._lots = list(rows), lots
        self._found: dict[str, Mapping[str, Share | None]] = {}

    def of(self, element: str) -> Mapping[str, Share | None]:
        """By lot; lots that nobody recycled or refined are left out. None, too, where nobody can say how much of its
        waste a draw took."""
        if element not in self._found:
            shares = waste_shares(self._rows, self._lots, element)
            self._found[element] = {
                lot: None if share is not None and share.waste > 0 and self._lots[lot].overstated else share
                for lot, share in shares.items()
            }
        return self._found[element]


class _Content:
    """A line that grows."""

    def __init__(self) -> None:
        self.batteries = self.unknown = 0
        self.content_kg = self.recycled_kg = 0.0

    def add(self, bodies: Iterable[_Body], element: str, shares: Mapping[str, Share | None]) -> None:
        """Add a battery."""
        content = recycled = 0.0
        for one in bodies:
            kg = content_of(one.content, element)
            part = one.share(shares, element) if kg else 0.0
            if kg is None or part is None:
                self.unknown += 1
                return
            content += kg
            recycled += kg * part
        self.batteries += 1
        self.content_kg += content
        self.recycled_kg += recycled


_Group = tuple[str | None, str | None, str | None]


class RecycledContent:
    """By producer, model, chemistry and element, total mass among them: of every element that any battery lists."""

    def __init__(self, scope: Scope, shares: Shares) -> None:
        self._scope, self._shares = scope, shares
        self._first, self._last = scope.bounds_us
        self._groups: dict[_Group, dict[str, _Content]] = defaultdict(lambda: defaultdict(_Content))
        self._batteries: dict[_Group, int] = defaultdict(int)
        self._unknown: dict[_Group, int] = defaultdict(int)

    def add(self, battery: NewBattery) -> None:
        """Add a battery."""
        if not self._is_meant(battery):
            return
        group = battery.producer, battery.model, battery.chemistry
        self._batteries[group] += 1
        unlisted = any(one.body.composition is None for one in battery.bodies)
        self._unknown[group] += unlisted
        lines = self._groups[group]
        by_mass = self._shares.of("")
        bodies = [_Body.of(one, by_mass) for one in battery.bodies]
        lines[""].add(bodies, "", by_mass)
        if not unlisted:
            for element in {element for one in battery.bodies for element in one.body.composition or ()}:
                lines[element].add(bodies, element, self._shares.of(element))

    def _is_meant(self, battery: NewBattery) -> bool:
        """Whether a battery was made in the period, by whom and where the scope says."""
        scope = self._scope
        return (
            scope.organization in (None, battery.producer)
            and scope.has_region(battery.region)
            and scope.has_chemistry(battery.chemistry)
            and self._first <= battery.born_us <= self._last
        )

    def lines(self) -> list[ContentLine]:
        """The report."""
        elements = sorted({""}.union(*self._groups.values()))
        found = []
        for group in sorted(self._groups, key=lambda names: [(name is None, name or "") for name in names]):
            for element in elements:
                line = self._groups[group][element]
                unknown = line.unknown + (self._unknown[group] if element else 0)
                counted = self._batteries[group] - unknown
                found.append(ContentLine(*group, element, counted, line.content_kg, line.recycled_kg, unknown))
        return found
