"""Checking a store against its log: the chain, and that the graph is the fold of the log; for all stores alike."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import AsyncIterator, Iterator
from typing import Any, NamedTuple, Protocol

from graph_schema.canonical import canonical, digest, parse_event
from graph_schema.errors import MalformedEvent
from graph_schema.events import AnyEvent, Enrolment, Registration
from graph_schema.graph import Graph, fold
from graph_schema.order import Position
from graph_schema.outcome import Outcome
from graph_schema.refold import Effects, Source
from graph_schema.specs import new_items, spec_text
from graph_schema.state import State, advance
from graph_schema.voiding import REGULATOR
from service.chain import Head, extend
from service.ports import Fault

KEYS_AT_ONCE = 500


class StoredRecord(NamedTuple):
    """A record of the log as it is kept; `payload` is JSON text, None where it is missing."""

    sequence: int
    event_id: str
    position: Position
    actor: str
    recorded_us: int
    digest: bytes
    hash: bytes
    payload: bytes | str | None
    refers_to: str | None


class StoredGraph(Protocol):
    """What checking reads of a store; everything as it is known now."""

    @property
    def source(self) -> Source:
        """What the fold reads of it."""

    def records(self) -> AsyncIterator[StoredRecord]:
        """The log, in the order of its sequence."""

    async def batches(self) -> dict[int, int]:
        """The moments of recording, in microseconds since 1970, and the last record of each."""

    async def registrations(self) -> set[tuple[str, str, bool]]:
        """(event id, organization, whether it has the role of a regulator) of every registration."""

    def outcomes(self) -> AsyncIterator[tuple[int, str, Outcome]]:
        """(sequence, event id, outcome without effects) of every event."""

    async def keys(self) -> list[str]:
        """Every item that there is anything of."""

    async def facts(self) -> dict[str, tuple[bytes, str | None]]:
        """What was stated of each known item: its spec as JSON text, and its label."""

    async def identifiers(self) -> list[tuple[str, str, str]]:
        """(item key, scheme, value) of every identifier."""

    async def named(self) -> set[tuple[str, str]]:
        """(item key, event id) of the events that name an item without doing anything to it."""


async def check(stored: StoredGraph) -> list[Fault]:
    """The first fault of the chain, or else the first difference between the graph and a fresh fold of the log."""
    events: list[AnyEvent] = []
    ends: dict[int, int] = {}
    fault = await _check_chain(stored, events, ends) or await _check_batches(stored, ends)
    if fault is not None:
        return [fault]
    graph = fold(events)
    found = (
        await _check_registrations(stored, graph)
        or await _check_outcomes(stored, graph)
        or await _check_lives(stored, graph)
        or await _check_facts(stored, graph)
        or await _check_mentions(stored, graph)
    )
    return [found] if found is not None else []


async def _check_chain(stored: StoredGraph, events: list[AnyEvent], ends: dict[int, int]) -> Fault | None:
    """Collects the events, and the last record of each moment of recording."""
    head = Head()
    async for record in stored.records():
        where = f"{record.sequence} ({record.event_id})"
        if record.sequence != head.sequence + 1:
            return Fault(where, f"the log goes from {head.sequence} to {record.sequence}: records are missing")
        if record.recorded_us < head.recorded_us:
            return Fault(where, "recordedAt is earlier than that of the record before")
        head = extend(head, record.digest, record.recorded_us)
        if head.hash != record.hash:
            return Fault(where, "the hash does not follow from the record before it")
        if record.payload is None:
            return Fault(where, "the payload is missing")
        try:
            event, payload = parse_event(record.payload)
        except MalformedEvent as error:
            return Fault(where, f"the payload is malformed: {error}")
        if digest(canonical(payload, event)) != record.digest:
            return Fault(where, "the payload is not what was recorded")
        beside = record.event_id, record.position, record.actor, record.refers_to
        if (event.event_id, event.position, event.actor, event.refers_to) != beside:
            told = "event id, time, type, actor or what it refers to, beside the payload, are not those in it"
            return Fault(where, f"{told}; run a rebuild")
        events.append(event)
        ends[record.recorded_us] = record.sequence
    return None


async def _check_batches(stored: StoredGraph, ends: dict[int, int]) -> Fault | None:
    """By these `knownAt` finds what the log held."""
    found = await stored.batches()
    for at in sorted(ends.keys() | found.keys()):
        if found.get(at) != ends.get(at):
            told = f"its last record is noted as {found.get(at)}, and by the log is {ends.get(at)}; run a rebuild"
            return Fault(f"what was recorded {at} microseconds after 1970", told)
    return None


async def _check_registrations(stored: StoredGraph, graph: Graph) -> Fault | None:
    """They decide who may void."""
    expected = {
        (event.event_id, event.organization.key, REGULATOR in (event.organization.roles or ()))
        for event in graph.events.values()
        if isinstance(event, Registration)
    }
    for event_id, key, _ in sorted(expected ^ await stored.registrations()):
        return Fault(event_id, f"what is noted of its registration of {key} is not what it says; run a rebuild")
    return None


async def _check_outcomes(stored: StoredGraph, graph: Graph) -> Fault | None:
    async for sequence, event_id, found in stored.outcomes():
        where, outcome = f"{sequence} ({event_id})", graph.outcomes[event_id]
        codes = [problem.code for problem in found.problems]
        if found.status is not outcome.status or codes != [problem.code for problem in outcome.problems]:
            return Fault(
                where,
                f"stands as {found.status.value} {codes or ''}, but a fresh fold makes it {outcome.status.value};"
                " run a rebuild",
            )
        if found != outcome._replace(effects={}):
            return Fault(where, "its problems, mixing or claims are not those of a fresh fold; run a rebuild")
    return None


async def _check_lives(stored: StoredGraph, graph: Graph) -> Fault | None:
    for keys in chunks(sorted({*await stored.keys(), *graph.timelines})):
        tails = await stored.source.tails(keys)
        for key, entries in (await stored.source.timelines(keys)).items():
            effects = [(position, done) for position, done in entries if done]
            if effects != graph.timelines.get(key, []):
                return Fault(key, "its edges are not those of a fresh fold; run a rebuild")
            last = entries[-1][0] if entries else b""
            if (_facts(tails[key].state), tails[key].last) != (_facts(_replayed(effects)), last):
                return Fault(key, "its present state is not that of a fresh fold; run a rebuild")
    return None


def _facts(state: State | None) -> Any:
    if state is None:
        return None
    return list(state.parts), [getattr(state, name) for name in State.__slots__ if name != "parts"]


def _replayed(entries: list[tuple[Position, Effects]]) -> State | None:
    state = None
    for position, effects in entries:
        state = advance(state, position, effects)
    return state


async def _check_facts(stored: StoredGraph, graph: Graph) -> Fault | None:
    """What items are called and what was stated of them."""
    facts = await stored.facts()
    if len(facts) != len(graph.timelines):
        return Fault("items", f"the graph has {len(facts)} items, a fresh fold {len(graph.timelines)}; run a rebuild")
    names: dict[str, set[tuple[str, str]]] = defaultdict(set)
    for key, scheme, value in await stored.identifiers():
        names[key].add((scheme, value))
    for event_id, outcome in graph.outcomes.items():
        event = graph.events[event_id]
        specs: Any = event.items if isinstance(event, Enrolment) else getattr(event, "outputs", ())
        for spec in new_items(specs):
            if outcome.effects.get(spec.key, (("",),))[0][0] != "born":
                continue
            stated = {(identifier.scheme, identifier.value) for identifier in spec.identifiers or ()}
            expected = (spec_text(spec), spec.model or spec.material)
            if facts.get(spec.key) != expected or names[spec.key] != stated:
                return Fault(spec.key, "its facts or identifiers are not those of a fresh fold; run a rebuild")
    return None


async def _check_mentions(stored: StoredGraph, graph: Graph) -> Fault | None:
    """Events that name an item without effect on it must be found from it, and no others."""
    named = await stored.named()
    for event_id, outcome in graph.outcomes.items():
        for key in set(graph.events[event_id].named_keys()):
            if key not in outcome.effects and (key, event_id) not in named:
                return Fault(key, f"it is not noted that {event_id} names it; run a rebuild")
            named.discard((key, event_id))
    for key, event_id in sorted(named):
        return Fault(key, f"it is noted that {event_id} names it, which it does not; run a rebuild")
    return None


def chunks(keys: list[str]) -> Iterator[list[str]]:
    """Some of the keys at a time."""
    for start in range(0, len(keys), KEYS_AT_ONCE):
        yield keys[start : start + KEYS_AT_ONCE]
