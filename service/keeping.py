"""Keeping findings up to date: what the rulebook says of every item, worked out again where something changed.

The first run (`runs.py`) goes through all items, any other through what changed since the last one
(`StoreSnapshot.changes`). Pages are judged ahead of what is kept where there are workers for that; one process keeps
what they find, page by page.
"""

from __future__ import annotations

import hashlib
import inspect
import sys
import time
from collections.abc import Callable, Sequence
from dataclasses import fields
from typing import NamedTuple

from graph_schema.rules import RULE_SETS, Failure, Rule, RuleSet
from graph_schema.windows import END
from service.dependents import told_about
from service.enterprises import organization_findings
from service.findings import Audited, FindingFilter, FindingPlace, Revision, Subject
from service.flow_keeping import is_readable
from service.flow_reading import KeptRows
from service.flow_rows import FlowsKept
from service.judging import PAGE, Ahead, Here, Judge, Judged, Slice
from service.kept import as_kept
from service.ports import LAST_KEY, Change, ItemFilter, ItemPlace, Store, StoreSnapshot
from service.runs import Precedence, after, current, ended, is_finished, named, outranked


class Progress(NamedTuple):
    """What one step did: how many items it judged, how far the run is then, and what rules failed."""

    judged: int
    audited: Audited
    failures: list[Failure]
    lost: bool = False
    """Another keeper was faster, and nothing was done."""
    outranked: bool = False
    """Findings are left to a keeper with other rules (`runs.Precedence`), and nothing was done."""

    @property
    def finished(self) -> bool:
        """Whether all is up to date with the first `audited.until` records."""
        return not (self.lost or self.outranked) and is_finished(self.audited)

    @property
    def goes_on(self) -> bool:
        """Whether the next page should be done soon."""
        return not (self.finished or self.lost or self.outranked)


class _Page(NamedTuple):
    """How far a run is before and after a page of it."""

    before: Audited
    after: Audited


