"""Keeping findings up to date: what the rulebook says of every item, worked out again where something changed.

The first run goes through all items; any other through what changed since the last one (`StoreSnapshot.changes`), a
page at a time. It judges by the log as it was when it began. After each page it notes how far it is, so that it can be
ended at any time and goes on there; of several that run at once each does a part. Rules of another fingerprint begin
anew.
"""

from __future__ import annotations

import hashlib
import inspect
import logging
import sys
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from graph_schema.rules import RULE_SETS, Failure, Rule, RuleSet
from graph_schema.windows import END
from service import __version__
from service.auditing import findings_of
from service.dependents import dependents, told_about
from service.enterprises import organization_findings
from service.findings import Audited, FindingFilter, FindingPlace, Revision, Subject
from service.flow_keeping import is_finished
from service.flow_reading import KeptRows
from service.flow_rows import FlowsKept
from service.kept import as_kept
from service.ports import LAST_KEY, Change, ItemFilter, ItemPlace, Store, StoreSnapshot

LOGGER = logging.getLogger("voltrace")
PAGE = 500
"""So many changed items are judged at a time, and what depends on them with them."""


class Progress(NamedTuple):
    """What one step did: how many items it judged, how far the run is then, and what rules failed."""

    judged: int
    audited: Audited
    failures: list[Failure]
    lost: bool = False
    """Another keeper was faster, and nothing was done."""

    @property
    def finished(self) -> bool:
        """Whether all is up to date with the first `audited.until` records."""
        return not self.lost and _finished(self.audited)


