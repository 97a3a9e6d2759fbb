"""Server-sent events: GraphQL operations as a stream, for clients without web sockets (GraphQL over SSE, distinct
connections)."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import aclosing, suppress
from typing import Any

import orjson
from cross_web import HTTPException, StarletteRequestAdapter
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse
from strawberry.types import ExecutionResult
from strawberry.types.graphql import OperationType

from service.api.connection import cursor_in
from service.api.context import Context
from service.api.errors import limit_error
from service.api.router import Router, answered

LOGGER = logging.getLogger("voltrace")

PING_S = 15.0
MEDIA_TYPE = "text/event-stream"
_ID, _END = b"id: ", b"event: complete\ndata:\n\n"


async def stream(router: Router, request: Request, context: Context) -> Response:
    """Answer one operation: `next` for each result, `complete` at the end. A request is read as that of an answer is.

    A result with a cursor has it as its event id, so that a browser's EventSource that lost its connection goes on
    from there by itself: its `Last-Event-ID` takes the place of a subscription's argument `after`. A subscription
    changes nothing and is told to nobody but who asks, so it is taken by GET whatever the setting for queries.
    """
    response: Response = await answered(request, _stream(router, request, context))
    return response


async def _stream(router: Router, request: Request, context: Context) -> Response:
    asked = await router.read(StarletteRequestAdapter(request))
    if asked.query is None:
        raise HTTPException(400, "No GraphQL query found in the request")
    context.last_event_id = request.headers.get("last-event-id") or None
    kinds = {OperationType.SUBSCRIPTION}
    if request.method == "POST":
        kinds |= {OperationType.QUERY, OperationType.MUTATION}
    elif router.allow_queries_via_get:
        kinds.add(OperationType.QUERY)
    results = await router.schema.stream(
        asked.query,
        variable_values=asked.variables,
        context_value=context,
        operation_name=asked.operation_name,
        operation_extensions=asked.extensions,
        allowed_operation_types=kinds,
    )
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return _Stream(_events(results), context.settings.subscription_stall_s, headers)


class _Stalled(Exception):
    """A reader that took too long for an event."""


class _Stream(StreamingResponse):
    """A stream that ends when its reader does not take what is sent, and that closes what it is made from.

    Such a reader has as long again to take the reason, with the cursor to go on from: nothing more is kept for it.
    """

    def __init__(self, events: AsyncIterator[bytes], patience_s: float, headers: dict[str, str]) -> None:
        super().__init__(events, media_type=MEDIA_TYPE, headers=headers)
        self._events = events
        self._patience_s = patience_s

    async def stream_response(self, send: Any) -> None:
        """Send it all, each event within the time that a reader has for one."""

        taken: str | None = None

        async def send_in_time(message: Any) -> None:
            nonlocal taken
            try:
                async with asyncio.timeout(self._patience_s):
                    await send(message)
            except TimeoutError as error:
                raise _Stalled from error
            taken = _cursor_of(message.get("body", b"")) or taken

        async with aclosing(self._events):  # type: ignore[type-var]
            try:
                await super().stream_response(send_in_time)
                return
            except _Stalled:
                LOGGER.warning("a stream was dropped: its reader took more than %s s for an event", self._patience_s)
        with suppress(TimeoutError):
            async with asyncio.timeout(self._patience_s):
                body = _told(ExecutionResult(None, [_stalled(self._patience_s, taken)])) + _END
                await send({"type": "http.response.body", "body": body, "more_body": False})


async def _events(results: Any) -> AsyncIterator[bytes]:
    following = aiter(results)
    waiting: asyncio.Future[Any] | None = None
    try:
        while True:
            waiting = waiting or asyncio.ensure_future(anext(following))
            done, _ = await asyncio.wait([waiting], timeout=PING_S)
            if not done:
                yield b":\n\n"
                continue
            try:
                result = waiting.result()
            except StopAsyncIteration:
                break
            waiting = None
            yield _told(result)
        yield _END
    finally:
        if waiting is not None:
            waiting.cancel()
            await asyncio.wait([waiting])
        await following.aclose()


def _stalled(seconds: float, taken: str | None) -> GraphQLError:
    """Why a reader was dropped. Where it got no event, it goes on from where it began."""
    error = limit_error(
        "the reader took too long for an event",
        "subscription_stall_s",
        seconds,
        unit="seconds",
        hint="go on after the last cursor",
    )
    told: dict[str, Any] = {**(error.extensions or {}), "code": "STALLED"}
    return GraphQLError(error.message, extensions=told if taken is None else told | {"cursor": taken})


def _cursor_of(event: bytes) -> str | None:
    return event.partition(b"\n")[0].removeprefix(_ID).decode() if event.startswith(_ID) else None


def _told(result: Any) -> bytes:
    errors = [error.formatted for error in result.errors or ()]
    body: dict[str, Any] = {} if result.data is None and errors else {"data": result.data}
    if errors:
        body["errors"] = errors
    if result.extensions:
        body["extensions"] = result.extensions
    place = cursor_in([*(result.data or {}).values(), *(error.get("extensions") for error in errors)])
    named = b"" if place is None else _ID + place.encode() + b"\n"
    return named + b"event: next\ndata: " + orjson.dumps(body) + b"\n\n"
