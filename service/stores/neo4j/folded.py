"""What a write knows of the graph: as it stood before, and what its own folds found since.

Several batches are folded in one write and written together (`unsaved`), so that a later fold must see the earlier ones
before the database does. And what many batches will ask for is read at once (`foresee`), as each question is a round
trip.
"""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Awaitable, Callable, Collection, Coroutine, Iterable, Sequence
from itertools import takewhile
from typing import Any

from graph_schema.events import AnyEvent, Receipt, Registration, Voiding
from graph_schema.order import Position
from graph_schema.outcome import EventStatus, Outcome
from graph_schema.refold import STRUCTURAL, Effects, Tail
from graph_schema.voiding import REGULATOR, Target
from service.stores.folding import Folded, release
from service.stores.neo4j.connection import Transaction, one
from service.stores.neo4j.source import Neo4jSource, Neo4jVoidings
from service.stores.values import outcome_of

OUTCOMES = """
UNWIND $ids AS id
MATCH (e:Event {eventId: id}) USING INDEX SEEK e:Event(eventId)
RETURN collect([e.eventId, e.status, e.problems, e.mixing, e.claims])
"""
Timeline = list[tuple[Position, Effects]]
NOTHING: Timeline = []
LOOKED_AT_AFTER = 50
"""How many stored events after a late one are read ahead, of each item: a hub has thousands, which mostly stay."""
Stood = tuple[AnyEvent, Outcome, set[str]]


def _place(entry: tuple[Position, Effects]) -> Position:
    return entry[0]


