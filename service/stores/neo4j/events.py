"""Records of the log in Neo4j: lists of them, and those about items."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from typing import TYPE_CHECKING, Any

from graph_schema.order import (
    Position,
    instant_us,
    moment_of,
    moment_of_us,
    type_of,
)
from graph_schema.outcome import EventStatus
from service.ports import EventFilter, ItemFilter, Snapshot, StoredEvent
from service.stores.concerning import Concerning, Page
from service.stores.neo4j import items, parties
from service.stores.neo4j.cypher import judged
from service.stores.neo4j.histories import EVENTS, HISTORY, events_of, history_of
from service.stores.values import problems_of

if TYPE_CHECKING:
    from service.stores.neo4j.snapshot import Neo4jSnapshot

ROW = (
    "[e.sequence, e.eventId, e.position, e.actor, e.recordedUs, e.hash, e.previousHash, e.digest, "
    + judged("e", "status")
    + ", "
    + judged("e", "problems")
    + ", e.payload]"
)
STORED = (
    "UNWIND $ids AS id MATCH (e:Event {eventId: id}) USING INDEX SEEK e:Event(eventId)"
    f" WHERE e.sequence <= $k RETURN collect({ROW})"
)
RECEIPTS = (
    "UNWIND $ids AS id MATCH (e:Event {refersTo: id}) USING INDEX SEEK e:Event(refersTo)"
    f" WHERE e.type = 'RECEIPT' AND e.sequence <= $k RETURN collect({ROW})"
)
REGISTRATIONS = (
    "UNWIND $keys AS key MATCH (o:Organization {key: key})<-[:REGISTERS]-(e) USING INDEX SEEK o:Organization(key)"
    " WHERE e.sequence <= $k AND " + judged("e", "status") + f" = 'ACCEPTED' RETURN collect({ROW})"
)


async def stored(snapshot: Neo4jSnapshot, query: str, **values: Any) -> list[StoredEvent]:
    """The records of a query that collects `ROW`."""
    return [_record(*row) for row in await snapshot.one(query, **values)]


def _record(
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


def _conditions(where: EventFilter) -> Iterator[str]:
    yield "e.sequence <= $k"
    conditions = {
        "types": "e.type IN $types",
        "actor": "e.actor = $actor",
        "status": f"{judged('e', 'status')} = $status",
        "occurred_from": "e.occurredAt >= $occurred_from",
        "occurred_to": "e.occurredAt <= $occurred_to",
        "recorded_from": "e.recordedUs >= $recorded_from",
        "recorded_to": "e.recordedUs <= $recorded_to",
    }
    for name, condition in conditions.items():
        if getattr(where, name) is not None:
            yield condition


_RARE = ("types", "actor", "status", "item", "party", "about", "occurred_from", "occurred_to")
"""Filters that an index of their own answers, or that begin elsewhere."""
_RARER = tuple(name for name in _RARE if name not in ("actor", "status"))
"""Those of them that leave fewer than those of one actor, whose records are read in their order."""
_THEIRS = f"{EVENTS} UNION MATCH (e:Event {{actor: $party}}) USING INDEX SEEK e:Event(actor) RETURN e"
_ABOUT = (
    f"{HISTORY} UNION MATCH (e:Event {{actor: $party}}) USING INDEX SEEK e:Event(actor) RETURN e"
    " UNION MATCH (e:Event) USING INDEX SEEK e:Event(type, sequence)"
    " WHERE e.type = 'REGISTRATION' AND e.sequence <= $k RETURN e"
)

_OF_STATUS = """
UNWIND $statuses AS status
CALL (status) {
  MATCH (e:Event) USING INDEX SEEK e:Event(status)
  WHERE e.status = status AND e.sequence <= $k AND e.judged <= $k RETURN count(*) AS now
}
CALL (status) {
  MATCH (j:Judgement) USING INDEX SEEK j:Judgement(status, knownFrom)
  WHERE j.status = status AND j.knownFrom <= $k AND j.knownTo > $k RETURN count(*) AS past
}
RETURN sum(now + past)
"""


def _only(where: EventFilter, name: str) -> bool:
    """Whether that is the only one of the filters that an index of their own answers, or that begin elsewhere."""
    return getattr(where, name) is not None and all(getattr(where, one) is None for one in _RARE if one != name)


class Lists:
    """The lists that a filter makes, of one snapshot."""

    def __init__(self, snapshot: Neo4jSnapshot, where: EventFilter) -> None:
        self._snapshot = snapshot
        self._where = where
        self._start = "MATCH (e:Event)"
        self._by = ""
        """Where most records, or those of one actor, may be found, they are read in their order, and none is put in
        order; those of an item by their ids."""
        self._order: tuple[str, ...] = ("e.sequence",)
        if not any(getattr(where, name) is not None for name in _RARE):
            self._by = " USING INDEX SEEK e:Event(sequence)"
        elif where.item is not None:
            self._start = f"CALL () {{ {HISTORY} }} WITH e"
        elif where.actor is not None and not any(getattr(where, name) is not None for name in _RARER):
            self._by = " USING INDEX SEEK e:Event(actor, sequence)"
            self._order = ("e.actor", "e.sequence")
        self._by_type = _only(where, "types")
        if self._by_type:
            self._by = " USING INDEX SEEK e:Event(type, sequence)"
        self._conditions = " AND ".join(_conditions(where))
        self._values: dict[str, Any] = {
            "types": None if where.types is None else list(dict.fromkeys(where.types)),
            "actor": where.actor,
            "status": where.status,
            "occurred_from": items.utc(where.occurred_from),
            "occurred_to": items.utc(where.occurred_to),
            "recorded_from": None if where.recorded_from is None else instant_us(where.recorded_from),
            "recorded_to": None if where.recorded_to is None else instant_us(where.recorded_to),
        }

    async def _prepare(self) -> Concerning | None:
        """Read what the conditions need; what picks the records out, where the conditions do not."""
        where, item = self._where, self._where.item
        if item is not None:
            self._values |= await history_of(self._snapshot, [item])
        found = None if where.party is None else await self._of_party(where.party, self._page)
        if where.about is not None:
            page = self._page if found is None else found.page
            found = await self._of_party(where.about, page, self._snapshot)
        return found

    async def _of_party(self, party: str, page: Page, about: Snapshot | None = None) -> Concerning:
        few = None if self._where.item is not None else await items.Lists(self._snapshot, ItemFilter(party=party)).few()
        if few is not None:
            values = events_of if about is None else history_of
            self._values |= {"party": party, **await values(self._snapshot, few)}
            self._start = f"CALL () {{ {_THEIRS if about is None else _ABOUT} }} WITH e"

        async def concerned(keys: Collection[str]) -> set[str]:
            return await parties.concerned(self._snapshot, keys, party)

        return Concerning(party, page, concerned, about)

    async def _page(self, after: int | None, limit: int, reverse: bool) -> list[StoredEvent]:
        beyond, direction = ("<", "DESC") if reverse else (">", "ASC")
        past = "" if after is None else f"e.sequence {beyond} $after AND "
        if self._by_type:
            query = (
                f"UNWIND $types AS type CALL (type) {{ {self._start}{self._by} WHERE e.type = type AND {past}"
                f"{' AND '.join(_conditions(self._where._replace(types=None)))}"
                f" RETURN e ORDER BY e.type {direction}, e.sequence {direction} LIMIT $limit }}"
                f" WITH e ORDER BY e.sequence {direction} LIMIT $limit RETURN collect({ROW})"
            )
            return await stored(self._snapshot, query, after=after, limit=limit, **self._values)
        order = ", ".join(f"{one} {direction}" for one in self._order)
        query = (
            f"CALL () {{ {self._start}{self._by} WHERE {past}{self._conditions}"
            f" RETURN e ORDER BY {order} LIMIT $limit }} WITH e ORDER BY {order}"
            f" RETURN collect({ROW})"
        )
        return await stored(self._snapshot, query, after=after, limit=limit, **self._values)

    async def page(self, after: int | None, limit: int, reverse: bool) -> list[StoredEvent]:
        """A page of records."""
        concerning = await self._prepare()
        return await (self._page if concerning is None else concerning.page)(after, limit, reverse)

    async def count(self) -> int:
        """How many records there are."""
        concerning = await self._prepare()
        if concerning is not None:
            return await concerning.count()
        if _only(self._where, "status") and self._where.recorded_from is None and self._where.recorded_to is None:
            return await self._of_status()
        by = self._by if self._by_type else ""
        query = f"{self._start}{by} WHERE {self._conditions} RETURN count(*)"
        return int(await self._snapshot.one(query, **self._values))

    async def _of_status(self) -> int:
        """How many records have a status: of those that few have by the index, of the one that most have the rest."""
        assert self._where.status is not None
        rare = [status for status in EventStatus if status is not EventStatus.ACCEPTED]
        rest = self._where.status == EventStatus.ACCEPTED
        wanted = rare if rest else [self._where.status]
        count = int(await self._snapshot.one(_OF_STATUS, statuses=[str(status) for status in wanted]))
        return self._snapshot.sequence - count if rest else count
