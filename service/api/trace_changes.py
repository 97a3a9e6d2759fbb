"""What became of a trace between two moments."""

from __future__ import annotations

from datetime import datetime
from typing import Any, cast

import strawberry
from strawberry.utils.str_converters import to_camel_case

from graph_schema import answer
from graph_schema.difference import Changed, difference
from graph_schema.trace import TraceQuestion
from service import tracing
from service.api.context import Moment
from service.api.item import Info
from service.api.scalars import Claims, TraceDirection
from service.api.trace import TraceEdge, TraceNode, node_of


@strawberry.input(description="The world at `asOf` (the end of time), as far as it was known at `knownAt` (now).")
class TraceMoment:
    """A moment."""

    as_of: datetime | None = strawberry.field(default=None, description="Which moment of the world, inclusive.")
    known_at: datetime | None = strawberry.field(default=None, description="Which moment of knowledge, inclusive.")


@strawberry.type(description="A node that is in both traces, otherwise.")
class TraceNodeChange:
    """One change."""

    before: TraceNode = strawberry.field(description="As it was at `from`.")
    after: TraceNode = strawberry.field(description="As it is at `to`.")
    fields: list[str] = strawberry.field(description="The fields that differ, such as `status`.")


@strawberry.type(description="An edge that is in both traces, otherwise.")
class TraceEdgeChange:
    """One change."""

    before: TraceEdge = strawberry.field(description="As it was at `from`.")
    after: TraceEdge = strawberry.field(description="As it is at `to`.")
    fields: list[str] = strawberry.field(description="The fields that differ, such as `to` and `closedBy`.")


@strawberry.type(
    description="What the trace at `to` has that the one at `from` has not, the other way round, and what changed. A "
    "node is the same by its key, an edge by its kind, its ends and the event that opened it."
)
class TraceChanges:
    """The difference of two traces."""

    nodes_added: list[TraceNode] = strawberry.field(description="Nodes that came in.")
    nodes_removed: list[TraceNode] = strawberry.field(description="Nodes that are there no more.")
    nodes_changed: list[TraceNodeChange] = strawberry.field(description="Nodes that changed.")
    edges_added: list[TraceEdge] = strawberry.field(description="Edges that came in.")
    edges_removed: list[TraceEdge] = strawberry.field(description="Edges that are there no more.")
    edges_changed: list[TraceEdgeChange] = strawberry.field(description="Edges that changed.")
    truncated: bool = strawberry.field(
        description="Whether the limit of nodes cut one of the traces off, so that what lies beyond may seem to differ."
    )


async def trace_changes(
    info: Info,
    key: str,
    direction: answer.Direction,
    before: TraceMoment,
    after: TraceMoment,
    claims: Claims | None = Claims.ACCEPTED,
) -> TraceChanges | None:
    """The difference of an item's traces at two moments, None where it is known at neither."""
    moments = [await info.context.moment(one.as_of, one.known_at) for one in (before, after)]
    was, is_ = [await _trace(info, key, direction, moment, claims is Claims.ALL) for moment in moments]
    if was is None and is_ is None:
        return None
    found = difference(was, is_)
    return TraceChanges(
        nodes_added=[node_of(node, moments[1]) for node in found.nodes.added],
        nodes_removed=[node_of(node, moments[0]) for node in found.nodes.removed],
        nodes_changed=[
            TraceNodeChange(
                before=node_of(one.before, moments[0]), after=node_of(one.after, moments[1]), fields=_fields(one)
            )
            for one in found.nodes.changed
        ],
        edges_added=cast("list[TraceEdge]", found.edges.added),
        edges_removed=cast("list[TraceEdge]", found.edges.removed),
        edges_changed=[
            TraceEdgeChange(
                before=cast("TraceEdge", one.before), after=cast("TraceEdge", one.after), fields=_fields(one)
            )
            for one in found.edges.changed
        ],
        truncated=found.truncated,
    )


async def _trace(info: Info, key: str, direction: TraceDirection, moment: Moment, claimed: bool) -> answer.Trace | None:
    context = info.context
    question = TraceQuestion(key, direction, moment.as_of, claimed, nodes_max=context.settings.nodes_max, weigh=False)
    return await tracing.trace(context.store, question, moment.sequence, context.sight)


def _fields(change: Changed[Any]) -> list[str]:
    """The fields as the schema calls them."""
    return [to_camel_case(name.rstrip("_")) for name in change.fields]
