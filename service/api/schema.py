"""The schema: the queries and mutations. `python -m service.api.schema` prints it."""

from __future__ import annotations

import asyncio
from datetime import datetime
from typing import Annotated, Any

import strawberry
from graphql import GraphQLError
from strawberry.schema.config import StrawberryConfig
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from graph_schema.identifiers import Scheme
from service.api.affected import Affected, ask_affected
from service.api.connection import Page, page_size
from service.api.descriptions import describe
from service.api.errors import finish_errors, mask
from service.api.event import Event, EventConnection, EventFilter, EventOrder, events_page, load_event
from service.api.execution import FastExecutionContext
from service.api.finding_list import FindingConnection, FindingFilter, FindingOrder, findings_page
from service.api.identifier import IdentifierExplanation, explanation
from service.api.item import Info, Item, Node, find_item
from service.api.item_list import ItemConnection, ItemFilter, ItemOrder, filter_of, items_page
from service.api.limits import Limits
from service.api.mutations import Mutation
from service.api.nodes import node_of, node_or_null, organization_of
from service.api.organization import (
    Organization,
    OrganizationConnection,
    OrganizationFilter,
    OrganizationOrder,
    organizations_page,
)
from service.api.report import Report, ReportFilter, question_of
from service.api.scalars import (
    SCALARS,
    Claims,
    TraceDirection,
)
from service.api.search import SearchConnection, search
from service.api.subscription import Subscription
from service.api.trace import Trace, ask_path, ask_trace
from service.api.trace_changes import TraceChanges, TraceMoment, trace_changes
from service.api.units import TYPES, Battery, Cell, Component, MaterialLot, Module, Vehicle
from service.api.viewer import Viewer, shown


async def _item(info: Info, key: str, as_of: Any, known_at: Any, kind: type[Any]) -> Any:
    item = await find_item(info.context, key, await info.context.moment(as_of, known_at))
    return item if isinstance(item, kind) else None


