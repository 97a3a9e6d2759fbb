"""The incremental fold: a batch is folded once, and an event that lands in the past re-folds only what it touches.

One sweep through the positions, from the first that changed. An event is judged against the states that the events
before it leave; where its effect on an item comes out other than before, all later events that touched that item are
judged again too, and so on; where it comes out the same, the sweep goes no further along that item. Every item that a
judgement looked at counts as touched, so what `apply` reads is what it depends on.

Most events are the latest of their items: for those the present state is all that is read (the *tail*). Only where
something lands before an item's last event, its whole timeline is.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left, bisect_right
from collections.abc import Collection, Iterable
from typing import NamedTuple, Protocol

from graph_schema.events import AnyEvent, Receipt
from graph_schema.fold import VOIDED, apply
from graph_schema.order import Position, event_id_of
from graph_schema.outcome import EventStatus, Outcome
from graph_schema.state import Effect, State, advance

Effects = tuple[Effect, ...]
NO_EFFECTS: Effects = ()

STRUCTURAL = frozenset(
    ["ENROLMENT", "PRODUCTION", "REPURPOSING", "RETIREMENT", "DISMANTLING", "SCRAPPING", "RECYCLING", "DISPOSAL"]
)
"""Events that look inside the units they name."""


class Tail(NamedTuple):
    """An item's present state (None: not known), and its last touching event."""

    state: State | None
    last: Position


class Source(Protocol):
    """What the sweep reads of the graph as it stands before the batch."""

    async def tails(self, keys: Collection[str]) -> dict[str, Tail]:
        """The items among these keys that any event touched."""

    async def timelines(self, keys: Collection[str]) -> dict[str, list[tuple[Position, Effects]]]:
        """Every touch of each item in the total order; the effects are empty where an event only looked or named."""

    async def judged(self, positions: Collection[Position]) -> dict[Position, tuple[AnyEvent, Outcome, set[str]]]:
        """Stored events with their present outcome, whose effects may be left out, and the items they touched."""

    async def receipts(self, transfers: Collection[str]) -> list[Position]:
        """The stored receipts that name any of the transfers."""

    async def transfers(self, event_ids: Collection[str]) -> dict[str, Position]:
        """The accepted transfers among these ids."""

    async def turn(self) -> None:
        """Between two events: what else is to be done meanwhile may go on."""


class Line:
    """One item's life as far as the sweep has it: either its tail, or its whole timeline replayed to a position."""

    __slots__ = ("_draws", "_state", "appended", "entries", "index", "last", "stood", "stored")

    def __init__(self, tail: Tail | None) -> None:
        self._state = None if tail is None else tail.state
        self.last: Position = b"" if tail is None else tail.last
        self.stored = tail is not None
        self.entries: list[tuple[Position, Effects]] | None = None
        self.stood: list[tuple[Position, Effects]] = []
        self._draws: Draws | None = None
        self.index = 0
        self.appended: list[tuple[Position, Effects]] = []

    def unroll(self, entries: list[tuple[Position, Effects]]) -> None:
        """Replace the tail by the whole timeline; `stood` stays as it is before the sweep."""
        self._state = None
        self.stood = entries[:]
        self.entries = entries
        self.index = 0
        self._draws = None

    def reaches(self, position: Position) -> bool:
        """Whether the state right before a position can be told."""
        return self.entries is not None or position > self.last

    def before(self, position: Position) -> State | None:
        """The state right before a position, which never goes back."""
        entries = self.entries
        if entries is not None:
            while self.index < len(entries) and entries[self.index][0] < position:
                at, effects = entries[self.index]
                self._state = advance(self._state, at, effects)
                self.index += 1
        return self._state

    def final(self) -> State | None:
        """The state after everything."""
        return self.before(b"\xff" * 9)

    def put(self, position: Position, effects: Effects) -> Effects:
        """Note what an event did here; what stood there before."""
        if self.entries is None:
            self._state = advance(self._state, position, effects)
            self.appended.append((position, effects))
            self.last = position
            return effects
        at = bisect_left(self.entries, position, key=_place)
        if at < len(self.entries) and self.entries[at][0] == position:
            before = self.entries[at][1]
            self.entries[at] = (position, effects)
        else:
            before = NO_EFFECTS
            self.entries.insert(at, (position, effects))
            self.last = max(self.last, position)
        if self._draws is not None:
            self._draws.change(position, before, effects)
        return before

    def shaken(self, position: Position, stood: Effects, done: Effects) -> list[Position]:
        """The later touches to judge again after the effects at a position changed from `stood` to `done`.

        Draws on a lot that all still fit leave each other alone: only what had no effect (it may have been contested),
        and what ends the lot, is judged again.
        """
        assert self.entries is not None
        if all(effect[0] == "draw" for effect in (*stood, *done)):
            if self._draws is None:
                self._draws = Draws(self.entries)
            if self._draws.fit():
                return self._draws.alert[bisect_right(self._draws.alert, position) :]
        return [at for at, _ in self.entries[bisect_right(self.entries, position, key=_place) :]]


