"""Folding a batch into a store: voidings are settled, then one sweep; the same for every store that keeps a graph."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Collection, Iterator
from typing import Any, NamedTuple

from graph_schema.events import AnyEvent, Voiding
from graph_schema.order import Position
from graph_schema.outcome import Outcome
from graph_schema.refold import Judged, Source, Sweep
from graph_schema.voiding import VoidingSource, settle


def release(large: dict[Any, Any]) -> None:
    """Empty what holds very much bit by bit: all at once, Python would do nothing else meanwhile."""
    while large:
        large.popitem()


class SettledVoiding(NamedTuple):
    """What became of a voiding, and what it was before; None for a new one."""

    voiding: Voiding
    outcome: Outcome
    before: Outcome | None


class Folded(NamedTuple):
    """What folding a batch found, for the store to write."""

    sweep: Sweep
    voidings: dict[Position, SettledVoiding]

    def judged(self) -> Iterator[Judged]:
        """Every event that was judged, voidings last."""
        yield from self.sweep.results.values()
        for voiding, outcome, before in self.voidings.values():
            yield Judged(voiding, outcome, before, set())

    def outcomes(self, events: Collection[AnyEvent]) -> dict[str, Outcome]:
        """The outcome of each of these events."""
        found = {settled.voiding.event_id: settled.outcome for settled in self.voidings.values()}
        found.update({judged.event.event_id: judged.outcome for judged in self.sweep.results.values()})
        return {event.event_id: found[event.event_id] for event in events}

    def release(self) -> None:
        """Forget the lives of items, which are not needed any more once they are written."""
        release(self.sweep.lines)


async def fold_in(
    events: list[AnyEvent],
    source: Source,
    voidings: VoidingSource,
    stored_outcomes: Callable[[list[str]], Awaitable[dict[str, Outcome]]],
) -> Folded:
    """Fold new events into the graph of a source. `stored_outcomes` reads what stored events stand as."""
    new = {event.event_id for event in events}
    settled = await settle(voidings, events)
    before = await stored_outcomes(
        [target for target in settled.voided if target in settled.targets]
        + [event_id for event_id in settled.outcomes if event_id not in new]
    )
    turned = [
        settled.targets[event_id].position
        for event_id, voided in settled.voided.items()
        if event_id in before and voided != (before[event_id].status == "VOIDED")
    ]
    sweep = Sweep(source)
    await sweep.run([event for event in events if not isinstance(event, Voiding)], settled.voided, turned)
    found = {
        voiding.position: SettledVoiding(voiding, outcome, before.get(event_id))
        for event_id, (voiding, outcome) in settled.outcomes.items()
    }
    return Folded(sweep, found)
