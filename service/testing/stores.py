"""A store as tests use it: without a coroutine in sight."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Coroutine, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from os import PathLike
from pathlib import Path
from typing import Any, TypeVar

from graph_schema.answer import Direction, Trace
from graph_schema.trace import NODES_MAX, TraceQuestion
from service import tracing
from service.ingesting import Ingest, Report
from service.ports import Store
from service.readers.reading import Options
from service.recording import OnConflict, RecordedEvent, Submission, record
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore

T = TypeVar("T")


class Loop:
    """An event loop in a thread of its own, so that tests may run one themselves."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "voltrace-testing")
        self._runner = asyncio.Runner()

    def run(self, use_case: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run a coroutine to its end, and give what it returns or raises."""
        return self._thread.submit(lambda: self._runner.run(use_case())).result()

    def close(self) -> None:
        """End the loop and its thread."""
        self._thread.submit(self._runner.close).result()
        self._thread.shutdown()


class ProvenanceStore:
    """A store to record in and to ask; `store` is the store itself."""

    def __init__(self, store: Store, loop: Loop) -> None:
        self.store = store
        self._loop = loop

    def run(self, use_case: Callable[[], Coroutine[Any, Any, T]]) -> T:
        """Run any coroutine on the loop of the store, as in `run(lambda: helper.store.verify())`; what it returns."""
        return self._loop.run(use_case)

    def record(
        self,
        events: Sequence[Submission],
        on_conflict: OnConflict = OnConflict.KEEP,
        all_or_nothing: bool = False,
    ) -> list[RecordedEvent]:
        """Record events, as objects or JSON text; what became of each, in the order sent. A rejected one is no error
        here: its status is REJECTED, its problems say why."""
        return self.run(lambda: record(self.store, events, on_conflict, all_or_nothing))

    def ingest(self, path: str | PathLike[str], format_name: str | None = None, options: Options = Options()) -> Report:
        """Record a file as `voltrace ingest` does, of any format that it reads; the report of it.

        Raises OSError for a file that cannot be opened, and UnreadableFile for one that is of no known format.
        """
        return self.run(lambda: Ingest(self.store, options=options).run([str(path)], io.BytesIO(), format_name))

    def trace(
        self,
        key: str,
        direction: Direction | str = Direction.FORWARD,
        *,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        claims: bool = False,
        depth_max: int | None = None,
        nodes_max: int = NODES_MAX,
    ) -> Trace:
        """The trace of an item: FORWARD, BACKWARD or BOTH; the world at `as_of`, as the log held it at `known_at`.

        Moments are aware datetimes, inclusive; None is the end of time, and now. `claims` follows contested events,
        too. Raises LookupError where the item is not known then, ValueError for another direction.
        """
        question = TraceQuestion(key, Direction(direction.upper()), as_of, claims, depth_max, nodes_max)

        async def answer() -> Trace | None:
            sequence = None if known_at is None else await self.store.sequence_at(known_at)
            return await tracing.trace(self.store, question, sequence)

        found = self.run(answer)
        if found is None:
            when = " at that moment" if as_of or known_at else ""
            raise LookupError(f"{key} is not known{when}: no accepted event brought it in ({self.store.url})")
        return found

    def close(self) -> None:
        """Let go of the store."""
        self.run(self.store.close)


def embedded(kind: str, folder: Callable[[], Path]) -> Store:
    """A new, empty store: `memory`, or `sqlite` in a folder that is made for it."""
    return MemoryStore() if kind == "memory" else SqliteStore(folder() / "provenance.db")
