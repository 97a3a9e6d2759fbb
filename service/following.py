"""Following the log: findings and rows of flows are brought up to date while events are recorded, by whomever."""

from __future__ import annotations

import logging
import time
from collections.abc import Sequence
from typing import ClassVar

from graph_schema.rules import RuleSet
from service.failures import Failures
from service.feed import Ended, Feed
from service.findings import CountBy, FindingFilter
from service.flow_keeping import FlowKeeper
from service.keeping import Keeper, Progress
from service.metrics import Metrics
from service.ports import Store
from service.running import run
from service.stores.errors import StoreError

LOGGER = logging.getLogger("voltrace")
PAGE = 100
"""So many changed items a service judges at a time: what it is asked meanwhile has its turn in between."""
REST_S = 0.05
"""How long it rests between two pages."""
SELDOM = 20
"""So many times as long as it took to judge organizations it is until that is done again."""
AWAY_S = 30.0
"""How long it leaves the store alone where that does not answer."""


class Following:
    """Keeps something up to date, page by page, for as long as a service runs."""

    what: ClassVar[str]
    """What it keeps, in the plural."""

    def __init__(self, feed: Feed) -> None:
        self._feed = feed
        self._left_to = ""

    async def follow(self) -> None:
        """Work until the service ends. Where another process was faster, this one leaves the work to it for a while."""
        while True:
            try:
                await self._feed.pause(await self._step())
            except Ended:
                return

    async def _step(self) -> float:
        """Do one page; how long to rest after it."""
        try:
            return await self.page()
        except StoreError as error:
            LOGGER.error("%s are not kept up to date: %s", self.what, error)
        except Exception:
            LOGGER.exception("%s are not kept up to date", self.what)
        return AWAY_S

    async def page(self) -> float:
        """Do one page; how long to rest after it."""
        raise NotImplementedError

    def _leave(self, outranked: bool, theirs: str) -> None:
        """Tell once to whom this is left."""
        left_to = theirs if outranked else ""
        if left_to != self._left_to:
            LOGGER.warning("%s are %s", self.what, f"left to voltrace {theirs}" if outranked else "kept here again")
        self._left_to = left_to


class FlowFollower(Following):
    """Keeps the rows of flows of a store up to date."""

    what = "rows of flows"

    def __init__(self, store: Store, feed: Feed, interval_s: float) -> None:
        super().__init__(feed)
        self._store = store
        self._keeper = FlowKeeper(store, page=PAGE)
        self._interval_s = interval_s

    async def page(self) -> float:
        """Do one page; how long to rest after it."""
        done = await run(self._store, self._keeper.step)
        self._leave(done.outranked, done.kept.fingerprint)
        return REST_S if done.goes_on else self._interval_s


class Follower(Following):
    """Keeps the findings of a store up to date."""

    what = "findings"

    def __init__(self, store: Store, sets: Sequence[RuleSet], feed: Feed, metrics: Metrics, interval_s: float) -> None:
        super().__init__(feed)
        self._store = store
        self._codes = sorted({rule.code for one in sets for rule in one.all})
        self._keeper = Keeper(store, sets, page=PAGE, insists=False)
        self._metrics = metrics
        self._interval_s = interval_s
        self._told = -1
        self._due = 0.0

    async def page(self) -> float:
        """Do one page; how long to rest after it."""
        done = await run(self._store, self._keeper.step)
        self._tell(done)
        self._leave(done.outranked, done.audited.fingerprint)
        if done.finished:
            await self._count(await self._organizations(done))
        elif done.outranked:
            await self._count(done)
        return REST_S if done.goes_on else self._interval_s

    async def _organizations(self, done: Progress) -> Progress:
        """Judge organizations, too, where that is due: all of them are judged at once, so it gets a small part of the
        time."""
        began = time.monotonic()
        if began < self._due or done.audited.organizations == done.audited.base:
            return done
        told = await run(self._store, self._keeper.organizations)
        self._tell(told)
        ended = time.monotonic()
        self._due = ended + SELDOM * (ended - began)
        return done if told.lost else told

    def _tell(self, done: Progress) -> None:
        for line in Failures(done.failures).lines():
            LOGGER.error("%s", line)
        for failure in done.failures:
            self._metrics.rule_failures.labels(failure.code).inc()

    async def _count(self, done: Progress) -> None:
        """Count what is kept, where that is another audit than the one counted last."""
        if done.audited.at_us == self._told:
            return

        async def ask() -> dict[str | None, int]:
            async with self._store.snapshot() as snapshot:
                return dict(await snapshot.finding_counts(FindingFilter(), CountBy.CODE))

        counts = await run(self._store, ask)
        self._metrics.found({code: counts.get(code, 0) for code in self._codes}, done.audited.base)
        self._told = done.audited.at_us
