"""Traces as one would write them by hand in Cypher, and the naive way: all paths.

The hand-written query is the best that we know: reach by pruned expansion, then the edges of what was reached, all in
one record. It knows nothing of times. Where times decide (custody of a host before the part came into it), it finds
more than a trace; it is compared where it finds the very same nodes and edges.
"""

from __future__ import annotations

from typing import Any

from graph_schema.answer import Direction, Trace

_NAMED = "coalesce({0}.key, {0}.eventId)"


def _raw(forward: bool) -> str:
    onward = "-[:CONSUMED_IN|YIELDED*0..60]->" if forward else "<-[:CONSUMED_IN|YIELDED*0..60]-"
    item, event = ("n:Item", "o") if forward else ("o", "n:Event")
    birth = ("carriers", "(n:Event)-[r:YIELDED]->(o)") if forward else ("things", "(o)-[r:YIELDED]->(n:Item)")
    edges = {
        "CONSUMED_IN": ("carriers", f"({item})-[r:CONSUMED_IN]->({event})", "r.massKg"),
        "YIELDED": (*birth, "r.massKg"),
        "PART_OF": ("things", "(n)-[r:PART_OF]->(o)", "r.place", "r.openedBy", "r.from", "r.to"),
        "HELD_BY": ("things", "(n)-[r:HELD_BY]->(o)", "r.openedBy", "r.from", "r.to"),
    }
    found = []
    for kind, (nodes, path, *facts) in edges.items():
        ends = [_NAMED.format("startNode(r)"), _NAMED.format("endNode(r)")]
        among = " AND o IN carriers" if nodes == "things" and kind == "YIELDED" else ""
        row = ", ".join([f"'{kind}'", *ends, *facts])
        found.append(
            f"CALL (carriers, things) {{ UNWIND {nodes} AS n MATCH {path} WHERE r.knownTo IS NULL{among}"
            f" RETURN collect([{row}]) AS {kind} }}"
        )
    return "\n".join(
        [
            "MATCH (root:Item {key: $key})",
            "CALL (root) { MATCH (root)<-[:PART_OF*0..8]-(i) RETURN collect(DISTINCT i) AS insides }",
            f"CALL (insides) {{ UNWIND insides AS i MATCH (i){onward}(n) RETURN collect(DISTINCT n) AS carriers }}",
            "CALL (carriers) { UNWIND carriers AS n MATCH (n)-[:PART_OF*0..8]->(h)"
            " RETURN collect(DISTINCT h) AS things }",
            *found,
            "RETURN [n IN things | [coalesce(n.key, n.eventId), n.model, n.massKg, n.occurredAt, labels(n)]] AS nodes,"
            f" {', '.join(edges)}",
        ]
    )


RAW = {Direction.FORWARD: _raw(True), Direction.BACKWARD: _raw(False)}
POINT = """
MATCH (i:Item {key: $key})<-[y:YIELDED]-(e:Event) WHERE y.knownTo IS NULL
RETURN i.key AS key, y.kind AS kind, y.spec AS spec, y.position AS born, e.actor AS producer
"""
"""An item by its key, with all that is stated of it, by whom and when."""
NAIVE = {
    Direction.FORWARD: "MATCH path = (root:Item {key: $key})-[*]->(reached) RETURN collect(path)",
    Direction.BACKWARD: "MATCH path = (root:Item {key: $key})<-[*]-(reached) RETURN collect(path)",
}
Edge = tuple[str, str, str]


def told_by(record: Any) -> tuple[set[str], set[Edge]]:
    """The nodes and edges of a hand-written answer; custodians are the ends of custody."""
    edges = {
        (row[0], row[1], row[2]) for kind in ("CONSUMED_IN", "YIELDED", "PART_OF", "HELD_BY") for row in record[kind]
    }
    return {row[0] for row in record["nodes"]} | {row[2] for row in record["HELD_BY"]}, edges


def told_in(trace: Trace) -> tuple[set[str], set[Edge]]:
    """The same of a trace."""
    return {node.key for node in trace.nodes}, {(edge.kind, edge.source, edge.target) for edge in trace.edges}