class Keeper:
    """Keeps the findings of a store up to date, by some rule sets."""

    def __init__(
        self,
        store: Store,
        sets: Sequence[RuleSet] = RULE_SETS,
        now_us: Callable[[], int] | None = None,
        page: int = PAGE,
    ) -> None:
        """`now_us` is the clock, in microseconds since 1970; `page` is how many changed items are one step."""
        self._store = store
        self._sets = tuple(sets)
        self._rules = fingerprint(self._sets)
        self._size = page
        self._now_us = now_us or (lambda: time.time_ns() // 1000)

    async def step(self) -> Progress:
        """Judge one page of what changed. Where another keeper was faster, nothing is done but told how far it is."""
        async with self._store.snapshot() as latest:
            stored, last = await latest.audited(), latest.sequence
            run = self._run(stored, last)
            if _finished(run):
                return await self._pass_time(latest, stored)
        page = await self._page(run)
        work = _Work(stored)
        if page:
            keys = await self._with_dependents(run, {change.key for change in page})
            after = run._replace(sequence=page[-1].sequence, key=page[-1].key)
        else:
            keys = await self._told(run) if run.base else await self._gone(run)
            after = run._replace(sequence=run.until, key=LAST_KEY, base=run.until)
        chunks = self._chunks(keys)
        for number, chunk in enumerate(chunks, 1):
            if not await self._judge(chunk, after if number == len(chunks) else run, work):
                return await self._lost()
        return Progress(work.judged, work.stored, work.failures)

    async def run(self) -> list[Failure]:
        """Bring all up to date with what the log holds now; the rules that failed."""
        failures: list[Failure] = []
        last = await self._store.sequence_at(None)
        while True:
            done = await self.step()
            failures += done.failures
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
            if stored.rules != self._rules or not _finished(stored) or stored.organizations == stored.base:
                return Progress(0, stored, [])
            old = await self._kept_organizations(latest)
            flows = await latest.flows_kept()
            rows = KeptRows(latest) if is_finished(flows) and flows.base == stored.base else None
            async with self._store.snapshot(stored.base) as now:
                judged = await organization_findings(now, rows, END, self._sets)
                told = await as_kept(now, [one for each in judged.of.values() for one in each])
        if rows is not None and not await self._is_still(flows):
            return await self._lost()
        after = stored._replace(at_us=self._later(stored), organizations=stored.base)
        subjects = tuple(sorted(old | {one.subject for one in told}))
        if not await self._store.keep(Revision(subjects, tuple(told), stored, after)):
            return await self._lost()
        _log(judged.failures)
        return Progress(len(judged.of), after, judged.failures)

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

    def _run(self, stored: Audited, last: int) -> Audited:
        """The run that goes on, or a new one."""
        if stored.rules != self._rules:
            return Audited(rules=self._rules, until=last)
        if not _finished(stored) or last <= stored.until:
            return stored
        return stored._replace(until=last) if stored.base else stored._replace(until=last, key="")

    async def _page(self, run: Audited) -> list[Change]:
        """What changed; the first run comes to all items there are, in the order of their keys."""
        async with self._store.snapshot(run.until) as now:
            if run.base:
                return await now.changes(Change(run.sequence, run.key), self._size)
            after = ItemPlace(run.key) if run.key else None
            return [Change(0, key) for _, key in await now.item_page(ItemFilter(), after, self._size)]

    async def _with_dependents(self, run: Audited, keys: set[str]) -> set[str]:
        if not run.base:
            return keys
        async with self._store.snapshot(run.base) as then, self._store.snapshot(run.until) as now:
            return keys | await dependents(then, now, keys)

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

    async def _judge(self, keys: list[str], after: Audited, work: _Work) -> bool:
        """Judge items and keep what is found; False where another keeper was faster."""
        async with self._store.snapshot(after.until) as now:
            judged = await findings_of(now, list((await now.keyed(keys)).values()), END, self._sets)
            told = await as_kept(now, [one for each in judged.of.values() for one in each])
        after = after._replace(at_us=self._later(work.stored))
        subjects = tuple(Subject(key) for key in keys)
        if not await self._store.keep(Revision(subjects, tuple(told), work.stored, after)):
            return False
        work.stored = after
        work.judged += len(judged.of)
        work.failures += judged.failures
        _log(judged.failures)
        return True

    async def _pass_time(self, latest: StoreSnapshot, stored: Audited) -> Progress:
        """Note that time has passed, where something came to light by that alone."""
        after = stored._replace(at_us=self._later(stored))
        born = FindingFilter(shown_to_us=after.at_us)
        if not await latest.finding_page(born, FindingPlace(stored.at_us, LAST_KEY), 1):
            return Progress(0, stored, [])
        if not await self._store.keep(Revision((), (), stored, after)):
            return await self._lost()
        return Progress(0, after, [])

    async def _lost(self) -> Progress:
        async with self._store.snapshot() as latest:
            return Progress(0, await latest.audited(), [], lost=True)

    def _chunks(self, keys: Collection[str]) -> list[list[str]]:
        """Keys in order, so many at a time; one empty list where there are none."""
        ordered = sorted(keys)
        return [ordered[start : start + PAGE] for start in range(0, len(ordered), PAGE)] or [[]]

    def _later(self, stored: Audited) -> int:
        return max(self._now_us(), stored.at_us + 1)


def _log(failures: Iterable[Failure]) -> None:
    for failure in failures:
        LOGGER.error("rule %s of %s failed on %s: %s", *failure)


class _Work:
    """What a step has done so far, and what the store has noted of it."""

    def __init__(self, stored: Audited) -> None:
        self.stored = stored
        self.judged = 0
        self.failures: list[Failure] = []


def _finished(run: Audited) -> bool:
    return run.base == run.until and run.key == LAST_KEY


def fingerprint(sets: Sequence[RuleSet]) -> str:
    """What tells rules from others: their names, dates and limits, and the text of the modules that they are in."""
    stated = [
        (one.name, [[_stated(rule) for rule in rules] for rules in (one.rules, one.of_organizations)]) for one in sets
    ]
    modules = {rule.judge.__module__ for one in sets for rule in one.all}
    modules |= {name for name in sys.modules if name.startswith(("graph_schema.rules", "graph_schema.flows"))}
    texts = [_text(name) for name in sorted(modules)]
    return hashlib.sha256(repr((__version__, stated, texts)).encode()).hexdigest()[:32]


def _stated(rule: Rule) -> list[object]:
    """All that a rule states; sets in an order, which is another one in every process."""
    fields = [value for name, value in sorted(vars(rule).items()) if name not in ("judge", "limits")]
    limits = [value for limit in rule.limits for value in limit]
    return [sorted(value) if isinstance(value, frozenset) else value for value in [*fields, *limits]]


def _text(module: str) -> str:
    try:
        return inspect.getsource(sys.modules[module])
    except (KeyError, OSError, TypeError):
        return module
