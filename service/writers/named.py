"""Nodes of a trace by names that any language takes, and edges between them: organizations, items and events have
namespaces of their own, so that a key alone names no node."""

from __future__ import annotations

from collections.abc import Iterator

from graph_schema.answer import Trace, TraceEdge, TraceNode


def named_nodes(trace: Trace) -> list[tuple[str, TraceNode]]:
    """The nodes with their names: n0, n1, ..."""
    return [(f"n{number}", node) for number, node in enumerate(trace.nodes)]


def named_edges(trace: Trace) -> Iterator[tuple[str, str, TraceEdge]]:
    """The edges with the names of their ends."""
    names = {(family(node), node.key): name for name, node in named_nodes(trace)}
    for edge in trace.edges:
        source, target = families(edge)
        yield names[source, edge.source], names[target, edge.target], edge


def family(node: TraceNode) -> str:
    """The namespace of a node's key."""
    return node.kind if node.kind in ("EVENT", "ORGANIZATION") else "ITEM"


def families(edge: TraceEdge) -> tuple[str, str]:
    """The namespaces of the keys of an edge's ends."""
    target = {"HELD_BY": "ORGANIZATION", "CONSUMED_IN": "EVENT"}.get(edge.kind, "ITEM")
    return ("EVENT" if edge.kind == "YIELDED" else "ITEM"), target


def describe(node: TraceNode) -> str:
    """A node in a line or two: what it is, its key, and its label where it says more."""
    if node.redacted:
        return f"withheld {node.kind.lower()}"
    if node.kind == "EVENT":
        return f"{node.label.lower()} {'' if node.at is None else f'{node.at:%Y-%m-%d}'}\n{node.key}"
    label = "" if node.label == node.key else f" {node.label}"
    return f"{node.kind.lower()}{label}\n{node.key}"
