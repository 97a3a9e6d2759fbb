"""Events: the records of the log."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import orjson
import strawberry
from strawberry.scalars import JSON

from graph_schema.order import Position
from service.api.connection import (
    Page,
    PageInfo,
    cursor,
    from_cursor,
    from_number_cursor,
    not_of_this_list,
    page_info,
    page_size,
)
from service.api.context import Context, Moment, global_id
from service.api.counting import counted
from service.api.item import Info, Item, Node, item_of, key_named
from service.api.loaders import History
from service.api.order import OrderDirection
from service.api.organization import Organization
from service.api.scalars import EventStatus, EventType
from service.api.turns import in_turns
from service.ports import EventFilter as Filter
from service.ports import StoredEvent

HISTORY = "a history"
"""What its cursors are of."""


@strawberry.type(description="Why an event is pending, contested or was turned away.")
class Problem:
    """One problem."""

    code: str = strawberry.field(description="Such as UNKNOWN_ITEM or ALREADY_ENDED.")
    message: str = strawberry.field(description="A sentence.")
    field: str | None = strawberry.field(description="The field of the event that is meant.")
    key: str | None = strawberry.field(description="The item or event that is meant.")
    conflicts_with: str | None = strawberry.field(description="The id of the event that it conflicts with.")


@strawberry.type(description="A fact that somebody reported: a record of the log. It is never changed.")
class Event(Node):
    """An event at a moment."""

    record: strawberry.Private[StoredEvent]
    moment: strawberry.Private[Moment]

    @strawberry.field(description="Opaque and stable; `node(id)` finds the thing again.")
    def id(self) -> strawberry.ID:
        """The global id."""
        return strawberry.ID(global_id("Event", self.record.event_id))

    @strawberry.field(description="The sender's id of it.")
    def event_id(self) -> str:
        """The event id."""
        return self.record.event_id

    @strawberry.field(description="What it reports.")
    def type(self) -> EventType:
        """The type."""
        return EventType(self.record.type)

    @strawberry.field(description="What became of it. Where it was not recorded by `knownAt`, or not yours to see: "
                      "what became of it when it was.")  # fmt: skip
    async def status(self, info: Info, known_at: datetime | None = None) -> EventStatus:
        """The status at a moment of knowledge."""
        if known_at is None:
            return self.record.status
        for known in (known_at, self.record.recorded_at):
            moment = await info.context.moment(None, known, self.moment)
            found = await load_event(info.context, moment, self.record.event_id)
            if found is not None:
                return found.record.status
        return self.record.status

    @strawberry.field(description="Why it is pending or contested.")
    def problems(self) -> list[Problem]:
        """The problems."""
        return [Problem(**problem._asdict()) for problem in self.record.problems]

    @strawberry.field(description="When it was true.")
    def occurred_at(self) -> datetime:
        """The time of the fact."""
        return self.record.occurred_at

    @strawberry.field(description="When the log learned it.")
    def recorded_at(self) -> datetime:
        """The time of the record."""
        return self.record.recorded_at

    @strawberry.field(description="Who reports that it did it.")
    def actor(self) -> Organization | None:
        """The actor."""
        return Organization(key_text=self.record.actor, moment=self.moment)

    @strawberry.field(description="Its place in the log, from 1.")
    def sequence(self) -> int:
        """The sequence number."""
        return self.record.sequence

    @strawberry.field(description="SHA-256 over the previous hash, sequence, recordedAt and the payload's digest; "
                      "empty where anything of the log is withheld.")  # fmt: skip
    def hash(self) -> str:
        """The hash, in hexadecimal, "" where it is withheld."""
        return self.record.hash.hex()

    @strawberry.field(description="The hash of the record before it; empty as `hash` is.")
    def previous_hash(self) -> str:
        """The previous hash, in hexadecimal, "" where it is withheld."""
        return self.record.previous_hash.hex()

    @strawberry.field(
        description="The items that it names, of a receipt or a voiding those of the event that it refers to; as far as"
        " they are known and, where it does not state them to you, in your full sight."
    )
    async def items(self, info: Info) -> list[Item]:
        """The items named."""
        rows = await info.context.load.named.load((self.moment.known, self.record))
        cut, found = self.moment.cut, list[Item]()
        async for some in in_turns(rows):
            found += [item_of(row, self.moment) for row in some if row.born < cut]
        return found

    @strawberry.field(description="The event as it was sent. Null: withheld or erased.")
    def payload(self) -> JSON | None:
        """The payload."""
        return None if self.record.payload is None else orjson.loads(self.record.payload)


@strawberry.type(description="An edge of a connection.")
class EventEdge:
    """One edge."""

    cursor: str = strawberry.field(description="Go on `after` it.")
    node: Event = strawberry.field(description="The event.")


@strawberry.type(description="A page of events.")
class EventConnection:
    """A page."""

    edges: list[EventEdge] = strawberry.field(description="The page.")
    page_info: PageInfo = strawberry.field(description="Where it lies.")
    count: strawberry.Private[Callable[[Info], Awaitable[int]]]

    @strawberry.field(description="How many there are in all; counted only where it is asked for.")
    async def total_count(self, info: Info) -> int:
        """The count."""
        return await self.count(info)


@strawberry.input(
    description="Which events: all that are given must hold. Texts must be the same to the letter, but for `item`."
)
class EventFilter:
    """A filter."""

    type: list[EventType] | None = strawberry.field(default=None, description="Of any of these types.")
    actor: str | None = strawberry.field(default=None, description="By an actor, exactly this key.")
    status: EventStatus | None = strawberry.field(default=None, description="With a status.")
    item: str | None = strawberry.field(
        default=None, description="In the history of an item, by its key or another identifier."
    )
    party: str | None = strawberry.field(
        default=None,
        description="That an organization, exactly this key, reported, or that name an item which it made or ever "
        "held, itself or as a part of something.",
    )
    occurred_from: datetime | None = strawberry.field(default=None, description="Occurred at that time or later.")
    occurred_to: datetime | None = strawberry.field(default=None, description="Occurred at that time or earlier.")
    recorded_from: datetime | None = strawberry.field(default=None, description="Recorded at that time or later.")
    recorded_to: datetime | None = strawberry.field(default=None, description="Recorded at that time or earlier.")


@strawberry.input(description="An order of events: that in which they were recorded, or the other way round.")
class EventOrder:
    """An order."""

    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="DESC: the newest first.")


async def load_event(context: Context, moment: Moment, event_id: str) -> Event | None:
    """An event by its id, None where it did not occur by then."""
    found = await context.load.records.load((moment.known, event_id))
    return None if found is None or found.position >= moment.cut else Event(record=found, moment=moment)


async def chosen_events(context: Context, where: EventFilter | None, moment: Moment) -> Filter:
    """The filter that a store understands."""
    stated: dict[str, Any] = {} if where is None else {k: v for k, v in vars(where).items() if v is not None}
    if (types := stated.pop("type", None)) is not None:
        stated["types"] = tuple(one.value for one in types)
    if "item" in stated:
        stated["item"] = await key_named(context, stated["item"], moment)
    if moment.as_of is not None:
        stated["occurred_to"] = min(moment.as_of, stated.get("occurred_to", moment.as_of))
    return Filter(**stated)


async def events_page(
    context: Context, moment: Moment, where: EventFilter | None, page: Page, order: EventOrder | None = None
) -> EventConnection:
    """A page of the log, in the order of its sequence. Raises GraphQLError naming the argument that makes no sense."""
    size = page.size(context.settings.page_max)
    edge = from_number_cursor(*page.edge)
    reverse = page.backward is not (order is not None and order.direction is OrderDirection.DESC)
    chosen = await chosen_events(context, where, moment)
    found = await context.read(moment, lambda snapshot: snapshot.event_page(chosen, edge, size + 1, reverse))
    shown = found[:size][::-1] if page.backward else found[:size]
    edges = [EventEdge(cursor=cursor(record.sequence), node=Event(record=record, moment=moment)) for record in shown]
    place = page_info([one.cursor for one in edges], len(found) > size, edge is not None, page.backward)
    return EventConnection(edges=edges, page_info=place, count=lambda info: counted(info, moment, chosen))


async def history_page(
    context: Context, moment: Moment, handle: Any, first: int | None, after: str | None
) -> EventConnection:
    """A page of an item's events, in the total order."""
    size = page_size(first, context.settings.page_max)
    behind = from_cursor(after, "after", HISTORY)
    wanted = History(handle, None if behind is None else _position(behind, after), size + 1)
    found = await context.load.histories.load((moment, wanted))
    edges = [
        EventEdge(cursor=cursor(record.position.hex(), HISTORY), node=Event(record=record, moment=moment))
        for record in found[:size]
    ]
    place = page_info([edge.cursor for edge in edges], len(found) > size, behind is not None)

    async def count(info: Info) -> int:
        return await info.context.load.history_counts.load((moment, handle))

    return EventConnection(edges=edges, page_info=place, count=count)


def _position(text: str, after: str | None) -> Position:
    """Raises GraphQLError where that is none."""
    try:
        return bytes.fromhex(text)
    except ValueError as error:
        raise not_of_this_list(after, "after", HISTORY) from error
