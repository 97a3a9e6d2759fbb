"""The trace as a table: a row for each edge, with what is at both its ends."""

from __future__ import annotations

import csv as table
import io
from datetime import datetime

from graph_schema.answer import Trace, TraceEdge, TraceNode
from graph_schema.canonical import utc_text
from service.writers.named import families, family

COLUMNS = (
    "kind", "source", "sourceKind", "sourceLabel", "sourceRole", "sourceStatus", "sourceDepth", "target", "targetKind",
    "targetLabel", "targetRole", "targetStatus", "targetDepth", "from", "to", "massKg", "openedBy", "closedBy",
    "contested",
)  # fmt: skip
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")


def csv(trace: Trace) -> str:
    """A trace as CSV (RFC 4180), edges in the order of the trace. A node without an edge has a row with nothing but
    the columns of its source. A text that a spreadsheet would take for a formula has an apostrophe before it."""
    nodes = {(family(node), node.key): node for node in trace.nodes}
    rows, connected = [], set()
    for edge in trace.edges:
        source, target = ((kind, key) for kind, key in zip(families(edge), (edge.source, edge.target), strict=True))
        connected |= {source, target}
        rows.append([edge.kind, *_node(nodes[source]), *_node(nodes[target]), *_edge(edge)])
    alone = [node for name, node in nodes.items() if name not in connected]
    rows += [["", *_node(node)] + [""] * (len(COLUMNS) - 7) for node in alone]
    written = io.StringIO()
    writer = table.writer(written)
    writer.writerow(COLUMNS)
    writer.writerows([harmless(cell) for cell in row] for row in rows)
    return written.getvalue()


def _node(node: TraceNode) -> list[str]:
    return [node.key, node.kind, node.label, node.role.value, node.status or "", str(node.depth)]


def _edge(edge: TraceEdge) -> list[str]:
    mass = "" if edge.mass_kg is None else repr(edge.mass_kg)
    times = [_time(edge.from_), _time(edge.to)]
    return [*times, mass, edge.opened_by, edge.closed_by or "", "true" if edge.contested else "false"]


def _time(moment: datetime | None) -> str:
    return "" if moment is None else utc_text(moment)


def harmless(cell: str) -> str:
    """A cell that a spreadsheet takes for text, and not for a formula."""
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
