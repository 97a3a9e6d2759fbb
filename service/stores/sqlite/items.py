"""Lists of items in the embedded store.

Where a filter asks for what belongs to few (`FEW`) things, these are read and put in order; else the order is read, and
each item asked whether it belongs to it, until the page is full.
"""

from __future__ import annotations

import sys
from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import to_json

from graph_schema.answer import Handle
from graph_schema.order import TYPE_ORDER, cut_after, cut_before, instant_bytes
from service.ports import ItemFilter, ItemOrder, ItemPlace
from service.stores.sqlite.organizations import registered
from service.stores.sqlite.sql import (
    HOSTS_EVER,
    HOSTS_NOW,
    LAST,
    is_open,
    known,
    overlaps,
    parts_ever,
    parts_now,
    span,
)
from service.stores.values import dumps

if TYPE_CHECKING:
    from service.stores.sqlite.snapshot import SqliteSnapshot

FEW = 2000
"""Of so many things an organization held or made it is tried whether they are few."""
LONGEST_NAME = 256
"""Characters of an identifier; keys have fewer."""

_ENROLLED = f"substr(b.pos, 9, 1) = x'{TYPE_ORDER.index('ENROLMENT'):02x}'"
_INSTANT = "substr(b.pos, 1, 8)"
_ITEM = f"CROSS JOIN yielded y ON y.item = i.id AND {known('y')} CROSS JOIN log b ON b.seq = y.event"


class Belonging(NamedTuple):
    """Whether the item `i` belongs to organizations or has findings; all that do; rows to count whether that is few."""

    is_so: str
    all: str
    rows: str


def _numbers(keys: str) -> str:
    return f"(SELECT g.id FROM json_each({keys}) j CROSS JOIN organization g ON g.key = j.value)"


def _holding(keys: str, items: str) -> str:
    return f"SELECT h.item FROM held_by h{span('h')} WHERE {is_open('h')} AND h.organization IN {_numbers(keys)}{items}"


_MADE = f"SELECT y.item FROM log b CROSS JOIN yielded y ON y.event = b.seq AND {known('y')} WHERE b.actor = :party"
_EVER_HELD = (
    f"SELECT h.item, ho.pos, coalesce(hc.pos, {LAST}) FROM held_by h{span('h')}"
    f" WHERE h.organization IN {_numbers(':parties')}"
)
PARTY = Belonging(
    f"(b.actor = :party OR EXISTS ({HOSTS_EVER} SELECT 1 FROM up CROSS JOIN held_by h ON h.item = up.id{span('h')}"
    f" WHERE {overlaps('h')} AND h.organization IN {_numbers(':parties')}))",
    f"SELECT id FROM ({parts_ever(_EVER_HELD)}) UNION {_MADE}",
    f"SELECT h.item FROM held_by h WHERE h.organization IN {_numbers(':parties')} UNION ALL {_MADE}",
)
HOLDER = Belonging(
    f"EXISTS ({HOSTS_NOW} SELECT 1 FROM up CROSS JOIN held_by h ON h.item = up.id{span('h')}"
    f" WHERE {is_open('h')} AND h.organization IN {_numbers(':holders')})",
    parts_now(_holding(":holders", "")),
    _holding(":holders", ""),
)
CUSTODIAN = Belonging(
    f"EXISTS ({_holding(':custodians', ' AND h.item = i.id')})",
    _holding(":custodians", ""),
    _holding(":custodians", ""),
)
PRODUCER = Belonging(
    f"b.actor = :producer AND NOT {_ENROLLED}",
    f"SELECT y.item FROM log b CROSS JOIN yielded y ON y.event = b.seq AND {known('y')}"
    f" WHERE b.actor = :producer AND NOT {_ENROLLED}",
    "SELECT y.item FROM log b CROSS JOIN yielded y ON y.event = b.seq WHERE b.actor = :producer",
)

_FOUND = "FROM json_each(:findings) c CROSS JOIN finding f ON f.code = c.value"
FOUND = Belonging(
    "EXISTS (SELECT 1 FROM finding f WHERE f.subject = i.key AND NOT f.organization"
    " AND f.code IN (SELECT value FROM json_each(:findings)))",
    f"SELECT n.id {_FOUND} CROSS JOIN item n ON n.key = f.subject WHERE NOT f.organization",
    f"SELECT 1 {_FOUND}",
)

