"""Records of the log in the embedded store: lists of them, and those about an item."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from graph_schema.order import TYPE_ORDER, cut_after, cut_before, instant_us, moment_of, moment_of_us, type_of
from graph_schema.outcome import EventStatus
from service.ports import EventFilter, ItemFilter, StoredEvent
from service.stores.concerning import Concerning
from service.stores.sqlite import items
from service.stores.sqlite.sql import JUDGED, STATUS
from service.stores.values import dumps, problems_of

if TYPE_CHECKING:
    from service.stores.sqlite.snapshot import SqliteSnapshot

KNOWN = "known_from <= :k AND known_to > :k"
_CLOSED = "CASE WHEN closed_known <= :k THEN closed END"
COLUMNS = (
    f"l.seq, l.event_id, l.pos, l.actor, l.recorded_us, l.hash, l.digest, {STATUS},"
    " CASE WHEN l.judged <= :k THEN l.problems ELSE j.problems END, p.body"
)
"""What `stored` makes a record of, from the log `l` joined as in `JUDGED` and the payload `p`."""

TOUCHES = (
    "SELECT event AS seq FROM mention WHERE item IN ({0}) AND named"
    f" UNION SELECT event FROM yielded WHERE item IN ({{0}}) AND {KNOWN}"
    f" UNION SELECT body_mass_at FROM yielded WHERE item IN ({{0}}) AND {KNOWN}"
    f" UNION SELECT body_composition_at FROM yielded WHERE item IN ({{0}}) AND {KNOWN}"
    f" UNION SELECT event FROM consumed WHERE item IN ({{0}}) AND {KNOWN}"
    f" UNION SELECT event FROM mark WHERE item IN ({{0}}) AND {KNOWN}"
    f" UNION SELECT opened FROM part_of WHERE part IN ({{0}}) AND {KNOWN}"
    f" UNION SELECT {_CLOSED} FROM part_of WHERE part IN ({{0}}) AND {KNOWN}"
    f" UNION SELECT opened FROM part_of WHERE host IN ({{0}}) AND {KNOWN}"
    f" UNION SELECT {_CLOSED} FROM part_of WHERE host IN ({{0}}) AND {KNOWN}"
    f" UNION SELECT opened FROM held_by WHERE item IN ({{0}}) AND {KNOWN}"
    f" UNION SELECT {_CLOSED} FROM held_by WHERE item IN ({{0}}) AND {KNOWN}"
)
"""The events that name items (their numbers go in here) or did something to them."""


def stored(snapshot: SqliteSnapshot, source: str, ids: Collection[Any] = (), **values: Any) -> list[StoredEvent]:
    """The records of a source (what follows FROM) that has the log as `l`."""
    source = source.format(joined=f"{JUDGED} LEFT JOIN payload p ON p.seq = l.seq")
    found = [_record(*row) for row in snapshot.rows(f"SELECT {COLUMNS} FROM {source}", ids, **values)]
    before = "SELECT seq, hash FROM json_each(:ids) j CROSS JOIN log ON seq = j.value"
    previous = dict(snapshot.rows(before, [event.sequence - 1 for event in found]))
    return [event._replace(previous_hash=previous.get(event.sequence - 1, bytes(32))) for event in found]


def _record(
    seq: int,
    event_id: str,
    pos: bytes,
    actor: str,
    recorded_us: int,
    chained: bytes,
    digest: bytes,
    status: str,
    problems: str | None,
    body: bytes | None,
) -> StoredEvent:
    return StoredEvent(
        pos,
        seq,
        event_id,
        type_of(pos),
        moment_of(pos),
        actor,
        moment_of_us(recorded_us),
        chained,
        b"",
        digest,
        EventStatus(status),
        problems_of(problems),
        body,
    )


class Lists:
    """The lists that a filter makes, of one snapshot."""

    def __init__(self, snapshot: SqliteSnapshot, where: EventFilter) -> None:
        self._snapshot = snapshot
        self._values: dict[str, Any] = {"actor": where.actor, "item": where.item}
        self._conditions = ["l.seq <= :k"]
        if where.types is not None:
            ranks = [f"x'{TYPE_ORDER.index(name):02x}'" for name in where.types]
            self._conditions.append(f"substr(l.pos, 9, 1) IN ({', '.join(ranks)})")
        if where.actor is not None:
            self._conditions.append("l.actor = :actor")
        if where.status is not None:
            self._conditions.append(f"{STATUS} = :status")
            self._values["status"] = where.status.value
        if where.item is not None:
            self._conditions.append(f"l.seq IN ({TOUCHES.format('SELECT id FROM item WHERE key = :item')})")
        self._in_time(where)
        self._concerning = None if where.party is None else self._of_party(where.party)

    def _in_time(self, where: EventFilter) -> None:
        bounds = {
            "occurred_from": ("substr(l.pos, 1, 8) >= :occurred_from", cut_before),
            "occurred_to": ("substr(l.pos, 1, 8) < :occurred_to", cut_after),
            "recorded_from": ("l.recorded_us >= :recorded_from", instant_us),
            "recorded_to": ("l.recorded_us <= :recorded_to", instant_us),
        }
        for name, (condition, value) in bounds.items():
            moment = getattr(where, name)
            if moment is not None:
                self._conditions.append(condition)
                self._values[name] = value(moment)

    def _of_party(self, party: str) -> Concerning:
        few = items.Lists(self._snapshot, ItemFilter(party=party)).few
        if few is not None:
            self._values |= {"party": party, "parties": dumps([party])}
            actor = "SELECT seq FROM log WHERE actor = :party"
            self._conditions.append(f"l.seq IN (WITH few(id) AS MATERIALIZED ({few}) {actor} UNION {_ABOUT_FEW})")

        async def concerned(keys: Collection[str]) -> set[str]:
            return items.concerned_keys(self._snapshot, keys, party)

        return Concerning(party, self._page, concerned)

    async def _page(self, after: int, limit: int) -> list[StoredEvent]:
        query = (
            f"log l {{joined}} WHERE {' AND '.join(self._conditions)} AND l.seq > :after ORDER BY l.seq LIMIT :limit"
        )
        return stored(self._snapshot, query, after=after, limit=limit, **self._values)

    async def page(self, after: int, limit: int) -> list[StoredEvent]:
        """A page of records."""
        return await (self._page if self._concerning is None else self._concerning.page)(after, limit)

    async def count(self) -> int:
        """How many records there are."""
        if self._concerning is not None:
            return await self._concerning.count()
        query = f"SELECT count(*) FROM log l {JUDGED} WHERE {' AND '.join(self._conditions)}"
        ((count,),) = self._snapshot.rows(query, **self._values)
        return int(count)


_ABOUT_FEW = TOUCHES.format("SELECT id FROM few")
