"""Reads of the embedded store at one moment of knowledge. Items are handled by number."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Collection, Sequence
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
    about_by_kind,
    around_by_kind,
    degrees_by_kind,
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
from service.running import unwanted
from service.stores.finding import organization_count, organization_page, search
from service.stores.sqlite.claims import read_claims
from service.stores.sqlite.events import KNOWN, history, history_count, named, stored, touched
from service.stores.sqlite.events import Lists as EventLists
from service.stores.sqlite.findings import audited, finding_counts, finding_page
from service.stores.sqlite.flows import flow_page, flows_kept
from service.stores.sqlite.items import Lists as ItemLists
from service.stores.sqlite.items import called, concerned
from service.stores.sqlite.organizations import organization_keys, registered
from service.stores.sqlite.sql import JUDGED, STATUS
from service.stores.values import dumps, loads

_EACH = "FROM json_each(:ids) j CROSS JOIN"
_SPAN = "o.pos, c.pos"
_OPEN = f"AND {KNOWN} CROSS JOIN log o ON o.seq = opened LEFT JOIN log c ON c.seq = closed AND closed_known <= :k"
_EVENTS = "FROM json_each(:ids) e CROSS JOIN log ON event_id = e.value"


def _ids(events: Collection[Position]) -> list[str]:
    return [event_id_of(event) for event in events]


class SqliteSnapshot:
    """A `Snapshot` over one connection inside a read transaction."""

    def __init__(self, connection: sqlite3.Connection, sequence: int, last: int) -> None:
        self._connection = connection
        self._last = last
        self.sequence = sequence

    async def latest(self) -> SqliteSnapshot:
        return SqliteSnapshot(self._connection, self._last, self._last)

    def rows(self, sql: str, ids: Collection[Any] = (), **more: Any) -> list[Any]:
        """Run a query at this moment of knowledge (`:k`), over a list of values (`:ids`).

        Raises sqlite3.OperationalError where nobody waits for the answer any more, as an interrupted query does.
        """
        if unwanted():
            raise sqlite3.OperationalError("interrupted")
        return self._connection.execute(sql, {"ids": dumps(list(ids)), "k": self.sequence, **more}).fetchall()

    async def find(self, key: str, towards: Direction | None = None, nodes_max: int | None = None) -> Handle | None:
        row = self._connection.execute(
            f"SELECT item FROM item JOIN yielded ON item = id WHERE key = :key AND {KNOWN}"
            " UNION ALL SELECT item FROM (SELECT y.item FROM identifier i JOIN yielded y ON y.item = i.item"
            " JOIN item n ON n.id = i.item JOIN log l ON l.seq = y.event"
            " WHERE i.value = :key AND i.known_from <= :k AND i.known_to > :k"
            " AND y.known_from <= :k AND y.known_to > :k ORDER BY l.pos, n.key) LIMIT 1",
            {"key": key, "k": self.sequence},
        ).fetchone()
        return None if row is None else row[0]

    async def keyed(self, keys: Collection[str]) -> dict[str, Handle]:
        found = f"SELECT i.key, i.id {_EACH} item i ON i.key = j.value CROSS JOIN yielded ON item = i.id AND {KNOWN}"
        return dict(self.rows(found, keys))

    async def items(self, items: Collection[Handle]) -> list[ItemRow]:
        return list(
            map(
                ItemRow._make,
                self.rows(
                    "SELECT item, i.key, y.kind, l.pos, y.mass_kg, y.composition, y.second_life, y.body_mass_kg,"
                    " (SELECT pos FROM log WHERE seq = NULLIF(body_mass_at, event)), y.body_composition,"
                    " (SELECT pos FROM log WHERE seq = NULLIF(body_composition_at, event)), label"
                    f" {_EACH} yielded y ON item = j.value AND {KNOWN}"
                    " CROSS JOIN item i ON i.id = item CROSS JOIN log l ON l.seq = event",
                    items,
                ),
            )
        )

    async def parts(self, hosts: Collection[Handle]) -> list[StayRow]:
        return self.rows(f"SELECT part, t.host, {_SPAN}, position {_EACH} part_of t ON t.host = j.value {_OPEN}", hosts)

    async def hosts(self, parts: Collection[Handle]) -> list[StayRow]:
        return self.rows(f"SELECT part, t.host, {_SPAN}, position {_EACH} part_of t ON part = j.value {_OPEN}", parts)

    async def custody(self, items: Collection[Handle]) -> list[CustodyRow]:
        return self.rows(
            f"SELECT item, g.key, {_SPAN} {_EACH} held_by ON item = j.value {_OPEN}"
            " CROSS JOIN organization g ON g.id = organization",
            items,
        )

    async def consumptions(self, items: Collection[Handle]) -> list[ConsumptionRow]:
        return self.rows(
            f"SELECT item, pos, mass_kg {_EACH} consumed ON item = j.value AND {KNOWN} CROSS JOIN log ON seq = event",
            items,
        )

    async def inputs(self, events: Collection[Position]) -> list[ConsumptionRow]:
        return self.rows(
            f"SELECT item, pos, mass_kg {_EVENTS} CROSS JOIN consumed ON event = seq AND {KNOWN}", _ids(events)
        )

    async def outputs(self, events: Collection[Position]) -> list[YieldRow]:
        return self.rows(f"SELECT pos, item {_EVENTS} CROSS JOIN yielded ON event = seq AND {KNOWN}", _ids(events))

    async def births(self, items: Collection[Handle]) -> list[YieldRow]:
        return self.rows(
            f"SELECT pos, item {_EACH} yielded ON item = j.value AND {KNOWN} CROSS JOIN log ON seq = event", items
        )

    async def around(
        self,
        new: Collection[Handle],
        inside: Collection[Handle],
        along: Collection[Handle],
        forward: bool,
        known: Collection[Position],
    ) -> Around:
        return await around_by_kind(self, new, inside, along, forward, known)

    async def about(self, items: Collection[Handle]) -> About:
        return await about_by_kind(self, items)

    async def events(self, events: Collection[Position]) -> list[EventRow]:
        return [
            EventRow._make(row)
            for row in self.rows(
                "SELECT pos, actor, CASE WHEN l.judged <= :k THEN l.mixing ELSE j.mixing END"
                f" FROM json_each(:ids) e CROSS JOIN log l ON l.event_id = e.value {JUDGED}",
                _ids(events),
            )
        ]

    async def marks(self, items: Collection[Handle]) -> list[MarkRow]:
        return self.rows(
            "SELECT item, pos, op FROM ("
            f"SELECT item, event, op {_EACH} mark ON item = j.value AND {KNOWN}"
            f" UNION ALL SELECT item, event, 'ended' {_EACH} consumed ON item = j.value AND ends AND {KNOWN}"
            ") CROSS JOIN log ON seq = event",
            items,
        )

    async def organizations(self, keys: Collection[str]) -> dict[str, str]:
        names: dict[str, str] = {}
        for organization, body, _ in sorted(
            self.rows(
                f"SELECT r.organization, p.body, l.pos FROM json_each(:ids) e"
                " CROSS JOIN registration r ON r.organization = e.value AND r.seq <= :k"
                f" JOIN log l ON l.seq = r.seq JOIN payload p ON p.seq = l.seq {JUDGED}"
                f" WHERE {STATUS} = 'ACCEPTED'",
                keys,
            ),
            key=lambda row: row[2],
        ):
            name = (loads(body) or {}).get("organization", {}).get("name")
            if name is not None:
                names[organization] = name
        return names

    async def unsettled(self, items: Collection[Handle]) -> list[Position]:
        rows = self.rows(
            "SELECT DISTINCT l.pos FROM json_each(:ids) e"
            " CROSS JOIN mention m ON m.item = e.value AND m.named"
            f" JOIN log l ON l.seq = m.event AND l.seq <= :k {JUDGED}"
            f" WHERE {STATUS} IN ('PENDING', 'CONTESTED')",
            items,
        )
        return sorted(position for (position,) in rows)

    async def degrees(self, counted: Counted) -> Counter[Any]:
        return await degrees_by_kind(self, counted)

    async def claims(self, items: Collection[Handle]) -> list[ClaimRow]:
        return read_claims(self, items)

    async def details(self, items: Collection[Handle]) -> list[ItemDetails]:
        return [
            ItemDetails._make(row)
            for row in self.rows(
                f"SELECT item, i.key, y.kind, spec, l.pos, actor {_EACH} yielded y ON item = j.value AND {KNOWN}"
                " JOIN item i ON i.id = item JOIN log l ON l.seq = event",
                items,
            )
        ]

    async def item_page(
        self,
        where: ItemFilter,
        after: ItemPlace | None,
        limit: int,
        reverse: bool = False,
        order: ItemOrder = ItemOrder.KEY,
    ) -> list[tuple[Any, str]]:
        return ItemLists(self, where).page(after, limit, reverse, order)

    async def item_count(self, where: ItemFilter) -> int:
        return ItemLists(self, where).count()

    async def concerned(self, items: Collection[Handle], organization: str) -> set[Handle]:
        return concerned(self, items, organization)

    async def event_page(
        self, where: EventFilter, after: int | None, limit: int, reverse: bool = False
    ) -> list[StoredEvent]:
        return await EventLists(self, where).page(after, limit, reverse)

    async def event_count(self, where: EventFilter) -> int:
        return await EventLists(self, where).count()

    async def stored(self, event_ids: Collection[str]) -> list[StoredEvent]:
        source = "json_each(:ids) e CROSS JOIN log l ON l.event_id = e.value AND l.seq <= :k {joined}"
        return stored(self, source, event_ids)

    async def history(
        self,
        items: Collection[Handle],
        cut: Position = END,
        after: Position | None = None,
        limit: int | None = None,
        reverse: bool = False,
        types: tuple[str, ...] | None = None,
    ) -> dict[Handle, list[StoredEvent]]:
        return history(self, items, cut, after, limit, reverse, types)

    async def history_count(self, items: Collection[Handle], cut: Position = END) -> dict[Handle, int]:
        return history_count(self, items, cut)

    async def named(self, event_ids: Collection[str]) -> list[tuple[str, str]]:
        return named(self, event_ids)

    async def touched(self, event_ids: Collection[str]) -> list[tuple[str, str]]:
        return touched(self, event_ids)

    async def identified(self, names: Collection[str]) -> list[tuple[str, Handle]]:
        return self.rows(
            "SELECT DISTINCT n.value, n.item FROM json_each(:ids) j CROSS JOIN identifier n ON n.value = j.value"
            " AND n.known_from <= :k AND n.known_to > :k CROSS JOIN yielded y ON y.item = n.item"
            " AND y.known_from <= :k AND y.known_to > :k",
            names,
        )

    async def receipts(self, transfers: Collection[str]) -> list[StoredEvent]:
        found = stored(
            self,
            "json_each(:ids) e CROSS JOIN reference r ON r.target = e.value"
            " CROSS JOIN log l ON l.seq = r.seq AND l.seq <= :k {joined} ORDER BY l.pos",
            transfers,
        )
        return [event for event in found if event.type == "RECEIPT"]

    async def registrations(self, organizations: Collection[str]) -> list[StoredEvent]:
        return stored(
            self,
            "json_each(:ids) e CROSS JOIN registration r ON r.organization = e.value"
            " CROSS JOIN log l ON l.seq = r.seq AND l.seq <= :k {joined}"
            f" WHERE {STATUS} = 'ACCEPTED' ORDER BY l.pos",
            organizations,
        )

    async def registered(self, organizations: Collection[str] | None, cut: Position) -> dict[str, dict[str, Any]]:
        return registered(self, organizations, cut)

    async def _organization_keys(self, after: str, limit: int, reverse: bool) -> list[str]:
        return organization_keys(self, after, limit, reverse)

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
            return called(self, text, prefix, ItemFilter(as_of=as_of), behind, size)

        return await search(self, named, self._organization_keys, texts, after, limit, as_of, worst)

    async def changes(self, after: Change, limit: int) -> list[Change]:
        rows = self.rows(
            "SELECT c.seq, i.key FROM change c CROSS JOIN item i ON i.id = c.item WHERE c.seq BETWEEN :seq AND :k"
            " AND (c.seq > :seq OR i.key > :key) ORDER BY c.seq, i.key LIMIT :limit",
            seq=after.sequence,
            key=after.key,
            limit=limit,
        )
        return [Change._make(row) for row in rows]

    async def audited(self) -> Audited:
        return audited(self._connection)

    async def flows_kept(self) -> FlowsKept:
        return flows_kept(self._connection)

    async def flow_page(self, kind: FlowKind, after: str, limit: int) -> list[tuple[str, bytes]]:
        return flow_page(self._connection, kind, after, limit)

    async def finding_page(
        self,
        where: FindingFilter,
        after: FindingPlace | None,
        limit: int,
        reverse: bool = False,
        order: FindingOrder = FindingOrder.SHOWN_AT,
    ) -> list[KeptFinding]:
        return finding_page(self._connection, where, after, limit, reverse, order)

    async def finding_counts(self, where: FindingFilter, by: CountBy | None = None) -> Counts:
        return finding_counts(self._connection, where, by)

    async def are_organizations(self, keys: Collection[str]) -> set[str]:
        rows = self.rows(
            "SELECT e.value FROM json_each(:ids) e"
            " WHERE EXISTS (SELECT 1 FROM registration WHERE organization = e.value AND seq <= :k)"
            " OR EXISTS (SELECT 1 FROM held_by WHERE organization = (SELECT id FROM organization WHERE key = e.value)"
            f" AND {KNOWN})"
            " OR EXISTS (SELECT 1 FROM log WHERE actor = e.value AND seq <= :k)",
            keys,
        )
        return {key for (key,) in rows}
