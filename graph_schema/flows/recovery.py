"""Recovery over the chain of plants, element by element.

What enters: the bodies of units that a recycling ends, and draws on lots, where the event is in scope (organization,
region); each kilogram of waste matter once, where it first enters the scope. Black mass that a later plant in scope
draws on therefore does not count again, and a refiner's own report begins at what it bought. The period chooses what
enters; it is then followed to the end of the record, through whatever plants, by the mixing rule of model 8.7:

    rate = recovered / input

`recovered` is waste matter in lots that are neither intermediates (`INTERMEDIATES`) nor residues (`RESIDUES`), and what
productions drew. What lies in black mass is in process: not recovered yet, and not lost. What lies in slag is lost,
unless a later plant draws on it. Waste matter is that of units, and of black mass that no
event in the record made; reagents and primary lots are none. Source: recovery of target materials, EU 2025/606 (output
over input of the whole recycling process, all plants together); the Chinese conditions of 2024 take the same quotient.

Where the contents of an event's inputs or outputs are not all known, nobody can say which output holds whose matter:
what went in there is unknown, what comes out is followed no further, and there is no rate. The same goes for all draws
on a lot where those that were weighed leave nothing for one that was not: one of them is wrong. Where none of what
went in can be waste matter that is meant, what comes out is none, whatever is unknown of it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence, Set
from typing import NamedTuple

from graph_schema.elements import TOTAL_MASS
from graph_schema.flows.amounts import UNSTATED, Scope, content_of
from graph_schema.flows.transformations import LotRow, TransformationRow
from graph_schema.order import instant_of

CHAIN = ("RECYCLING", "REFINING")


class Share(NamedTuple):
    """Of the content of a lot: what is waste matter, what has entered the scope, what entered it in the period."""

    waste: float
    entered: float
    counted: float


PRIMARY = Share(0.0, 0.0, 0.0)
WASTE = Share(1.0, 0.0, 0.0)
"""What has not entered the scope yet, all of it waste matter or none."""


class ElementFlow(NamedTuple):
    """What became of an element (`""`: total mass), in kg: input = recovered + in process + disposed + lost + unknown.

    `unknown_inputs` counts units and draws that entered with unknown content.
    """

    element: str
    input_kg: float
    recovered_kg: float
    in_process_kg: float
    disposed_kg: float
    lost_kg: float
    unknown_kg: float
    unknown_inputs: int

    @property
    def rate(self) -> float | None:
        """Recovered over input; None where nothing entered, or where some of it is unknown."""
        if self.unknown_inputs or self.input_kg <= 0 or self.unknown_kg > 1e-9 * self.input_kg:
            return None
        return self.recovered_kg / self.input_kg

    @property
    def output_kg(self) -> float:
        """What came out in lots that are no residues: recovered, in process or disposed of since."""
        return self.recovered_kg + self.in_process_kg + self.disposed_kg

    @property
    def has_entered(self) -> bool:
        """Whether anything entered, or may have."""
        return self.input_kg > 0 or self.unknown_inputs > 0

    def joined(self, other: ElementFlow) -> ElementFlow:
        """What became of both, of one element."""
        return ElementFlow._make([self.element, *(one + more for one, more in zip(self[1:], other[1:], strict=True))])


class BlackMass(NamedTuple):
    """Black mass of the recyclings in scope and period over the mass of the units in them; those of which a mass is
    unknown are counted, and left out."""

    input_kg: float
    output_kg: float
    events: int
    unknown_events: int

    @property
    def yield_(self) -> float | None:
        """Kilograms of black mass per kilogram of battery; None where nothing is known."""
        return self.output_kg / self.input_kg if self.input_kg > 0 else None


class Recovery(NamedTuple):
    """A report: flows by element, total mass first; elements of which nothing entered are left out."""

    flows: list[ElementFlow]
    black_mass: BlackMass


def recovery(
    rows: Iterable[TransformationRow], lots: Mapping[str, LotRow], scope: Scope, elements: Iterable[str] | None = None
) -> Recovery:
    """The report of a scope over all transformations of the record, in any order, and the lots that they touch; of
    `elements`, where they are given, whether anything of them entered or not."""
    chain = sorted((row for row in rows if row.type in CHAIN), key=lambda row: row.position)
    wanted = elements_of(chain, lots, scope) if elements is None else sorted(set(elements))
    flows = [Followed(chain, lots, scope, element).flow() for element in wanted]
    told = [flow for flow in flows if elements is not None or not flow.element or flow.has_entered]
    return Recovery(told, black_mass(chain, lots, scope))


class ChemistryRecovery(NamedTuple):
    """The flows of what was of one chemistry when it entered, total mass first; elements of which nothing entered are
    left out. None: units of which nobody states a chemistry, and black mass that no event in the record made."""

    chemistry: str | None
    flows: list[ElementFlow]


def recovery_by_chemistry(
    rows: Iterable[TransformationRow], lots: Mapping[str, LotRow], scope: Scope, elements: Iterable[str] | None = None
) -> list[ChemistryRecovery]:
    """What `recovery` says of each chemistry alone, by name, what nobody states last; of `elements`, where they are
    given. Where all of it is known, what enters of all of them is what enters; where chemistries are recycled together,
    each has the share of the outputs that mixing gives it."""
    chain = sorted((row for row in rows if row.type in CHAIN), key=lambda row: row.position)
    wanted = elements_of(chain, lots, scope) if elements is None else sorted(set(elements))
    within, others = chemistries_in(chain, lots), nothing_in(chain)

    def follow(some: list[TransformationRow], one: Scope, element: str) -> Followed:
        return Followed(some, lots, one, element, others)

    return of_each(chain, within, wanted, scope, follow)


def of_each(
    chain: Iterable[TransformationRow],
    within: Sequence[Set[str]],
    elements: Sequence[str],
    scope: Scope,
    follow: Callable[[list[TransformationRow], Scope, str], Followed],
) -> list[ChemistryRecovery]:
    """What has entered of each chemistry of a scope, as `follow` follows a scope and an element through the events into
    which that chemistry can have come; `within` says which came into each event of the chain."""
    found = []
    chemistries = filter(scope.has_chemistry, set().union(*within))
    for chemistry in sorted(chemistries, key=lambda one: (one == UNSTATED, one)):
        some = [row for row, into in zip(chain, within, strict=True) if chemistry in into]
        flows = [follow(some, scope._replace(chemistry=chemistry), element).flow() for element in elements]
        entered = [flow for flow in flows if flow.has_entered]
        found += [ChemistryRecovery(chemistry or None, entered)] if entered else []
    return found


def chemistries_in(chain: Iterable[TransformationRow], lots: Mapping[str, LotRow]) -> list[set[str]]:
    """The chemistries that can have come into each event of a chain, which is in its order: those of its units, and of
    what came into the lots that it drew on."""
    within: dict[str, set[str]] = {}
    found = []
    for row in chain:
        into = {chemistry or UNSTATED for chemistry in row.units}
        for draw in row.draws:
            black = {UNSTATED} if draw.lot not in within and lots[draw.lot].is_intermediate else set()
            into |= within.get(draw.lot, black)
        within |= dict.fromkeys(row.outputs, into)
        found.append(into)
    return found


def nothing_in(chain: Iterable[TransformationRow]) -> dict[str, Share | None]:
    """For the lots of a chain that nothing of a chemistry can have come into: that there is none of it."""
    return dict.fromkeys((lot for row in chain for lot in row.outputs), PRIMARY)


def elements_of(chain: Iterable[TransformationRow], lots: Mapping[str, LotRow], scope: Scope) -> list[str]:
    """Total mass (`""`), and every element that can have entered a scope: that is listed of what its own events in the
    period took or made, or of anything that came into that. The chain is in its order."""
    found = {TOTAL_MASS}
    within: dict[str, set[str]] = {}
    for row in chain:
        listed = {element for bodies in row.units.values() for element in bodies.composition}
        listed.update(*(within.get(draw.lot, ()) for draw in row.draws))
        touched = [*(draw.lot for draw in row.draws), *row.outputs]
        listed.update(*(lots[lot].content.composition or () for lot in touched))
        within |= dict.fromkeys(row.outputs, listed)
        if is_acting(row, scope) and scope.in_period(row.position):
            found |= listed
    return sorted(found)


def is_acting(row: TransformationRow, scope: Scope) -> bool:
    """Whether an event was done by whom a scope is about."""
    return scope.organization in (None, row.actor) and scope.has_region(row.region)


class _Input(NamedTuple):
    kg: float
    share: Share | None
    unknown: int

    @classmethod
    def of(cls, kg: float, share: Share | None, unknown: int) -> _Input:
        """What went in; of what there is nothing of, nothing is waste matter."""
        return cls(kg, share if kg or unknown else PRIMARY, unknown)

    @property
    def may_be_waste(self) -> bool:
        """Whether any of it is waste matter that is meant, or may be."""
        return self.share is None or self.share.waste > 0


class Followed:
    """One element, followed through the chain; `shares` is None for a lot of which nobody can say what is in it."""

    def __init__(
        self,
        chain: list[TransformationRow],
        lots: Mapping[str, LotRow],
        scope: Scope,
        element: str,
        outside: Mapping[str, Share | None] | None = None,
    ) -> None:
        """`outside` is what is in lots that events made which are not in the chain; no one of the scope did those."""
        self.lots, self.scope, self.element = lots, scope, element
        self._first, self._last = scope.bounds_us
        self._outside = outside or {}
        self.shares: dict[str, Share | None] = {}
        self.drawn: dict[str, list[float | None]] = {}
        self.input_kg = self.lost_kg = self.unknown_kg = 0.0
        self.unknown_inputs = 0
        for row in chain:
            self._pass(row)

    def share_of(self, lot: str) -> Share | None:
        """What is in a lot; where no recycling or refining made it, it is waste matter if it is black mass."""
        if lot in self.shares:
            return self.shares[lot]
        if lot in self._outside:
            share = self._outside[lot]
            return None if share is None else Share(share.waste, 0.0, 0.0)
        waste = self.scope.chemistry in (None, UNSTATED) and self.lots[lot].is_intermediate
        return WASTE if waste else PRIMARY

    def _inputs(self, row: TransformationRow) -> list[_Input]:
        found = []
        for chemistry, bodies in row.units.items():
            kg, unknown = bodies.content(self.element)
            found.append(_Input.of(kg, WASTE if self.scope.has_chemistry(chemistry) else PRIMARY, unknown))
        for draw in row.draws:
            lot = self.lots[draw.lot]
            content = None if lot.overstated else content_of(draw.portion, self.element)
            if content_of(lot.content, self.element) == 0:
                content = 0.0
            self.drawn.setdefault(draw.lot, []).append(content)
            found.append(_Input.of(content or 0.0, self.share_of(draw.lot), int(content is None)))
        return found

    def _pass(self, row: TransformationRow) -> None:
        inputs = self._inputs(row)
        if is_acting(row, self.scope):
            inputs = self._enter(inputs, counted=self._first <= instant_of(row.position) <= self._last)
        if not any(one.may_be_waste for one in inputs):
            self.shares |= dict.fromkeys(row.outputs, PRIMARY)
            return
        carried = sum(one.kg * one.share.counted for one in inputs if one.share is not None)
        contents = [content_of(self.lots[lot].content, self.element) for lot in row.outputs]
        out = sum(kg for kg in contents if kg is not None)
        if None in contents or any(one.unknown or one.share is None for one in inputs):
            self.unknown_kg += carried
            self.shares |= dict.fromkeys(row.outputs)
            return
        divisor = max(sum(one.kg for one in inputs), out)
        share = _mixed([(one.kg, one.share) for one in inputs if one.share is not None], divisor)
        self.shares |= dict.fromkeys(row.outputs, share)
        self.lost_kg += carried - share.counted * out

    def _enter(self, inputs: list[_Input], counted: bool) -> list[_Input]:
        """What is new to the scope enters it."""
        found = []
        for one in inputs:
            share = one.share
            if share is None or share.waste > share.entered:
                self.unknown_inputs += (one.unknown or int(share is None)) if counted else 0
            if share is not None:
                new = share.waste - share.entered if counted else 0.0
                self.input_kg += one.kg * new
                share = Share(share.waste, share.waste, share.counted + new)
            found.append(_Input(one.kg, share, one.unknown))
        return found

    def flow(self) -> ElementFlow:
        """Where it all is."""
        recovered = in_process = disposed = 0.0
        unknown, lost = self.unknown_kg, self.lost_kg
        for key, share in self.shares.items():
            lot = self.lots[key]
            content = content_of(lot.content, self.element)
            if share is None or content is None or share.counted == 0:
                continue
            used = self._used(lot, content)
            moved = self.drawn.get(key, ())
            rest = content - used - sum(kg for kg in moved if kg is not None)
            unweighed = lot.used_kg and self.element and not lot.content.mass_kg
            if lot.overstated or lot.used_unknown or None in moved or unweighed:
                unknown += share.counted * rest
            elif lot.disposed:
                disposed += share.counted * rest
            elif lot.is_intermediate:
                in_process += share.counted * rest
            elif lot.is_residue:
                lost += share.counted * rest
            else:
                recovered += share.counted * rest
            recovered += share.counted * used
        return ElementFlow(
            self.element, self.input_kg, recovered, in_process, disposed, lost, unknown, self.unknown_inputs
        )

    def _used(self, lot: LotRow, content: float) -> float:
        """What productions drew of the element in a lot as far as known, in kg."""
        if lot.overstated or not lot.content.mass_kg:
            return 0.0
        return content * lot.used_kg / lot.content.mass_kg


def _mixed(inputs: list[tuple[float, Share]], divisor: float) -> Share:
    if divisor <= 0:
        return PRIMARY
    waste = entered = counted = 0.0
    for kg, share in inputs:
        waste += kg * share.waste
        entered += kg * share.entered
        counted += kg * share.counted
    return Share(waste / divisor, entered / divisor, counted / divisor)


def black_mass(rows: Iterable[TransformationRow], lots: Mapping[str, LotRow], scope: Scope) -> BlackMass:
    """Black-mass yield, kg per kg: outputs that are intermediates over the units, of recyclings of units only.

    With a chemistry, of recyclings that took nothing else.
    """
    in_kg = out_kg = 0.0
    events = unknown = 0
    for row in rows:
        if row.type != "RECYCLING" or not row.units or not is_acting(row, scope) or not scope.in_period(row.position):
            continue
        if not all(scope.has_chemistry(chemistry) for chemistry in row.units):
            continue
        masses = [lots[lot].content.mass_kg for lot in row.outputs if lots[lot].is_intermediate]
        if row.draws or None in masses or any(bodies.kg_unknown for bodies in row.units.values()):
            unknown += 1
            continue
        events += 1
        in_kg += sum(bodies.kg for bodies in row.units.values())
        out_kg += sum(kg for kg in masses if kg is not None)
    return BlackMass(in_kg, out_kg, events, unknown)


def waste_shares(
    rows: Iterable[TransformationRow], lots: Mapping[str, LotRow], element: str
) -> Mapping[str, Share | None]:
    """What share of each lot's element comes from waste; lots that nobody recycled or refined are left out."""
    chain = sorted((row for row in rows if row.type in CHAIN), key=lambda row: row.position)
    return Followed(chain, lots, Scope(), element).shares
