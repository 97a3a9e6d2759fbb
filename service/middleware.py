"""What every HTTP request passes: the limit of its body, its bookmark, and its end when the client goes away."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from typing import Any

from starlette.responses import JSONResponse

from service.causality import FOLLOWED, HEADER, decode
from service.ports import Store

HELD_MESSAGES = 8


class _BodyTooLarge(Exception):
    """A body that turned out to be above the limit while it came."""


class BodyLimit:
    """Refuses bodies above a limit, by their stated length or while they come."""

    def __init__(self, app: Any, bytes_max: int) -> None:
        self.app = app
        self.bytes_max = bytes_max

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or answer 413."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        stated = dict(scope["headers"]).get(b"content-length", b"0")
        if stated.isdigit() and int(stated) > self.bytes_max:
            await self._refuse(f"the body has {int(stated)} bytes", scope, receive, send)
            return
        read = 0

        async def bounded() -> Any:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > self.bytes_max:
                raise _BodyTooLarge
            return message

        try:
            await self.app(scope, bounded, send)
        except _BodyTooLarge:
            await self._refuse(f"the body has {read} bytes and more", scope, receive, send)

    async def _refuse(self, why: str, scope: Any, receive: Any, send: Any) -> None:
        message = f"{why}, the limit is {self.bytes_max} (VOLTRACE_BODY_MAX_BYTES)"
        await JSONResponse({"errors": [{"message": message}]}, status_code=413)(scope, receive, send)


class Bookmarks:
    """Follows the bookmark of a request, and gives one with the answer, where the store has them."""

    def __init__(self, app: Any, store: Store) -> None:
        self.app = app
        self.store = store

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on, or answer 400 where its bookmark cannot be read."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        name = HEADER.lower().encode()
        stated = dict(scope["headers"]).get(name, b"").decode("latin-1")
        try:
            followed = decode(stated) if stated else frozenset()
        except ValueError as error:
            await JSONResponse({"errors": [{"message": str(error)}]}, status_code=400)(scope, receive, send)
            return

        async def answer(message: Any) -> None:
            if message["type"] == "http.response.start":
                bookmark = await self.store.bookmark()
                if bookmark is not None:
                    message = {**message, "headers": [*message["headers"], (name, bookmark.encode())]}
            await send(message)

        token = FOLLOWED.set(followed)
        try:
            await self.app(scope, receive, answer)
        finally:
            FOLLOWED.reset(token)


class EndWithClient:
    """Cancels the work for a request when its client goes away; what Neo4j does for it ends, too."""

    def __init__(self, app: Any) -> None:
        self.app = app

    async def __call__(self, scope: Any, receive: Any, send: Any) -> None:
        """Pass a request on."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        messages: asyncio.Queue[Any] = asyncio.Queue(HELD_MESSAGES)
        gone = False

        async def listen() -> None:
            nonlocal gone
            while True:
                message = await receive()
                if message["type"] == "http.disconnect":
                    gone = True
                    work.cancel()
                    return
                await messages.put(message)

        work = asyncio.create_task(self.app(scope, messages.get, send))
        listening = asyncio.create_task(listen())
        try:
            await work
        except asyncio.CancelledError:
            work.cancel()
            with suppress(asyncio.CancelledError):
                await work
            if not gone:
                raise
        finally:
            listening.cancel()
