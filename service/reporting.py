"""Reports on flows of metal, over what a store says at a moment: recovery, market, fates, stages, years, content."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import suppress
from datetime import datetime
from typing import Any, NamedTuple, Protocol, TypeVar

from graph_schema.flows import summaries
from graph_schema.flows.amounts import Scope
from graph_schema.flows.content import ContentLine, RecycledContent, Shares
from graph_schema.flows.recovery import ChemistryRecovery, Recovery, recovery, recovery_by_chemistry
from service.access.viewer import EVERYBODY, Viewer
from service.flow_keeping import FlowKeeper, is_readable
from service.flow_reading import FreshRows, KeptRows, Rows
from service.gathering import Gathering
from service.ports import ItemFilter, Store
from service.running import run
from service.runs import Outranked

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)
One = TypeVar("One", contravariant=True)

TRIES = 3
"""How often kept rows are read that another process brings up to date meanwhile, before fresh ones are made."""

REPORTS = ("recovery", "chemistries", "fates", "market", "stages", "yearly", "content")


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
    """The reports on one question.

    Where it is about all that the log says and the end of time, they are added up from the rows that are kept, which
    are brought up to date first. Otherwise, or `afresh`, from rows that are worked out for it.
    """

    def __init__(self, store: Store, question: Question, viewer: Viewer = EVERYBODY, afresh: bool = False) -> None:
        check(viewer, question.scope)
        self.store, self.question, self._afresh = store, question, afresh

    async def ask(self, what: str) -> Any:
        """One of `REPORTS`."""
        report: Callable[[], Awaitable[Any]] = getattr(self, what)
        return await report()

    async def recovery(self) -> Recovery:
        """Recovery over the chain of plants, and black-mass yield."""

        async def ask(rows: Rows) -> Recovery:
            return recovery(*await rows.transformations(), self.question.period)

        return await self._read(ask)

    async def chemistries(self) -> list[ChemistryRecovery]:
        """Recovery of each chemistry."""

        async def ask(rows: Rows) -> list[ChemistryRecovery]:
            return recovery_by_chemistry(*await rows.transformations(), self.question.period)

        return await self._read(ask)

    async def market(self) -> list[summaries.MarketLine]:
        """Put on the market, in use, retired, recovered, by producer and model."""

        async def ask(rows: Rows) -> list[summaries.MarketLine]:
            return await _all(summaries.Market(self.question.period), rows.batteries())

        return await self._read(ask)

    async def fates(self) -> list[summaries.FateLine]:
        """What became of the batteries retired in the period."""

        async def ask(rows: Rows) -> list[summaries.FateLine]:
            return await _all(summaries.Fates(self.question.period, self.question.element), rows.batteries())

        return await self._read(ask)

    async def stages(self) -> list[summaries.StageLine]:
        """Time in each stage."""

        async def ask(rows: Rows) -> list[summaries.StageLine]:
            return await _all(summaries.Stages(self.question.period), rows.batteries())

        return await self._read(ask)

    async def yearly(self) -> list[summaries.YearLine]:
        """Retired and utilized, by year and region."""

        async def ask(rows: Rows) -> list[summaries.YearLine]:
            events, _ = await rows.transformations()
            return await _all(summaries.Yearly(self.question.period, events), rows.batteries())

        return await self._read(ask)

    async def content(self) -> list[ContentLine]:
        """Recycled content of the batteries made in the period, by makers in the region."""

        async def ask(rows: Rows) -> list[ContentLine]:
            shares = Shares(*await rows.transformations())
            return await _all(RecycledContent(self.question.period, shares), rows.new_batteries())

        return await self._read(ask)

    async def _read(self, ask: Callable[[Rows], Awaitable[T]]) -> T:
        async def read() -> T:
            question = self.question
            if question.as_of is None and question.sequence is None and not self._afresh:
                for _ in range(TRIES):
                    kept = await self._from_kept(ask)
                    if kept is not None:
                        return kept
            async with self.store.snapshot(question.sequence) as snapshot:
                gathering = Gathering(snapshot, question.filter.cut)
                await gathering.all_registrations()
                return await ask(FreshRows(gathering, question.filter))

        return await run(self.store, read)

    async def _from_kept(self, ask: Callable[[Rows], Awaitable[T]]) -> T | None:
        """The answer from rows that are kept; None where they are others meanwhile, or another version keeps them."""
        with suppress(Outranked):
            await FlowKeeper(self.store).run()
            async with self.store.snapshot() as snapshot:
                before = await snapshot.flows_kept()
                if is_readable(before):
                    answer = await ask(KeptRows(snapshot))
                    if await snapshot.flows_kept() == before:
                        return answer
        return None


class _Adding(Protocol[One, T_co]):
    """A report that is added up row by row."""

    def add(self, row: One) -> None:
        """Add one."""

    def lines(self) -> T_co:
        """The report."""


async def _all(report: _Adding[One, T], pages: AsyncIterator[Iterable[One]]) -> T:
    async for page in pages:
        for row in page:
            report.add(row)
    return report.lines()
