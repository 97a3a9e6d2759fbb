"""Reads of Neo4j at one moment of knowledge. Items are handled by key. Answers come in lists, one record each."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from graph_schema.answer import Handle
from graph_schema.order import Position, event_id_of, moment_of, moment_of_us, type_of
from graph_schema.outcome import EventStatus
from graph_schema.reader import (
    About,
    Around,
    ClaimRow,
    ConsumptionRow,
    CustodyRow,
    EventRow,
    ItemRow,
    MarkRow,
    StayRow,
    YieldRow,
)
from service.ports import EventFilter, ItemDetails, ItemFilter, StoredEvent
from service.stores.neo4j import cypher
from service.stores.neo4j.claims import read_claims
from service.stores.neo4j.connection import Transaction, one
from service.stores.values import problems_of


class Neo4jSnapshot:
    """A `Snapshot` over one read transaction."""

    def __init__(self, transaction: Transaction, sequence: int) -> None:
        self._transaction = transaction
        self.sequence = sequence

    async def one(self, query: str, **values: Any) -> Any:
        """The only value of a query at this moment of knowledge (`$k`)."""
        return await one(self._transaction, query, k=self.sequence, **values)

    async def _tuples(self, query: str, wanted: Collection[Any]) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.one(query, wanted=list(wanted))] if wanted else []

    async def find(self, key: str) -> Handle | None:
        found = await self.one(cypher.FIND, key=key)
        return min(found)[2] if found else None

    async def items(self, items: Collection[Handle]) -> list[ItemRow]:
        return [ItemRow._make(row) for row in await self._tuples(cypher.collected("items"), items)]

    async def parts(self, hosts: Collection[Handle]) -> list[StayRow]:
        return await self._tuples(cypher.collected("parts"), hosts)

    async def hosts(self, parts: Collection[Handle]) -> list[StayRow]:
        return await self._tuples(cypher.collected("hosts"), parts)

    async def custody(self, items: Collection[Handle]) -> list[CustodyRow]:
        return await self._tuples(cypher.collected("custody"), items)

    async def consumptions(self, items: Collection[Handle]) -> list[ConsumptionRow]:
        return await self._tuples(cypher.collected("consumptions"), items)

    async def inputs(self, events: Collection[Position]) -> list[ConsumptionRow]:
        return await self._tuples(cypher.collected("inputs"), [event_id_of(event) for event in events])

    async def outputs(self, events: Collection[Position]) -> list[YieldRow]:
        return await self._tuples(cypher.collected("outputs"), [event_id_of(event) for event in events])

    async def births(self, items: Collection[Handle]) -> list[YieldRow]:
        return await self._tuples(cypher.collected("births"), items)

    async def marks(self, items: Collection[Handle]) -> list[MarkRow]:
        return await self._tuples(cypher.collected("marks"), items)

    async def events(self, events: Collection[Position]) -> list[EventRow]:
        wanted = [event_id_of(event) for event in events]
        return [EventRow._make(row) for row in await self._tuples(cypher.collected("events"), wanted)]

    async def unsettled(self, items: Collection[Handle]) -> list[Position]:
        return sorted(await self.one(cypher.collected("unsettled"), wanted=list(items)) if items else [])

    async def organizations(self, keys: Collection[str]) -> dict[str, str]:
        return dict(await self._tuples(cypher.collected("names"), keys))

    async def claims(self, items: Collection[Handle]) -> list[ClaimRow]:
        return await read_claims(self, items)

    async def around(
        self,
        new: Collection[Handle],
        inside: Collection[Handle],
        along: Collection[Handle],
        forward: bool,
        known: Collection[Position],
    ) -> Around:
        query = cypher.AROUND_FORWARD if forward else cypher.AROUND_BACKWARD
        values = {"new": list(new), "inside": list(inside), "along": list(along), "k": self.sequence}
        record = await (await self._transaction.run(query, values)).single(strict=True)
        items, hosts, parts, consumptions, yields = ([tuple(row) for row in column] for column in record)
        return Around([ItemRow._make(row) for row in items], hosts, parts, consumptions, yields)

    async def about(self, items: Collection[Handle]) -> About:
        values = {"wanted": list(items), "k": self.sequence}
        record = await (await self._transaction.run(cypher.ABOUT, values)).single(strict=True)
        custody, marks, names, unsettled = record
        return About(
            [tuple(row) for row in custody], [tuple(row) for row in marks], dict(names), sorted(unsettled)
        )  # fmt: skip

    async def details(self, items: Collection[Handle]) -> list[ItemDetails]:
        return [
            ItemDetails(key, key, kind, spec.encode(), born, producer)
            for key, kind, spec, born, producer in await self._tuples(cypher.collected("details"), items)
        ]

    async def item_page(
        self, where: ItemFilter, after: str | None, limit: int, reverse: bool = False
    ) -> list[tuple[Any, str]]:
        query = cypher.item_page(where, after is not None, reverse)
        keys = await self.one(query, **where._asdict(), after=after, limit=limit)
        return [(key, key) for key in keys]

    async def item_count(self, where: ItemFilter) -> int:
        return int(await self.one(cypher.item_count(where), **where._asdict()))

    async def _event_values(self, where: EventFilter) -> dict[str, Any]:
        values: dict[str, Any] = {"type": where.type, "actor": where.actor}
        values["status"] = None if where.status is None else where.status.value
        values["ids"] = None if where.item is None else await self._touching(where.item)
        return values

    async def _touching(self, item: Any) -> list[str]:
        found = await self.one(cypher.TOUCHING, key=item)
        return [event_id_of(position) for position in found or ()]

    async def event_page(self, where: EventFilter, after: int | None, limit: int) -> list[StoredEvent]:
        values = await self._event_values(where)
        return _stored(await self.one(cypher.event_page(where), after=after or 0, limit=limit, **values))

    async def event_count(self, where: EventFilter) -> int:
        return int(await self.one(cypher.event_count(where), **await self._event_values(where)))

    async def stored(self, event_ids: Collection[str]) -> list[StoredEvent]:
        return _stored(await self.one(cypher.STORED, ids=list(event_ids)) if event_ids else [])

    async def history(self, item: Handle) -> list[StoredEvent]:
        return sorted(await self.stored(await self._touching(item)), key=lambda event: event.position)

    async def registrations(self, organization: str) -> list[StoredEvent]:
        found = _stored(await self.one(cypher.REGISTRATIONS, key=organization))
        return sorted(found, key=lambda event: event.position)

    async def is_organization(self, key: str) -> bool:
        return bool(await self.one(cypher.IS_ORGANIZATION, key=key))


def _stored(rows: list[Any]) -> list[StoredEvent]:
    return [_event(*row) for row in rows]


def _event(
    sequence: int,
    event_id: str,
    position: Position,
    actor: str,
    recorded_us: int,
    chained: bytes,
    previous: bytes,
    digest: bytes,
    status: str,
    problems: str | None,
    payload: str | None,
) -> StoredEvent:
    return StoredEvent(
        position,
        sequence,
        event_id,
        type_of(position),
        moment_of(position),
        actor,
        moment_of_us(recorded_us),
        chained,
        previous,
        digest,
        EventStatus(status),
        problems_of(problems),
        None if payload is None else payload.encode(),
    )
