"""Reports on flows of metal."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, TypeVar

import strawberry
from graphql import GraphQLError

from graph_schema.elements import ELEMENTS
from graph_schema.flows.amounts import Amount, Scope
from graph_schema.flows.batteries import Fate
from graph_schema.flows.recovery import ElementFlow as Flow
from graph_schema.flows.recovery import Recovery as Found
from service.api.context import Moment
from service.api.item import Info
from service.api.report_cost import cost_of
from service.reporting import NotAllowed, Question, Reports
from service.running import run
from service.synthetic import holds_synthetic

SYNTHETIC = "Whether the store holds a generated history, of batteries and organizations that never existed."
T = TypeVar("T")

BatteryFate = strawberry.enum(Fate, name="BatteryFate", description="What became of a retired battery.")


@strawberry.input(description="What a report is about: all that is given must hold.")
class ReportFilter:
    """A scope."""

    organization: str | None = strawberry.field(
        default=None, description="Its key: what it did; of batteries, those that it made."
    )
    region: str | None = strawberry.field(default=None, description="Where it happened, such as CN-44.")
    chemistry: str | None = strawberry.field(default=None, description="Such as LFP.")
    from_: datetime | None = strawberry.field(default=None, name="from", description="The start of the period.")
    to: datetime | None = strawberry.field(default=None, description="The end of the period, inclusive. Default: asOf.")

    def scope(self) -> Scope:
        """The same for the use case."""
        return Scope(self.organization, self.region, self.chemistry, self.from_, self.to)


@strawberry.type(description="A sum of masses of which some may not be known.")
class Mass:
    """An amount."""

    kg: float | None = strawberry.field(description="The sum of what is known, in kg; null where nothing is known.")
    unknown: int = strawberry.field(description="Of how many things it is not known.")


def _mass(amount: Amount) -> Mass:
    return Mass(kg=amount.kg, unknown=amount.unknown)


@strawberry.type(description="What became of an element: input = recovered + in process + disposed + lost + unknown.")
class ElementFlow:
    """One element."""

    element: str = strawberry.field(description='The symbol; "" is total mass.')
    input_kg: float = strawberry.field(description="What entered the chain of plants in the period, in kg.")
    output_kg: float = strawberry.field(
        description="What came out of it in lots, but for slag and other residues, in kg."
    )
    recovered_kg: float = strawberry.field(description="What is in products, or was used in production, in kg.")
    in_process_kg: float = strawberry.field(description="What is in black mass that nobody refined yet, in kg.")
    disposed_kg: float = strawberry.field(description="What was disposed of with a lot, in kg.")
    lost_kg: float = strawberry.field(description="What did not come out, or lies in slag and other residues, in kg.")
    unknown_kg: float = strawberry.field(description="What went where contents are not stated, in kg.")
    unknown_inputs: int = strawberry.field(description="Inputs whose content is not known.")
    rate: float | None = strawberry.field(
        description="Recovered over input, so far: what is in process may still be added. Null where some of it is not "
        "known."
    )


@strawberry.type(description="Recovery of what was of one chemistry when it entered the chain of plants.")
class ChemistryRecovery:
    """One chemistry."""

    chemistry: str | None = strawberry.field(
        description="The chemistry; null: units of which nobody states one, and black mass that no event made."
    )
    elements: list[ElementFlow] = strawberry.field(
        description="Total mass, and each element of which anything entered."
    )


@strawberry.type(description="Recovery over the whole chain of plants.")
class Recovery:
    """A report."""

    question: strawberry.Private[Question]

    elements: list[ElementFlow] = strawberry.field(
        description="Total mass, and each element of which anything entered."
    )
    black_mass_kg: float = strawberry.field(description="Black mass that recyclings yielded, in kg.")
    black_mass_yield: float | None = strawberry.field(description="Kilograms of black mass from a kilogram of battery.")
    unknown_recyclings: int = strawberry.field(description="Recyclings of which a mass for that is not known.")
    synthetic: bool = strawberry.field(description=SYNTHETIC)

    @strawberry.field(description="The same for each chemistry alone.")
    async def by_chemistry(self, info: Info) -> list[ChemistryRecovery]:
        """Chemistries."""
        found = await _ask(info, self.question, Reports.chemistries)
        return [ChemistryRecovery(chemistry=one.chemistry, elements=list(map(_flow, one.flows))) for one in found]


@strawberry.type(description="A fate of the batteries that were retired in the period.")
class FateShare:
    """One fate."""

    fate: BatteryFate = strawberry.field(description="The fate.")  # type: ignore[valid-type]
    batteries: int = strawberry.field(description="How many batteries have it.")
    share: float | None = strawberry.field(description="Of all that were retired; null where none was.")
    mass: Mass = strawberry.field(description="The mass of the bodies that have it, or of an element in them.")


@strawberry.type(description="A producer's model on the market.")
class MarketShare:
    """One model."""

    producer: str | None = strawberry.field(description="The producer's key; null: enrolled, nobody knows.")
    model: str | None = strawberry.field(description="The model.")
    chemistry: str | None = strawberry.field(description="The chemistry.")
    marketed: int = strawberry.field(description="Put on the market in the period.")
    marketed_mass: Mass = strawberry.field(description="Their mass.")
    in_use: int = strawberry.field(description="In use at the end of the period.")
    in_use_mass: Mass = strawberry.field(description="Their mass.")
    undated: int = strawberry.field(description="Of these, in use since nobody knows when.")
    retired: int = strawberry.field(description="Retired in the period.")
    retired_mass: Mass = strawberry.field(description="Their mass.")
    recovered: int = strawberry.field(description="Of those retired, recycled since.")
    recovered_mass: Mass = strawberry.field(description="Their mass.")


@strawberry.type(description="Time in a stage of life, of the batteries that left it in the period.")
class StageTime:
    """One stage."""

    stage: str = strawberry.field(description="BEFORE_MARKET, IN_USE, RETIRED or TO_SECOND_LIFE.")
    left: int = strawberry.field(description="How many batteries left it.")
    mean_days: float | None = strawberry.field(description="The mean; null where none is known.")
    median_days: float | None = strawberry.field(description="The median.")
    longest_days: float | None = strawberry.field(description="The longest.")
    open: int = strawberry.field(description="How many are in it at the end of the period.")
    unknown: int = strawberry.field(description="How many left it that came nobody knows when.")


@strawberry.type(description="A year and a region.")
class YearTotal:
    """One year and region."""

    year: int = strawberry.field(description="The calendar year, in China.")
    region: str | None = strawberry.field(description="The region; null: unknown.")
    retired: int = strawberry.field(description="Batteries that were retired.")
    retired_mass: Mass = strawberry.field(description="Their mass.")
    recycled_mass: Mass = strawberry.field(description="What went into recycling.")
    repurposed_mass: Mass = strawberry.field(description="What was taken up for second life.")
    utilized_mass: Mass = strawberry.field(description="Both, each body once.")


@strawberry.type(description="Recycled content of the batteries of a model that were made in the period.")
class RecycledContent:
    """One element of a model."""

    producer: str | None = strawberry.field(description="The producer's key.")
    model: str | None = strawberry.field(description="The model.")
    chemistry: str | None = strawberry.field(description="The chemistry.")
    element: str = strawberry.field(description='The symbol; "" is total mass.')
    batteries: int = strawberry.field(description="How many batteries are counted.")
    content_kg: float = strawberry.field(description="What is in them, in kg.")
    recycled_kg: float = strawberry.field(description="What lots prove to be from retired batteries, in kg.")
    share: float | None = strawberry.field(description="Recycled over content; null where nothing is known.")
    unknown: int = strawberry.field(description="Batteries that are left out, because it cannot be told.")


@strawberry.type(description="Flows of metal in a scope. Each report reads all batteries, or plants, that it is about.")
class Report:
    """The reports."""

    question: strawberry.Private[Question]

    @strawberry.field(description=SYNTHETIC)
    async def synthetic(self, info: Info) -> bool:
        """Whether it is of batteries that never existed."""
        return await holds_synthetic(info.context.store)

    @strawberry.field(description="Recovery of each element over the whole chain of plants.")
    async def recovery(self, info: Info) -> Recovery:
        """Recovery."""
        return await recovery_of(info, self.question)

    @strawberry.field(description="What became of the batteries that were retired in the period.")
    async def fates(self, info: Info, element: str | None = None) -> list[FateShare]:
        """Fates."""
        if element is not None and element not in ELEMENTS:
            raise GraphQLError(f"element: {element!r} is no symbol of a chemical element, such as Li")
        found = await _ask(info, self.question._replace(element=element or ""), Reports.fates)
        return [FateShare(**one._asdict() | {"mass": _mass(one.mass)}) for one in found]

    @strawberry.field(description="Put on the market, in use, retired and recovered, by producer and model.")
    async def market(self, info: Info) -> list[MarketShare]:
        """The market."""
        return [MarketShare(**_plain(one)) for one in await _ask(info, self.question, Reports.market)]

    @strawberry.field(description="How long batteries were in each stage of life.")
    async def stages(self, info: Info) -> list[StageTime]:
        """Stages."""
        return [StageTime(**_plain(one)) for one in await _ask(info, self.question, Reports.stages)]

    @strawberry.field(description="Retired and utilized, by year and region.")
    async def yearly(self, info: Info) -> list[YearTotal]:
        """Years."""
        return [YearTotal(**_plain(one)) for one in await _ask(info, self.question, Reports.yearly)]

    @strawberry.field(description="Recycled content of the batteries that were made in the period.")
    async def recycled_content(self, info: Info) -> list[RecycledContent]:
        """Content."""
        found = await _ask(info, self.question, Reports.content)
        return [RecycledContent(**_plain(one), share=one.share) for one in found]


def _plain(line: Any) -> dict[str, Any]:
    return {name: _mass(one) if isinstance(one, Amount) else one for name, one in line._asdict().items()}


def question_of(moment: Moment, scope: Scope) -> Question:
    """A question at a moment. Raises GraphQLError where the period ends before it begins."""
    if scope.since is not None and scope.until is not None and scope.since > scope.until:
        raise GraphQLError("filter.from: the period begins after its end, filter.to")
    return Question(scope, moment.as_of, moment.sequence)


async def recovery_of(info: Info, question: Question) -> Recovery:
    """Recovery, as it is shown."""
    found: Found = await _ask(info, question, Reports.recovery)
    return Recovery(
        question=question,
        elements=[_flow(flow) for flow in found.flows],
        black_mass_kg=found.black_mass.output_kg,
        black_mass_yield=found.black_mass.yield_,
        unknown_recyclings=found.black_mass.unknown_events,
        synthetic=await holds_synthetic(info.context.store),
    )


def _flow(flow: Flow) -> ElementFlow:
    return ElementFlow(**flow._asdict(), output_kg=flow.output_kg, rate=flow.rate)


async def _ask(info: Info, question: Question, report: Callable[[Reports], Awaitable[T]]) -> T:
    """A report, if the viewer may see it, for what it takes (`report_cost`)."""
    store, viewer = info.context.store, info.context.sight.viewer
    try:
        reports = Reports(store, question, viewer)
    except NotAllowed as error:
        raise GraphQLError(f"filter.organization: {error}", extensions={"code": "FORBIDDEN"}) from None
    latest = question.sequence in (None, info.context.latest)

    async def cost() -> int:
        async with store.snapshot(question.sequence) as snapshot:
            kept = latest and question.as_of is None
            return await cost_of(snapshot, question, report.__name__, kept, viewer.sees_all)

    info.context.spending.charge(await run(store, cost), "report")
    if latest:
        reports.question = question._replace(sequence=None)
    return await report(reports)
