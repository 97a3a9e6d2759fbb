"""Organizations in Neo4j: lists of them, and what they registered."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from graph_schema.order import Position
from service.organizations import stated_in
from service.stores.neo4j.cypher import judged, known
from service.stores.neo4j.facts import indexed

if TYPE_CHECKING:
    from service.stores.neo4j.snapshot import Neo4jSnapshot

_ACCEPTED = (
    " WHERE e.sequence <= $k AND "
    + judged("e", "status")
    + " = 'ACCEPTED' RETURN collect([o.key, e.position, e.payload])"
)
_OF_ALL = "MATCH (o:Organization)<-[:REGISTERS]-(e)" + _ACCEPTED
_OF_SOME = (
    "UNWIND $keys AS key MATCH (o:Organization {key: key})<-[:REGISTERS]-(e) USING INDEX SEEK o:Organization(key)"
    + _ACCEPTED
)
_IS_ONE = f"""(
  EXISTS {{ MATCH (o)<-[:REGISTERS]-(e) WHERE e.sequence <= $k }}
  OR EXISTS {{ MATCH (o)<-[r:HELD_BY]-() WHERE {known("r")} }}
  OR EXISTS {{ MATCH (e:Event) USING INDEX SEEK e:Event(actor) WHERE e.actor = o.key AND e.sequence <= $k }}
)"""
ARE_ORGANIZATIONS = (
    "UNWIND $keys AS key MATCH (o:Organization {key: key}) USING INDEX SEEK o:Organization(key)"
    f" WHERE {_IS_ONE} RETURN collect(o.key)"
)


_EVER_IN = """
MATCH ()-[r:REGISTERS {region: $region}]->(o) USING INDEX SEEK r:REGISTERS(region)
RETURN collect(DISTINCT o.key)
"""


def _keys(beyond: str, way: str) -> str:
    """Only the index compares keys by code point."""
    return f"""
CALL () {{ MATCH (o:Organization) USING INDEX SEEK o:Organization(key) WHERE o.key {beyond} $after AND {_IS_ONE}
  RETURN o.key AS key ORDER BY o.key {way} LIMIT $limit }}
RETURN collect(key)
"""


_KEYS = {False: _keys(">", "ASC"), True: _keys("<", "DESC")}


async def registered(snapshot: Neo4jSnapshot, keys: Collection[str] | None, cut: Position) -> dict[str, dict[str, Any]]:
    """What organizations have stated of themselves before the cut, of some or all."""
    rows = await (snapshot.one(_OF_ALL) if keys is None else snapshot.one(_OF_SOME, keys=list(keys)))
    payloads: dict[str, list[bytes | None]] = {}
    for key, position, payload in sorted(rows, key=lambda row: bytes(row[1])):
        if position < cut:
            payloads.setdefault(key, []).append(None if payload is None else payload.encode())
    return {key: stated_in(said) for key, said in payloads.items()}


async def registered_in(snapshot: Neo4jSnapshot, region: str, cut: Position) -> list[str]:
    """The organizations that are in a region by what they have stated before the cut: some of those that ever were."""
    ever = await snapshot.one(_EVER_IN, region=indexed(region))
    return [key for key, stated in (await registered(snapshot, ever, cut)).items() if stated.get("region") == region]


async def organization_keys(snapshot: Neo4jSnapshot, after: str, limit: int, reverse: bool) -> list[str]:
    """The keys of organizations after one; `reverse`: before one, backwards."""
    keys: list[str] = await snapshot.one(_KEYS[reverse], after=after, limit=limit)
    return keys
