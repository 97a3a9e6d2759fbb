"""What the incremental fold and the settling of voidings read of Neo4j, inside the write transaction."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

from graph_schema.canonical import parse_event
from graph_schema.events import AnyEvent, Voiding
from graph_schema.order import Position, event_id_of
from graph_schema.outcome import Outcome
from graph_schema.refold import Effects, Tail
from graph_schema.state import Effect, effects_in_order
from graph_schema.voiding import Target
from service.stores.neo4j.connection import Transaction, one, planned_once
from service.stores.neo4j.rows import state_of
from service.stores.values import loads, outcome_of

TAILS = """
UNWIND $keys AS key
MATCH (i:Item {key: key}) USING INDEX SEEK i:Item(key)
RETURN collect([i.key, i.state, i.last])
"""

TIMELINES = """
UNWIND $keys AS key
MATCH (i:Item {key: key}) USING INDEX SEEK i:Item(key)
CALL (i) {
  MATCH (i)<-[y:YIELDED]-() WHERE y.knownTo IS NULL
  RETURN collect([y.position, y.kind, y.massKg, y.composition, y.secondLife, y.bodyMassKg, y.bodyMassAt,
                  y.bodyComposition, y.bodyCompositionAt]) AS births
}
CALL (i) {
  MATCH (i)-[r:PART_OF]->(h) WHERE r.knownTo IS NULL
  RETURN collect([h.key, r.opened, r.closed, r.place]) AS hosts
}
CALL (i) {
  MATCH (p)-[r:PART_OF]->(i) WHERE r.knownTo IS NULL
  RETURN collect([p.key, r.opened, r.closed]) AS parts
}
CALL (i) {
  MATCH (i)-[r:HELD_BY]->(o) WHERE r.knownTo IS NULL
  RETURN collect([o.key, r.opened, r.closed]) AS custody
}
CALL (i) {
  MATCH (i)-[r:CONSUMED_IN]->() WHERE r.knownTo IS NULL
  RETURN collect([r.position, r.massKg, r.ends]) AS uses
}
CALL (i) {
  MATCH (i)<-[r:MARKED]-() WHERE r.knownTo IS NULL
  RETURN collect([r.position, r.mark]) AS marks
}
CALL (i) {
  MATCH (i)<-[r:MENTIONS]-()
  RETURN collect(r.position) AS mentions
}
RETURN key, births, hosts, parts, custody, uses, marks, mentions
"""

JUDGED = """
UNWIND $ids AS id
MATCH (e:Event {eventId: id}) USING INDEX SEEK e:Event(eventId)
RETURN collect([e.position, e.status, e.problems, e.mixing, e.claims, e.also, e.payload])
"""

RECEIPTS = """
UNWIND $ids AS id
MATCH (e:Event {refersTo: id}) USING INDEX SEEK e:Event(refersTo) WHERE e.type = 'RECEIPT'
RETURN collect([id, e.position])
"""

TRANSFERS = """
UNWIND $ids AS id
MATCH (e:Event {eventId: id}) USING INDEX SEEK e:Event(eventId) WHERE e.type = 'TRANSFER' AND e.status = 'ACCEPTED'
RETURN collect([e.eventId, e.position])
"""


AT_ONCE = 1000
"""So many items are asked for at once: an answer is unpacked in one go, and nothing else goes on meanwhile."""
LARGE_PAYLOAD = 100_000
"""Characters of an event that is read beside the event loop."""


def _pieces(keys: Collection[str]) -> Iterator[list[str]]:
    ordered = list(keys)
    for start in range(0, len(ordered), AT_ONCE):
        yield ordered[start : start + AT_ONCE]


class Neo4jSource:
    """A `refold.Source` over one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def tails(self, keys: Collection[str]) -> dict[str, Tail]:
        found: dict[str, Tail] = {}
        for some in _pieces(keys):
            rows = await one(self._transaction, TAILS, keys=some)
            found.update((key, Tail(state_of(state), last)) for key, state, last in rows)
        return found

    async def timelines(self, keys: Collection[str]) -> dict[str, list[tuple[Position, Effects]]]:
        found: dict[str, list[tuple[Position, Effects]]] = {key: [] for key in keys}
        for some in _pieces(keys):
            found |= await self._timelines(some)
        return found

    async def _timelines(self, keys: list[str]) -> dict[str, list[tuple[Position, Effects]]]:
        found: dict[str, list[tuple[Position, Effects]]] = {}
        async for record in await self._transaction.run(*planned_once(TIMELINES, {"keys": keys})):
            touches: dict[Position, list[Effect]] = defaultdict(list)
            for position, effect in _effects(record):
                entry = touches[position]
                if effect is not None:
                    entry.append(effect)
            found[record["key"]] = sorted(
                (position, effects_in_order(effects)) for position, effects in touches.items()
            )
        return found

    async def judged(self, positions: Collection[Position]) -> dict[Position, tuple[AnyEvent, Outcome, set[str]]]:
        found = {}
        ids = [event_id_of(position) for position in positions]
        rows = await one(self._transaction, JUDGED, ids=ids)
        for position, status, problems, mixing, claims, also, payload in rows:
            parse = partial(parse_event, payload)
            event, _ = parse() if len(payload) < LARGE_PAYLOAD else await asyncio.to_thread(parse)
            touched = {*event.named_keys(), *(loads(also) or ())}
            found[position] = (event, outcome_of(status, problems, mixing, claims), touched)
        return found

    async def receipts_of(self, transfers: Collection[str]) -> list[tuple[str, Position]]:
        """Each stored receipt that names any of the transfers, with that."""
        return [(of, at) for of, at in await one(self._transaction, RECEIPTS, ids=list(transfers))]

    async def receipts(self, transfers: Collection[str]) -> list[Position]:
        return [at for _, at in await self.receipts_of(transfers)]

    async def transfers(self, event_ids: Collection[str]) -> dict[str, Position]:
        return dict(await one(self._transaction, TRANSFERS, ids=list(event_ids)))

    async def turn(self) -> None:
        """Nothing goes on meanwhile."""


