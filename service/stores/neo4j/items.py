"""Lists of items in Neo4j.

Where a filter asks for what belongs to few (`FEW`) things, these are read and put in order here; else the database
reads in order, and asks each item whether it belongs to it, until the page is full.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any, NamedTuple

from pydantic_core import to_json

from graph_schema.order import instant_of, moment_of_us
from service.ports import ItemFilter, ItemOrder, ItemPlace
from service.stores.neo4j.cypher import known
from service.stores.neo4j.organizations import registered_in
from service.stores.neo4j.parties import MAY_BE, THAT_MAY, concerned

if TYPE_CHECKING:
    from service.stores.neo4j.snapshot import Neo4jSnapshot

FEW = 2000
"""Of so many items that may belong to an organization it is tried whether they are few."""
SOME = 100
"""So many at least of those that may be of a party are read at once, of which some turn out not to be."""


def utc(moment: datetime | None) -> datetime | None:
    """A time as the database compares it: of two names of one instant it takes one to be later."""
    return None if moment is None else moment.astimezone(UTC)


def _open(edge: str) -> str:
    """Whether an edge is open as of `$asOf`."""
    began = f"($asOf IS NULL OR {edge}.from <= $asOf)"
    ended = f"coalesce({edge}.closedKnown <= $k AND ($asOf IS NULL OR {edge}.to <= $asOf), false)"
    return f"{known(edge)} AND {began} AND NOT {ended}"


def _occurred(event: str) -> str:
    return f"($asOf IS NULL OR {event}.occurredAt <= $asOf)"


class Belonging(NamedTuple):
    """Whether an item `i` belongs to organizations or has findings; and the items `i` that may."""

    is_so: str
    may: str


_UP = "(i)-[up:PART_OF*0..]->()"
_BY_KEY = " USING INDEX SEEK o:Organization(key)"
_BY_ACTOR = " USING INDEX SEEK e:Event(actor)"
PARTY = Belonging(MAY_BE, THAT_MAY)
"""Of which `concerned` tells those that do not."""
HOLDER = Belonging(
    f"EXISTS {{ MATCH {_UP}-[h:HELD_BY]->(o) WHERE o.key IN $holders AND {_open('h')}"
    f" AND all(r IN up WHERE {_open('r')}) }}",
    "UNWIND $holders AS holder"
    f" MATCH (o:Organization {{key: holder}})<-[h:HELD_BY]-()<-[up:PART_OF*0..]-(i){_BY_KEY}"
    f" WHERE {_open('h')} AND all(r IN up WHERE {_open('r')}) RETURN i",
)
CUSTODIAN = Belonging(
    f"EXISTS {{ MATCH (i)-[h:HELD_BY]->(o) WHERE o.key = $custodian AND {_open('h')} }}",
    f"MATCH (o:Organization {{key: $custodian}})<-[h:HELD_BY]-(i){_BY_KEY} WHERE {_open('h')} RETURN i",
)
PRODUCER = Belonging(
    "e.actor = $producer AND e.type <> 'ENROLMENT'",
    f"MATCH (e:Event {{actor: $producer}})-[y:YIELDED]->(i){_BY_ACTOR} WHERE {known('y')} RETURN i",
)
FOUND = Belonging(
    "EXISTS { MATCH (i)<-[:ABOUT]-(f:Finding) WHERE f.code IN $findings }",
    "MATCH (f:Finding)-[:ABOUT]->(i) USING INDEX SEEK f:Finding(code, shownUs, id)"
    " WHERE f.code IN $findings AND f.shownUs IS NOT NULL AND f.id IS NOT NULL RETURN i",
)

STATUS = f"""CASE
WHEN EXISTS {{ MATCH (i)-[u:CONSUMED_IN]->(x) WHERE u.ends AND {known("u")} AND {_occurred("x")} }} THEN 'ENDED'
WHEN COLLECT {{ MATCH (i)<-[m:MARKED]-(x) WHERE {known("m")} AND {_occurred("x")}
    RETURN m.mark ORDER BY x.occurredAt DESC, m.mark DESC LIMIT 1 }} = ['retired'] THEN 'RETIRED'
WHEN EXISTS {{ MATCH {_UP}<-[v:YIELDED]-() WHERE v.secondLife AND {known("v")}
    AND all(r IN up WHERE {_open("r")}) }} THEN 'IN_SECOND_LIFE'
