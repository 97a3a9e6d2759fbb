"""Reads of Neo4j at one moment of knowledge. Items are handled by key. Answers come in lists, one record each."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Collection, Sequence
from datetime import datetime
from typing import Any

from graph_schema.answer import Direction, Handle
from graph_schema.order import Position, event_id_of
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
)
from graph_schema.windows import END
from service.findings import Audited, CountBy, Counts, FindingFilter, FindingOrder, FindingPlace, KeptFinding
from service.flow_rows import FlowKind, FlowsKept
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
from service.stores.finding import organization_count, organization_page, search
from service.stores.neo4j import cypher
from service.stores.neo4j.ahead import AHEAD_BACKWARD, AHEAD_FORWARD, Ahead, width_of
from service.stores.neo4j.claims import read_claims
from service.stores.neo4j.connection import Reads
from service.stores.neo4j.events import RECEIPTS, REGISTRATIONS, STORED, stored
from service.stores.neo4j.events import Lists as EventLists
from service.stores.neo4j.findings import audited, finding_counts, finding_page
from service.stores.neo4j.flows import flow_page, flows_kept
from service.stores.neo4j.histories import history, history_count
from service.stores.neo4j.items import IDENTIFIED, called
from service.stores.neo4j.items import Lists as ItemLists
from service.stores.neo4j.naming import named, touched
from service.stores.neo4j.organizations import ARE_ORGANIZATIONS, organization_keys, registered
from service.stores.neo4j.parties import concerned
from service.stores.neo4j.state import marked


class Neo4jSnapshot:
    """A `Snapshot` of what was known up to a record of the log."""

    def __init__(self, reads: Reads, sequence: int, last: Callable[[Reads], Awaitable[int]]) -> None:
        self._reads = reads
        self._last = last
        self._ahead: Ahead | None = None
        self._width = width_of(None)
        self._rows: dict[Handle, list[ItemRow]] = {}
        """Of what was found by its key."""
        self._details: dict[Handle, list[ItemDetails]] = {}
        """The same."""
        self.sequence = sequence

    async def latest(self) -> Neo4jSnapshot:
        return Neo4jSnapshot(self._reads, await self._last(self._reads), self._last)

    async def one(self, query: str, **values: Any) -> Any:
        """The only value of a query at this moment of knowledge (`$k`)."""
        return (await self._read(marked(query), values))[0]

    async def _read(self, query: str, values: dict[str, Any]) -> Any:
        """The record of a query that reads the state of the log at last."""
        record = await self._reads.record(query, values | {"k": self.sequence})
        self._reads.said = self._reads.asked, record["state"]
        return record

    async def _tuples(self, query: str, wanted: Collection[Any]) -> list[tuple[Any, ...]]:
        return [tuple(row) for row in await self.one(query, wanted=list(wanted))] if wanted else []

    async def find(self, key: str, towards: Direction | None = None, nodes_max: int | None = None) -> Handle | None:
        if towards is not None:
            self._width = width_of(nodes_max)
            return (await self._read_ahead(key, towards is Direction.FORWARD)).root
        found = await self.one(cypher.FIND, key=key)
        if not found:
            return None
        best = min(found, key=lambda one: one[:3])
        if best[0] == 0:
            by_key = [rows for rank, _, _, *rows in found if rank == 0]
            self._rows[best[2]] = [ItemRow._make(row) for row, _ in by_key]
            self._details[best[2]] = [_details(row) for _, row in by_key]
        return str(best[2])

    async def keyed(self, keys: Collection[str]) -> dict[str, Handle]:
        return {key: key for key in await self.one(cypher.KEYED, keys=list(keys))} if keys else {}

    async def items(self, items: Collection[Handle]) -> list[ItemRow]:
        if all(item in self._rows for item in items):
            return [row for item in items for row in self._rows[item]]
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
        return _positions(await self._tuples(cypher.collected("unsettled"), items))

    async def organizations(self, keys: Collection[str]) -> dict[str, str]:
        return dict(await self._tuples(cypher.collected("names"), keys))

    async def degrees(self, counted: Counted) -> Counter[Any]:
        values = counted._asdict() | {"events": [event_id_of(event) for event in counted.events]}
        found: Counter[Any] = Counter()
        for node, count in await self.one(cypher.DEGREES, **values):
            found[node] += count
        return found

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
        if not known and len(new) == 1 and not (self._ahead and self._ahead.has(forward, *new)):
            await self._read_ahead(str(*new), forward)
        found = self._ahead.around(new, inside, along, forward) if self._ahead else None
        return found or await self._around(list(new), list(inside), list(along), forward)

    async def _read_ahead(self, key: str, forward: bool) -> Ahead:
        query = AHEAD_FORWARD if forward else AHEAD_BACKWARD
        self._ahead = Ahead(await self._read(query, {"key": key, "width": self._width}), forward)
        return self._ahead

    async def _around(self, new: list[Handle], inside: list[Handle], along: list[Handle], forward: bool) -> Around:
        query = cypher.AROUND_FORWARD if forward else cypher.AROUND_BACKWARD
        *columns, _ = await self._read(query, {"new": new, "inside": inside, "along": along})
        items, hosts, parts, rows, beyond = ([tuple(row) for row in column] for column in columns)
        ways = (rows, beyond) if forward else (beyond, rows)
        return Around([ItemRow._make(row) for row in items], hosts, parts, *ways)

    async def about(self, items: Collection[Handle]) -> About:
        found = self._ahead.about(items) if self._ahead else None
        if found:
            return found
        custody, marks, names, unsettled, _ = await self._read(cypher.ABOUT, {"wanted": list(items)})
        return About([tuple(row) for row in custody], [tuple(row) for row in marks], dict(names), _positions(unsettled))

    async def details(self, items: Collection[Handle]) -> list[ItemDetails]:
        if all(item in self._details for item in items):
            return [one for item in items for one in self._details[item]]
        return [_details(row) for row in await self._tuples(cypher.collected("details"), items)]

    async def item_page(
        self,
        where: ItemFilter,
        after: ItemPlace | None,
        limit: int,
        reverse: bool = False,
        order: ItemOrder = ItemOrder.KEY,
    ) -> list[tuple[Any, str]]:
        return [(key, key) for key in await ItemLists(self, where).page(after, limit, reverse, order)]

    async def item_count(self, where: ItemFilter) -> int:
        return await ItemLists(self, where).count()

    async def concerned(self, items: Collection[Handle], organization: str) -> set[Handle]:
        return await concerned(self, items, organization)

    async def event_page(
        self, where: EventFilter, after: int | None, limit: int, reverse: bool = False
    ) -> list[StoredEvent]:
        return await EventLists(self, where).page(after, limit, reverse)

    async def event_count(self, where: EventFilter) -> int:
        return await EventLists(self, where).count()

    async def stored(self, event_ids: Collection[str]) -> list[StoredEvent]:
        return await stored(self, STORED, ids=list(event_ids)) if event_ids else []

    async def history(
        self,
        items: Collection[Handle],
        cut: Position = END,
        after: Position | None = None,
        limit: int | None = None,
        reverse: bool = False,
        types: tuple[str, ...] | None = None,
    ) -> dict[Handle, list[StoredEvent]]:
        return await history(self, items, cut, after, limit, reverse, types)

    async def history_count(self, items: Collection[Handle], cut: Position = END) -> dict[Handle, int]:
        return await history_count(self, items, cut)

    async def named(self, event_ids: Collection[str]) -> list[tuple[str, str]]:
        return await named(self, event_ids)

    async def touched(self, event_ids: Collection[str]) -> list[tuple[str, str]]:
        return await touched(self, event_ids)

    async def identified(self, names: Collection[str]) -> list[tuple[str, Handle]]:
        return [(name, key) for name, key in await self.one(IDENTIFIED, names=list(names))] if names else []

    async def receipts(self, transfers: Collection[str]) -> list[StoredEvent]:
        found = await stored(self, RECEIPTS, ids=list(transfers)) if transfers else []
        return sorted(found, key=lambda event: event.position)

    async def registrations(self, organizations: Collection[str]) -> list[StoredEvent]:
        found = await stored(self, REGISTRATIONS, keys=list(organizations)) if organizations else []
        return sorted(found, key=lambda event: event.position)

    async def registered(self, organizations: Collection[str] | None, cut: Position) -> dict[str, dict[str, Any]]:
        return await registered(self, organizations, cut)

    async def _organization_keys(self, after: str, limit: int, reverse: bool) -> list[str]:
        return await organization_keys(self, after, limit, reverse)

    async def organization_page(
        self,
        where: OrganizationFilter,
        after: OrganizationPlace | None,
        limit: int,
        reverse: bool = False,
        order: OrganizationOrder = OrganizationOrder.KEY,
    ) -> list[str]:
        return await organization_page(self, self._organization_keys, where, after, limit, reverse, order)

    async def organization_count(self, where: OrganizationFilter) -> int:
        return await organization_count(self, self._organization_keys, where)

    async def search(
        self,
        texts: Sequence[str],
        after: FoundPlace | None,
        limit: int,
        as_of: datetime | None = None,
        worst: int = WITHIN,
    ) -> list[Found]:
        async def named(text: str, prefix: bool, behind: str, size: int) -> list[tuple[Any, str]]:
            return await called(self, text, prefix, ItemFilter(as_of=as_of), behind, size)

        return await search(self, named, self._organization_keys, texts, after, limit, as_of, worst)

    async def changes(self, after: Change, limit: int) -> list[Change]:
        found = [
            Change(sequence, key)
            for sequence, key in await self.one(cypher.CHANGES, seq=after.sequence, key=after.key, limit=limit)
        ]
        if len(found) < limit:
            rest: dict[str, Any] = {
                "key": after.key if after.sequence >= self.sequence else "",
                "limit": limit - len(found),
            }
            last = sorted(await self.one(cypher.CHANGES_LAST, **rest))[: rest["limit"]]
            found += [Change(self.sequence, key) for key in last]
        return found

    async def audited(self) -> Audited:
        return await audited(self._reads)

    async def flows_kept(self) -> FlowsKept:
        return await flows_kept(self._reads)

    async def flow_page(self, kind: FlowKind, after: str, limit: int) -> list[tuple[str, bytes]]:
        return await flow_page(self._reads, kind, after, limit)

    async def finding_page(
        self,
        where: FindingFilter,
        after: FindingPlace | None,
        limit: int,
        reverse: bool = False,
        order: FindingOrder = FindingOrder.SHOWN_AT,
    ) -> list[KeptFinding]:
        return await finding_page(self._reads, where, after, limit, reverse, order)

    async def finding_counts(self, where: FindingFilter, by: CountBy | None = None) -> Counts:
        return await finding_counts(self._reads, where, by)

    async def are_organizations(self, keys: Collection[str]) -> set[str]:
        return set(await self.one(ARE_ORGANIZATIONS, keys=list(keys)))


def _details(row: Sequence[Any]) -> ItemDetails:
    key, kind, spec, born, producer = row
    return ItemDetails(key, key, kind, spec.encode(), born, producer)


def _positions(rows: list[Any]) -> list[Position]:
    """The events of (item, event) rows, each once, in the total order."""
    return sorted({row[1] for row in rows})
