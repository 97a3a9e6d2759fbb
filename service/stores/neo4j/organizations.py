"""What organizations registered, in Neo4j."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from graph_schema.order import Position
from service.organizations import stated_in
from service.stores.neo4j.cypher import judged

if TYPE_CHECKING:
    from service.stores.neo4j.snapshot import Neo4jSnapshot

_REGISTERED = (
    "MATCH (o:Organization)<-[:REGISTERS]-(e) WHERE e.sequence <= $k AND "
    + judged("e", "status")
    + " = 'ACCEPTED' RETURN collect([o.key, e.position, e.payload])"
)


async def registered(snapshot: Neo4jSnapshot, cut: Position) -> dict[str, dict[str, Any]]:
    """What each organization has stated of itself before the cut."""
    payloads: dict[str, list[bytes | None]] = {}
    for key, position, payload in sorted(await snapshot.one(_REGISTERED), key=lambda row: bytes(row[1])):
        if position < cut:
            payloads.setdefault(key, []).append(None if payload is None else payload.encode())
    return {key: stated_in(said) for key, said in payloads.items()}
