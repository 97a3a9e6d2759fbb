"""The graph as a pure function of a set of events: the specification that every store's incremental fold must equal."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

from graph_schema.events import AnyEvent, Registration, Voiding
from graph_schema.fold import VOIDED, apply
from graph_schema.life import Life, life_of
from graph_schema.order import Position
from graph_schema.outcome import EventStatus, Outcome
from graph_schema.state import Effect, State, advance
from graph_schema.voiding import REGULATOR, Target, resolve


@dataclass
class Graph:
    """The fold of a set of events: the outcome of each, and the effects on each item, both in the total order."""

    events: dict[str, AnyEvent]
    outcomes: dict[str, Outcome] = field(default_factory=dict)
    timelines: dict[str, list[tuple[Position, tuple[Effect, ...]]]] = field(default_factory=dict)
    voided_by: dict[str, str] = field(default_factory=dict)

    def life(self, key: str) -> Life:
        """The edges of one item."""
        return life_of(key, self.timelines.get(key, ()))


@dataclass
class _World:
    states: dict[str, State] = field(default_factory=dict)
    transfers: set[str] = field(default_factory=set)

    def get(self, key: str) -> State | None:
        return self.states.get(key)

    def transferred(self, event_id: str) -> bool:
        return event_id in self.transfers


def fold(events: Iterable[AnyEvent]) -> Graph:
    """Fold a set of events, which come in any order; two with one id must not be among them."""
    ordered = sorted(events, key=lambda event: event.position)
    graph = Graph({event.event_id: event for event in ordered})
    voidings, graph.voided_by = resolve(
        [event for event in ordered if isinstance(event, Voiding)],
        lambda event_id: _target(graph.events.get(event_id)),
        regulators(ordered).__contains__,
    )
    world = _World()
    for event in ordered:
        if event.event_id in voidings:
            outcome = voidings[event.event_id]
        elif event.event_id in graph.voided_by:
            outcome = VOIDED
        else:
            outcome = apply(event, world)
        graph.outcomes[event.event_id] = outcome
        _commit(event, outcome, world, graph)
    return graph


def changed(before: Graph, after: Graph) -> set[str]:
    """The items whose edges or touches differ, and those named by events that are new or stand otherwise."""
    keys = before.timelines.keys() | after.timelines.keys()
    found = {key for key in keys if before.timelines.get(key) != after.timelines.get(key)}
    for event_id, outcome in after.outcomes.items():
        stood = before.outcomes.get(event_id)
        if stood is None or (stood.status, stood.problems) != (outcome.status, outcome.problems):
            found.update(after.events[event_id].named_keys())
    return found


def regulators(events: Iterable[AnyEvent]) -> set[str]:
    """The organizations that any registration gives the role of a regulator, voided or not (7.5)."""
    return {
        event.organization.key
        for event in events
        if isinstance(event, Registration) and REGULATOR in (event.organization.roles or ())
    }


def _target(event: AnyEvent | None) -> Target | None:
    return None if event is None else Target(event.position, event.actor)


def _commit(event: AnyEvent, outcome: Outcome, world: _World, graph: Graph) -> None:
    for key, effects in outcome.effects.items():
        state = advance(world.states.get(key), event.position, effects)
        assert state is not None
        world.states[key] = state
        graph.timelines.setdefault(key, []).append((event.position, effects))
    if event.type == "TRANSFER" and outcome.status is EventStatus.ACCEPTED:
        world.transfers.add(event.event_id)
