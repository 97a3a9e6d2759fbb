"""Counts of batteries: the market, fates, stages, years. Each is a sum over rows that says what it lacks."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from statistics import median
from typing import NamedTuple

from graph_schema.flows.amounts import Amount, Scope, content_of
from graph_schema.flows.batteries import BatteryRow, Fate
from graph_schema.flows.recovery import is_acting
from graph_schema.flows.transformations import TransformationRow
from graph_schema.order import Position, instant_of, moment_of

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


def first_lives(rows: Iterable[BatteryRow], scope: Scope) -> list[BatteryRow]:
    """Batteries of a producer and chemistry; second-life units are left out, whose parts were counted before."""
    return [
        row
        for row in rows
        if not row.second_life and scope.organization in (None, row.producer) and scope.has_chemistry(row.chemistry)
    ]


def _is(position: Position | None, region: str | None, scope: Scope) -> bool:
    return position is not None and scope.in_period(position) and scope.has_region(region)


def _in_use(row: BatteryRow, scope: Scope) -> bool:
    """Whether it was in use at the end of the period; what was enrolled is, since before the record begins."""
    came = row.market if row.market is not None else row.born if row.produced is None else None
    if came is None or not scope.has_region(row.market_region):
        return False
    return not _after(came, scope) and (row.retired is None or _after(row.retired, scope))


def _after(position: Position, scope: Scope) -> bool:
    return scope.until is not None and moment_of(position) > scope.until


def _mass(rows: Iterable[BatteryRow]) -> Amount:
    amount = Amount()
    for row in rows:
        amount = amount.plus(row.content.mass_kg)
    return amount


def market(rows: Iterable[BatteryRow], scope: Scope) -> list[MarketLine]:
    """By producer, model and chemistry, what is not known last. The region is where it came on the market."""
    groups: dict[tuple[str | None, str | None, str | None], list[BatteryRow]] = defaultdict(list)
    for row in first_lives(rows, scope):
        groups[row.producer, row.model, row.chemistry].append(row)
    lines = []
    for group in sorted(groups, key=lambda names: [(name is None, name or "") for name in names]):
        marketed = [row for row in groups[group] if _is(row.market, row.market_region, scope)]
        in_use = [row for row in groups[group] if _in_use(row, scope)]
        retired = [row for row in groups[group] if _is(row.retired, row.retired_region, scope)]
        recovered = [row for row in retired if row.fate is Fate.RECYCLED]
        lines.append(
            MarketLine(
                *group,
                len(marketed),
                _mass(marketed),
                len(in_use),
                _mass(in_use),
                sum(row.market is None for row in in_use),
                len(retired),
                _mass(retired),
                len(recovered),
                _mass(recovered),
            )
        )
    return lines


def fates(rows: Iterable[BatteryRow], scope: Scope, element: str = "") -> list[FateLine]:
    """Every fate of the batteries retired in the period (`region`: where), as of the cut; of an element, or mass.

    The masses of all fates together are the mass of the batteries, body by body.
    """
    retired = [row for row in first_lives(rows, scope) if _is(row.retired, row.retired_region, scope)]
    counts = dict.fromkeys(Fate, 0)
    masses = dict.fromkeys(Fate, Amount())
    for row in retired:
        assert row.fate is not None
        counts[row.fate] += 1
        for piece in row.pieces:
            masses[piece.fate] = masses[piece.fate].plus(content_of(piece.content, element))
    total = len(retired)
    return [FateLine(fate, counts[fate], counts[fate] / total if total else None, masses[fate]) for fate in Fate]


STAGES = ("BEFORE_MARKET", "IN_USE", "RETIRED", "TO_SECOND_LIFE")
"""Production to market; market to retirement; retirement to the end of the battery; retirement to the first
repurposing that took it or a part of it up, in which nothing counts as open: most batteries never get there."""


def stages(rows: Iterable[BatteryRow], scope: Scope) -> list[StageLine]:
    """Time in each stage. A battery belongs where it left the stage, in the period and region."""
    lives = first_lives(rows, scope)
    lines = []
    for stage in STAGES:
        days: list[float] = []
        still = unknown = 0
        for row in lives:
            came, left, region = _stage(row, stage)
            if left is None:
                still += _is_still_in(row, stage) and came is not None and not _after(came, scope)
            elif _after(left, scope):
                still += came is not None and not _after(came, scope)
            elif _is(left, region, scope):
                unknown += came is None
                days += [] if came is None else [(instant_of(left) - instant_of(came)) / DAY_US]
        lines.append(StageLine(stage, len(days) + unknown, *_spread(days), still, unknown))
    return lines


def _stage(row: BatteryRow, stage: str) -> tuple[Position | None, Position | None, str | None]:
    """When it came into a stage, when it left it, and the region where it did."""
    if stage == "BEFORE_MARKET":
        return row.produced, row.market, row.market_region
    if stage == "IN_USE":
        return row.market, row.retired, row.retired_region
    if stage == "RETIRED":
        return row.retired, row.ended, row.retired_region
    return row.retired, row.taken_up, row.retired_region


def _is_still_in(row: BatteryRow, stage: str) -> bool:
    """Whether a battery that has not left a stage is in it, and not past it by another way."""
    if stage == "BEFORE_MARKET":
        return row.retired is None
    return stage != "TO_SECOND_LIFE"


def _spread(days: list[float]) -> tuple[float | None, float | None, float | None]:
    if not days:
        return None, None, None
    return sum(days) / len(days), median(days), max(days)


def yearly(batteries: Iterable[BatteryRow], events: Iterable[TransformationRow], scope: Scope) -> list[YearLine]:
    """By calendar year (UTC) and region: of the retirement, or of the organization that recycles or repurposes.

    With an organization, batteries that it made, and events that it did.
    """
    retired: dict[tuple[int, str | None], list[BatteryRow]] = defaultdict(list)
    masses: dict[tuple[int, str | None], list[Amount]] = defaultdict(lambda: [Amount(), Amount(), Amount()])
    for row in first_lives(batteries, scope):
        if row.retired is not None and _is(row.retired, row.retired_region, scope):
            retired[moment_of(row.retired).year, row.retired_region].append(row)
    for event in events:
        if event.type == "REFINING" or not is_acting(event, scope) or not scope.in_period(event.position):
            continue
        _add_utilized(masses[moment_of(event.position).year, event.region], event, scope)
    return [
        YearLine(*place, len(retired.get(place, ())), _mass(retired.get(place, ())), *masses[place])
        for place in sorted({*retired, *masses}, key=lambda place: (place[0], place[1] is None, place[1] or ""))
    ]


def _add_utilized(masses: list[Amount], event: TransformationRow, scope: Scope) -> None:
    for chemistry, bodies in event.units.items():
        if not scope.has_chemistry(chemistry):
            continue
        whole = Amount(bodies.kg, bodies.units - bodies.kg_unknown, bodies.kg_unknown)
        first = whole._replace(known_kg=bodies.kg - bodies.again_kg)
        kind = 0 if event.type == "RECYCLING" else 1
        masses[kind] = masses[kind].joined(whole)
        masses[2] = masses[2].joined(first)
