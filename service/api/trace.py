"""The trace."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import datetime
from typing import Any, cast

import strawberry
from graphql import GraphQLError
from strawberry.types.nodes import FragmentSpread, InlineFragment, SelectedField

from graph_schema import answer
from graph_schema.further import NAMED_MAX, STEP
from graph_schema.trace import TraceQuestion
from service import tracing
from service.api.context import Context, Moment
from service.api.errors import limit_error
from service.api.event import Event, load_event
from service.api.flat import SlowRoad, at_hand
from service.api.item import Info, Item, Node, find_item, item_of
from service.api.organization import Organization
from service.api.scalars import AttributionBasis, Claims, EdgeKind, ItemKind, TraceDirection, TraceRole

READ = 1000
"""So many objects are read at once."""
UNREAD = object()


def _found(node: TraceNode) -> Any:
    if node.found is UNREAD:
        raise SlowRoad
    return node.found


@strawberry.type(description="An item, organization or event of a trace.")
class TraceNode:
    """One node."""

    key: str = strawberry.field(description="An item's or organization's key, or an event id.")
    kind: str = strawberry.field(description="CELL MODULE BATTERY COMPONENT VEHICLE LOT ORGANIZATION EVENT.")
    role: TraceRole = strawberry.field(description="What it is to the root.")
    depth: int = strawberry.field(description="Edges from the root.")
    label: str = strawberry.field(description="A short name: model, material, organization's name or event type.")
    status: str | None = strawberry.field(description="An item's or event's status.")
    at: datetime | None = strawberry.field(description="When it came into being, or occurred.")
    redacted: bool = strawberry.field(description="Whether it is withheld from the viewer.")
    handle: strawberry.Private[Any] = None
    moment: strawberry.Private[Moment | None] = None
    found: strawberry.Private[Any] = UNREAD

    @strawberry.field(description="The full object, where a client wants more.")
    @at_hand(_found)
    async def node(self, info: Info) -> Node | None:
        """The typed object."""
        if self.found is not UNREAD:
            return self.found  # type: ignore[no-any-return]
        return await self.load(info.context)

    async def load(self, context: Context) -> Node | None:
        """Read the typed object."""
        if self.redacted:
            return None
        assert self.moment is not None
        if self.kind == "ORGANIZATION":
            return Organization(key_text=self.key, moment=self.moment)
        if self.kind == "EVENT":
            return await load_event(context, self.moment, self.key)
        row = await context.load.rows.load((self.moment.known, self.handle))
        return None if row is None else item_of(row, self.moment)


@strawberry.type(description="An edge of a trace, with the events that opened and closed it as evidence.")
class TraceEdge:
    """One edge."""

    source: str = strawberry.field(description="The key of the node it starts from.")
    target: str = strawberry.field(description="The key of the node it leads to.")
    kind: EdgeKind = strawberry.field(description="What kind of edge it is.")
    from_: datetime = strawberry.field(name="from", description="Since when.")
    to: datetime | None = strawberry.field(description="Until when; null while it is open.")
    mass_kg: float | None = strawberry.field(description="Kilograms consumed, drawn or yielded.")
    opened_by: str = strawberry.field(description="The id of the event that opened it.")
    closed_by: str | None = strawberry.field(description="The id of the event that closed it.")
    contested: bool = strawberry.field(description="Whether only a contested event claims it.")


@strawberry.type(description="How much of an element of the root reached an item (forward), or came from it.")
class Attribution:
    """One row."""

    key: str = strawberry.field(description="The item's key.")
    kind: ItemKind = strawberry.field(description="What it is.")
    element: str = strawberry.field(description='The element\'s symbol; "" is total mass.')
    mass_kg: float = strawberry.field(description="Kilograms.")
    share: float = strawberry.field(description="Forward: of the item's content. Backward: of the root's.")
    basis: AttributionBasis = strawberry.field(description="The weakest on any way.")
    direction: TraceDirection = strawberry.field(description="Which way.")


@strawberry.type(description="Where the root's kilograms of an element are; rootKg is the sum of the others.")
class Balance:
    """One row."""

    element: str = strawberry.field(description='The element\'s symbol; "" is total mass.')
    root_kg: float = strawberry.field(description="In the root and all that was ever inside it.")
    recovered_kg: float = strawberry.field(description="Remaining in lots.")
    in_use_kg: float = strawberry.field(description="In units of the root that did not end.")
    used_in_production_kg: float = strawberry.field(description="In new units, reached through a lot.")
    disposed_kg: float = strawberry.field(description="Disposed of.")
    loss_kg: float = strawberry.field(description="Lost in transformations, dismantling and scrapping.")


@strawberry.type(description="A node whose edges a bound cut off.")
class FrontierNode:
    """One node."""

    key: str = strawberry.field(description="Its key.")
    unexplored_edges: int = strawberry.field(description="At most so many edges more.")


@strawberry.type(description="The answer to: where did its substance go, and where did it come from?")
class Trace:
    """A trace at a moment."""

    found: strawberry.Private[answer.Trace]
    moment: strawberry.Private[Moment]
    untold: strawberry.Private[Item | None] = None

    @strawberry.field(description="The item that is traced.")
    async def root(self, info: Info) -> Item:
        """The root."""
        if self.untold is not None:
            return self.untold
        item = await find_item(info.context, self.found.root, self.moment)
        assert item is not None
        return item

    @strawberry.field(description="Which way.")
    def direction(self) -> TraceDirection:
        """The direction."""
        return self.found.direction

    @strawberry.field(
        description="Whether nothing is told, because the item is not known then, or not seen in full by the viewer."
    )
    def withheld(self) -> bool:
        """Whether nothing is told."""
        return self.untold is not None

    @strawberry.field(description="In the order depth, kind, key.")
    async def nodes(self, info: Info) -> list[TraceNode]:
        """The nodes; the objects that are asked for are read at once, as many as the trace has nodes."""
        if not selects(info.selected_fields, {"node"}):
            return cast("list[TraceNode]", self.found.nodes)
        nodes = [node_of(node, self.moment) for node in self.found.nodes]
        for start in range(0, len(nodes), READ):
            some = nodes[start : start + READ]
            for node, found in zip(some, await asyncio.gather(*(one.load(info.context) for one in some)), strict=True):
                node.found = found
        return nodes

    @strawberry.field(description="In the order of the events that opened them.")
    def edges(self) -> list[TraceEdge]:
        """The edges."""
        return cast("list[TraceEdge]", self.found.edges)

    @strawberry.field(description="How much of the root is where, or came from where.")
    def attribution(self) -> list[Attribution]:
        """The attribution."""
        return cast("list[Attribution]", self.found.attribution)

    @strawberry.field(description="That nothing of the root is missing; forward only, where everything is known.")
    def balance(self) -> list[Balance]:
        """The balance."""
        return cast("list[Balance]", self.found.balance)

    @strawberry.field(description="Pending or contested events that name an item of the trace.")
    async def unsettled(self, info: Info) -> list[Event]:
        """The unsettled events."""
        found = await info.context.read(self.moment, lambda snapshot: snapshot.stored(self.found.unsettled))
        by_id = {record.event_id: record for record in found}
        return [Event(record=by_id[event_id], moment=self.moment) for event_id in self.found.unsettled]

    @strawberry.field(description="Whether a bound cut something off.")
    def truncated(self) -> bool:
        """Whether it is cut off."""
        return self.found.truncated

    @strawberry.field(description="Where a bound cut something off: go on from there.")
    def frontier(self) -> list[FrontierNode]:
        """The frontier."""
        return cast("list[FrontierNode]", self.found.frontier)


def node_of(node: answer.TraceNode, moment: Moment) -> TraceNode:
    """A node that knows at which moment it was found."""
    return TraceNode(**node._asdict(), moment=moment)


def selects(selections: list[Any], names: set[str]) -> bool:
    """Whether any of the fields is selected directly below, fragments included."""
    for selection in selections:
        for inner in selection.selections:
            if isinstance(inner, SelectedField) and inner.name in names:
                return True
            if isinstance(inner, FragmentSpread | InlineFragment) and selects([inner], names):
                return True
    return False


def bound(value: int | None, ceiling: int, argument: str, lowest: int) -> int | None:
    """A bound of a trace. Raises GraphQLError naming the limit and the value."""
    if value is not None and value < lowest:
        raise GraphQLError(f"{argument}: {value} is below {lowest}")
    if value is not None and value > ceiling:
        raise limit_error(f"{argument}: {value} is too much", "nodes_max", ceiling, value)
    return value


def further_of(named: Sequence[str] | None, max_nodes: int, ceiling: int) -> tuple[str, ...]:
    """The names of what further neighbours are told of. Raises GraphQLError for too many, by themselves or with so many
    nodes besides."""
    names = tuple(named or ())
    if len(names) > NAMED_MAX:
        raise GraphQLError(f"further: {len(names)} names are too many; {NAMED_MAX} can be. Take a larger maxNodes")
    nodes = max_nodes + STEP * len(names)
    if names and nodes > ceiling:
        told = f"further: {len(names)} names may bring {STEP} nodes each, with maxNodes {nodes} in all, which"
        raise limit_error(f"{told} is too much", "nodes_max", ceiling, nodes)
    return names


async def ask_trace(
    info: Info,
    key: str,
    direction: answer.Direction,
    moment: Moment,
    claims: Claims | None,
    max_depth: int | None,
    max_nodes: int | None,
    further: list[str] | None,
) -> Trace | None:
    """A trace at a moment; attribution and balance only where they are selected."""
    ceiling = info.context.settings.nodes_max
    question = TraceQuestion(
        key,
        direction,
        moment.as_of,
        claims is Claims.ALL,
        bound(max_depth, ceiling, "maxDepth", 0),
        bound(max_nodes, ceiling, "maxNodes", 1) or ceiling,
        weigh=selects(info.selected_fields, {"attribution", "balance"}),
        further=further_of(further, bound(max_nodes, ceiling, "maxNodes", 1) or ceiling, ceiling),
    )
    found = await tracing.trace(info.context.store, question, moment.sequence, info.context.sight)
    return None if found is None else Trace(found=found, moment=moment)


def untold(root: Item, direction: answer.Direction, moment: Moment) -> Trace:
    """The trace of an item of which nothing is told."""
    return Trace(found=answer.Trace(root.row.key, direction), moment=moment, untold=root)


async def ask_path(info: Info, source: str, target: str, moment: Moment) -> Trace | None:
    """What connects two items at a moment. Raises GraphQLError where the limit of nodes lets nothing be found."""
    context = info.context
    limit = context.settings.nodes_max
    found = await tracing.path(context.store, source, target, moment.as_of, moment.sequence, limit, context.sight)
    if found is not None and found.truncated and not found.nodes:
        hint = "ask for a part of the way, to an item between"
        raise limit_error("path: nothing was found within the limit of nodes", "nodes_max", limit, hint=hint)
    return None if found is None else Trace(found=found, moment=moment)
