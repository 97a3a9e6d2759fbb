"""The trace as GraphML, for programs that draw and measure graphs."""

from __future__ import annotations

from collections.abc import Iterable

from graph_schema.answer import Trace, TraceEdge, TraceNode
from graph_schema.canonical import utc_text
from service.writers.markup import xml_text
from service.writers.named import named_edges, named_nodes

_NODE = {"key": "string", "kind": "string", "role": "string", "depth": "int", "label": "string", "status": "string",
         "at": "string", "redacted": "boolean"}  # fmt: skip
_EDGE = {"kind": "string", "from": "string", "to": "string", "massKg": "double", "openedBy": "string",
         "closedBy": "string", "contested": "boolean"}  # fmt: skip
_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<graphml xmlns="http://graphml.graphdrawing.org/xmlns" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"
 xsi:schemaLocation="http://graphml.graphdrawing.org/xmlns http://graphml.graphdrawing.org/xmlns/1.0/graphml.xsd">"""


def graphml(trace: Trace) -> str:
    """A trace as a directed graph, whose attributes have the names of GraphQL; what is null has no data."""
    lines = [_HEAD]
    for use, kinds in (("node", _NODE), ("edge", _EDGE)):
        for name, kind in kinds.items():
            lines.append(f'<key id="{use}-{name}" for="{use}" attr.name="{name}" attr.type="{kind}"/>')
    lines.append('<graph id="trace" edgedefault="directed">')
    for name, node in named_nodes(trace):
        lines.append(f'<node id="{name}">{_data("node", _NODE, _of_node(node))}</node>')
    for number, (source, target, edge) in enumerate(named_edges(trace)):
        data = _data("edge", _EDGE, _of_edge(edge))
        lines.append(f'<edge id="e{number}" source="{source}" target="{target}">{data}</edge>')
    return "\n".join([*lines, "</graph>", "</graphml>"]) + "\n"


def _of_node(node: TraceNode) -> list[object]:
    at = None if node.at is None else utc_text(node.at)
    return [node.key, node.kind, node.role.value, node.depth, node.label, node.status, at, node.redacted]


def _of_edge(edge: TraceEdge) -> list[object]:
    times = utc_text(edge.from_), None if edge.to is None else utc_text(edge.to)
    return [edge.kind, *times, edge.mass_kg, edge.opened_by, edge.closed_by, edge.contested]


def _data(use: str, names: Iterable[str], values: list[object]) -> str:
    return "".join(
        f'<data key="{use}-{name}">{_text(value)}</data>'
        for name, value in zip(names, values, strict=True)
        if value is not None
    )


def _text(value: object) -> str:
    return str(value).lower() if isinstance(value, bool) else xml_text(str(value))
