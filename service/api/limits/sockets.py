"""WebSockets: how many operations a client may have open over all of its own, and until when."""

from __future__ import annotations

import asyncio
import logging
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from typing import Any
from weakref import WeakSet

from graphql import GraphQLError
from strawberry.http.exceptions import WebSocketDisconnected
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import (
    ConnectionInitMessage,
    Message,
    SubscribeMessage,
)

from service.access.tokens import Refused, Unavailable
from service.api.connection import cursor_in
from service.api.context import Context
from service.api.errors import limit_error
from service.api.limits.documents import document_of
from service.clients import client_address
from service.rates import Rates
from service.settings import Settings, environment_name

LOGGER = logging.getLogger("voltrace")

FORBIDDEN, TRY_AGAIN_LATER = 4403, 1013
"""Codes of closing: of graphql-transport-ws, whose clients give up; of WebSockets, whose clients come back."""
REASON_MAX_BYTES = 123

Handler = BaseGraphQLTransportWSHandler[Context, None]


class Sockets:
    """The open WebSockets of a service, by client. An operation over one counts as a request of its address, too."""

    def __init__(self, settings: Settings, rates: Rates, documents: Mapping[str, str] | None) -> None:
        self.settings = settings
        self.rates = rates
        self.documents = documents
        self._open: defaultdict[str, WeakSet[Handler]] = defaultdict(WeakSet)

    def handler(self, *arguments: Any, **named: Any) -> Handler:
        """The handler of a new WebSocket."""
        return _Handler(self, *arguments, **named)

    def enter(self, client: str, handler: Handler) -> None:
        """Count a socket."""
        self._open[client].add(handler)

    def leave(self, client: str, handler: Handler) -> None:
        """Count it no longer."""
        self._open[client].discard(handler)
        if not self._open[client]:
            del self._open[client]

    def refusal(self, client: str, address: str) -> GraphQLError | None:
        """Why a client may not begin another operation now."""
        wait = self.rates.take(address)
        if wait:
            error = self.rates.refused(wait)
            return GraphQLError(error["message"], extensions=error["extensions"])
        count = sum(len(handler.operations) for handler in self._open.get(client, ()))
        limit = self.settings.subscriptions_max
        if count >= limit:
            return limit_error(f"this client has {count} subscriptions open", "subscriptions_max", limit, count + 1)
        return None


class _Handler(BaseGraphQLTransportWSHandler[Context, None]):
    """strawberry's, which asks before an operation begins, and drops a reader that is stalled."""

    def __init__(self, sockets: Sockets, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._sockets = sockets
        self._client = self.context.client
        self._talking: asyncio.Task[Any] | None = None
        self._stalled = False
        self._taken: dict[str, str] = {}
        """The last cursor that each subscription sent."""

    async def handle(self) -> None:
        """Talk until the socket is closed."""
        self._talking = asyncio.current_task()
        self._sockets.enter(self._client, self)
        try:
            await super().handle()
        except asyncio.CancelledError:
            if not self._stalled or self._talking is None:
                raise
            self._talking.uncancel()
        finally:
            self._sockets.leave(self._client, self)

    async def handle_connection_init(self, message: ConnectionInitMessage) -> None:
        """Begin; whose the socket is may be known only now."""
        try:
            await super().handle_connection_init(message)
        except Refused as error:
            await self._close(error)
            return
        self._sockets.leave(self._client, self)
        self._client = self.context.client
        self._sockets.enter(self._client, self)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation, or say why not. Credentials that are taken no longer end the socket."""
        if not self.connection_acknowledged:
            await super().handle_subscribe(message)
            return
        try:
            await self.context.asker.check_again()
        except Refused as error:
            await self._close(error)
            return
        request, proxies = self.context.request, self._sockets.settings.proxies
        address = "" if request is None else client_address(request.scope, proxies)
        refused = self._sockets.refusal(self._client, address)
        if refused is None:
            try:
                await super().handle_subscribe(_documented(message, self._sockets.documents))
                return
            except GraphQLError as error:
                refused = error
        await self.send_message({"id": message["id"], "type": "error", "payload": [refused.formatted]})

    async def send_message(self, message: Message) -> None:
        """Send a message, in the time that a reader has for one. Raises WebSocketDisconnected where it takes longer."""
        if self._stalled:
            raise WebSocketDisconnected
        seconds = self._sockets.settings.subscription_stall_s
        try:
            async with asyncio.timeout(seconds):
                await super().send_message(message)
        except TimeoutError as error:
            LOGGER.warning("a reader of a WebSocket took more than %s s for a message and was dropped", seconds)
            await self._drop(_stalled(seconds, {name: self._taken.get(name) for name in self.operations}))
            raise WebSocketDisconnected from error
        self._note(message)

    def _note(self, message: Any) -> None:
        """Keep the cursor of a message."""
        if message["type"] == "next" and (taken := cursor_in((message["payload"].get("data") or {}).values())):
            self._taken[message["id"]] = taken
        elif message["type"] in ("complete", "error"):
            self._taken.pop(message["id"], None)

    async def cleanup_operation(self, operation_id: str) -> None:
        """End an operation that its client completes."""
        self._taken.pop(operation_id, None)
        await super().cleanup_operation(operation_id)

    async def handle_task_exception(self, error: Exception) -> None:
        """Log what is unexpected of an operation: that its reader is gone is not."""
        if not isinstance(error, WebSocketDisconnected):
            await super().handle_task_exception(error)

    async def _drop(self, reason: str) -> None:
        """Close a socket whose reader is stalled, and end all that is done for it. It has as long again to take the
        reason: nothing more is kept for it."""
        self._stalled = True
        with suppress(Exception):
            async with asyncio.timeout(self._sockets.settings.subscription_stall_s):
                await self.websocket.close(code=TRY_AGAIN_LATER, reason=_reason(reason))
        if self._talking is not None and self._talking is not asyncio.current_task():
            self._talking.cancel()

    async def _close(self, error: Refused) -> None:
        code = TRY_AGAIN_LATER if isinstance(error, Unavailable) else FORBIDDEN
        await self.websocket.close(code=code, reason=_reason(str(error)))


def _documented(message: SubscribeMessage, documents: Mapping[str, str] | None) -> SubscribeMessage:
    """A message with the trusted document in the place of its id, if it names one. Raises GraphQLError."""
    stated: Any = message["payload"]
    document = document_of(stated, documents) if isinstance(stated, dict) else None
    return message if document is None else {**message, "payload": {**message["payload"], "query": document}}


def _stalled(seconds: float, taken: dict[str, str | None]) -> str:
    """Why a reader was dropped and, as far as that fits, after which cursor its one subscription goes on, or each by
    its id; whoever reads this has read all that was sent before."""
    why = f"the reader took more than {seconds} s ({environment_name('subscription_stall_s')})"
    cursors = {name: place for name, place in taken.items() if place is not None}
    places = [*cursors.values()] if len(taken) == 1 else [f"{name}: {place}" for name, place in cursors.items()]
    told = f"go on after {', '.join(places)}" if places else ""
    ways = (f"{why}; {told}", f"stalled; {told}") if told else ()
    return next((way for way in ways if len(way.encode()) <= REASON_MAX_BYTES), why)


def _reason(text: str) -> str:
    """The reason of a closing, as long as it may be."""
    return text.encode()[:REASON_MAX_BYTES].decode(errors="ignore")
