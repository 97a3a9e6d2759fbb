"""Counts of batteries: the market, fates, stages, years. Each adds up rows, one by one, and says what it lacks."""

from __future__ import annotations

from array import array
from collections import defaultdict
from collections.abc import Iterable, Sequence
from statistics import median
from typing import NamedTuple

from graph_schema.days import day_at
from graph_schema.flows.amounts import Amount, Scope, Sum
from graph_schema.flows.batteries import BatteryRow, Fate
from graph_schema.flows.recovery import is_acting
from graph_schema.flows.transformations import TransformationRow
from graph_schema.order import moment_of, moment_of_us

DAY_US = 86_400_000_000


class MarketLine(NamedTuple):
    """Of a producer's model: batteries put on the market in the period, in use at its end, retired in it, and of these
    those that were recycled (recovered) by the cut, each with its mass; `undated` are in use since nobody knows
    when."""

    producer: str | None
    model: str | None
    chemistry: str | None
    marketed: int
    marketed_mass: Amount
    in_use: int
    in_use_mass: Amount
    undated: int
    retired: int
    retired_mass: Amount
    recovered: int
    recovered_mass: Amount


class FateLine(NamedTuple):
    """A fate of the batteries retired in the period: how many, their share of all, the mass of the bodies with it."""

    fate: Fate
    batteries: int
    share: float | None
    mass: Amount


class StageLine(NamedTuple):
    """A stage of life, for batteries that left it in the period, in days; `open` are in it at the end of the period;
    `unknown` left it, but nobody knows when they came into it."""

    stage: str
    left: int
    mean_days: float | None
    median_days: float | None
    longest_days: float | None
    open: int
    unknown: int


class YearLine(NamedTuple):
    """A year and a region: batteries retired; bodies that went into recycling and into repurposing; utilized counts
    each body once: at its repurposing, or at its recycling where none came before. `region` None is unknown."""

    year: int
    region: str | None
    retired: int
    retired_mass: Amount
    recycled_mass: Amount
    repurposed_mass: Amount
    utilized_mass: Amount


def is_first_life(row: BatteryRow, scope: Scope) -> bool:
    """Batteries of a producer and chemistry; second-life units are left out, whose parts were counted before."""
    return not row.second_life and scope.organization in (None, row.producer) and scope.has_chemistry(row.chemistry)


class _Where:
    """Whether something happened in the period and region of a scope."""

    def __init__(self, scope: Scope) -> None:
        self.first, self.last = scope.bounds_us
        self.region = scope.region

    def has(self, us: int | None, region: str | None) -> bool:
        """Of a moment and a region."""
        return us is not None and self.first <= us <= self.last and self.region in (None, region)

    def uses(self, row: BatteryRow) -> bool:
        """Whether a battery was in use at the end of the period: on the market, and neither retired nor ended."""
        came = row.came_us
        if came is None or came > self.last or self.region not in (None, row.market_region):
            return False
        return row.retired_us is None or row.retired_us > self.last


class _Market:
    """A line of the market that grows."""

    def __init__(self) -> None:
        self.marketed, self.in_use, self.retired, self.recovered = Sum(), Sum(), Sum(), Sum()
        self.undated = 0

    def add(self, row: BatteryRow, where: _Where) -> None:
        """Add a battery."""
        if where.has(row.market_us, row.market_region):
            self.marketed.add(row.mass_kg)
        if where.uses(row):
            self.in_use.add(row.mass_kg)
            self.undated += row.market_us is None
        if where.has(row.retired_us, row.retired_region):
            self.retired.add(row.mass_kg)
            if row.fate is Fate.RECYCLED:
                self.recovered.add(row.mass_kg)

    def line(self, group: tuple[str | None, str | None, str | None]) -> MarketLine:
        """The line of a group."""
        marketed, in_use, retired, recovered = (
            one.amount for one in (self.marketed, self.in_use, self.retired, self.recovered)
        )
        return MarketLine(
            *group,
            marketed.things,
            marketed,
            in_use.things,
            in_use,
            self.undated,
            retired.things,
            retired,
            recovered.things,
            recovered,
        )


class Market:
    """By producer, model and chemistry, what is not known last. The region is where it came on the market."""

    def __init__(self, scope: Scope) -> None:
        self._scope, self._where = scope, _Where(scope)
        self._groups: dict[tuple[str | None, str | None, str | None], _Market] = defaultdict(_Market)

    def add(self, row: BatteryRow) -> None:
        """Add a battery."""
        if is_first_life(row, self._scope):
            self._groups[row.producer, row.model, row.chemistry].add(row, self._where)

    def lines(self) -> list[MarketLine]:
        """The report."""
        names = sorted(self._groups, key=lambda names: [(name is None, name or "") for name in names])
        return [self._groups[group].line(group) for group in names]


