"""Reports on flows of metal, over what a store says at a moment: recovery, market, fates, stages, years, content."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any, NamedTuple, TypeVar

from graph_schema.flows import summaries
from graph_schema.flows.amounts import Scope
from graph_schema.flows.batteries import BatteryRow
from graph_schema.flows.content import ContentLine, NewBattery, recycled_content
from graph_schema.flows.recovery import Recovery, recovery, waste_shares
from service.access.viewer import EVERYBODY, Viewer
from service.gathering import Gathering
from service.ports import ItemFilter, Store
from service.running import run

T = TypeVar("T")


REPORTS = ("recovery", "fates", "market", "stages", "yearly", "content")


class NotAllowed(Exception):
    """The viewer may not see this report."""


class Question(NamedTuple):
    """What to report on, as of a moment (None: the end of time), by what the first `sequence` records say (None: all).

    A period without an end ends at `as_of`.
    """

    scope: Scope = Scope()
    as_of: datetime | None = None
    sequence: int | None = None
    element: str = ""

    @property
    def filter(self) -> ItemFilter:
        """Which batteries are read; what else the scope says is looked at row by row."""
        scope = self.scope
        return ItemFilter(producer=scope.organization, chemistry=scope.chemistry, as_of=self.as_of)

    @property
    def period(self) -> Scope:
        """The scope, its period ended by `as_of`."""
        return self.scope if self.scope.until is not None else self.scope._replace(until=self.as_of)


def check(viewer: Viewer, scope: Scope) -> None:
    """Regulators see all reports, a participant those on its own organization. Raises NotAllowed."""
    if viewer.sees_all:
        return
    if viewer.organization is None:
        raise NotAllowed("reports are for regulators, and for participants on their own organization")
    if scope.organization != viewer.organization:
        raise NotAllowed(f"a participant sees reports on its own organization only: organization {viewer.organization}")


class Reports:
    """The reports on one question."""

    def __init__(self, store: Store, question: Question, viewer: Viewer = EVERYBODY) -> None:
        check(viewer, question.scope)
        self.store, self.question = store, question

    async def ask(self, what: str) -> Any:
        """One of `REPORTS`."""
        report: Callable[[], Awaitable[Any]] = getattr(self, what)
        return await report()

    async def recovery(self) -> Recovery:
        """Recovery over the chain of plants, and black-mass yield."""

        async def ask(gathering: Gathering) -> Recovery:
            rows, lots = await gathering.transformations()
            return recovery(rows, lots, self.question.period)

        return await self._read(ask)

    async def market(self) -> list[summaries.MarketLine]:
        """Put on the market, in use, retired, recovered, by producer and model."""
        return summaries.market(await self._read(self._batteries), self.question.period)

    async def fates(self) -> list[summaries.FateLine]:
        """What became of the batteries retired in the period."""
        return summaries.fates(await self._read(self._batteries), self.question.period, self.question.element)

    async def stages(self) -> list[summaries.StageLine]:
        """Time in each stage."""
        return summaries.stages(await self._read(self._batteries), self.question.period)

    async def yearly(self) -> list[summaries.YearLine]:
        """Retired and utilized, by year and region."""

        async def ask(gathering: Gathering) -> list[summaries.YearLine]:
            batteries = await self._batteries(gathering)
            events, _ = await gathering.transformations()
            return summaries.yearly(batteries, events, self.question.period)

        return await self._read(ask)

    async def content(self) -> list[ContentLine]:
        """Recycled content of the batteries made in the period, by makers in the region."""

        async def ask(gathering: Gathering) -> list[ContentLine]:
            rows, lots = await gathering.transformations()
            made: list[NewBattery] = []
            async for page in gathering.batteries(self.question.filter):
                made += await gathering.new_batteries(page, self.question.period)
            elements = sorted({""}.union(*(body.body.composition or () for one in made for body in one.bodies)))
            return recycled_content(made, {element: waste_shares(rows, lots, element) for element in elements})

        return await self._read(ask)

    async def _batteries(self, gathering: Gathering) -> list[BatteryRow]:
        rows: list[BatteryRow] = []
        async for page in gathering.batteries(self.question.filter):
            rows += await gathering.battery_rows(page)
        return rows

    async def _read(self, ask: Callable[[Gathering], Awaitable[T]]) -> T:
        async def read() -> T:
            async with self.store.snapshot(self.question.sequence) as snapshot:
                gathering = Gathering(snapshot, self.question.filter.cut)
                await gathering.all_registrations()
                return await ask(gathering)

        return await run(self.store, read)