def _effects(record: Any) -> Iterator[tuple[Position, Effect | None]]:
    for at, kind, kg, composition, second, body, body_at, content, content_at in record["births"]:
        yield at, ("born", kind, kg, loads(composition), second)
        if body_at is not None:
            yield body_at, ("mass", body)
        if content_at is not None:
            yield content_at, ("content", loads(content))
    for host, opened, closed, place in record["hosts"]:
        yield opened, ("into", host, place)
        if closed is not None:
            yield closed, ("out", host)
    for part, opened, closed in record["parts"]:
        yield opened, ("+part", part)
        if closed is not None:
            yield closed, ("-part", part)
    for organization, opened, closed in record["custody"]:
        yield opened, ("held", organization)
        if closed is not None:
            yield closed, ("unheld",)
    for at, kg, ends in record["uses"]:
        yield at, ("end" if ends else "draw", kg)
    for at, mark in record["marks"]:
        yield at, (mark,)
    for at in record["mentions"]:
        yield at, None


_TARGETS = """
UNWIND $ids AS id
MATCH (e:Event {eventId: id}) USING INDEX SEEK e:Event(eventId)
RETURN collect([e.eventId, e.position, e.actor])
"""
_VOIDINGS_OF = """
UNWIND $ids AS id
MATCH (e:Event {refersTo: id}) USING INDEX SEEK e:Event(refersTo) WHERE e.type = 'VOIDING'
RETURN collect(e.payload)
"""
_VOIDINGS = """
UNWIND $ids AS id
MATCH (e:Event {eventId: id}) USING INDEX SEEK e:Event(eventId) WHERE e.type = 'VOIDING'
RETURN collect(e.payload)
"""
_VOIDINGS_BY = """
UNWIND $actors AS actor
MATCH (e:Event {type: 'VOIDING', actor: actor}) USING INDEX SEEK e:Event(type, actor)
RETURN collect(e.payload)
"""
_REGULATORS = """
UNWIND $keys AS key
MATCH (o:Organization {key: key})<-[:REGISTERS {regulator: true}]-() USING INDEX SEEK o:Organization(key)
RETURN collect(DISTINCT o.key)
"""


class Neo4jVoidings:
    """A `VoidingSource` over one transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction

    async def _voidings(self, query: str, **values: Any) -> list[Voiding]:
        events = [parse_event(payload)[0] for payload in await one(self._transaction, query, **values)]
        return [event for event in events if isinstance(event, Voiding)]

    async def targets(self, event_ids: Collection[str]) -> dict[str, Target]:
        rows = await one(self._transaction, _TARGETS, ids=list(event_ids))
        return {event_id: Target(position, actor) for event_id, position, actor in rows}

    async def voidings_of(self, event_ids: Collection[str]) -> list[Voiding]:
        return await self._voidings(_VOIDINGS_OF, ids=list(event_ids))

    async def voidings_of_ids(self, event_ids: Collection[str]) -> list[Voiding]:
        return await self._voidings(_VOIDINGS, ids=list(event_ids))

    async def voidings_by(self, actors: Collection[str]) -> list[Voiding]:
        return await self._voidings(_VOIDINGS_BY, actors=list(actors))

    async def regulators(self, organizations: Collection[str]) -> set[str]:
        return set(await one(self._transaction, _REGULATORS, keys=list(organizations)))
