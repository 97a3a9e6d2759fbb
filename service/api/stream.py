"""Server-sent events: GraphQL operations as a stream, for clients without web sockets (GraphQL over SSE, distinct
connections)."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import orjson
from graphql import GraphQLError, OperationType, parse
from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse

from service.api.context import Context

PING_S = 15.0
MEDIA_TYPE = "text/event-stream"


async def stream(schema: Any, request: Request, context: Context) -> Response:
    """Answer one operation: `next` for each result, `complete` at the end.

    A result with a cursor has it as its event id, so that a browser's EventSource that lost its connection goes on
    from there by itself: its `Last-Event-ID` takes the place of the variable `after`.
    """
    try:
        asked = await _asked(request)
    except ValueError as error:
        return JSONResponse({"errors": [{"message": str(error)}]}, status_code=400)
    results = await schema.stream(
        asked["query"],
        variable_values=asked["variables"],
        context_value=context,
        operation_name=asked.get("operationName"),
    )
    headers = {"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
    return StreamingResponse(_events(results), media_type=MEDIA_TYPE, headers=headers)


async def _asked(request: Request) -> dict[str, Any]:
    if request.method == "GET":
        asked: Any = dict(request.query_params)
        asked["variables"] = orjson.loads(asked.get("variables") or "{}")
    else:
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            raise ValueError("the body must be JSON, with the Content-Type application/json")
        asked = orjson.loads(await request.body())
    if not isinstance(asked, dict) or not isinstance(asked.get("query"), str):
        raise ValueError("the request has no `query`")
    if request.method == "GET" and _writes(asked["query"]):
        raise ValueError("a mutation needs POST")
    variables = asked.get("variables") or {}
    if not isinstance(variables, dict):
        raise ValueError("`variables` is no object")
    last = request.headers.get("last-event-id")
    asked["variables"] = {**variables, "after": last} if last else variables
    return asked


def _writes(query: str) -> bool:
    try:
        document = parse(query)
    except GraphQLError:
        return False
    return any(getattr(one, "operation", None) is OperationType.MUTATION for one in document.definitions)


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
        yield b"event: complete\ndata:\n\n"
    finally:
        if waiting is not None:
            waiting.cancel()
        await following.aclose()


def _told(result: Any) -> bytes:
    body: dict[str, Any] = {} if result.data is None and result.errors else {"data": result.data}
    if result.errors:
        body["errors"] = [error.formatted for error in result.errors]
    edges = (result.data or {}).values()
    cursors = [edge["cursor"] for edge in edges if isinstance(edge, dict) and isinstance(edge.get("cursor"), str)]
    named = b"id: " + cursors[0].encode() + b"\n" if cursors else b""
    return named + b"event: next\ndata: " + orjson.dumps(body) + b"\n\n"