WHEN EXISTS {{ MATCH (i)-[r:PART_OF]->() WHERE {_open("r")} }} THEN 'INSTALLED'
ELSE 'AVAILABLE' END"""
"""Of two marks at one instant that by a repurposing is the later one, in the total order as by name."""


def _conditions(where: ItemFilter) -> Iterator[str]:
    yield known("y")
    yield "y.position IS NOT NULL"  # what others wrote under our labels has none
    yield _occurred("e")
    if where.kind is not None:
        yield "y.kind = $kind"
    if where.text is not None:
        names = f"MATCH (i)<-[n:IDENTIFIES]-(d) WHERE {known('n')} AND toLower(d.value) CONTAINS toLower($text)"
        yield f"(toLower(i.key) CONTAINS toLower($text) OR EXISTS {{ {names} }})"
    for name in ("chemistry", "model", "material"):
        if getattr(where, name) is not None:
            yield f"split(y.spec, ',\"attributes\":')[0] CONTAINS ${name}"
    if where.produced_from is not None:
        yield "e.type <> 'ENROLMENT' AND e.occurredAt >= $from"
    if where.produced_to is not None:
        yield "e.type <> 'ENROLMENT' AND e.occurredAt <= $to"
    if where.status is not None:
        yield f"{STATUS} = $status"


def _member(name: str, value: str | None) -> str | None:
    """How a spec, whose key and kind come first and whose free attributes last, states a text."""
    return None if value is None else f',"{name}":{to_json(value).decode()}'


class Lists:
    """The lists that a filter makes, of one snapshot."""

    def __init__(self, snapshot: Neo4jSnapshot, where: ItemFilter) -> None:
        self._snapshot = snapshot
        self._where = where
        self._conditions = list(_conditions(where))
        self._values: dict[str, Any] = {
            name: getattr(where, name) for name in ("kind", "text", "producer", "custodian", "party", "status")
        }
        self._values |= {name: _member(name, getattr(where, name)) for name in ("chemistry", "model", "material")}
        self._values |= {"asOf": utc(where.as_of), "from": utc(where.produced_from), "to": utc(where.produced_to)}

    async def few(self) -> list[str] | None:
        """The keys of a few items, which are all that can be found; None: they may be many."""
        keys: list[str] | None = None
        for belonging in await self._belonging():
            self._conditions.append(belonging.is_so)
            if belonging is HOLDER and not self._values["holders"]:
                return []
            if keys is None:
                query = f"CALL () {{ {belonging.may} }} WITH DISTINCT i LIMIT $few RETURN collect(i.key)"
                found = await self._snapshot.one(query, **self._values, few=FEW)
                keys = found if len(found) < FEW else None
        return keys if keys is None else await self._theirs(keys)

    async def _theirs(self, keys: list[str]) -> list[str]:
        """Those of the keys that are of the party that is asked for, if one is."""
        party = self._where.party
        if party is None:
            return keys
        found = await concerned(self._snapshot, keys, party)
        return [key for key in keys if key in found]

    async def _belonging(self) -> list[Belonging]:
        where = self._where
        found = []
        if where.custodian is not None:
            found.append(CUSTODIAN)
        if where.holder is not None or where.region is not None:
            self._values["holders"] = await self._holders()
            found.append(HOLDER)
        if where.party is not None:
            found.append(PARTY)
        if where.producer is not None:
            found.append(PRODUCER)
        if where.findings is not None:
            self._values["findings"] = list(where.findings)
            found.append(FOUND)
        return found

    async def _holders(self) -> list[str]:
        where = self._where
        if where.region is None:
            return [str(where.holder)]
        there = await registered_in(self._snapshot, where.region, where.cut)
        return [key for key in there if where.holder in (None, key)]

    async def _places(self, query: str, **more: Any) -> list[ItemPlace]:
        rows = await self._snapshot.one(query, **self._values, **more)
        return [ItemPlace(key, instant_of(position)) for key, position in rows]

    async def _of(self, keys: list[str]) -> list[ItemPlace]:
        if not keys:
            return []
        start = "UNWIND $keys AS each MATCH (i:Item {key: each})<-[y:YIELDED]-(e) USING INDEX SEEK i:Item(key)"
        return await self._places(f"{start} WHERE {self._all()} RETURN collect([i.key, y.position])", keys=keys)

    def _all(self) -> str:
        return " AND ".join(self._conditions)

    async def page(self, after: ItemPlace | None, limit: int, reverse: bool, order: ItemOrder) -> list[str]:
        """A page of keys."""
        few = await self.few()
        if few is not None or self._where.party is None:
            return [place.key for place in await self._page(few, after, limit, reverse, order)]
        found: list[str] = []
        size = max(limit, SOME)
        while len(found) < limit:
            places = await self._page(None, after, size, reverse, order)
            found += await self._theirs([place.key for place in places])
            if len(places) < size:
                break
            after = places[-1]
        return found[:limit]

    async def _page(
        self, few: list[str] | None, after: ItemPlace | None, limit: int, reverse: bool, order: ItemOrder
    ) -> list[ItemPlace]:
        """A page of those that may be of the party, where one is asked for and they are many."""
        if few is None and order is ItemOrder.KEY:
            return [ItemPlace(key, 0) for key in await self._by_key(after, limit, reverse)]
        places = await (self._born_about(after, limit, reverse) if few is None else self._of(few))

        def rank(place: ItemPlace) -> tuple[int, str]:
            return (place.born_us if order is ItemOrder.PRODUCED_AT else 0), place.key

        places.sort(key=rank, reverse=reverse)
        if after is not None:
            edge = rank(after)
            places = [place for place in places if (rank(place) < edge if reverse else rank(place) > edge)]
        return places[:limit]

    async def _by_key(self, after: ItemPlace | None, limit: int, reverse: bool) -> list[str]:
        """Only the index compares keys by code point: without it, `>` goes by UTF-16."""
        past, seek = (
            ("i.key IS NOT NULL", "") if after is None else (f"i.key {'<' if reverse else '>'} $after", "SEEK ")
        )
        query = (
            f"CALL () {{ MATCH (i:Item) USING INDEX {seek}i:Item(key) WHERE {past}"
            f" AND EXISTS {{ MATCH (i)<-[y:YIELDED]-(e) WHERE {self._all()} }}"
            f" RETURN i.key AS key ORDER BY i.key {'DESC' if reverse else 'ASC'} LIMIT $limit }} RETURN collect(key)"
        )
        place = None if after is None else after.key
        keys: list[str] = await self._snapshot.one(query, **self._values, after=place, limit=limit)
        return keys

    async def _born_about(self, after: ItemPlace | None, limit: int, reverse: bool) -> list[ItemPlace]:
        """At least the page, and all that came in at the instants where it begins and ends."""
        beyond, until, direction, last = ("<", ">=", "DESC", "min") if reverse else (">", "<=", "ASC", "max")
        start = "MATCH (e:Event)-[y:YIELDED]->(i) USING INDEX %se:Event(occurredAt) WHERE"
        past = "e.occurredAt IS NOT NULL" if after is None else f"e.occurredAt {beyond} $at"
        first = start % ("" if after is None else "SEEK ")
        since = "true" if after is None else f"e.occurredAt {beyond}= $at"
        query = (
            f"CALL () {{ {first} {past} AND {self._all()}"
            f" RETURN e.occurredAt AS at ORDER BY at {direction} LIMIT $limit }}"
            f" WITH coalesce({last}(at), $at) AS bound"
            f" {start % 'SEEK '} e.occurredAt {until} bound AND {since} AND {self._all()}"
            " RETURN collect([i.key, y.position])"
        )
        return await self._places(query, limit=limit, at=None if after is None else moment_of_us(after.born_us))

    async def count(self) -> int:
        """How many items there are."""
        few = await self.few()
        if few is not None:
            return len(await self._of(few))
        match = f"MATCH (i:Item)<-[y:YIELDED]-(e) WHERE {self._all()}"
        if self._where.party is not None:
            may = await self._snapshot.one(f"{match} RETURN collect(i.key)", **self._values)
            return len(await self._theirs(may))
        return int(await self._snapshot.one(f"{match} RETURN count(*)", **self._values))


IDENTIFIED = f"""
UNWIND $names AS name
MATCH (n:Identifier {{value: name}})-[d:IDENTIFIES]->(i) USING INDEX SEEK n:Identifier(value)
WHERE {known("d")} AND EXISTS {{ MATCH (i)<-[y:YIELDED]-() WHERE {known("y")} }}
RETURN collect(DISTINCT [name, i.key])
"""


async def called(
    snapshot: Neo4jSnapshot, text: str, prefix: bool, where: ItemFilter, behind: str, limit: int
) -> list[tuple[Any, str]]:
    """The first items after a key, by key, of which the key or an identifier is a text, or begins with it.

    Only the index compares keys by code point, and of two conditions it takes one: where the key is among those that
    begin so, all after it are read, up to the limit.
    """
    is_so = "STARTS WITH $text" if prefix else "= $text"
    is_key = "> $behind" if prefix and behind >= text else is_so
    is_known = f"EXISTS {{ MATCH (i)<-[y:YIELDED]-(e) WHERE {known('y')} AND {_occurred('e')} }}"
    query = f"""
    CALL () {{ MATCH (i:Item) USING INDEX SEEK i:Item(key) WHERE i.key {is_key} AND {is_known}
      RETURN i.key AS key ORDER BY i.key LIMIT $limit }}
    WITH collect(key) AS keys
    CALL () {{ MATCH (n:Identifier)-[d:IDENTIFIES]->(i) USING INDEX SEEK n:Identifier(value)
      WHERE n.value {is_so} AND {known("d")} AND {is_known}
      RETURN collect(DISTINCT i.key) AS identified }}
    RETURN [keys, identified]
    """
    keys, identified = await snapshot.one(query, text=text, behind=behind, limit=limit, asOf=utc(where.as_of))
    found = {key for key in keys if key.startswith(text)} | set(identified)
    return [(key, key) for key in sorted(key for key in found if key > behind)[:limit]]
