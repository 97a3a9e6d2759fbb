"""The edges that contested events claim, read from Neo4j."""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Any

from graph_schema.reader import ClaimRow
from service.stores.claims import Ends, claim_rows, keys_of, told_claims
from service.stores.neo4j.cypher import judged, known
from service.stores.values import loads

if TYPE_CHECKING:
    from service.stores.neo4j.snapshot import Neo4jSnapshot

CONTESTED = f"""
UNWIND $wanted AS each
MATCH (i:Item {{key: each}})<-[:MENTIONS]-(e) USING INDEX SEEK i:Item(key)
WHERE e.sequence <= $k AND {judged("e", "status")} = 'CONTESTED'
WITH DISTINCT e
RETURN collect([e.position, {judged("e", "claims")}])
"""
NODES = "UNWIND $keys AS key MATCH (i:Item {key: key}) USING INDEX SEEK i:Item(key) RETURN collect(i.key)"
REMOVALS = f"""
CALL () {{
  UNWIND $parts AS part
  MATCH (p:Item {{key: part}})<-[:MENTIONS]-(e) USING INDEX SEEK p:Item(key)
  WHERE e.type = 'REMOVAL' AND e.sequence <= $k AND {judged("e", "status")} <> 'VOIDED'
  RETURN p.key AS part, null AS host, e.position AS at, e.payload AS payload
  UNION ALL
  UNWIND $parts AS part
  MATCH (p:Item {{key: part}})-[r:PART_OF]->(h) USING INDEX SEEK p:Item(key)
  WHERE {known("r")} AND r.closedKnown <= $k
  MATCH (e:Event {{eventId: r.closedBy}}) USING INDEX SEEK e:Event(eventId) WHERE e.type = 'REMOVAL'
  RETURN p.key AS part, h.key AS host, e.position AS at, null AS payload
}}
RETURN collect([part, host, at, payload])
"""
ENDED = f"""
UNWIND $keys AS key
MATCH (i:Item {{key: key}})-[r:CONSUMED_IN]->() USING INDEX SEEK i:Item(key) WHERE r.ends AND {known("r")}
RETURN collect([i.key, r.position])
"""


async def read_claims(snapshot: Neo4jSnapshot, items: Collection[Any]) -> list[ClaimRow]:
    """All claimed edges of the contested events that touch any of the items."""
    if not items:
        return []
    claims = told_claims(await snapshot.one(CONTESTED, wanted=list(items)))
    if not claims:
        return []
    there = await snapshot.one(NODES, keys=list(keys_of(claims)))
    stays = [claim for _, claim in claims if claim.kind == "PART_OF"]
    ends = await _ends(snapshot, {claim.source for claim in stays if claim.source}, there) if stays else Ends((), ())
    return claim_rows(claims, {key: key for key in there}, ends)


async def _ends(snapshot: Neo4jSnapshot, parts: Collection[str], keys: list[str]) -> Ends:
    removals = []
    for part, host, at, payload in await snapshot.one(REMOVALS, parts=list(parts)):
        told = {"part": part, "host": host} if payload is None else loads(payload)
        if told["part"] == part:
            removals.append((part, told["host"], at))
    return Ends(removals, await snapshot.one(ENDED, keys=keys))
