"""Reads over a graph that was folded in memory: the executable specification of every reader."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection
from typing import Any

from graph_schema.answer import Direction
from graph_schema.events import AnyEvent, Enrolment, Registration, Removal
from graph_schema.graph import Graph
from graph_schema.life import Birth, Life
from graph_schema.order import Position, event_id_of, type_of
from graph_schema.outcome import EventStatus
from graph_schema.reader import (
    About,
    Around,
    ClaimRow,
    ConsumptionRow,
    Counted,
    CustodyRow,
    EventRow,
    ItemRow,
    MarkRow,
    StayRow,
    YieldRow,
    about_by_kind,
    around_by_kind,
    degrees_by_kind,
)
from graph_schema.specs import ItemSpec, LotSpec, new_items


class GraphReader:
    """A `TraceReader` over a `Graph`. Items are handled by key, events by position."""

    def __init__(self, graph: Graph) -> None:
        self.graph = graph
        self.lives: dict[str, Life] = {key: graph.life(key) for key in graph.timelines}
        self.specs: dict[str, ItemSpec | LotSpec] = {}
        self._parts: dict[str, list[StayRow]] = defaultdict(list)
        self._inputs: dict[Position, list[ConsumptionRow]] = defaultdict(list)
        self._outputs: dict[Position, list[YieldRow]] = defaultdict(list)
        self._touched: dict[str, set[str]] = defaultdict(set)
        self._names: dict[str, str] = {}
        self._identifiers: dict[str, tuple[Position, str]] = {}
        self._unsettled: dict[str, list[AnyEvent]] = defaultdict(list)
        for key, life in self.lives.items():
            self._index(key, life)
        for event in graph.events.values():
            self._note(event)

    def _index(self, key: str, life: Life) -> None:
        for stay in life.stays:
            self._parts[stay.host].append(tuple(stay))
        for consumption in life.consumptions:
            self._inputs[consumption.event].append(tuple(consumption))
        if life.birth is not None:
            self._outputs[life.birth.position].append((life.birth.position, key))

        for position, _ in self.graph.timelines[key]:
            self._touched[event_id_of(position)].add(key)

    def _trail(self, event_id: str) -> list[AnyEvent]:
        """An event and what it refers to, directly or over others, as far as that is there."""
        trail: dict[str, AnyEvent] = {}
        event = self.graph.events.get(event_id)
        while event is not None and event.event_id not in trail:
            trail[event.event_id] = event
            event = None if event.refers_to is None else self.graph.events.get(event.refers_to)
        return list(trail.values())

    def named_by(self, event_id: str) -> set[str]:
        """The items that an event names, or what it refers to."""
        return {key for event in self._trail(event_id) for key in event.named_keys()}

    def touched_by(self, event_id: str) -> set[str]:
        """The items to which it, or what it refers to, did something without naming them."""
        touched = {key for event in self._trail(event_id) for key in self._touched.get(event.event_id, ())}
        return touched - self.named_by(event_id)

    def _note(self, event: AnyEvent) -> None:
        status = self.graph.outcomes[event.event_id].status
        if status in (EventStatus.PENDING, EventStatus.CONTESTED):
            for key in event.named_keys():
                self._unsettled[key].append(event)
            return
        if status is EventStatus.VOIDED:
            return
        if isinstance(event, Registration):
            if event.organization.name is not None:
                self._names[event.organization.key] = event.organization.name
            return
        specs: Any = event.items if isinstance(event, Enrolment) else getattr(event, "outputs", ())
        for spec in new_items(specs):
            birth = self.lives[spec.key].birth if spec.key in self.lives else None
            if birth is not None and birth.position == event.position:
                self.specs[spec.key] = spec
                for identifier in spec.identifiers or ():
                    bearer = (event.position, spec.key)
                    self._identifiers[identifier.value] = min(bearer, self._identifiers.get(identifier.value, bearer))

    async def find(self, key: str, towards: Direction | None = None, nodes_max: int | None = None) -> Any:
        if self.lives.get(key) is not None:
            return key
        return self._identifiers[key][1] if key in self._identifiers else None

    async def keyed(self, keys: Collection[str]) -> dict[str, Any]:
        return {key: key for key in keys if key in self.lives}

    def birth_of(self, key: str) -> Birth:
        """How a known item came into being."""
        birth = self.lives[key].birth
        assert birth is not None
        return birth

    def actor_of(self, position: Position) -> str:
        """Who reported an event."""
        return self.graph.events[event_id_of(position)].actor

    async def items(self, items: Collection[Any]) -> list[ItemRow]:
        return [self._item(key) for key in items if key in self.lives]

    def _item(self, key: Any) -> ItemRow:
        birth = self.birth_of(key)
        spec = self.specs[key]
        mass_at = birth.body_mass_at if birth.body_mass_at != birth.position else None
        composition_at = birth.body_composition_at if birth.body_composition_at != birth.position else None
        return ItemRow(
            key,
            key,
            birth.kind,
            birth.position,
            birth.mass_kg,
            birth.composition,
            birth.second_life,
            birth.body_mass_kg,
            mass_at,
            birth.body_composition,
            composition_at,
            spec.model or spec.material if isinstance(spec, ItemSpec) else spec.material,
        )

    async def parts(self, hosts: Collection[Any]) -> list[StayRow]:
        return [row for host in hosts for row in self._parts.get(host, ())]

    async def hosts(self, parts: Collection[Any]) -> list[StayRow]:
        return [tuple(stay) for part in parts if part in self.lives for stay in self.lives[part].stays]

    async def custody(self, items: Collection[Any]) -> list[CustodyRow]:
        return [tuple(held) for item in items if item in self.lives for held in self.lives[item].custody]

    async def consumptions(self, items: Collection[Any]) -> list[ConsumptionRow]:
        return [tuple(used) for item in items if item in self.lives for used in self.lives[item].consumptions]

    async def inputs(self, events: Collection[Any]) -> list[ConsumptionRow]:
        return [row for event in events for row in self._inputs.get(event, ())]

    async def outputs(self, events: Collection[Any]) -> list[YieldRow]:
        return [row for event in events for row in self._outputs.get(event, ())]

    async def births(self, items: Collection[Any]) -> list[YieldRow]:
        return [
            (life.birth.position, item)
            for item in items
            if (life := self.lives.get(item)) is not None and life.birth is not None
        ]

    async def around(
        self,
        new: Collection[Any],
        inside: Collection[Any],
        along: Collection[Any],
        forward: bool,
        known: Collection[Position],
    ) -> Around:
        return await around_by_kind(self, new, inside, along, forward, known)

    async def about(self, items: Collection[Any]) -> About:
        return await about_by_kind(self, items)

    async def events(self, events: Collection[Any]) -> list[EventRow]:
        rows = []
        for position in events:
            event_id = event_id_of(position)
            event, outcome = self.graph.events[event_id], self.graph.outcomes[event_id]
            rows.append(EventRow(position, event.actor, outcome.mixing))
        return rows

    async def marks(self, items: Collection[Any]) -> list[MarkRow]:
        rows: list[MarkRow] = []
        for item in items:
            life = self.lives.get(item)
            if life is None:
                continue
            rows += [(mark.item, mark.event, mark.op) for mark in life.marks]
            rows += [(item, used.event, "ended") for used in life.consumptions if self._is_end(item, used.event)]
        return rows

    def _is_end(self, item: Any, event: Position) -> bool:
        birth = self.lives[item].birth
        return birth is not None and (birth.kind != "LOT" or type_of(event) == "DISPOSAL")

    async def organizations(self, keys: Collection[str]) -> dict[str, str]:
        return {key: self._names[key] for key in keys if key in self._names}

    async def unsettled(self, items: Collection[Any]) -> list[Position]:
        found = {event.position for item in items for event in self._unsettled.get(item, ())}
        return sorted(found)

    async def degrees(self, counted: Counted) -> Counter[Any]:
        return await degrees_by_kind(self, counted)

    async def claims(self, items: Collection[Any]) -> list[ClaimRow]:
        wanted = set(items)
        rows = []
        for event_id, outcome in self.graph.outcomes.items():
            ends = {end for claim in outcome.claims for end in (claim.source, claim.target)}
            if not ends & wanted:
                continue
            at = self.graph.events[event_id].position
            for claim in outcome.claims:
                closed = self._claim_end(claim.source, claim.target, at) if claim.kind == "PART_OF" else None
                rows.append(
                    ClaimRow(
                        at,
                        claim.kind,
                        claim.source or None,
                        claim.target or None,
                        claim.mass_kg,
                        closed,
                        claim.target if claim.item_kind else None,
                        claim.item_kind,
                    )
                )
        return rows

    def _claim_end(self, part: str, host: str, after: Position) -> Position | None:
        """The next removal or end of a claimed pair (8.5)."""
        ends = [
            event.position
            for event in self.graph.events.values()
            if isinstance(event, Removal) and (event.part, event.host) == (part, host)
            if self.graph.outcomes[event.event_id].status is not EventStatus.VOIDED
        ]
        for key in (part, host):
            if key in self.lives:
                ends += [used.event for used in self.lives[key].consumptions if self._is_end(key, used.event)]
        return min((end for end in ends if end > after), default=None)
