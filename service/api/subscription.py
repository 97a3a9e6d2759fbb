"""The subscription: events as they are recorded."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from time import monotonic

import strawberry
from graphql import GraphQLError

from service.access.tokens import Refused
from service.api.connection import cursor, from_number_cursor
from service.api.context import Moment
from service.api.errors import limit_error, too_long
from service.api.event import Event, EventEdge, EventFilter, chosen_events
from service.api.item import Info
from service.feed import Ended, TooMany
from service.ports import EventFilter as Filter
from service.ports import Snapshot, StoredEvent

PAGE = 100


@strawberry.type(description="What happens from now on, or from a cursor on.")
class Subscription:
    """The subscriptions."""

    @strawberry.subscription(
        description="Events as they are recorded, in the order of the log, each with the cursor to go on from. A client"
        " that comes back with the last cursor that it saw misses nothing."
    )
    async def event_recorded(
        self, info: Info, filter: EventFilter | None = None, after: str | None = None
    ) -> AsyncGenerator[EventEdge, None]:
        """Follow the log."""
        context = info.context
        chosen = chosen_events(filter, Moment(0, None))
        behind = None if after is None else from_number_cursor(after, "after")
        try:
            with context.feed.subscription(context.client), context.metrics.subscriptions.track_inprogress():
                position = await context.feed.last() if behind is None else behind
                while True:
                    last = await _beyond(info, position)
                    async for edge in _until(info, chosen, position, last):
                        yield edge
                    position = last
        except TooMany as error:
            limit = context.settings.subscriptions_max
            raise limit_error(str(error), "subscriptions_max", limit, error.count + 1) from error
        except Refused as error:
            raise GraphQLError(str(error), extensions={"code": "UNAUTHENTICATED"}) from error


async def _beyond(info: Info, position: int) -> int:
    """The last record once there is one after a position. Raises Refused where the viewer may not follow any longer."""
    try:
        last = await info.context.feed.beyond(position)
    except Ended as error:
        raise ended(position) from error
    await info.context.asker.check_again()
    return last


def ended(position: int) -> GraphQLError:
    """What a subscriber is told when the service ends: where to go on, from another one."""
    place = cursor(position)
    return GraphQLError(f"the service ends; go on after {place!r}", extensions={"code": "ENDED", "cursor": place})


async def _until(info: Info, chosen: Filter, position: int, last: int) -> AsyncGenerator[EventEdge, None]:
    """The events after a position up to the last."""
    context, moment = info.context, Moment(last, None)
    seconds = context.settings.execution_timeout_s
    while True:
        if context.feed.ending:
            raise ended(position)
        context.forget()
        started = monotonic()
        try:
            async with asyncio.timeout(seconds):
                page = await context.read(moment, partial(_page, chosen=chosen, position=position))
        except TimeoutError as error:
            raise too_long(monotonic() - started, seconds) from error
        for record in page:
            position = record.sequence
            yield EventEdge(cursor=cursor(position), node=Event(record=record, moment=moment))
            if context.feed.ending:
                raise ended(position)
        if len(page) < PAGE:
            return


async def _page(snapshot: Snapshot, chosen: Filter, position: int) -> list[StoredEvent]:
    return await snapshot.event_page(chosen, position, PAGE)