_MARK = (
    f"(SELECT m.op FROM mark m CROSS JOIN log l ON l.seq = m.event WHERE m.item = i.id AND {known('m')}"
    " AND l.pos < :cut ORDER BY l.pos DESC LIMIT 1)"
)
STATUS = f"""CASE
WHEN EXISTS (SELECT 1 FROM consumed u CROSS JOIN log l ON l.seq = u.event
    WHERE u.item = i.id AND u.ends AND {known("u")} AND l.pos < :cut) THEN 'ENDED'
WHEN {_MARK} = 'retired' THEN 'RETIRED'
WHEN EXISTS ({HOSTS_NOW} SELECT 1 FROM up CROSS JOIN yielded v ON v.item = up.id AND {known("v")}
    WHERE v.second_life) THEN 'IN_SECOND_LIFE'
WHEN EXISTS (SELECT 1 FROM part_of p{span("p")} WHERE p.part = i.id AND {is_open("p")}) THEN 'INSTALLED'
ELSE 'AVAILABLE' END"""


def contains(column: str, text: str) -> str:
    """Whether a column has `:text` in it, in any case; of a text with a NUL, `lower` leaves what is before that."""
    found = "instr({lower}({column}), {lower}(:text))"
    if not text.isascii() or "\0" in text:
        return found.format(lower="unicode_lower", column=column)
    plain, whole = (found.format(lower=lower, column=column) for lower in ("lower", "unicode_lower"))
    return f"CASE WHEN instr({column}, char(0)) THEN {whole} ELSE {plain} END"


def _twice(text: str | None) -> str | None:
    """How SQLite tells a text that it takes out of JSON two times, as it stands there: alone it would end at a NUL."""
    return None if text is None else f"[{(said := to_json(text).decode())},{said}]"


def _stated(where: ItemFilter) -> Iterator[str]:
    yield "b.pos < :cut"
    if where.kind is not None:
        yield "y.kind = :kind"
    if where.text is not None:
        names = f"SELECT 1 FROM identifier n WHERE n.item = i.id AND {known('n')} AND {contains('n.value', where.text)}"
        yield f"({contains('i.key', where.text)} OR EXISTS ({names}))"
    for name in ("chemistry", "model", "material"):
        if getattr(where, name) is not None:
            yield f"json_extract(CAST(y.spec AS TEXT), '$.{name}', '$.{name}') = :{name}"
    if where.produced_from is not None:
        yield f"NOT {_ENROLLED} AND b.pos >= :produced_from"
    if where.produced_to is not None:
        yield f"NOT {_ENROLLED} AND b.pos < :produced_to"
    if where.status is not None:
        yield f"{STATUS} = :status"


