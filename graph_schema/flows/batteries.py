"""A row for each battery: when and where it came on the market, was retired and ended, and what became of it."""

from __future__ import annotations

from enum import StrEnum
from typing import Any, NamedTuple

from graph_schema.flows.bodies import Bodies, bodies_of
from graph_schema.flows.facts import Facts
from graph_schema.order import Position, instant_of, type_of
from graph_schema.windows import END

USERS = frozenset({"VEHICLE_OWNER", "SWAP_OPERATOR", "REPAIRER"})
"""Who uses batteries: holding one puts it on the market."""
TRADE = frozenset(
    {
        "BATTERY_MAKER",
        "VEHICLE_MAKER",
        "IMPORTER",
        "MATERIAL_MAKER",
        "OUTLET",
        "UTILIZER",
        "VEHICLE_DISMANTLER",
        "CARRIER",
        "REGULATOR",
    }
)
"""Who makes, brings in, carries, takes back or oversees batteries: holding one does not put it on the market."""


class Fate(StrEnum):
    """What became of a retired battery, or of a body of it."""

    REUSED = "REUSED"
    """In a second-life unit, or built into something again after it was retired."""
    RECYCLED = "RECYCLED"
    """Went into a recycling."""
    IN_STOCK = "IN_STOCK"
    """Not ended, and held by an organization that is registered."""
    EXPORTED = "EXPORTED"
    """Disposed of by export."""
    LOST = "LOST"
    """Lost or stolen."""
    LANDFILLED = "LANDFILLED"
    """Disposed of by landfill or incineration."""
    DISMANTLED = "DISMANTLED"
    """A body that ended when the unit came apart: nobody says where it went. A battery: no part of it came out."""
    MIXED = "MIXED"
    """A battery that was dismantled, and whose parts had different fates."""
    UNKNOWN = "UNKNOWN"
    """Not ended, and held by nobody or by somebody who is not registered."""


METHODS = {"EXPORT": Fate.EXPORTED, "LOSS": Fate.LOST, "THEFT": Fate.LOST}


class Remains(NamedTuple):
    """The bodies of a retired battery that have one fate."""

    fate: Fate
    bodies: Bodies


class BatteryRow(NamedTuple):
    """A battery. Times are microseconds since 1970, of events: `market_us`, `retired_us` None where that has not
    happened or is not known; `taken_up_us` the first repurposing, `ended_us` its end. What was enrolled was produced
    nobody knows when.

    `mass_kg` is that of what was in it right before it was retired, else at its birth, None where it is not all known;
    `remains` what became of its bodies, by fate, empty until it is retired. `reported` is whether a retirement was
    reported; if not, `retired_us` is its end or the repurposing that took it up.
    """

    key: str
    producer: str | None
    model: str | None
    chemistry: str | None
    second_life: bool
    enrolled: bool
    born_us: int
    market_us: int | None
    market_region: str | None
    retired_us: int | None
    retired_region: str | None
    reported: bool
    taken_up_us: int | None
    ended_us: int | None
    mass_kg: float | None
    remains: tuple[Remains, ...]
    fate: Fate | None

    @property
    def came_us(self) -> int | None:
        """When it came into use; what was enrolled did before the record begins."""
        return self.market_us if self.market_us is not None else self.born_us if self.enrolled else None


def battery_row(facts: Facts, item: Any) -> BatteryRow:
    """The row of a battery, from facts of it, of what it was ever inside, and of what was ever inside it."""
    row, spec = facts.items[item], facts.specs[item]
    market, market_region = put_on_market(facts, item, spec.producer)
    retired, reported = retirement(facts, item)
    at = _after(row.born) if retired is None else retired
    bodies = list(facts.inside(item, at))
    by_fate: dict[Fate, list[Any]] = {}
    if retired is not None:
        for body in bodies:
            by_fate.setdefault(fate_of(facts, body, retired), []).append(body)
    whole = bodies_of(facts, bodies)
    return BatteryRow(
        row.key,
        spec.producer,
        spec.model,
        spec.chemistry,
        bool(row.second_life),
        type_of(row.born) == "ENROLMENT",
        instant_of(row.born),
        _us(market),
        market_region,
        _us(retired),
        None if retired is None else _retired_region(facts, item, retired),
        reported,
        None if retired is None else _us(_taken_up(facts, bodies, retired)),
        _us(facts.end_of(item)),
        None if whole.kg_unknown else whole.kg,
        tuple(Remains(fate, bodies_of(facts, by_fate[fate])) for fate in Fate if fate in by_fate),
        _common(set(by_fate)),
    )