class Fates:
    """Every fate of the batteries retired in the period (`region`: where), as of the cut; of an element, or mass.

    The masses of all fates together are the mass of the batteries, body by body.
    """

    def __init__(self, scope: Scope, element: str = "") -> None:
        self._scope, self._where, self._element = scope, _Where(scope), element
        self._counts = dict.fromkeys(Fate, 0)
        self._masses = dict.fromkeys(Fate, Amount())

    def add(self, row: BatteryRow) -> None:
        """Add a battery."""
        if self._where.has(row.retired_us, row.retired_region) and is_first_life(row, self._scope):
            assert row.fate is not None
            self._counts[row.fate] += 1
            for fate, bodies in row.remains:
                self._masses[fate] = self._masses[fate].joined(bodies.amount(self._element))

    def lines(self) -> list[FateLine]:
        """The report."""
        total = sum(self._counts.values())
        return [
            FateLine(fate, count, count / total if total else None, self._masses[fate])
            for fate, count in self._counts.items()
        ]


STAGES = ("BEFORE_MARKET", "IN_USE", "RETIRED", "TO_SECOND_LIFE")
"""Production to market; market to retirement; retirement to the end of the battery; retirement to the first
repurposing that took it or a part of it up, in which nothing counts as open: most batteries never get there."""


class _Stage:
    """A line of a stage that grows."""

    def __init__(self, stage: str, where: _Where) -> None:
        self.stage, self.where = stage, where
        self.days = array("d")
        self.open = self.unknown = 0

    def add(self, row: BatteryRow) -> None:
        """Add a battery."""
        came, left, region = _stage(row, self.stage)
        has_come = came is not None and came <= self.where.last
        if left is None:
            self.open += has_come and _is_still_in(row, self.stage)
        elif left > self.where.last:
            self.open += has_come
        elif self.where.has(left, region):
            if came is None:
                self.unknown += 1
            else:
                self.days.append((left - came) / DAY_US)

    def line(self) -> StageLine:
        """The line."""
        return StageLine(self.stage, len(self.days) + self.unknown, *_spread(self.days), self.open, self.unknown)


class Stages:
    """Time in each stage. A battery belongs where it left the stage, in the period and region."""

    def __init__(self, scope: Scope) -> None:
        self._scope = scope
        self._stages = [_Stage(stage, _Where(scope)) for stage in STAGES]

    def add(self, row: BatteryRow) -> None:
        """Add a battery."""
        if is_first_life(row, self._scope):
            for stage in self._stages:
                stage.add(row)

    def lines(self) -> list[StageLine]:
        """The report."""
        return [stage.line() for stage in self._stages]


def _stage(row: BatteryRow, stage: str) -> tuple[int | None, int | None, str | None]:
    """When it came into a stage, when it left it, and the region where it did."""
    if stage == "BEFORE_MARKET":
        return None if row.enrolled else row.born_us, row.market_us, row.market_region
    if stage == "IN_USE":
        return row.market_us, row.retired_us, row.retired_region
    if stage == "RETIRED":
        return row.retired_us, row.ended_us, row.retired_region
    return row.retired_us, row.taken_up_us, row.retired_region


def _is_still_in(row: BatteryRow, stage: str) -> bool:
    """Whether a battery that has not left a stage is in it, and not past it by another way."""
    if stage == "BEFORE_MARKET":
        return row.retired_us is None
    return stage != "TO_SECOND_LIFE"


def _spread(days: Sequence[float]) -> tuple[float | None, float | None, float | None]:
    if not days:
        return None, None, None
    return sum(days) / len(days), median(days), max(days)


class Yearly:
    """By calendar year in China and region: of the retirement, or of the organization that recycles or repurposes.

    With an organization, batteries that it made, and events that it did.
    """

    def __init__(self, scope: Scope, events: Iterable[TransformationRow]) -> None:
        self._scope, self._where = scope, _Where(scope)
        self._retired: dict[tuple[int, str | None], Sum] = defaultdict(Sum)
        self._masses: dict[tuple[int, str | None], list[Amount]] = defaultdict(lambda: [Amount()] * 3)
        for event in events:
            takes_up = event.type != "REFINING" and any(map(scope.has_chemistry, event.units))
            if takes_up and is_acting(event, scope) and scope.in_period(event.position):
                _add_utilized(self._masses[day_at(moment_of(event.position)).year, event.region], event, scope)

    def add(self, row: BatteryRow) -> None:
        """Add a battery."""
        if row.retired_us is None or not self._where.has(row.retired_us, row.retired_region):
            return
        if is_first_life(row, self._scope):
            self._retired[day_at(moment_of_us(row.retired_us)).year, row.retired_region].add(row.mass_kg)

    def lines(self) -> list[YearLine]:
        """The report."""
        places = {*self._retired, *self._masses}
        return [
            YearLine(*place, self._retired[place].amount.things, self._retired[place].amount, *self._masses[place])
            for place in sorted(places, key=lambda place: (place[0], place[1] is None, place[1] or ""))
        ]


def _add_utilized(masses: list[Amount], event: TransformationRow, scope: Scope) -> None:
    for chemistry, bodies in event.units.items():
        if not scope.has_chemistry(chemistry):
            continue
        whole = bodies.amount("")
        first = whole._replace(known_kg=bodies.kg - bodies.again_kg)
        kind = 0 if event.type == "RECYCLING" else 1
        masses[kind] = masses[kind].joined(whole)
        masses[2] = masses[2].joined(first)