class FoldedGraph:
    """A `refold.Source` and a `VoidingSource`: the graph of a transaction with the folds of its write.

    `settled` is awaited before anything is read: the transaction does one thing at a time. `turn` is awaited often.
    """

    def __init__(
        self,
        transaction: Transaction,
        settled: Callable[[], Awaitable[None]],
        turn: Callable[[], Coroutine[Any, Any, None]],
    ) -> None:
        self._transaction = transaction
        self._settled = settled
        self.turn = turn
        self._graph = Neo4jSource(transaction)
        self._log = Neo4jVoidings(transaction)
        self._events: dict[str, AnyEvent] = {}
        self._voidings: dict[str, Voiding] = {}
        self._regulators: set[str] = set()
        self._tails: dict[str, Tail | None] = {}
        self._absent: set[str] = set()
        """Keys that the database did not know when it was asked."""
        self._timelines: dict[str, Timeline] = {}
        self._appended: dict[str, Timeline] = defaultdict(list)
        """What was folded of items whose timeline was not read."""
        self._stood: dict[Position, Stood] = {}
        self._outcomes: dict[str, Outcome] = {}
        self._transfers: dict[str, Position | None] = {}
        self._receipts: dict[str, set[Position]] = {}
        """Those in the database, by transfer."""
        self._received: dict[str, set[Position]] = defaultdict(set)
        """Those of this write."""
        self._voided_by: dict[str, list[Voiding]] = {}
        """The voidings in the database, by the event that they name."""

    def tell(self, events: Iterable[AnyEvent]) -> None:
        """Have the log hold new events, which are folded next."""
        for event in events:
            self._events[event.event_id] = event
            if isinstance(event, Voiding):
                self._voidings[event.event_id] = event
            elif isinstance(event, Registration) and REGULATOR in (event.organization.roles or ()):
                self._regulators.add(event.organization.key)

    def fold(self, folded: Folded) -> None:
        """Have the graph be as a fold left it."""
        for key, line in folded.sweep.lines.items():
            if line.entries is not None:
                self._timelines[key] = line.entries
            elif line.appended:
                (self._timelines if key in self._timelines else self._appended)[key].extend(line.appended)
            else:
                continue
            self._tails[key] = Tail(line.final(), line.last)
        for event, outcome, before, touched in folded.judged():
            self._stood[event.position] = event, outcome, touched
            self._outcomes[event.event_id] = outcome
            if event.type == "TRANSFER":
                accepted = outcome.status is EventStatus.ACCEPTED
                self._transfers[event.event_id] = event.position if accepted else None
            elif isinstance(event, Receipt) and before is None:
                self._received[event.transfer].add(event.position)

    def release(self) -> None:
        """Forget the lives of items, when all is written."""
        for lives in (self._tails, self._timelines, self._appended):
            release(lives)

    async def foresee(self, batches: Sequence[Sequence[AnyEvent]]) -> None:
        """Read at once what folding these batches will most likely ask for."""
        events = [event for batch in batches for event in batch]
        await self.tails({key for event in events for key in event.named_keys()})
        await self._look_inside([event for event in events if event.type in STRUCTURAL])
        await self.transfers({event.transfer for event in events if isinstance(event, Receipt)})
        await self.receipts({event.event_id for event in events if event.type == "TRANSFER"})
        await self.voidings_of({event.event_id for event in events})
        await self._look_back(batches)

    async def _look_inside(self, events: Iterable[AnyEvent]) -> None:
        """What is inside the items that these events name, and what was at the time of those that come late."""
        level = {(key, event.position) for event in events for key in event.named_keys()}
        seen = set(level)
        while level:
            await self.tails({key for key, _ in level})
            await self.timelines({key for key, at in level if self._comes_late(key, at)})
            level = {(part, at) for key, at in level for part in self._parts(key, at)} - seen
            seen |= level

    def _comes_late(self, key: str, at: Position) -> bool:
        tail = self._tails[key]
        return tail is not None and tail.last > at

    def _parts(self, key: str, at: Position) -> Collection[str]:
        """What was inside an item right before a position."""
        tail = self._tails[key]
        if tail is None or tail.last <= at:
            return () if tail is None or tail.state is None else tail.state.parts
        parts: dict[str, None] = {}
        for _, effects in takewhile(lambda entry: entry[0] < at, self._timelines[key]):
            for effect in effects:
                if effect[0] == "+part":
                    parts[effect[1]] = None
                elif effect[0] == "-part":
                    parts.pop(effect[1], None)
        return parts

    async def _look_back(self, batches: Sequence[Sequence[AnyEvent]]) -> None:
        """The timelines of items of which an event comes late, the next stored events after it, and what these touched.

        A fold goes through its batch in the total order, so what is out of order within one is not late.
        """
        late = self._late(batches)
        timelines = await self.timelines([key for key in late if self._tails[key] is not None])
        after: set[Position] = set()
        for key, line in timelines.items():
            first = bisect_right(line, late[key], key=_place)
            after.update(at for at, _ in line[first : first + LOOKED_AT_AFTER])
        stood = await self.judged(after)
        await self.tails({key for _, _, touched in stood.values() for key in touched})

    def _late(self, batches: Sequence[Sequence[AnyEvent]]) -> dict[str, Position]:
        """The first position of each item at which an event comes late."""
        last: dict[str, Position] = {key: tail.last for key, tail in self._tails.items() if tail is not None}
        late: dict[str, Position] = {}
        for events in batches:
            found = [(key, event.position) for event in events for key in event.named_keys()]
            for key, at in found:
                if at < last.get(key, b""):
                    late[key] = min(at, late.get(key, at))
            for key, at in found:
                last[key] = max(at, last.get(key, b""))
        return late

    async def tails(self, keys: Collection[str]) -> dict[str, Tail]:
        missing = [key for key in keys if key not in self._tails]
        if missing:
            await self._settled()
            read = await self._graph.tails(missing)
            self._tails.update((key, read.get(key)) for key in missing)
            self._absent.update(key for key in missing if key not in read)
        return {key: tail for key in keys if (tail := self._tails[key]) is not None}

    async def timelines(self, keys: Collection[str]) -> dict[str, Timeline]:
        missing = [key for key in keys if key not in self._timelines]
        before = {key: NOTHING for key in missing if key in self._absent}
        if len(before) < len(missing):
            await self._settled()
            before |= await self._graph.timelines([key for key in missing if key not in self._absent])
        for key, read in before.items():
            self._timelines[key] = sorted((dict(read) | dict(self._appended.pop(key, ()))).items())
        return {key: self._timelines[key][:] for key in keys}

    async def judged(self, positions: Collection[Position]) -> dict[Position, Stood]:
        missing = [at for at in positions if at not in self._stood]
        if missing:
            await self._settled()
            self._stood.update(await self._graph.judged(missing))
        return {at: self._stood[at] for at in positions}

    async def receipts(self, transfers: Collection[str]) -> list[Position]:
        missing = [of for of in transfers if of not in self._receipts]
        if missing:
            await self._settled()
            self._receipts.update((of, set()) for of in missing)
            for of, at in await self._graph.receipts_of(missing):
                self._receipts[of].add(at)
        return [at for of in transfers for at in self._receipts[of] | self._received.get(of, set())]

    async def transfers(self, event_ids: Collection[str]) -> dict[str, Position]:
        missing = [event_id for event_id in event_ids if event_id not in self._transfers]
        if missing:
            await self._settled()
            read = await self._graph.transfers(missing)
            self._transfers.update((event_id, read.get(event_id)) for event_id in missing)
        return {event_id: at for event_id in event_ids if (at := self._transfers[event_id]) is not None}

    async def outcomes(self, event_ids: list[str]) -> dict[str, Outcome]:
        """What these events stand as, without their effects."""
        missing = [event_id for event_id in event_ids if event_id not in self._outcomes]
        if missing:
            await self._settled()
            rows = await one(self._transaction, OUTCOMES, ids=missing)
            self._outcomes.update((event_id, outcome_of(*columns)) for event_id, *columns in rows)
        return {event_id: self._outcomes[event_id] for event_id in event_ids if event_id in self._outcomes}

    async def targets(self, event_ids: Collection[str]) -> dict[str, Target]:
        await self._settled()
        found = await self._log.targets(event_ids)
        new = (event for event_id in event_ids if (event := self._events.get(event_id)) is not None)
        return found | {event.event_id: Target(event.position, event.actor) for event in new}

    async def voidings_of(self, event_ids: Collection[str]) -> list[Voiding]:
        missing = [event_id for event_id in event_ids if event_id not in self._voided_by]
        if missing:
            await self._settled()
            self._voided_by.update((event_id, []) for event_id in missing)
            for voiding in await self._log.voidings_of(missing):
                self._voided_by[voiding.voids].append(voiding)
        wanted = set(event_ids)
        new = [voiding for voiding in self._voidings.values() if voiding.voids in wanted]
        return new + self._old(voiding for event_id in event_ids for voiding in self._voided_by[event_id])

    async def voidings_of_ids(self, event_ids: Collection[str]) -> list[Voiding]:
        await self._settled()
        new = [voiding for event_id in event_ids if (voiding := self._voidings.get(event_id)) is not None]
        return new + self._old(await self._log.voidings_of_ids(event_ids))

    async def voidings_by(self, actors: Collection[str]) -> list[Voiding]:
        await self._settled()
        new = [voiding for voiding in self._voidings.values() if voiding.actor in actors]
        return new + self._old(await self._log.voidings_by(actors))

    async def regulators(self, organizations: Collection[str]) -> set[str]:
        await self._settled()
        return self._regulators.intersection(organizations) | await self._log.regulators(organizations)

    def _old(self, voidings: Iterable[Voiding]) -> list[Voiding]:
        """Those that this write did not tell."""
        return [voiding for voiding in voidings if voiding.event_id not in self._voidings]