class Keeper:
    """Keeps the findings of a store up to date, by some rule sets."""

    def __init__(
        self,
        store: Store,
        sets: Sequence[RuleSet] = RULE_SETS,
        now_us: Callable[[], int] | None = None,
        page: int = PAGE,
        judges: Judge | None = None,
        insists: bool = True,
    ) -> None:
        """`now_us` is the clock, in microseconds since 1970; `page` is how many changed items are one step; `judges`
        judge by the same rule sets (None: here); `insists`: as `runs.Precedence`."""
        self._store = store
        self._sets = tuple(sets)
        self._rules = fingerprint(self._sets)
        self._size = page
        self._now_us = now_us or (lambda: time.time_ns() // 1000)
        self._ahead: Ahead[_Page] = Ahead(judges or Here(store, self._sets))
        self._precedence = Precedence(self._rules, self._now_us, insists)

    async def step(self) -> Progress:
        """Keep what is found of one page of what changed. Where another keeper was faster or has precedence, nothing is
        done but told how far it is."""
        async with self._store.snapshot() as latest:
            stored, last = await latest.audited(), latest.sequence
            if self._precedence.outranked(stored, last):
                self._ahead.clear()
                return Progress(0, stored, [], outranked=True)
            run = current(stored, Audited(fingerprint=self._rules, until=last), last)
            if is_finished(run):
                return await self._pass_time(latest, stored)
        await self._look_ahead(run)
        page, parts = await self._ahead.next()
        failures: list[Failure] = []
        for number, part in enumerate(parts, 1):
            now = (page.after if number == len(parts) else run)._replace(at_us=self._later(stored))
            if not await self._keep(part, stored, now):
                return await self._lost()
            stored = now
            failures += part.failures
        return Progress(sum(part.items for part in parts), stored, failures)

    async def run(self) -> list[Failure]:
        """Bring all up to date with what the log holds now; the rules that failed. Raises Outranked."""
        failures: list[Failure] = []
        last = await self._store.sequence_at(None)
        while True:
            done = await self.step()
            failures += done.failures
            if done.outranked:
                raise outranked("the findings", done.audited.fingerprint)
            if done.finished and done.audited.until >= last:
                told = await self.organizations()
                failures += told.failures
                if not told.lost:
                    return failures

    async def organizations(self) -> Progress:
        """Judge all organizations by the records that items were judged by, where items are up to date.

        They are judged together: what one recovers goes through the plants of others. Rows of flows that are kept as of
        that record are used, and worked out otherwise.
        """
        async with self._store.snapshot() as latest:
            stored = await latest.audited()
            if stored.fingerprint != self._rules or not is_finished(stored) or stored.organizations == stored.base:
                return Progress(0, stored, [])
            old = await self._kept_organizations(latest)
            flows = await latest.flows_kept()
            rows = KeptRows(latest) if is_readable(flows) and flows.base == stored.base else None
            async with self._store.snapshot(stored.base) as now:
                judged = await organization_findings(now, rows, END, self._sets)
                told = await as_kept(now, [one for each in judged.of.values() for one in each])
        if rows is not None and not await self._is_still(flows):
            return await self._lost()
        now_at = stored._replace(at_us=self._later(stored), organizations=stored.base)
        subjects = tuple(sorted(old | {one.subject for one in told}))
        if not await self._store.keep(Revision(subjects, tuple(told), stored, now_at)):
            return await self._lost()
        return Progress(len(judged.of), now_at, judged.failures)

    async def _kept_organizations(self, latest: StoreSnapshot) -> set[Subject]:
        """The organizations that something is kept of."""
        found: set[Subject] = set()
        place: FindingPlace | None = None
        while page := await latest.finding_page(FindingFilter(organizations=True), place, self._size):
            place = page[-1].place
            found |= {one.subject for one in page}
        return found

    async def _is_still(self, flows: FlowsKept) -> bool:
        async with self._store.snapshot() as latest:
            return await latest.flows_kept() == flows

    async def _look_ahead(self, run: Audited) -> None:
        """Begin to judge pages of a run, as many as there are judges for, from where it is on."""
        if self._ahead and not _is_there(self._ahead.first.before, run):
            self._ahead.clear()
        while self._ahead.has_room:
            before = self._ahead.last.after if self._ahead else run
            if is_finished(before):
                return
            for page, what in await self._pages(before):
                await self._ahead.begin(page, what)

    async def _pages(self, before: Audited) -> list[tuple[_Page, Slice]]:
        """The next page of a run, and what is to be judged; at the end, what changes of items do not tell."""
        changes = await self._changes(before)
        if changes:
            keys = {change.key for change in changes}
            return [(_Page(before, after(before, changes[-1])), Slice(tuple(keys), before.until, before.base))]
        rest = sorted(await (self._told(before) if before.base else self._gone(before)))
        slices = [Slice(tuple(rest[start : start + PAGE]), before.until) for start in range(0, max(len(rest), 1), PAGE)]
        return [*((_Page(before, before), one) for one in slices[:-1]), (_Page(before, ended(before)), slices[-1])]

    async def _changes(self, run: Audited) -> list[Change]:
        """What changed; the first run comes to all items there are, in the order of their keys."""
        async with self._store.snapshot(run.until) as now:
            if run.base:
                return await now.changes(Change(run.sequence, run.key), self._size)
            place = ItemPlace(run.key) if run.key else None
            return [Change(0, key) for _, key in await now.item_page(ItemFilter(), place, self._size)]

    async def _told(self, run: Audited) -> set[str]:
        """What receipts, registrations and voidings since the last run speak of."""
        async with self._store.snapshot(run.until) as now:
            return {key async for keys in told_about(run.base, now) for key in keys}

    async def _gone(self, run: Audited) -> set[str]:
        """What other rules found wrong once, and is not known any more."""
        gone: set[str] = set()
        place: FindingPlace | None = None
        async with self._store.snapshot(run.until) as now:
            while page := await now.finding_page(FindingFilter(organizations=False), place, self._size):
                place = page[-1].place
                subjects = {one.subject.key for one in page}
                gone |= subjects - set(await now.keyed(subjects))
        return gone

    async def _keep(self, part: Judged, before: Audited, now: Audited) -> bool:
        """Keep what was found of items; False where another keeper was faster."""
        subjects = tuple(Subject(key) for key in part.keys)
        if not await self._store.keep(Revision(subjects, part.findings, before, now)):
            return False
        self._precedence.took()
        return True

    async def _pass_time(self, latest: StoreSnapshot, stored: Audited) -> Progress:
        """Note that time has passed, where something came to light by that alone."""
        noted = stored._replace(at_us=self._later(stored))
        born = FindingFilter(shown_to_us=noted.at_us)
        if not await latest.finding_page(born, FindingPlace(stored.at_us, LAST_KEY), 1):
            return Progress(0, stored, [])
        if not await self._store.keep(Revision((), (), stored, noted)):
            return await self._lost()
        return Progress(0, noted, [])

    async def _lost(self) -> Progress:
        self._ahead.clear()
        async with self._store.snapshot() as latest:
            return Progress(0, await latest.audited(), [], lost=True)

    def _later(self, stored: Audited) -> int:
        return max(self._now_us(), stored.at_us + 1)


def _is_there(page: Audited, run: Audited) -> bool:
    """Whether a run is where a page begins, whenever that was noted."""
    return page._replace(at_us=0, organizations=0) == run._replace(at_us=0, organizations=0)


def fingerprint(sets: Sequence[RuleSet]) -> str:
    """What tells rules from others: their names, dates and limits, and the text of the modules that they are in."""
    stated = [
        (one.name, [[_stated(rule) for rule in rules] for rules in (one.rules, one.of_organizations)]) for one in sets
    ]
    modules = {rule.judge.__module__ for one in sets for rule in one.all}
    modules |= {name for name in sys.modules if name.startswith(("graph_schema.rules", "graph_schema.flows"))}
    texts = [_text(name) for name in sorted(modules)]
    return named(hashlib.sha256(repr((stated, texts)).encode()).hexdigest())


def _stated(rule: Rule) -> list[object]:
    """All that a rule states; sets in an order, which is another one in every process."""
    names = sorted(one.name for one in fields(rule))
    stated = [getattr(rule, name) for name in names if name not in ("judge", "limits")]
    limits = [value for limit in rule.limits for value in limit]
    return [sorted(value) if isinstance(value, frozenset) else value for value in [*stated, *limits]]


def _text(module: str) -> str:
    try:
        return inspect.getsource(sys.modules[module])
    except (KeyError, OSError, TypeError):
        return module
