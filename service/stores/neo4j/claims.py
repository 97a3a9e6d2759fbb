"""The edges that contested events claim, read from Neo4j."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

import orjson

from graph_schema.order import Position
from graph_schema.outcome import Claim
from graph_schema.reader import ClaimRow
from service.stores.neo4j.cypher import judged, known
from service.stores.values import loads

if TYPE_CHECKING:
    from service.stores.neo4j.snapshot import Neo4jSnapshot

CONTESTED = f"""
UNWIND $wanted AS each
MATCH (i:Item {{key: each}})<-[:MENTIONS]-(e) WHERE e.sequence <= $k AND {judged("e", "status")} = 'CONTESTED'
WITH DISTINCT e
RETURN collect([e.position, {judged("e", "claims")}])
"""
NODES = "UNWIND $keys AS key MATCH (i:Item {key: key}) RETURN collect(i.key)"
ENDS = f"""
CALL () {{
  MATCH (p:Item {{key: $part}})<-[:MENTIONS]-(e {{type: 'REMOVAL'}})
  WHERE e.sequence <= $k AND {judged("e", "status")} <> 'VOIDED'
  RETURN e.position AS at, e.payload AS payload
  UNION ALL
  MATCH (p:Item {{key: $part}})-[r:PART_OF]->(h:Item {{key: $host}})
  WHERE {known("r")} AND r.closedKnown <= $k
  MATCH (e:Event {{eventId: r.closedBy}}) WHERE e.type = 'REMOVAL'
  RETURN e.position AS at, null AS payload
  UNION ALL
  MATCH (i:Item)-[r:CONSUMED_IN]->() WHERE i.key IN [$part, $host] AND r.ends AND {known("r")}
  RETURN r.position AS at, null AS payload
}}
RETURN collect([at, payload])
"""


async def read_claims(snapshot: Neo4jSnapshot, items: Collection[Any]) -> list[ClaimRow]:
    """All claimed edges of the contested events that touch any of the items."""
    if not items:
        return []
    events = await snapshot.one(CONTESTED, wanted=list(items))
    claims = [(at, Claim(*claim)) for at, text in events for claim in loads(text) or ()]
    keys = {end for _, claim in claims for end in (claim.source, claim.target) if end}
    there = set(await snapshot.one(NODES, keys=list(keys))) if keys else set()
    rows = []
    for at, claim in claims:
        source = claim.source if claim.source in there else None
        target = claim.target if claim.kind == "HELD_BY" or claim.target in there else None
        closed = await _end(snapshot, claim, at) if claim.kind == "PART_OF" else None
        key = claim.target if claim.item_kind else None
        rows.append(ClaimRow(at, claim.kind, source, target, claim.mass_kg, closed, key, claim.item_kind))
    return rows


async def _end(snapshot: Neo4jSnapshot, claim: Claim, after: Position) -> Position | None:
    """The next removal or end of a claimed pair (8.5)."""
    ends = []
    for at, payload in await snapshot.one(ENDS, part=claim.source, host=claim.target):
        told = None if payload is None else orjson.loads(payload)
        if at > after and (told is None or (told.get("part"), told.get("host")) == (claim.source, claim.target)):
            ends.append(at)
    return min(ends, default=None)
