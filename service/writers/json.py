"""The trace as JSON, with the names of the GraphQL type."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from graph_schema.answer import Trace
from graph_schema.canonical import utc_text


def trace_json(trace: Trace) -> dict[str, Any]:
    """A trace as a JSON object; times in UTC."""
    return {
        "root": {"key": trace.root},
        "direction": trace.direction.value,
        "nodes": [
            {
                "key": node.key,
                "kind": node.kind,
                "role": node.role.value,
                "depth": node.depth,
                "label": node.label,
                "status": node.status,
                "at": _time(node.at),
                "redacted": node.redacted,
            }
            for node in trace.nodes
        ],
        "edges": [
            {
                "source": edge.source,
                "target": edge.target,
                "kind": edge.kind,
                "from": _time(edge.from_),
                "to": _time(edge.to),
                "massKg": edge.mass_kg,
                "openedBy": edge.opened_by,
                "closedBy": edge.closed_by,
                "contested": edge.contested,
            }
            for edge in trace.edges
        ],
        "attribution": [
            {
                "key": row.key,
                "kind": row.kind,
                "element": row.element,
                "massKg": row.mass_kg,
                "share": row.share,
                "basis": row.basis,
                "direction": row.direction.value,
            }
            for row in trace.attribution
        ],
        "balance": [
            {
                "element": row.element,
                "rootKg": row.root_kg,
                "recoveredKg": row.recovered_kg,
                "inUseKg": row.in_use_kg,
                "usedInProductionKg": row.used_in_production_kg,
                "disposedKg": row.disposed_kg,
                "lossKg": row.loss_kg,
            }
            for row in trace.balance
        ],
        "unsettled": trace.unsettled,
        "truncated": trace.truncated,
        "frontier": [{"key": node.key, "unexploredEdges": node.unexplored_edges} for node in trace.frontier],
    }


def _time(moment: datetime | None) -> str | None:
    return None if moment is None else utc_text(moment)
