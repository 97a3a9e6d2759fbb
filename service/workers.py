"""Worker processes that judge slices of an audit, each with the store open for itself.

Python judges on one core a process. What is found comes back to the one process that keeps it.
"""

from __future__ import annotations

import asyncio
import os
import signal
from collections.abc import Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import contextmanager
from multiprocessing import get_context, parent_process
from threading import Thread
from typing import Any, ClassVar

from graph_schema.rules import RuleSet
from service import collecting, settings
from service.bootstrap import open_store
from service.causality import FOLLOWED, decode
from service.judging import Here, Judge, Judged, Result, Slice, judge
from service.ports import Store
from service.rule_sets import rule_sets
from service.running import drive
from service.stores.errors import StoreError

AHEAD = 3
"""So many slices a worker are begun, so that none waits while what was found is kept."""
FEW = 2
"""So many slices are judged in this process: an audit of a few is done before workers have started."""


def cores() -> int:
    """How many cores this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


@contextmanager
def judging(store: Store, names: tuple[str, ...], jobs: int | None) -> Iterator[Judge]:
    """Who judges by the built-in rule sets and those of names: so many processes (None: one a core), where several can
    open the store. Raises StoreError where they cannot and were asked for."""
    alone = store.url.startswith("memory:")
    if alone and jobs not in (None, 1):
        raise StoreError(f"{store.url} is in this process alone; leave --jobs out, or name another store")
    jobs = 1 if alone else jobs or cores()
    if jobs == 1:
        yield Here(store, rule_sets(names))
        return
    workers = Workers(store, names, jobs)
    try:
        yield workers
    finally:
        workers.close()


class Workers:
    """Judges in so many processes, by rule sets that have names; to be closed. The first few slices are judged here."""

    def __init__(self, store: Store, names: tuple[str, ...], jobs: int) -> None:
        self._store = store
        self._here = Here(store, rule_sets(names))
        self._begun = 0
        self.ahead = AHEAD * jobs
        self._pool = ProcessPoolExecutor(
            jobs, mp_context=get_context("spawn"), initializer=_Worker.start, initargs=(store.url, names)
        )

    async def begin(self, what: Slice) -> Result:
        """As `Judge`. Raises StoreError where a worker was ended."""
        self._begun += 1
        if self._begun <= FEW:
            return await self._here.begin(what)
        future = self._submitted(what, await self._store.bookmark())

        async def result() -> list[Judged]:
            try:
                return future.result() if self._store.blocking else await asyncio.wrap_future(future)
            except BrokenProcessPool as error:
                raise _broken() from error

        return result

    def _submitted(self, what: Slice, bookmark: str | None) -> Future[list[Judged]]:
        try:
            return self._pool.submit(_Worker.judge, what, bookmark)
        except BrokenProcessPool as error:
            raise _broken() from error

    def close(self) -> None:
        """End the processes, when each has done the slice at hand."""
        self._pool.shutdown(cancel_futures=True)


def _broken() -> StoreError:
    return StoreError(
        "a worker process of the audit ended (out of memory, or killed); what was kept stays. Run it again, it goes on "
        "there; --jobs 1 takes least memory"
    )


def _end_with_parent() -> None:
    """End this process when the one that started it is no more, though it was killed and could tell nobody."""
    parent = parent_process()
    assert parent is not None
    parent.join()
    os._exit(1)


class _Worker:
    """What a worker process has open, for as long as it runs."""

    store: ClassVar[Store]
    sets: ClassVar[tuple[RuleSet, ...]]
    runner: ClassVar[asyncio.Runner]

    @classmethod
    def start(cls, url: str, names: tuple[str, ...]) -> None:
        """Open all. An interrupt at the keyboard is for the process that started this one; this one ends with it."""
        signal.signal(signal.SIGINT, signal.SIG_IGN)
        Thread(target=_end_with_parent, daemon=True).start()
        cls.store = open_store(url, settings.load())
        cls.sets = rule_sets(names)
        if not cls.store.blocking:
            cls.runner = asyncio.Runner()
        collecting.seldom()

    @classmethod
    def judge(cls, what: Slice, bookmark: str | None) -> list[Judged]:
        """Judge a slice, after what a bookmark names."""
        if cls.store.blocking:
            return drive(judge(cls.store, cls.sets, what))
        return cls.runner.run(cls._follow(what, bookmark))

    @classmethod
    async def _follow(cls, what: Slice, bookmark: str | None) -> Any:
        if bookmark is not None:
            FOLLOWED.set(decode(bookmark))
        return await judge(cls.store, cls.sets, what)
