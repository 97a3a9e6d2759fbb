"""Slices of an audit: some items, judged by what the log's first records say. Where they are judged is one thing (here,
or in worker processes: `workers.py`), what is kept of it another (`keeping.py`)."""

from __future__ import annotations

from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from typing import Generic, NamedTuple, Protocol, TypeVar

from graph_schema.rules import RULE_SETS, Failure, RuleSet
from graph_schema.windows import END
from service.auditing import findings_of
from service.dependents import dependents
from service.findings import KeptFinding
from service.kept import as_kept
from service.ports import ItemFilter, ItemPlace, Store

PAGE = 500
"""So many items are judged at a time."""
T = TypeVar("T")


class Slice(NamedTuple):
    """Keys of items to judge by the log's first `until` records; `base`, where it is not 0: with all whose history
    another one because of these since the log had so many."""

    keys: tuple[str, ...]
    until: int
    base: int = 0


class Judged(NamedTuple):
    """What was found of some items: of which keys, which may be unknown, how many there were, what rules failed."""

    keys: tuple[str, ...]
    findings: tuple[KeptFinding, ...]
    items: int
    failures: tuple[Failure, ...]


Result = Callable[[], Awaitable[list[Judged]]]
"""Waits for what is found of a slice, a part for so many items at a time; one part at least."""


class Judge(Protocol):
    """Who judges slices."""

    @property
    def ahead(self) -> int:
        """So many slices should be begun before the first one is waited for."""

    async def begin(self, what: Slice) -> Result:
        """Begin to judge a slice."""


async def judge(store: Store, sets: Sequence[RuleSet], what: Slice) -> list[Judged]:
    """Judge a slice."""
    keys = set(what.keys)
    if what.base:
        async with store.snapshot(what.base) as then, store.snapshot(what.until) as now:
            keys |= await dependents(then, now, keys)
    ordered = sorted(keys)
    chunks = [ordered[start : start + PAGE] for start in range(0, len(ordered), PAGE)] or [[]]
    return [await _judge(store, sets, chunk, what.until) for chunk in chunks]


async def _judge(store: Store, sets: Sequence[RuleSet], keys: list[str], until: int) -> Judged:
    async with store.snapshot(until) as now:
        judged = await findings_of(now, list((await now.keyed(keys)).values()), END, sets)
        told = await as_kept(now, [one for each in judged.of.values() for one in each])
    return Judged(tuple(keys), tuple(told), len(judged.of), tuple(judged.failures))


class Here:
    """Judges in this process, when a slice is waited for."""

    ahead = 1

    def __init__(self, store: Store, sets: Sequence[RuleSet] = RULE_SETS) -> None:
        self._store, self._sets = store, tuple(sets)

    async def begin(self, what: Slice) -> Result:
        """As `Judge`."""
        return lambda: judge(self._store, self._sets, what)


class Ahead(Generic[T]):
    """Slices that are begun and waited for in their order, each with a note of what it is."""

    def __init__(self, judges: Judge) -> None:
        self._judges = judges
        self._begun: deque[tuple[T, Result]] = deque()

    def __bool__(self) -> bool:
        return bool(self._begun)

    @property
    def has_room(self) -> bool:
        """Whether more should be begun."""
        return len(self._begun) < self._judges.ahead

    @property
    def first(self) -> T:
        """The note of the slice that is waited for next."""
        return self._begun[0][0]

    @property
    def last(self) -> T:
        """The note of the slice that was begun last."""
        return self._begun[-1][0]

    async def begin(self, note: T, what: Slice) -> None:
        """Begin a slice."""
        self._begun.append((note, await self._judges.begin(what)))

    async def next(self) -> tuple[T, list[Judged]]:
        """What was found of the first one."""
        note, result = self._begun.popleft()
        return note, await result()

    def clear(self) -> None:
        """Forget all that was begun."""
        self._begun.clear()


async def judged_all(store: Store, judges: Judge, until: int) -> AsyncIterator[list[Judged]]:
    """All items there are, slice by slice, in the order of their keys; nothing is kept."""
    ahead: Ahead[None] = Ahead(judges)
    after: ItemPlace | None = None
    more = True
    while more or ahead:
        while more and ahead.has_room:
            async with store.snapshot(until) as now:
                page = await now.item_page(ItemFilter(), after, PAGE)
            if more := bool(page):
                after = ItemPlace(page[-1][1])
                await ahead.begin(None, Slice(tuple(key for _, key in page), until))
        if ahead:
            yield (await ahead.next())[1]