@strawberry.type(
    description="Reads. Each takes `asOf`, the world at that moment, and `knownAt`, what the log held then."
)
class Query:
    """The queries."""

    @strawberry.field(description="Who asks, as the service sees it.")
    def viewer(self, info: Info) -> Viewer:
        """The viewer."""
        return shown(info.context.sight.viewer)

    @strawberry.field(description="What a text says as an identifier; null where it looks like nothing known.")
    def identifier(
        self,
        text: Annotated[str, strawberry.argument(description="What somebody typed, pasted or scanned.")],
        scheme: Scheme | None = None,
    ) -> IdentifierExplanation | None:
        """An explanation."""
        return explanation(text, scheme)

    @strawberry.field(description="Anything by its global id.")
    async def node(
        self, info: Info, id: strawberry.ID, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Node | None:
        """One node."""
        found: Node | None = await node_of(info, id, await info.context.moment(as_of, known_at))
        return found

    @strawberry.field(description="Several things by their global ids, in the order asked; null where there is none.")
    async def nodes(
        self, info: Info, ids: list[strawberry.ID], as_of: datetime | None = None, known_at: datetime | None = None
    ) -> list[Node | None]:
        """Several nodes."""
        page_size(len(ids), info.context.settings.page_max, "ids")
        moment = await info.context.moment(as_of, known_at)
        return list(await asyncio.gather(*(node_or_null(info, one, moment) for one in ids)))

    @strawberry.field(description="An item by its key, or another identifier of it (the key wins).")
    async def item(
        self, info: Info, key: str, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Item | None:
        """An item."""
        return await _item(info, key, as_of, known_at, Item)  # type: ignore[no-any-return]

    @strawberry.field(description="A battery by its key or another identifier.")
    async def battery(
        self, info: Info, key: str, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Battery | None:
        """A battery."""
        return await _item(info, key, as_of, known_at, Battery)  # type: ignore[no-any-return]

    @strawberry.field(description="A cell by its key or another identifier.")
    async def cell(
        self, info: Info, key: str, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Cell | None:
        """A cell."""
        return await _item(info, key, as_of, known_at, Cell)  # type: ignore[no-any-return]

    @strawberry.field(description="A module by its key or another identifier.")
    async def module(
        self, info: Info, key: str, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Module | None:
        """A module."""
        return await _item(info, key, as_of, known_at, Module)  # type: ignore[no-any-return]

    @strawberry.field(description="A component by its key or another identifier.")
    async def component(
        self, info: Info, key: str, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Component | None:
        """A component."""
        return await _item(info, key, as_of, known_at, Component)  # type: ignore[no-any-return]

    @strawberry.field(description="A vehicle by its VIN or another identifier.")
    async def vehicle(
        self, info: Info, key: str, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Vehicle | None:
        """A vehicle."""
        return await _item(info, key, as_of, known_at, Vehicle)  # type: ignore[no-any-return]

    @strawberry.field(description="A material lot by its number or another identifier.")
    async def lot(
        self, info: Info, key: str, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> MaterialLot | None:
        """A lot."""
        return await _item(info, key, as_of, known_at, MaterialLot)  # type: ignore[no-any-return]

    @strawberry.field(description="An organization by its key, registered or not, if it ever acted or held something.")
    async def organization(
        self, info: Info, key: str, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Organization | None:
        """An organization."""
        return await organization_of(info, key, await info.context.moment(as_of, known_at))

    @strawberry.field(
        description="What the rulebook finds wrong now, in an order (that in which it came to light); kept up to date"
        " as events are recorded."
    )
    async def findings(
        self,
        info: Info,
        filter: FindingFilter | None = None,
        order_by: Annotated[
            FindingOrder | None, strawberry.argument(description="In which order. Default: as they came to light.")
        ] = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> FindingConnection:
        """A page of findings."""
        return await findings_page(info, filter, Page(first, after, last, before), order_by)

    @strawberry.field(
        description="Whoever registered, acted or held something, in an order (by key). `asOf` says as of when names,"
        " roles and regions count; who is listed goes by `knownAt` alone, and `registered` says who was registered by"
        " then."
    )
    async def organizations(
        self,
        info: Info,
        filter: OrganizationFilter | None = None,
        order_by: OrganizationOrder | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> OrganizationConnection:
        """A page of organizations."""
        moment = await info.context.moment(as_of, known_at)
        return await organizations_page(info, moment, filter, Page(first, after, last, before), order_by)

    @strawberry.field(description="An event by its id, if it occurred by then.")
    async def event(
        self, info: Info, event_id: str, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> Event | None:
        """An event."""
        return await load_event(info.context, await info.context.moment(as_of, known_at), event_id)

    @strawberry.field(description="The log, in the order of its sequence; `asOf`: what occurred by then.")
    async def events(
        self,
        info: Info,
        filter: EventFilter | None = None,
        order_by: Annotated[
            EventOrder | None, strawberry.argument(description="In which order. Default: as recorded.")
        ] = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> EventConnection:
        """A page of events."""
        moment = await info.context.moment(as_of, known_at)
        return await events_page(info.context, moment, filter, Page(first, after, last, before), order_by)

    @strawberry.field(description="The items that are known, in an order (by key).")
    async def items(
        self,
        info: Info,
        filter: ItemFilter | None = None,
        order_by: ItemOrder | None = None,
        first: int | None = None,
        after: str | None = None,
        last: int | None = None,
        before: str | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> ItemConnection:
        """A page of items."""
        moment = await info.context.moment(as_of, known_at)
        return await items_page(
            info, filter_of(filter, moment, info.context), moment, Page(first, after, last, before), order_by
        )

    @strawberry.field(
        description="Items and organizations by any name or a part of one: what is called so, then what begins so "
        "(both as written), then what has it in its key, an identifier or an organization's name, in any case."
    )
    async def search(
        self,
        info: Info,
        text: str,
        first: int | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> list[Node]:
        """The best of what a text finds."""
        found = await search(info, text, await info.context.moment(as_of, known_at), first)
        return [edge.node for edge in found.edges]

    @strawberry.field(description="What `search` finds, page by page, to the last.")
    async def search_connection(
        self,
        info: Info,
        text: str,
        first: int | None = None,
        after: str | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> SearchConnection:
        """A page of what a text finds."""
        return await search(info, text, await info.context.moment(as_of, known_at), first, after)

    @strawberry.field(description="Where an item's substance went, or came from; null where it is not known then.")
    async def trace(
        self,
        info: Info,
        key: str,
        direction: TraceDirection,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        claims: Claims | None = Claims.ACCEPTED,
        max_depth: int | None = None,
        max_nodes: int | None = None,
        further: list[str] | None = None,
    ) -> Trace | None:
        """A trace."""
        moment = await info.context.moment(as_of, known_at)
        return await ask_trace(info, key, direction, moment, claims, max_depth, max_nodes, further)

    @strawberry.field(
        description="Only what physically connects two items; no nodes where nothing does. Where it says that it is "
        "truncated, there is more than the limit of nodes lets it find."
    )
    async def path(
        self,
        info: Info,
        from_: Annotated[str, strawberry.argument(name="from", description="Whose matter.")],
        to: str,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Trace | None:
        """A path."""
        moment = await info.context.moment(as_of, known_at)
        return await ask_path(info, from_, to, moment)

    @strawberry.field(
        description="What became of a trace between two moments of the world, or of knowledge; null where the item is "
        "known at neither."
    )
    async def trace_changes(
        self,
        info: Info,
        key: str,
        direction: TraceDirection,
        from_: Annotated[TraceMoment, strawberry.argument(name="from", description="The earlier moment.")],
        to: Annotated[TraceMoment, strawberry.argument(description="The later moment.")],
        claims: Claims | None = Claims.ACCEPTED,
    ) -> TraceChanges | None:
        """A difference of traces."""
        return await trace_changes(info, key, direction, from_, to, claims)

    @strawberry.field(
        description="Recall: all that substance of suspect cells, lots or other items is in, where that is now, and "
        "who has it."
    )
    async def affected(
        self,
        info: Info,
        keys: list[str],
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        first: int | None = None,
        after: str | None = None,
    ) -> Affected:
        """What is affected."""
        return await ask_affected(info, keys, await info.context.moment(as_of, known_at), first, after)

    @strawberry.field(
        description="Flows of metal: recovery, fates, the market, times, years. A participant asks about its own "
        "organization only."
    )
    async def report(
        self,
        info: Info,
        filter: ReportFilter | None = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Report:
        """The reports on a scope."""
        moment = await info.context.moment(as_of, known_at)
        return Report(question=question_of(moment, (filter or ReportFilter()).scope()))


class Schema(strawberry.Schema):
    """A schema that logs what is unexpected, and leaves a caller's mistakes to the caller."""

    async def execute(self, query: str | None, *arguments: Any, **more: Any) -> ExecutionResult:
        """Run an operation that has one answer: a subscription has none. Raises InvalidOperationTypeError."""
        allowed = more.get("allowed_operation_types") or OperationType
        more["allowed_operation_types"] = {*allowed} - {OperationType.SUBSCRIPTION}
        return await super().execute(query, *arguments, **more)

    async def stream(self, query: str | None, *arguments: Any, **more: Any) -> Any:
        """Run one operation of a connection, with a context of its own."""
        more["context_value"] = more["context_value"].fork()
        return await super().stream(query, *arguments, **more)

    def process_errors(self, errors: list[GraphQLError], execution_context: Any = None) -> None:
        """Log unexpected errors and mask them, wherever they come from; finish the text of others."""
        context = execution_context.context
        for error in errors:
            mask(error, context.asker.viewer.sees_all)
        finish_errors(errors, context.settings)


schema = Schema(
    query=Query,
    mutation=Mutation,
    subscription=Subscription,
    types=list(TYPES.values()),
    config=StrawberryConfig(scalar_map=SCALARS),
    extensions=[Limits],
    execution_context_class=FastExecutionContext,
)
describe(schema._schema)


def sdl() -> str:
    """The schema in the schema definition language."""
    return schema.as_str() + "\n"


if __name__ == "__main__":
    import sys

    sys.stdout.write(sdl())
