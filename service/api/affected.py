"""Recall: what suspects are in."""

from __future__ import annotations

from collections import Counter

import strawberry
from graphql import GraphQLError

from graph_schema import recall
from service import tracing
from service.api.connection import PageInfo, cursor, from_cursor, page_info, page_size
from service.api.context import Moment
from service.api.item import Info
from service.api.scalars import ItemKind
from service.api.trace import TraceNode, node_of

RECALL = "a recall"
"""What its cursors are of."""


@strawberry.type(description="How many items of a kind there are.")
class KindCount:
    """One count."""

    kind: ItemKind = strawberry.field(description="The kind.")
    count: int = strawberry.field(description="How many.")


@strawberry.type(description="How many of the affected items somebody holds.")
class HolderCount:
    """One count."""

    holder: TraceNode = strawberry.field(description="Who holds them now.")
    count: int = strawberry.field(description="How many; parts count with their host's holder.")


@strawberry.type(description="How much is affected.")
class AffectedCounts:
    """The counts."""

    kinds: list[KindCount] = strawberry.field(description="Units by kind, and lots.")
    vehicles: int = strawberry.field(description="Vehicles that are affected or have something affected in them.")
    holders: int = strawberry.field(description="Organizations that hold something of it now.")
    by_holder: list[HolderCount] = strawberry.field(
        description="How many each of them holds, the most first; as far as they may be told apart."
    )
    ended: int = strawberry.field(description="Items that have ended since, as far as that is not withheld.")


@strawberry.type(description="An item that substance of a suspect is in. What is withheld keeps its place.")
class AffectedItem:
    """One item."""

    node: TraceNode = strawberry.field(description="The item, with its role and depth in the trace of a suspect.")
    suspects: list[str] = strawberry.field(description="The keys of the suspects whose substance is in it.")
    outermost: TraceNode | None = strawberry.field(
        description="The unit it is in, at any depth, that is in no other; null: it is in none."
    )
    vehicle: TraceNode | None = strawberry.field(description="The vehicle that it is or is in.")
    holder: TraceNode | None = strawberry.field(description="Who holds it; parts inherit their host's holder.")
    ended: bool | None = strawberry.field(
        description="Whether it has ended: what was in it went on into something else, or was lost. Null: withheld."
    )


@strawberry.type(description="An edge of a connection.")
class AffectedEdge:
    """One edge."""

    cursor: str = strawberry.field(description="Go on `after` it.")
    node: AffectedItem = strawberry.field(description="The affected item.")


@strawberry.type(description="A page of affected items, in the order of their keys.")
class AffectedConnection:
    """A page."""

    edges: list[AffectedEdge] = strawberry.field(description="The page.")
    page_info: PageInfo = strawberry.field(description="Where it lies.")
    total_count: int = strawberry.field(description="How many there are in all.")


@strawberry.type(
    description="What suspects are in: whatever carries substance of one, and the units that is in now."
)  # fmt: skip
class Affected:
    """The answer to a recall."""

    counts: AffectedCounts = strawberry.field(description="How much there is, before anything of it.")
    items: AffectedConnection = strawberry.field(description="A page of it.")
    unknown: list[str] = strawberry.field(description="The suspects that are not known then, or withheld.")
    truncated: bool = strawberry.field(
        description="Whether the limit of nodes, which all suspects share, cut something off, so that there is more "
        "than is counted: ask for fewer suspects at once, or have VOLTRACE_NODES_MAX raised. What is listed is told "
        "whole."
    )


async def ask_affected(info: Info, keys: list[str], moment: Moment, first: int | None, after: str | None) -> Affected:
    """A recall at a moment."""
    settings = info.context.settings
    size = page_size(first, settings.page_max)
    if not keys:
        raise GraphQLError("keys: name one suspect at least")
    page_size(len(keys), settings.page_max, "keys")
    behind = from_cursor(after, "after", RECALL)
    found = await tracing.recall(
        info.context.store, keys, moment.as_of, moment.sequence, settings.nodes_max, info.context.sight
    )
    rest = [one for one in found.items if behind is None or one.node.key > behind]
    edges = [AffectedEdge(cursor=cursor(one.node.key, RECALL), node=_shown(one, moment)) for one in rest[:size]]
    place = page_info([edge.cursor for edge in edges], len(rest) > size, behind is not None)
    return Affected(
        counts=_counts(found.items, found.holders, moment),
        items=AffectedConnection(edges=edges, page_info=place, total_count=len(found.items)),
        unknown=found.unknown,
        truncated=found.truncated,
    )


def _counts(items: list[recall.Affected], holders: int, moment: Moment) -> AffectedCounts:
    held = Counter(one.holder.key for one in items if one.holder is not None)
    nodes = {one.holder.key: one.holder for one in items if one.holder is not None}
    most = sorted(held.items(), key=lambda one: (-one[1], one[0]))
    kinds = Counter(one.node.kind for one in items)
    return AffectedCounts(
        kinds=[KindCount(kind=kind, count=kinds[kind.value]) for kind in ItemKind if kinds[kind.value]],
        vehicles=len({one.vehicle.key for one in items if one.vehicle is not None}),
        holders=holders,
        by_holder=[HolderCount(holder=node_of(nodes[key], moment), count=count) for key, count in most],
        ended=sum(one.ended is True for one in items),
    )


def _shown(one: recall.Affected, moment: Moment) -> AffectedItem:
    around = (one.outermost, one.vehicle, one.holder)
    outermost, vehicle, holder = (None if node is None else node_of(node, moment) for node in around)
    return AffectedItem(
        node=node_of(one.node, moment),
        suspects=list(one.suspects),
        outermost=outermost,
        vehicle=vehicle,
        holder=holder,
        ended=one.ended,
    )
