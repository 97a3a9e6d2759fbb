"""Records of the log in the embedded store: lists of them, and those about an item."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from graph_schema.canonical import parse_event
from graph_schema.order import (
    REFERRING,
    TYPE_ORDER,
    Position,
    cut_after,
    cut_before,
    instant_us,
    moment_of,
    moment_of_us,
    type_of,
)
from graph_schema.outcome import EventStatus
from service.ports import EventFilter, ItemFilter, StoredEvent
from service.stores.concerning import Concerning
from service.stores.sqlite import items
from service.stores.sqlite.sql import JUDGED, STATUS
from service.stores.values import dumps, loads, problems_of

if TYPE_CHECKING:
    from service.stores.sqlite.snapshot import SqliteSnapshot

KNOWN = "known_from <= :k AND known_to > :k"
_CLOSED = "CASE WHEN closed_known <= :k THEN closed END"
COLUMNS = (
    f"l.seq, l.event_id, l.pos, l.actor, l.recorded_us, l.hash, l.digest, {STATUS},"
    " CASE WHEN l.judged <= :k THEN l.problems ELSE j.problems END, p.body"
)
"""What `stored` makes a record of, from the log `l` joined as in `JUDGED` and the payload `p`."""

_ALL = 2**62
_ITEMS = "SELECT value FROM json_each(:ids)"


def _touches(items: str) -> str:
    """Which events name items (the query of their numbers is given) or did something to them: (item, seq) rows."""
    ways = [f"SELECT item, event AS seq FROM mention WHERE item IN ({items}) AND named"]
    for column, table in (
        ("event", "yielded"),
        ("body_mass_at", "yielded"),
        ("body_composition_at", "yielded"),
        ("event", "consumed"),
        ("event", "mark"),
        ("opened", "held_by"),
        (_CLOSED, "held_by"),
    ):
        ways.append(f"SELECT item, {column} FROM {table} WHERE item IN ({items}) AND {KNOWN}")
    for side in ("part", "host"):
        for column in ("opened", _CLOSED):
            ways.append(f"SELECT {side}, {column} FROM part_of WHERE {side} IN ({items}) AND {KNOWN}")
    return " UNION ".join(ways)


def _about(items: str) -> str:
    """The same, and which events refer to such an event, or to one that does."""
    return (
        f"WITH RECURSIVE about(item, seq) AS ({_touches(items)} UNION SELECT a.item, r.seq FROM about a"
        " CROSS JOIN log l ON l.seq = a.seq AND l.seq <= :k CROSS JOIN reference r ON r.target = l.event_id)"
        " SELECT item, seq FROM about"
    )


def history(
    snapshot: SqliteSnapshot,
    items: Collection[Any],
    cut: Position,
    after: Position | None,
    limit: int | None,
    reverse: bool,
    types: tuple[str, ...] | None,
) -> dict[Any, list[StoredEvent]]:
    """`Snapshot.history`: which events of each item are shown first, and each of those is read once."""
    further = "" if after is None else f" AND l.pos {'<' if reverse else '>'} :after"
    if types is not None:
        further += f" AND {_of_types(types)}"
    touches = _about(_ITEMS) if types is None or not REFERRING.isdisjoint(types) else _touches(_ITEMS)
    query = (
        f"SELECT item, seq FROM (SELECT t.item, t.seq, row_number() OVER (PARTITION BY t.item ORDER BY l.pos"
        f" {'DESC' if reverse else 'ASC'}) AS place FROM ({touches}) t"
        f" CROSS JOIN log l ON l.seq = t.seq AND l.seq <= :k WHERE l.pos < :cut{further})"
        " WHERE place <= :limit ORDER BY item, place"
    )
    limit = _ALL if limit is None else limit
    found = snapshot.rows(query, items, cut=cut, after=after, limit=limit)
    source = "json_each(:ids) t CROSS JOIN log l ON l.seq = t.value {joined}"
    events = {event.sequence: event for event in stored(snapshot, source, {seq for _, seq in found})}
    told: dict[Any, list[StoredEvent]] = {}
    for item, seq in found:
        told.setdefault(item, []).append(events[seq])
    return told


def history_count(snapshot: SqliteSnapshot, items: Collection[Any], cut: Position) -> dict[Any, int]:
    """`Snapshot.history_count`."""
    query = (
        f"SELECT t.item, count(*) FROM ({_about(_ITEMS)}) t CROSS JOIN log l ON l.seq = t.seq AND l.seq <= :k"
        " WHERE l.pos < :cut GROUP BY t.item"
    )
    return dict(snapshot.rows(query, items, cut=cut))


_TRAIL = (
    "WITH RECURSIVE trail(asked, seq) AS (SELECT l.event_id, l.seq FROM json_each(:ids) e"
    " CROSS JOIN log l ON l.event_id = e.value AND l.seq <= :k UNION SELECT t.asked, l.seq FROM trail t"
    " CROSS JOIN reference r ON r.seq = t.seq CROSS JOIN log l ON l.event_id = r.target AND l.seq <= :k)"
)
"""Events by their ids, and what each refers to, directly or over others."""


def named(snapshot: SqliteSnapshot, event_ids: Collection[str]) -> list[tuple[str, str]]:
    """`Snapshot.named`."""
    query = f"{_TRAIL} SELECT asked, body FROM trail CROSS JOIN payload p ON p.seq = trail.seq"
    found = snapshot.rows(query, event_ids)
    return [(asked, key) for asked, body in found if body is not None for key in parse_event(body)[0].named_keys()]


def touched(snapshot: SqliteSnapshot, event_ids: Collection[str]) -> list[tuple[str, str]]:
    """`Snapshot.touched`: of what the fold looked at beside the items named, to what it did something."""
    query = f"{_TRAIL} SELECT asked, l.seq, also FROM trail CROSS JOIN log l ON l.seq = trail.seq"
    looked_at = [(asked, seq, loads(also) or ()) for asked, seq, also in snapshot.rows(query, event_ids)]
    items = "SELECT i.id FROM json_each(:ids) j CROSS JOIN item i ON i.key = j.value"
    query = f"SELECT i.key, t.seq FROM ({_touches(items)}) t CROSS JOIN item i ON i.id = t.item"
    done = set(snapshot.rows(query, {key for _, _, keys in looked_at for key in keys}))
    return [(asked, key) for asked, seq, keys in looked_at for key in keys if (key, seq) in done]


def _of_types(types: Collection[str]) -> str:
    ranks = [f"x'{TYPE_ORDER.index(name):02x}'" for name in types]
    return f"substr(l.pos, 9, 1) IN ({', '.join(ranks)})"


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
            self._conditions.append(_of_types(where.types))
        if where.actor is not None:
            self._conditions.append("l.actor = :actor")
        if where.status is not None:
            self._conditions.append(f"{STATUS} = :status")
            self._values["status"] = where.status.value
        if where.item is not None:
            self._conditions.append(f"l.seq IN ({_seqs(_about('SELECT id FROM item WHERE key = :item'))})")
        self._in_time(where)
        self._concerning: Concerning | None = None
        if where.party is not None:
            self._of_party("party", where.party)
        if where.about is not None:
            self._of_party("about", where.about)

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

    def _of_party(self, name: str, party: str) -> None:
        """Only what concerns a party (`party`), or all that is about it (`about`)."""
        few = items.Lists(self._snapshot, ItemFilter(party=party)).few
        if few is not None:
            few = few.replace(":part", f":{name}_part")
            touches = (_about if name == "about" else _touches)("SELECT id FROM few")
            theirs = f"SELECT seq FROM log WHERE actor = :{name}_party UNION {_seqs(touches)}"
            if name == "about":
                theirs += " UNION SELECT seq FROM registration"
            self._values |= {f"{name}_party": party, f"{name}_parties": dumps([party])}
            self._conditions.append(f"l.seq IN (WITH few(id) AS MATERIALIZED ({few}) SELECT seq FROM ({theirs}))")

        async def concerned(keys: Collection[str]) -> set[str]:
            return items.concerned_keys(self._snapshot, keys, party)

        page = self._page if self._concerning is None else self._concerning.page
        self._concerning = Concerning(party, page, concerned, self._snapshot if name == "about" else None)

    async def _page(self, after: int | None, limit: int, reverse: bool) -> list[StoredEvent]:
        beyond, direction = ("<", "DESC") if reverse else (">", "ASC")
        conditions = [*self._conditions, *([] if after is None else [f"l.seq {beyond} :after"])]
        query = f"log l {{joined}} WHERE {' AND '.join(conditions)} ORDER BY l.seq {direction} LIMIT :limit"
        return stored(self._snapshot, query, after=after, limit=limit, **self._values)

    async def page(self, after: int | None, limit: int, reverse: bool) -> list[StoredEvent]:
        """A page of records."""
        page = self._page if self._concerning is None else self._concerning.page
        return await page(after, limit, reverse)

    async def count(self) -> int:
        """How many records there are."""
        if self._concerning is not None:
            return await self._concerning.count()
        query = f"SELECT count(*) FROM log l {JUDGED} WHERE {' AND '.join(self._conditions)}"
        ((count,),) = self._snapshot.rows(query, **self._values)
        return int(count)


def _seqs(touches: str) -> str:
    return f"SELECT seq FROM ({touches})"
