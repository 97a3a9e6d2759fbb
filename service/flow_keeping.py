"""Keeping rows of flows up to date, so that a report over many batteries takes seconds.

In runs (`runs.py`), as findings are. The first run comes to every battery, and then to every transformation.
"""

from __future__ import annotations

import hashlib
import inspect
import time
from collections.abc import Callable, Collection, Iterable, Sequence
from functools import cache
from typing import Any, NamedTuple

from graph_schema import flows
from graph_schema.flows import amounts, batteries, bodies, content, facts, transformations
from graph_schema.order import event_id_of
from service import flow_rows, gathering
from service.dependents import told_about
from service.flow_dependents import Affected, affected
from service.flow_rows import FlowKey, FlowKind, FlowRevision, FlowRow, FlowsKept
from service.gathering import Gathering
from service.ports import Change, ItemFilter, ItemPlace, Snapshot, Store
from service.runs import Precedence, after, current, ended, is_finished, named, outranked

PAGE = 500
"""So many batteries, or items that changed, are looked at in one step."""
MODULES = (flows, amounts, batteries, bodies, content, facts, transformations, gathering, flow_rows)
"""What decides what is in a row."""


def fingerprint() -> str:
    """What tells how rows are worked out from other ways."""
    return named(_digest())


@cache
def _digest() -> str:
    texts = [inspect.getsource(module) for module in MODULES]
    return hashlib.sha256(repr(texts).encode()).hexdigest()


def is_readable(kept: FlowsKept) -> bool:
    """Whether all kept rows are there, and as this version works them out: of another they may have other fields."""
    return is_finished(kept) and kept.fingerprint == fingerprint()


class FlowProgress(NamedTuple):
    """What a step did: how far the rows are then. `lost`: another keeper was faster, or (`outranked`) works them out in
    another way, and nothing was done."""

    kept: FlowsKept
    lost: bool = False
    outranked: bool = False

    @property
    def finished(self) -> bool:
        """Whether all rows are what the first `kept.until` records say."""
        return not (self.lost or self.outranked) and is_finished(self.kept)

    @property
    def goes_on(self) -> bool:
        """Whether the next page should be done soon."""
        return not (self.finished or self.lost or self.outranked)


class FlowKeeper:
    """Keeps the rows of flows of a store up to date."""

    def __init__(self, store: Store, page: int = PAGE, now_us: Callable[[], int] | None = None) -> None:
        """As `keeping.Keeper`; it never insists."""
        self._store = store
        self._size = page
        self._fingerprint = fingerprint()
        self._precedence = Precedence(self._fingerprint, now_us or (lambda: time.time_ns() // 1000), False)

    async def run(self) -> FlowsKept:
        """Bring all up to date with what the log holds now; how far it is then. Raises Outranked."""
        last = await self._store.sequence_at(None)
        while True:
            done = await self.step()
            if done.outranked:
                raise outranked("the rows of flows", done.kept.fingerprint)
            if done.finished and done.kept.until >= last:
                return done.kept

    async def step(self) -> FlowProgress:
        """Work out one page of what changed. Where another keeper was faster or has precedence, nothing is done but
        told how far it is."""
        async with self._store.snapshot() as latest:
            stored, last = await latest.flows_kept(), latest.sequence
        if self._precedence.outranked(stored, last):
            return FlowProgress(stored, outranked=True)
        run = current(stored, FlowsKept(fingerprint=self._fingerprint, until=last), last)
        if is_finished(run):
            return FlowProgress(stored)
        work = _Work(self._store, stored, run)
        if not await (self._next(run, work) if run.base else self._first(run, work)):
            return await self._lost()
        self._precedence.took()
        return FlowProgress(work.stored)

    async def _lost(self) -> FlowProgress:
        async with self._store.snapshot() as latest:
            return FlowProgress(await latest.flows_kept(), lost=True)

    async def _first(self, run: FlowsKept, work: _Work) -> bool:
        """A page of the first run, which comes to batteries by their keys."""
        async with self._store.snapshot(run.until) as now:
            page = await now.item_page(ItemFilter(kind="BATTERY"), ItemPlace(run.key), self._size)
            if page:
                rows = await _batteries(await _gathering(now), [handle for handle, _ in page])
                return await work.keep([], rows, run._replace(key=page[-1][1]))
            async for told, lots in (await _gathering(now)).transformation_pages():
                kept = [*map(flow_rows.kept_transformation, told), *map(flow_rows.kept_lot, lots.values())]
                if not await work.keep([], kept, run):
                    return False
        return await work.keep([], [], ended(run))

    async def _next(self, run: FlowsKept, work: _Work) -> bool:
        """A page of a later run, which comes to what changed, and at last to what changes of items do not tell."""
        async with self._store.snapshot(run.until) as now:
            page = await now.changes(Change(run.sequence, run.key), self._size)
        if page:
            return await self._renew(run, {change.key for change in page}, work, after(run, page[-1]))
        async with self._store.snapshot(run.until) as now:
            async for keys in told_about(run.base, now):
                for start in range(0, len(keys), PAGE):
                    if not await self._renew(run, keys[start : start + PAGE], work, run, everything=True):
                        return False
        return await work.keep([], [], ended(run))

    async def _renew(
        self, run: FlowsKept, keys: Collection[str], work: _Work, then: FlowsKept, everything: bool = False
    ) -> bool:
        """What some items bear on."""
        async with self._store.snapshot(run.base) as base, self._store.snapshot(run.until) as now:
            which = await affected(base, now, keys, everything)
            rows = await _rows(await _gathering(now), which)
        gone = [FlowKey(kind, key) for key in keys for kind in FlowKind if kind is not FlowKind.TRANSFORMATION]
        gone += [FlowKey(FlowKind.TRANSFORMATION, position.hex()) for position in which.events]
        return await work.keep(gone, rows, then)


class _Work:
    """What a step has done so far, and what the store has noted of it."""

    def __init__(self, store: Store, stored: FlowsKept, run: FlowsKept) -> None:
        self._store = store
        self.stored = stored
        self._anew = stored.fingerprint != run.fingerprint or (not run.key and not run.base)

    async def keep(self, gone: Iterable[FlowKey], rows: Iterable[FlowRow], now: FlowsKept) -> bool:
        """Keep some rows; False where another keeper was faster."""
        revision = FlowRevision(tuple(gone), tuple(rows), self.stored, now, self._anew)
        if not await self._store.keep_flows(revision):
            return False
        self.stored, self._anew = now, False
        return True


async def _gathering(snapshot: Snapshot) -> Gathering:
    found = Gathering(snapshot)
    await found.all_registrations()
    return found


async def _batteries(gathering: Gathering, batteries: Sequence[Any]) -> list[FlowRow]:
    if not batteries:
        return []
    rows = [flow_rows.kept_battery(row) for row in await gathering.battery_rows(batteries)]
    return rows + [flow_rows.kept_new(row) for row in await gathering.new_batteries(batteries)]


async def _rows(gathering: Gathering, which: Affected) -> list[FlowRow]:
    rows = await _batteries(gathering, list(which.batteries.values()))
    ids = {event_id_of(position) for position in which.events}
    told, lots = await gathering.transformed(await gathering.snapshot.stored(ids)) if ids else ([], {})
    if which.lots:
        lots |= await gathering.lots(list(which.lots.values()))
    return [*rows, *map(flow_rows.kept_transformation, told), *map(flow_rows.kept_lot, lots.values())]
