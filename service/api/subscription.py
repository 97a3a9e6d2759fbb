"""The subscription: events as they are recorded."""

from __future__ import annotations

import logging
from collections.abc import AsyncGenerator
from functools import partial
from time import monotonic

import strawberry
from graphql import GraphQLError

from service.access.tokens import Refused
from service.api.connection import cursor, from_number_cursor
from service.api.context import Moment
from service.api.event import Event, EventEdge, EventFilter, chosen_events
from service.api.item import Info
from service.feed import TooMany
from service.ports import EventFilter as Filter
from service.ports import Snapshot, StoredEvent
from service.stores.errors import StoreError

LOGGER = logging.getLogger("voltrace")
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
                    last = await context.feed.beyond(position)
                    await context.asker.check_again()
                    async for edge in _until(info, chosen, position, last):
                        yield edge
                    position = last
        except (TooMany, Refused, StoreError) as error:
            raise GraphQLError(str(error)) from error
        except GraphQLError:
            raise
        except Exception as error:
            LOGGER.exception("unexpected error in a subscription")
            raise GraphQLError("Unexpected error.") from error


async def _until(info: Info, chosen: Filter, position: int, last: int) -> AsyncGenerator[EventEdge, None]:
    """The events after a position up to the last; ends with an error where the reader takes too long for one."""
    context, moment = info.context, Moment(last, None)
    patience_s = context.settings.subscription_stall_s
    while True:
        context.forget()
        page = await context.read(moment, partial(_page, chosen=chosen, position=position))
        for record in page:
            position = record.sequence
            edge = EventEdge(cursor=cursor(position), node=Event(record=record, moment=moment))
            started = monotonic()
            yield edge
            if monotonic() - started > patience_s:
                raise GraphQLError(
                    f"the reader took more than {patience_s} s for an event (VOLTRACE_SUBSCRIPTION_STALL_S) and was"
                    f" dropped; go on after {edge.cursor!r}"
                )
        if len(page) < PAGE:
            return


async def _page(snapshot: Snapshot, chosen: Filter, position: int) -> list[StoredEvent]:
    return await snapshot.event_page(chosen, position, PAGE)
