"""Which nodes are alike, so that a picture can show them as one: what they are, and what they are connected with."""

from __future__ import annotations

from typing import Any, TypeAlias

from graph_schema.answer import Trace, TraceEdge, TraceNode

Identity: TypeAlias = tuple[bool, str]
"""A node of a trace: whether it is an event, and its key. Items and events have namespaces of their own."""


def identity(node: TraceNode) -> Identity:
    """The identity of a node that is no organization."""
    return node.kind == "EVENT", node.key


def ends(edge: TraceEdge) -> tuple[Identity, Identity]:
    """The nodes that an edge leads from and to; it must not be one of custody."""
    return (edge.kind == "YIELDED", edge.source), (edge.kind == "CONSUMED_IN", edge.target)


def classes(trace: Trace, rounds: int | None = None, labelled: bool = True) -> dict[Identity, int]:
    """A class of each item and event. Two are alike where they are of one kind, label, role and status, and their
    edges lead to nodes that are alike, how many ever; `rounds` bounds how far away that is looked at (None: anywhere).
    Where not `labelled`, labels and status do not count.
    """
    colours: dict[Identity, Any] = {}
    around: dict[Identity, set[tuple[str, bool, bool, Identity]]] = {}
    for node in trace.nodes:
        if node.kind != "ORGANIZATION":
            label = "" if node.label == node.key else node.label
            look = (label, node.status or "") if labelled else ()
            colours[identity(node)] = (node.kind, node.role, node.redacted, *look)
            around[identity(node)] = set()
    for edge in trace.edges:
        if edge.kind != "HELD_BY":
            source, target = ends(edge)
            around[source].add((edge.kind, edge.contested, True, target))
            around[target].add((edge.kind, edge.contested, False, source))
    numbers = _numbered(colours)
    count = 0
    while rounds is None or rounds > 0:
        rounds = None if rounds is None else rounds - 1
        refined = {
            one: (numbers[one], frozenset([(*link[:3], numbers[link[3]]) for link in around[one]])) for one in numbers
        }
        numbers = _numbered(refined)
        if max(numbers.values(), default=0) == count:
            break
        count = max(numbers.values(), default=0)
    return numbers


def _numbered(colours: dict[Identity, Any]) -> dict[Identity, int]:
    """The colours as numbers, in the order in which they appear."""
    seen: dict[Any, int] = {}
    return {one: seen.setdefault(colour, len(seen)) for one, colour in colours.items()}
