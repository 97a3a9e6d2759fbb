"""Reads of the memory store at one moment of knowledge."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from itertools import islice
from typing import TYPE_CHECKING, Any

from graph_schema.answer import Handle
from graph_schema.order import Position, instant_of, moment_of_us
from graph_schema.outcome import EventStatus
from graph_schema.windows import END
from service.findings import (
    Audited,
    CountBy,
    Counts,
    FindingFilter,
    FindingOrder,
    FindingPlace,
    KeptFinding,
    counted,
)
from service.flow_rows import FlowKind, FlowsKept
from service.organizations import is_found, names_of, rank_of, stated
from service.places import (
    WITHIN,
    Found,
    FoundPlace,
    OrganizationOrder,
    OrganizationPlace,
)
from service.ports import (
    Change,
    EventFilter,
    ItemDetails,
    ItemFilter,
    ItemOrder,
    ItemPlace,
    OrganizationFilter,
    StoredEvent,
)
from service.stores.graph_reader import GraphReader
from service.stores.matching import finds, is_party, matches

if TYPE_CHECKING:
    from service.stores.memory import MemoryRecord, MemoryStore


class MemorySnapshot(GraphReader):
    """A graph reader that knows the log too."""

    def __init__(self, store: MemoryStore, sequence: int, reader: GraphReader) -> None:
        self.__dict__.update(reader.__dict__)
        self.sequence = sequence
        self._store = store

    async def latest(self) -> MemorySnapshot:
        return self._store.at(None)

    async def details(self, items: Collection[Handle]) -> list[ItemDetails]:
        found = []
        for key in items:
            life = self.lives.get(key)  # type: ignore[call-overload]
            if life is None or life.birth is None:
                continue
            spec = self.specs[str(key)]
            stated = spec.model_dump_json(by_alias=True, exclude_none=True, exclude={"parts", "position"})
            producer = self.actor_of(life.birth.position)
            found.append(
                ItemDetails(key, key, life.birth.kind, stated.encode(), life.birth.position, producer)  # type: ignore[arg-type]
            )
        return found

    async def _items(self, where: ItemFilter) -> list[str]:
        return [key for key in self.lives if await matches(self, self, key, where)]

    def _place(self, key: str, order: ItemOrder) -> tuple[int, str]:
        return (instant_of(self.birth_of(key).position) if order is ItemOrder.PRODUCED_AT else 0), key

    async def item_page(
        self,
        where: ItemFilter,
        after: ItemPlace | None,
        limit: int,
        reverse: bool = False,
        order: ItemOrder = ItemOrder.KEY,
    ) -> list[tuple[Any, str]]:
        places = sorted((self._place(key, order) for key in await self._items(where)), reverse=reverse)
        if after is not None:
            edge = (after.born_us if order is ItemOrder.PRODUCED_AT else 0), after.key
            places = [place for place in places if (place < edge if reverse else place > edge)]
        return [(key, key) for _, key in places[:limit]]

    async def item_count(self, where: ItemFilter) -> int:
        return len(await self._items(where))

    async def concerned(self, items: Collection[Handle], organization: str) -> set[Handle]:
        known = [key for key in items if key in self.lives and self.lives[str(key)].birth is not None]
        return {key for key in known if is_party(self, str(key), organization)}

    def _events(self, where: EventFilter) -> list[StoredEvent]:
        touched = None if where.item is None else {event.event_id for event in self._history(where.item)}
        records = self._store.records[: self.sequence]
        found = [(self._stored(record), record.new.event) for record in records]
        return [stored for stored, event in found if finds(self, stored, event, touched, where)]

    async def event_page(
        self, where: EventFilter, after: int | None, limit: int, reverse: bool = False
    ) -> list[StoredEvent]:
        found = self._events(where)[::-1] if reverse else self._events(where)
        if after is not None:
            found = [one for one in found if (one.sequence < after if reverse else one.sequence > after)]
        return found[:limit]

    async def event_count(self, where: EventFilter) -> int:
        return len(self._events(where))

    async def stored(self, event_ids: Collection[str]) -> list[StoredEvent]:
        found = (self._store.known(event_id) for event_id in event_ids)
        return [
            self._stored(record) for record in found if record is not None and record.head.sequence <= self.sequence
        ]

    async def history(
        self,
        items: Collection[Handle],
        cut: Position = END,
        after: Position | None = None,
        limit: int | None = None,
        reverse: bool = False,
        types: tuple[str, ...] | None = None,
    ) -> dict[Handle, list[StoredEvent]]:
        found: dict[Handle, list[StoredEvent]] = {}
        for item in items:
            events = [event for event in self._history(str(item)) if event.position < cut]
            events = [event for event in events if types is None or event.type in types]
            if after is not None:
                events = [one for one in events if (one.position < after if reverse else one.position > after)]
            found[item] = (events[::-1] if reverse else events)[:limit]
        return {item: events for item, events in found.items() if events}

    async def history_count(self, items: Collection[Handle], cut: Position = END) -> dict[Handle, int]:
        return {item: len(events) for item, events in (await self.history(items, cut)).items()}

    def _history(self, key: str) -> list[StoredEvent]:
        touched = {position[17:].decode() for position, _ in self.graph.timelines.get(key, ())}
        events = self.graph.events.values()
        level = {event.event_id for event in events if event.event_id in touched or key in event.named_keys()}
        about = level
        while level := {event.event_id for event in events if event.refers_to in level} - about:
            about = about | level
        records = [self._store.known(event_id) for event_id in about]
        told = [self._stored(record) for record in records if record is not None]
        return sorted(told, key=lambda event: event.position)

    async def named(self, event_ids: Collection[str]) -> list[tuple[str, str]]:
        return [(event_id, key) for event_id in event_ids for key in self.named_by(event_id)]

    async def touched(self, event_ids: Collection[str]) -> list[tuple[str, str]]:
        return [(event_id, key) for event_id in event_ids for key in self.touched_by(event_id)]

    async def identified(self, names: Collection[str]) -> list[tuple[str, Handle]]:
        return [
            (name, key)
            for key, spec in self.specs.items()
            for name in sorted({one.value for one in spec.identifiers or ()}.intersection(names))
        ]

    async def receipts(self, transfers: Collection[str]) -> list[StoredEvent]:
        return [
            self._stored(self._store.known(event.event_id))
            for event in self.graph.events.values()
            if event.type == "RECEIPT" and event.transfer in transfers
        ]

    async def registrations(self, organizations: Collection[str]) -> list[StoredEvent]:
        return [
            self._stored(self._store.known(event.event_id))
            for event in self.graph.events.values()
            if event.type == "REGISTRATION" and event.organization.key in organizations
            if self.graph.outcomes[event.event_id].status is EventStatus.ACCEPTED
        ]

    async def registered(self, organizations: Collection[str] | None, cut: Position) -> dict[str, dict[str, Any]]:
        keys = self._organizations() if organizations is None else organizations
        found = {key: stated(await self.registrations([key]), cut) for key in keys}
        return {key: fields for key, fields in found.items() if fields}

    def _organizations(self) -> set[str]:
        registered = {event.organization.key for event in self.graph.events.values() if event.type == "REGISTRATION"}
        actors = {event.actor for event in self.graph.events.values()}
        return registered | actors | {held.organization for life in self.lives.values() for held in life.custody}

    async def _found(self, where: OrganizationFilter) -> list[str]:
        keys = self._organizations()
        fields = await self.registered(keys, where.cut)
        return sorted(key for key in keys if is_found(key, fields.get(key, {}), where))

    async def organization_page(
        self,
        where: OrganizationFilter,
        after: OrganizationPlace | None,
        limit: int,
        reverse: bool = False,
        order: OrganizationOrder = OrganizationOrder.KEY,
    ) -> list[str]:
        keys = await self._found(where)
        fields = await self.registered(keys, where.cut)
        places = [OrganizationPlace(key, fields.get(key, {}).get("name")) for key in keys]
        places.sort(key=lambda one: one.rank(order), reverse=reverse)
        return [one.key for one in places if after is None or one.is_beyond(after, order, reverse)][:limit]

    async def organization_count(self, where: OrganizationFilter) -> int:
        return len(await self._found(where))

    async def search(
        self,
        texts: Sequence[str],
        after: FoundPlace | None,
        limit: int,
        as_of: datetime | None = None,
        worst: int = WITHIN,
    ) -> list[Found]:
        cut = ItemFilter(as_of=as_of).cut
        found = []
        for key, spec in self.specs.items():
            rank = rank_of([key, *(one.value for one in spec.identifiers or ())], texts)
            if rank is not None and rank <= worst and self.birth_of(key).position < cut:
                found.append(Found(rank, key, key))
        fields = await self.registered(None, cut)
        for key in self._organizations():
            rank = rank_of(names_of(key, fields.get(key, {})), texts)
            if rank is not None:
                found.append(Found(rank, key))
        found = [one for one in found if after is None or one.place > after]
        return sorted(found, key=lambda one: one.place)[:limit]

    async def changes(self, after: Change, limit: int) -> list[Change]:
        found = (one for one in self._store.changes if after < one and one.sequence <= self.sequence)
        return list(islice(found, limit))

    async def audited(self) -> Audited:
        return self._store.audited

    async def flows_kept(self) -> FlowsKept:
        return self._store.flows.kept

    async def flow_page(self, kind: FlowKind, after: str, limit: int) -> list[tuple[str, bytes]]:
        return self._store.flows.page(kind, after, limit)

    def _findings(self, where: FindingFilter) -> list[KeptFinding]:
        return [one for kept in self._store.findings.values() for one in kept.values() if where.finds(one)]

    async def finding_page(
        self,
        where: FindingFilter,
        after: FindingPlace | None,
        limit: int,
        reverse: bool = False,
        order: FindingOrder = FindingOrder.SHOWN_AT,
    ) -> list[KeptFinding]:
        places = {one.place_in(order): one for one in self._findings(where)}
        found = sorted(places, reverse=reverse)
        if after is not None:
            found = [place for place in found if (place < after if reverse else place > after)]
        return [places[place] for place in found[:limit]]

    async def finding_counts(self, where: FindingFilter, by: CountBy | None = None) -> Counts:
        found = self._findings(where)
        return [(None, len(found))] if by is None else counted(found, by)

    async def are_organizations(self, keys: Collection[str]) -> set[str]:
        return self._organizations().intersection(keys)

    def _stored(self, record: MemoryRecord | None) -> StoredEvent:
        assert record is not None
        event = record.new.event
        outcome = self.graph.outcomes[event.event_id]
        return StoredEvent(
            event.position,
            record.head.sequence,
            event.event_id,
            event.type,
            event.occurred_at,
            event.actor,
            moment_of_us(record.head.recorded_us),
            record.head.hash,
            record.previous_hash,
            record.new.digest,
            outcome.status,
            outcome.problems,
            record.new.payload,
        )