class Draws:
    """What all draws on a lot come to, and `alert`: the touches without effect, and those that end it, in order."""

    def __init__(self, entries: Iterable[tuple[Position, Effects]]) -> None:
        self.alert: list[Position] = []
        self._mass_kg: float | None = None
        self._drawn_kg = 0.0
        for position, effects in entries:
            self._count(effects, 1)
            if _alerts(effects):
                self.alert.append(position)

    def change(self, position: Position, before: Effects, after: Effects) -> None:
        """An event's effects changed (`before` is empty for a new one)."""
        self._count(before, -1)
        self._count(after, 1)
        at = bisect_left(self.alert, position)
        stands = at < len(self.alert) and self.alert[at] == position
        if stands and not _alerts(after):
            del self.alert[at]
        elif not stands and _alerts(after):
            self.alert.insert(at, position)

    def fit(self) -> bool:
        """Whether the lot holds all that is drawn from it (rounding of the sum stays far below the tolerance, 7.10)."""
        return self._mass_kg is None or self._drawn_kg <= self._mass_kg * (1 + 1e-11)

    def _count(self, effects: Effects, sign: int) -> None:
        for effect in effects:
            if effect[0] == "born":
                self._mass_kg = effect[2] if sign > 0 else None
            elif effect[0] == "draw":
                self._drawn_kg += sign * (effect[1] or 0.0)


def _alerts(effects: Effects) -> bool:
    return not effects or effects[-1][0] == "end"


def _place(entry: tuple[Position, Effects]) -> Position:
    return entry[0]


class Judged(NamedTuple):
    """An event that the sweep judged: `before` is None for a new one; `touched` the items it named or looked at."""

    event: AnyEvent
    outcome: Outcome
    before: Outcome | None
    touched: set[str]


class _Missing(Exception):
    def __init__(self, keys: Collection[str], whole: bool) -> None:
        self.keys = keys
        self.whole = whole


class _View:
    def __init__(self, sweep: Sweep, position: Position) -> None:
        self._sweep = sweep
        self._position = position
        self.touched: set[str] = set()

    def get(self, key: str) -> State | None:
        self.touched.add(key)
        line = self._sweep.lines.get(key)
        if line is None:
            raise _Missing([key], whole=False)
        if line.entries is None:
            if self._position > line.last:
                return line._state
            raise _Missing([key], whole=True)
        return line.before(self._position)

    def transferred(self, event_id: str) -> bool:
        position = self._sweep.transfers.get(event_id)
        return position is not None and position < self._position


