"""Nodes of a trace by names that any language takes, and edges between them: organizations, items and events have
namespaces of their own, so that a key alone names no node."""

from __future__ import annotations

from collections.abc import Iterator

from graph_schema.answer import Trace, TraceEdge, TraceNode
from graph_schema.days import day_at
from service.languages import ENGLISH, Language
from service.phrases import translated


def named_nodes(trace: Trace) -> list[tuple[str, TraceNode]]:
    """The nodes with their names: n0, n1, ..."""
    return [(f"n{number}", node) for number, node in enumerate(trace.nodes)]


def named_edges(trace: Trace) -> Iterator[tuple[str, str, TraceEdge]]:
    """The edges with the names of their ends."""
    names = {(family(node), node.key): name for name, node in named_nodes(trace)}
    for edge in trace.edges:
        source, target = families(edge)
        yield names[source, edge.source], names[target, edge.target], edge


def until(edge: TraceEdge, language: Language = ENGLISH) -> str:
    """Until when a part was inside of its host, in words; empty where it is now, or where that is contested."""
    if edge.kind != "PART_OF" or edge.to is None or edge.contested:
        return ""
    return language.text("picture.inside", until=f"{day_at(edge.to)}")


def family(node: TraceNode) -> str:
    """The namespace of a node's key."""
    return node.kind if node.kind in ("EVENT", "ORGANIZATION") else "ITEM"


def families(edge: TraceEdge) -> tuple[str, str]:
    """The namespaces of the keys of an edge's ends."""
    target = {"HELD_BY": "ORGANIZATION", "CONSUMED_IN": "EVENT"}.get(edge.kind, "ITEM")
    return ("EVENT" if edge.kind == "YIELDED" else "ITEM"), target


def describe(node: TraceNode, language: Language = ENGLISH) -> str:
    """A node in a line or two: what it is, its key, and its label where it says more."""
    kind = language.named("kind", node.kind)
    if node.redacted:
        return language.text("picture.withheldKind", kind=kind)
    if node.kind == "EVENT":
        return f"{language.named('event', node.label)} {'' if node.at is None else day_at(node.at)}\n{node.key}"
    label = "" if node.label == node.key else f" {named_material(node, language)}"
    return f"{kind}{label}\n{node.key}"


def named_material(node: TraceNode, language: Language) -> str:
    """The label of an item; of a lot its material, as it is called in a language."""
    return (translated(language.tag, node.label) if node.kind == "LOT" else None) or node.label