class Lists:
    """The lists that a filter makes, of one snapshot."""

    def __init__(self, snapshot: SqliteSnapshot, where: ItemFilter) -> None:
        self._snapshot = snapshot
        self._values: dict[str, Any] = {name: getattr(where, name) for name in ("kind", "text", "producer", "party")}
        self._values |= {name: _twice(getattr(where, name)) for name in ("chemistry", "model", "material")}
        self._values |= {"cut": where.cut, "status": where.status and where.status.value}
        if where.produced_from is not None:
            self._values["produced_from"] = cut_before(where.produced_from)
        if where.produced_to is not None:
            self._values["produced_to"] = cut_after(where.produced_to)
        self._conditions = list(_stated(where))
        if where.kind is not None and self._is_latest():
            self._conditions.append("i.kind = :kind")  # what is known now has an index by kind and key
        self.few: str | None = None
        """The query of a few items, by number, which are all that can be found; None: they may be many."""
        for belonging in self._belonging(where):
            if self.few is None and self._is_few(belonging):
                self.few = belonging.all
            else:
                self._conditions.append(belonging.is_so)

    def _belonging(self, where: ItemFilter) -> Iterator[Belonging]:
        values = self._values
        if where.custodian is not None:
            values["custodians"] = dumps([where.custodian])
            yield CUSTODIAN
        if where.holder is not None or where.region is not None:
            values["holders"] = dumps(self._holders(where))
            yield HOLDER
        if where.party is not None:
            values["parties"] = dumps([where.party])
            yield PARTY
        if where.producer is not None:
            yield PRODUCER
        if where.findings is not None:
            values["findings"] = dumps(where.findings)
            yield FOUND

    def _holders(self, where: ItemFilter) -> list[str]:
        if where.region is None:
            return [str(where.holder)]
        fields = registered(self._snapshot, None, where.cut)
        there = [key for key, stated in fields.items() if stated.get("region") == where.region]
        return [key for key in there if where.holder in (None, key)]

    def _is_latest(self) -> bool:
        ((latest,),) = self._rows("SELECT NOT EXISTS (SELECT 1 FROM log WHERE seq > :k)")
        return bool(latest)

    def _is_few(self, belonging: Belonging) -> bool:
        ((count,),) = self._rows(f"SELECT count(*) FROM (SELECT 1 FROM ({belonging.rows}) LIMIT {FEW})")
        return int(count) < FEW

    def _rows(self, sql: str, **more: Any) -> list[Any]:
        return self._snapshot.rows(sql, **self._values, **more)

    def _select(self, what: str, order: ItemOrder, further: str = "") -> str:
        source = f"FROM item i {_ITEM}"
        start = ""
        if self.few is not None:
            start = f"WITH few(id) AS ({self.few}) "
            source = f"FROM (SELECT DISTINCT id FROM few) f CROSS JOIN item i ON i.id = f.id {_ITEM}"
        elif order is ItemOrder.PRODUCED_AT:
            of_event = f"CROSS JOIN yielded y ON y.event = b.seq AND {known('y')}"
            source = f"FROM log b {of_event} CROSS JOIN item i ON i.id = y.item"
        return f"{start}SELECT {what} {source} WHERE {' AND '.join(self._conditions)}{further}"

    def page(self, after: ItemPlace | None, limit: int, reverse: bool, order: ItemOrder) -> list[tuple[Any, str]]:
        """A page of items (number, key)."""
        beyond, direction = ("<", "DESC") if reverse else (">", "ASC")
        if order is ItemOrder.KEY:
            past, columns = f"i.key {beyond} :after", f"i.key {direction}"
        else:
            past = f"{_INSTANT} {beyond}= :born AND ({_INSTANT} {beyond} :born OR i.key {beyond} :after)"
            columns = f"{_INSTANT} {direction}, i.key {direction}"
        query = self._select("i.id, i.key", order, "" if after is None else f" AND {past}")
        place = {} if after is None else {"after": after.key, "born": instant_bytes(after.born_us)}
        return self._rows(f"{query} ORDER BY {columns} LIMIT :limit", limit=limit, **place)

    def count(self) -> int:
        """How many items there are."""
        ((count,),) = self._rows(self._select("count(*)", ItemOrder.KEY))
        return int(count)


def called(
    snapshot: SqliteSnapshot, text: str, prefix: bool, where: ItemFilter, behind: str, limit: int
) -> list[tuple[Any, str]]:
    """The first items after a key, by key, of which the key or an identifier is a text, or begins with it."""
    is_so = "{0} >= :text AND {0} < :end" if prefix else "{0} = :text"
    return snapshot.rows(
        f"SELECT i.id, i.key FROM (SELECT id FROM item WHERE {is_so.format('key')} UNION"
        f" SELECT n.item FROM identifier n WHERE {is_so.format('n.value')} AND {known('n')}) c"
        f" CROSS JOIN item i ON i.id = c.id {_ITEM} WHERE b.pos < :cut AND i.key > :behind ORDER BY i.key LIMIT :limit",
        text=text,
        behind=behind,
        end=text + chr(sys.maxunicode) * LONGEST_NAME,
        cut=where.cut,
        limit=limit,
    )


def concerned(snapshot: SqliteSnapshot, items: Collection[Handle], organization: str) -> set[Handle]:
    """Those of the items, by number, that an organization is a party of."""
    return {number for number, _ in _parties(snapshot, "i.id", items, organization)}


def concerned_keys(snapshot: SqliteSnapshot, keys: Collection[str], organization: str) -> set[str]:
    """The same by key."""
    return {key for _, key in _parties(snapshot, "i.key", keys, organization)}


def _parties(snapshot: SqliteSnapshot, column: str, wanted: Collection[Any], organization: str) -> list[Any]:
    items = f"json_each(:ids) j CROSS JOIN item i ON {column} = j.value {_ITEM}"
    return snapshot.rows(
        f"SELECT i.id, i.key FROM {items} WHERE {PARTY.is_so}",
        wanted,
        party=organization,
        parties=dumps([organization]),
    )
