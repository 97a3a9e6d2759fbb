"""The trace in the DOT language of Graphviz."""

from __future__ import annotations

from graph_schema.answer import Trace, TraceEdge
from service.languages import ENGLISH, Language
from service.writers.named import describe, named_edges, named_nodes, until

_ESCAPES = str.maketrans({"\\": "\\\\", '"': '\\"', "\n": "\\n", "\r": "\\r", "\x00": "�"})


def dot(trace: Trace, language: Language = ENGLISH) -> str:
    """A trace as a digraph; nodes are called n0, n1, ... in the order of the trace. Contested edges are dashed and red,
    those to a host that a part left dotted."""
    lines = ["digraph trace {", "  rankdir=LR;", "  node [shape=box];"]
    for name, node in named_nodes(trace):
        stated = {"label": describe(node, language), "kind": node.kind, "role": node.role.value, "key": node.key}
        if node.kind == "EVENT":
            stated["shape"] = "ellipse"
        if node.redacted:
            stated["style"] = "dashed"
        lines.append(f"  {name} [{_attributes(stated)}];")
    for source, target, edge in named_edges(trace):
        lines.append(f"  {source} -> {target} [{_attributes(_stated(edge, language))}];")
    return "\n".join([*lines, "}"]) + "\n"


def _stated(edge: TraceEdge, language: Language) -> dict[str, str]:
    name = edge.kind if language.is_english else language.named("edge", edge.kind)
    if over := until(edge, language):
        return {"label": f"{name}, {over}", "style": "dotted"}
    label = name if edge.mass_kg is None else f"{name} {edge.mass_kg:g} kg"
    return {"label": label} | ({"style": "dashed", "color": "red"} if edge.contested else {})


def _attributes(stated: dict[str, str]) -> str:
    return ", ".join(f'{name}="{value.translate(_ESCAPES)}"' for name, value in stated.items())