def _us(position: Position | None) -> int | None:
    return None if position is None else instant_of(position)


def _after(position: Position) -> Position:
    """The place right after an event."""
    return position + b"\x00"


def put_on_market(facts: Facts, unit: Any, producer: str | None) -> tuple[Position | None, str | None]:
    """The first event from which an organization on the market held the unit, or what it was in; its region then.

    On the market is who is not the producer and is registered then as a user (`USERS`), or as nothing in the trade
    (`TRADE`): outside the custody of makers, importers and vehicle makers. None where that never was, or was before the
    record begins (enrolled). Source: placing on the market, EU 2023/1542 Art. 3, as far as custody shows it.
    """
    if producer is None:
        return None, None
    for at, organization in sorted(facts.holdings(unit)):
        party = facts.party(organization, at)
        roles = frozenset[str]() if party is None else party.roles
        if organization != producer and (roles & USERS or not roles & TRADE):
            return at, None if party is None else party.region
    return None, None


def retirement(facts: Facts, unit: Any) -> tuple[Position | None, bool]:
    """When first life was over, and whether a retirement said so; else its end, or what took it into second life."""
    reported = min((at for at, op in facts.marks.get(unit, ()) if op == "retired"), default=None)
    implied = [] if (end := facts.end_of(unit)) is None else [end]
    if not facts.items[unit].second_life:
        implied += [row[2] for row in facts.hosts.get(unit, ()) if facts.items[row[1]].second_life]
    first = min(implied, default=None)
    if reported is not None and (first is None or reported <= first):
        return reported, True
    return first, False


def _retired_region(facts: Facts, unit: Any, at: Position) -> str | None:
    """The place that the event states, else the holder's registered region, else the actor's."""
    deed = facts.deeds.get(at)
    if deed is not None and deed.region is not None:
        return deed.region
    holder = facts.holder(unit, at)
    return facts.region_of(holder if holder is not None else deed.actor if deed is not None else None, at)


def _taken_up(facts: Facts, bodies: list[Any], retired: Position) -> Position | None:
    """By the first repurposing from its retirement on; a part may have come to it out of another second life."""
    stays = [row for body in bodies for row in facts.hosts.get(body, ())]
    return min((row[2] for row in stays if row[2] >= retired and facts.items[row[1]].second_life), default=None)


def fate_of(facts: Facts, unit: Any, retired: Position) -> Fate:
    """What became of one body by the cut."""
    end = facts.end_of(unit)
    if end is not None:
        kind = type_of(end)
        if kind == "DISPOSAL":
            return METHODS.get(facts.deeds[end].method or "", Fate.LANDFILLED)
        return Fate.RECYCLED if kind == "RECYCLING" else Fate.DISMANTLED
    chain = facts.above(unit, END)
    hosts = [facts.items[row[1]] for row in chain]
    if any(host.second_life for host in hosts):
        return Fate.REUSED
    # What it is packed on is a component in nothing, and no use of it.
    if any(host.kind != "COMPONENT" for host in hosts) and any(row[2] >= retired for row in chain):
        return Fate.REUSED
    return Fate.UNKNOWN if facts.party(facts.holder(unit, END), facts.cut) is None else Fate.IN_STOCK


def _common(fates: set[Fate]) -> Fate | None:
    """The one fate of a battery: of its bodies, bodies that ended when it came apart aside; MIXED where they differ."""
    others = fates - {Fate.DISMANTLED}
    if not others:
        return Fate.DISMANTLED if fates else None
    return others.pop() if len(others) == 1 else Fate.MIXED