class Sweep:
    """One incremental fold. After `run`: `results` by position, `lines` by item key."""

    def __init__(self, source: Source) -> None:
        self._source = source
        self.lines: dict[str, Line] = {}
        self.transfers: dict[str, Position] = {}
        self.results: dict[Position, Judged] = {}
        self._events: dict[Position, AnyEvent] = {}
        self._before: dict[Position, Outcome | None] = {}
        self._touched_before: dict[Position, set[str]] = {}
        self._agenda: list[Position] = []
        self._queued: set[Position] = set()
        self._voided: dict[str, bool] = {}

    async def run(self, events: Iterable[AnyEvent], voided: dict[str, bool], targets: Iterable[Position]) -> None:
        """Fold new events in.

        `voided` says of every event whose voiding changed, or which is new, whether it is voided now; `targets` are
        the positions of the stored ones among them. Voidings themselves are no part of the sweep.
        """
        self._voided = voided
        new = list(events)
        for event in new:
            self._events[event.position] = event
            self._before[event.position] = None
            self._push(event.position)
        for position in targets:
            self._push(position)
        await self._prefetch(new)
        while self._agenda:
            position = heapq.heappop(self._agenda)
            if position not in self._events:
                await self._load_events(position)
            await self._process(position)
            await self._source.turn()

    def _push(self, position: Position) -> None:
        if position not in self._queued:
            self._queued.add(position)
            heapq.heappush(self._agenda, position)

    async def _prefetch(self, events: list[AnyEvent]) -> None:
        named = {key: None for event in events for key in event.named_keys()}
        await self._load(named)
        deep = [key for event in events if event.type in STRUCTURAL for key in event.named_keys()]
        await self._load_inside(deep)
        receipts = {event.transfer for event in events if isinstance(event, Receipt)}
        if receipts:
            self.transfers.update(await self._source.transfers(receipts))
        transfers = [event.event_id for event in events if event.type == "TRANSFER"]
        if transfers:
            for position in await self._source.receipts(transfers):
                self._push(position)

    async def _load(self, keys: Iterable[str]) -> None:
        missing = [key for key in keys if key not in self.lines]
        if missing:
            tails = await self._source.tails(missing)
            for key in missing:
                self.lines[key] = Line(tails.get(key))

    async def _load_inside(self, keys: Iterable[str]) -> None:
        level = list(keys)
        while level:
            states = (self.lines[key]._state for key in level)
            level = [part for state in states if state is not None for part in state.parts if part not in self.lines]
            await self._load(level)

    async def _load_events(self, first: Position) -> None:
        wanted = [position for position in (first, *self._agenda) if position not in self._events]
        loaded = await self._source.judged(wanted)
        receipts = set()
        for position, (event, outcome, touched) in loaded.items():
            self._events[position] = event
            self._before[position] = outcome
            self._touched_before[position] = touched
            if isinstance(event, Receipt) and event.transfer not in self.transfers:
                receipts.add(event.transfer)
        if receipts:
            for event_id, at in (await self._source.transfers(receipts)).items():
                if at not in self.results:
                    self.transfers.setdefault(event_id, at)
        await self._load({key for _, _, touched in loaded.values() for key in touched})

    def _is_voided(self, position: Position) -> bool:
        before = self._before[position]
        known = self._voided.get(event_id_of(position))
        if known is None:
            return before is not None and before.status is EventStatus.VOIDED
        return known

    async def _process(self, position: Position) -> None:
        event = self._events[position]
        while True:
            try:
                outcome, touched = self._judge(event, position)
                self._ensure(position, touched)
            except _Missing as missing:
                if missing.whole:
                    await self._unroll(self._too_late(event, position, missing.keys))
                else:
                    await self._load(missing.keys)
                    await self._load_inside(missing.keys)
            else:
                break
        self._commit(event, position, outcome, touched)
        if event.type == "TRANSFER":
            await self._settle_receipts(event, position, outcome)

    def _judge(self, event: AnyEvent, position: Position) -> tuple[Outcome, set[str]]:
        view = _View(self, position)
        outcome = VOIDED if self._is_voided(position) else apply(event, view)
        touched = view.touched
        touched.update(event.named_keys())
        touched.update(outcome.effects)
        touched.update(self._touched_before.get(position, ()))
        return outcome, touched

    def _ensure(self, position: Position, keys: Iterable[str]) -> None:
        """Every touched item must be there, replayed to the position."""
        lines = self.lines
        absent = [key for key in keys if key not in lines]
        if absent:
            raise _Missing(absent, whole=False)
        short = [key for key in keys if not lines[key].reaches(position)]
        if short:
            raise _Missing(short, whole=True)

    def _too_late(self, event: AnyEvent, position: Position, keys: Collection[str]) -> set[str]:
        """These items, and all others whose state at the position the event will most likely ask for, too."""
        near = {*keys, *event.named_keys()}
        if event.type in STRUCTURAL:
            lines = [line for key in near if (line := self.lines.get(key)) is not None and line.reaches(position)]
            level = [state for line in lines if (state := line.before(position)) is not None]
            while level:
                inside = {part for state in level for part in state.parts if part not in near}
                near |= inside
                lines = [line for key in inside if (line := self.lines.get(key)) is not None and line.reaches(position)]
                level = [state for line in lines if (state := line.before(position)) is not None]
        known = ((key, self.lines.get(key)) for key in near)
        return {key for key, line in known if line is not None and not line.reaches(position)}

    async def _unroll(self, keys: Collection[str]) -> None:
        for key, entries in (await self._source.timelines(keys)).items():
            self.lines[key].unroll(entries)

    def _commit(self, event: AnyEvent, position: Position, outcome: Outcome, touched: set[str]) -> None:
        before = self._before[position]
        effects = outcome.effects
        for key in touched:
            line = self.lines[key]
            done = effects.get(key, NO_EFFECTS)
            stood = line.put(position, done)
            if stood != done:
                for at in line.shaken(position, stood, done):
                    self._push(at)
        self.results[position] = Judged(event, outcome, before, touched)

    async def _settle_receipts(self, event: AnyEvent, position: Position, outcome: Outcome) -> None:
        accepted = outcome.status is EventStatus.ACCEPTED
        before = self._before[position]
        was = before is not None and before.status is EventStatus.ACCEPTED
        if accepted:
            self.transfers[event.event_id] = position
        else:
            self.transfers.pop(event.event_id, None)
        if before is not None and accepted != was:
            for receipt in await self._source.receipts([event.event_id]):
                if receipt > position:
                    self._push(receipt)
