"""The subscriptions: events as they are recorded, findings as they come to light."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable
from functools import partial
from time import monotonic
from typing import TypeVar

import strawberry
from graphql import GraphQLError

from graph_schema.order import instant_us
from graph_schema.rules import Finding
from service.access.findings import KeptInSight
from service.access.tokens import Refused, Unavailable
from service.api.connection import cursor, from_number_cursor
from service.api.context import Moment
from service.api.errors import limit_error, too_long
from service.api.event import Event, EventEdge, EventFilter, chosen_events
from service.api.finding_list import (
    FindingEdge,
    FindingFilter,
    chosen_findings,
    edges_of,
    place_cursor,
    place_of,
)
from service.api.item import Info
from service.feed import Ended, TooMany
from service.findings import FindingFilter as Findings
from service.findings import FindingPlace
from service.ports import LAST_KEY, Snapshot, StoredEvent
from service.ports import EventFilter as Filter

PAGE = 100
BEHIND_S = 5.0
"""So long a subscription waits for the record that it is to go on from, where a store is read by replicas."""
PUBLIC = (
    "what is recorded is not public, so this would never tell anything; state a token, over a WebSocket as"
    ' {"Authorization": "Bearer TOKEN"} in the payload of connection_init, else in the header Authorization'
)
"""What the public is told, in place of waiting for ever."""
Edge = TypeVar("Edge")
T = TypeVar("T")


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
        moment = await _in_time(info, info.context.moment(None, None))
        chosen = await _in_time(info, chosen_events(info.context, filter, moment))
        behind = from_number_cursor(*info.context.resumed(after))
        async for edge in _subscribed(info, _recorded(info, chosen, behind)):
            yield edge

    @strawberry.subscription(
        description="Findings as they come to light, by what is recorded or by time passing, each with the cursor to go"
        " on from. A client that comes back with the last cursor that it saw misses nothing that still holds."
    )
    async def finding_raised(
        self, info: Info, filter: FindingFilter | None = None, after: str | None = None
    ) -> AsyncGenerator[FindingEdge, None]:
        """Follow the audit."""
        moment = await _in_time(info, info.context.moment(None, None))
        chosen = await _in_time(info, chosen_findings(info.context, filter, moment))
        if filter is not None and filter.to is not None:
            chosen = chosen._replace(since_to_us=instant_us(filter.to))
        behind = place_of(*info.context.resumed(after))
        async for edge in _subscribed(info, _raised(info, chosen, behind)):
            yield edge


async def _subscribed(info: Info, edges: AsyncGenerator[Edge, None]) -> AsyncGenerator[Edge, None]:
    """A place among the subscriptions of the client, for as long as these edges come."""
    context = info.context
    if not context.asker.viewer.traces:
        raise GraphQLError(PUBLIC, extensions={"code": "FORBIDDEN"})
    try:
        with context.feed.subscription(context.client), context.metrics.subscriptions.track_inprogress():
            async for edge in edges:
                yield edge
    except TooMany as error:
        limit = context.settings.subscriptions_max
        raise limit_error(str(error), "subscriptions_max", limit, error.count + 1) from error
    except Refused as error:
        code = "UNAVAILABLE" if isinstance(error, Unavailable) else "UNAUTHENTICATED"
        raise GraphQLError(str(error), extensions={"code": code}) from error


async def _recorded(info: Info, chosen: Filter, behind: int | None) -> AsyncGenerator[EventEdge, None]:
    position = await info.context.feed.last() if behind is None else await _reached(info, behind)
    while True:
        last = await _beyond(info, position)
        async for edge in _until(info, chosen, position, last):
            yield edge
        position = last


async def _reached(info: Info, behind: int) -> int:
    """A position to go on from, once the log has it: another process may have told of what a replica gets later.

    Raises an error for one that the log does not reach: it is another log's, and its reader would wait for ever.
    """
    given_up = monotonic() + BEHIND_S
    while await info.context.feed.last() < behind:
        if monotonic() >= given_up:
            _, argument = info.context.resumed(None)
            raise GraphQLError(
                f"{argument}: {cursor(behind)!r} is beyond the end of the log, so it is of another one; follow without"
                " `after`, or after the cursor of an event of this log"
            )
        await _wait(info, cursor(behind))
    return behind


async def _wait(info: Info, place: str) -> None:
    """Wait a little. `place` is the cursor to go on from elsewhere, should the service end."""
    try:
        await info.context.feed.pause(info.context.settings.feed_interval_ms / 1000)
    except Ended as error:
        raise ended(place) from error


async def _raised(info: Info, chosen: Findings, behind: FindingPlace | None) -> AsyncGenerator[FindingEdge, None]:
    """All that came to light up to where the audit is is settled; what is kept later comes to light later."""
    context = info.context
    place = behind or FindingPlace(await _audited_us(info), LAST_KEY)
    while True:
        until = await _audited_us(info)
        if until <= place.at_us:
            await _pause(info, place)
            continue
        moment = await context.moment(None, None)
        within = chosen._replace(shown_to_us=until)
        page = await _in_time(info, context.read(moment, partial(_findings, chosen=within, place=place)))
        for edge in await edges_of(context, moment, page):
            yield edge
        place = page[-1][0] if page else FindingPlace(until, LAST_KEY)


async def _audited_us(info: Info) -> int:
    """How far the audit is, asked anew."""
    info.context.forget()
    moment = await info.context.moment(None, None)
    audited = await _in_time(info, info.context.read(moment, lambda snapshot: KeptInSight(snapshot).audited()))
    return audited.at_us


async def _findings(snapshot: Snapshot, chosen: Findings, place: FindingPlace) -> list[tuple[FindingPlace, Finding]]:
    return await KeptInSight(snapshot).page(chosen, place, PAGE)


async def _pause(info: Info, place: FindingPlace) -> None:
    """Wait a little. Raises Refused where the viewer may not follow any longer."""
    await _wait(info, place_cursor(place))
    await info.context.asker.check_again()


async def _in_time(info: Info, answer: Awaitable[T]) -> T:
    """An answer within the time that an operation has."""
    seconds, started = info.context.settings.execution_timeout_s, monotonic()
    try:
        async with asyncio.timeout(seconds):
            return await answer
    except TimeoutError as error:
        raise too_long(monotonic() - started, seconds) from error


async def _beyond(info: Info, position: int) -> int:
    """The last record once there is one after a position. Raises Refused where the viewer may not follow any longer."""
    try:
        last = await info.context.feed.beyond(position)
    except Ended as error:
        raise ended(cursor(position)) from error
    await info.context.asker.check_again()
    return last


def ended(place: str) -> GraphQLError:
    """What a subscriber is told when the service ends: after which cursor to go on, with another one."""
    return GraphQLError(f"the service ends; go on after {place!r}", extensions={"code": "ENDED", "cursor": place})


async def _until(info: Info, chosen: Filter, position: int, last: int) -> AsyncGenerator[EventEdge, None]:
    """The events after a position up to the last."""
    context, moment = info.context, Moment(last, None)
    while True:
        if context.feed.ending:
            raise ended(cursor(position))
        context.forget()
        page = await _in_time(info, context.read(moment, partial(_page, chosen=chosen, position=position)))
        for record in page:
            position = record.sequence
            yield EventEdge(cursor=cursor(position), node=Event(record=record, moment=moment))
            if context.feed.ending:
                raise ended(cursor(position))
        if len(page) < PAGE:
            return


async def _page(snapshot: Snapshot, chosen: Filter, position: int) -> list[StoredEvent]:
    return await snapshot.event_page(chosen, position, PAGE)
