"""Which nodes are alike, so that a picture can show them as one: what they are, and what they are connected with."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any, TypeAlias

from graph_schema.answer import Role, Trace, TraceEdge, TraceNode

Identity: TypeAlias = tuple[bool, str]
"""A node of a trace: whether it is an event, and its key. Items and events have namespaces of their own."""


def identity(node: TraceNode) -> Identity:
    """The identity of a node that is no organization."""
    return node.kind == "EVENT", node.key


def ends(edge: TraceEdge) -> tuple[Identity, Identity]:
    """The nodes that an edge leads from and to; it must not be one of custody."""
    return (edge.kind == "YIELDED", edge.source), (edge.kind == "CONSUMED_IN", edge.target)


class Alike:
    """The items and events of a trace, to be told alike. What they are connected with is read once."""

    def __init__(self, trace: Trace) -> None:
        self.nodes = [node for node in trace.nodes if node.kind != "ORGANIZATION"]
        self.place = {identity(node): number for number, node in enumerate(self.nodes)}
        self.around = _around(trace, self.place)
        self.born = next((node.at for node in self.nodes if node.role is Role.ROOT), None)

    def classes(
        self, rounds: int | None = None, labelled: bool = True, placed: bool = True, most: int | None = None
    ) -> dict[Identity, int] | None:
        """A class of each item and event; None where there are more than `most`, found out as soon as may be. Two are
        alike where they are of one kind, label, role and status, and their edges lead to nodes that are alike, how many
        ever; `rounds` bounds how far away that is looked at (None: anywhere). Where not `labelled`, labels of items and
        status do not count; where `placed`, how far from the root they are does, and on which side of it in time.
        """
        numbers = _numbered(_look(node, labelled, self.born if placed else None) for node in self.nodes)
        classes = max(numbers, default=0)
        while rounds is None or rounds > 0:
            if most is not None and classes >= most:  # more rounds tell only more apart
                return None
            rounds = None if rounds is None else rounds - 1
            width = classes + 1
            numbers = _numbered(
                (number, frozenset([tag * width + numbers[other] for tag, other in links]))
                for number, links in zip(numbers, self.around, strict=True)
            )
            if max(numbers, default=0) == classes:
                break
            classes = max(numbers, default=0)
        return None if most is not None and classes >= most else dict(zip(self.place, numbers, strict=True))


def _look(node: TraceNode, labelled: bool, born: datetime | None) -> tuple[Any, ...]:
    label = "" if node.label == node.key else node.label
    look: tuple[Any, ...] = (node.kind, node.role, node.redacted)
    if labelled:
        look += (label, node.status or "")
    elif node.kind == "EVENT":
        look += (label,)
    if born is not None:
        look += (node.depth, node.at is not None and node.at <= born)
    return look


def _around(trace: Trace, place: dict[Identity, int]) -> list[list[tuple[int, int]]]:
    """The neighbours of each node by their places, each with a number for the kind and direction of the edge."""
    around: list[list[tuple[int, int]]] = [[] for _ in place]
    tags: dict[tuple[str, bool], int] = {}
    for edge in trace.edges:
        if edge.kind != "HELD_BY":
            from_, to = ends(edge)
            source, target = place[from_], place[to]
            tag = 2 * tags.setdefault((edge.kind, edge.contested), len(tags))
            around[source].append((tag, target))
            around[target].append((tag + 1, source))
    return around


def _numbered(colours: Iterable[Any]) -> list[int]:
    """The colours as numbers, in the order in which they appear."""
    seen: dict[Any, int] = {}
    return [seen.setdefault(colour, len(seen)) for colour in colours]
