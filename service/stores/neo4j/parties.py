"""Of which items an organization is a party: it made them, or ever held them or what they were in at that time.

The database finds those that may be: what was ever in something that it ever held. Whether that was at one time is
found hop by hop (`matching.is_party`): a path pattern would try every way up, and of 60 stays in each of three hosts
there are 216,000.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from typing import TYPE_CHECKING, Any

from graph_schema.windows import END, START, Window, overlap
from service.stores.neo4j.cypher import CLOSED, known

if TYPE_CHECKING:
    from service.stores.neo4j.snapshot import Neo4jSnapshot

AT_ONCE = 1000
"""So many items are asked about at once."""
_EVER = f"all(r IN up WHERE {known('r')})"
MAY_BE = (
    f"(e.actor = $party OR EXISTS {{ MATCH (i)-[up:PART_OF*0..]->(host) WHERE {_EVER} WITH DISTINCT host"
    f" MATCH (host)-[h:HELD_BY]->(o) WHERE o.key = $party AND {known('h')} }})"
)
"""Whether an item `i`, which the event `e` brought in, may be one of theirs."""
THAT_MAY = (
    "MATCH (o:Organization {key: $party})<-[h:HELD_BY]-(host) USING INDEX SEEK o:Organization(key)"
    f" WHERE {known('h')} WITH DISTINCT host MATCH (host)<-[up:PART_OF*0..]-(i) WHERE {_EVER} RETURN DISTINCT i"
    " UNION MATCH (e:Event {actor: $party})-[y:YIELDED]->(i) USING INDEX SEEK e:Event(actor)"
    f" WHERE {known('y')} RETURN i"
)
"""The items `i` that may be theirs."""
_CANDIDATES = (
    "UNWIND $wanted AS each MATCH (i:Item {key: each})<-[y:YIELDED]-(e) USING INDEX SEEK i:Item(key)"
    f" WHERE {known('y')} AND {MAY_BE} RETURN collect([i.key, e.actor = $party])"
)
_LEVEL = (
    "UNWIND $wanted AS each MATCH (i:Item {key: each}) USING INDEX SEEK i:Item(key) RETURN collect([i.key,"
    f" [(i)-[r:HELD_BY]->(o) WHERE o.key = $party AND {known('r')} | [r.opened, {CLOSED}]],"
    f" [(i)-[r:PART_OF]->(h) WHERE {known('r')} | [h.key, r.opened, {CLOSED}]]])"
)
"""Of each item, when the organization held it, and what it was in when."""


async def concerned(snapshot: Neo4jSnapshot, keys: Collection[Any], organization: str) -> set[Any]:
    """Those of the items, by key, that an organization is a party of."""
    found: set[Any] = set()
    wanted = list(keys)
    for start in range(0, len(wanted), AT_ONCE):
        candidates = await snapshot.one(_CANDIDATES, wanted=wanted[start : start + AT_ONCE], party=organization)
        made = {key for key, is_maker in candidates if is_maker}
        others = [key for key, is_maker in candidates if not is_maker]
        found |= made | await _held(snapshot, others, organization)
    return found


async def _held(snapshot: Neo4jSnapshot, keys: Iterable[str], organization: str) -> set[str]:
    """Those of the items that an organization ever held, or what they were in at that time: level by level."""
    found: set[str] = set()
    level: list[tuple[str, str, Window]] = [(key, key, (START, END)) for key in keys]
    while level:
        rows = await snapshot.one(_LEVEL, wanted=list({item for _, item, _ in level}), party=organization)
        about = {item: (held, stays) for item, held, stays in rows}
        found |= {key for key, item, window in level if any(_during(window, about[item][0]))}
        level = [
            (key, stay[0], during)
            for key, item, window in level
            if key not in found
            for stay in about[item][1]
            for during in _during(window, [stay[1:]])
        ]
    return found


def _during(window: Window, spans: Iterable[list[Any]]) -> Iterator[Window]:
    """What spans have in common with a window."""
    for opened, closed in spans:
        common = overlap(window, opened, closed or END)
        if common is not None:
            yield common
