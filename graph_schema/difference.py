"""What two traces of one item differ in."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from dataclasses import dataclass, field
from typing import Generic, NamedTuple, TypeVar

from graph_schema.answer import Trace, TraceEdge, TraceNode

Row = TypeVar("Row", TraceNode, TraceEdge)

_NOT_COMPARED = frozenset(["handle"])
"""A store's own name for a thing says nothing about it."""
_FAMILIES = {"EVENT": "EVENT", "ORGANIZATION": "ORGANIZATION"}
"""Items share one namespace, whatever their kind."""


class Changed(NamedTuple, Generic[Row]):
    """Something that is in both traces, otherwise: the fields that differ, as they are called in `TraceNode` and
    `TraceEdge`."""

    before: Row
    after: Row
    fields: list[str]


@dataclass
class Changes(Generic[Row]):
    """What came in, what is there no more, and what changed; each in the order of its trace."""

    added: list[Row] = field(default_factory=list)
    removed: list[Row] = field(default_factory=list)
    changed: list[Changed[Row]] = field(default_factory=list)


class Difference(NamedTuple):
    """What became of a trace. `truncated`: a bound cut one of the two off, so that what lies beyond it may seem to
    differ."""

    nodes: Changes[TraceNode]
    edges: Changes[TraceEdge]
    truncated: bool


def difference(before: Trace | None, after: Trace | None) -> Difference:
    """What is in `after` that is not in `before`, the other way round, and what changed; None is an empty trace.

    An item, an organization or an event is the same by its key, an edge by its kind, its ends and the event that opened
    it.
    """
    traces = [trace for trace in (before, after) if trace is not None]
    return Difference(
        _changes(_nodes(before), _nodes(after), lambda node: (_FAMILIES.get(node.kind), node.key)),
        _changes(_edges(before), _edges(after), lambda edge: (edge.kind, edge.source, edge.target, edge.opened_by)),
        any(trace.truncated for trace in traces),
    )


def _nodes(trace: Trace | None) -> list[TraceNode]:
    return [] if trace is None else trace.nodes


def _edges(trace: Trace | None) -> list[TraceEdge]:
    return [] if trace is None else trace.edges


def _changes(before: Iterable[Row], after: Iterable[Row], name: Callable[[Row], Hashable]) -> Changes[Row]:
    old = {name(row): row for row in before}
    new = {name(row): row for row in after}
    found = Changes[Row](
        added=[row for one, row in new.items() if one not in old],
        removed=[row for one, row in old.items() if one not in new],
    )
    for one, row in new.items():
        if one in old:
            differing = [
                column
                for column, was, is_ in zip(row._fields, old[one], row, strict=True)
                if was != is_ and column not in _NOT_COMPARED
            ]
            if differing:
                found.changed.append(Changed(old[one], row, differing))
    return found
