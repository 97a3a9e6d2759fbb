"""Subscriptions: how many a client may have open, over all its WebSockets."""

from __future__ import annotations

from collections import defaultdict
from typing import Any
from weakref import WeakSet

from graphql import GraphQLError
from strawberry.subscriptions.protocols.graphql_transport_ws.handlers import BaseGraphQLTransportWSHandler
from strawberry.subscriptions.protocols.graphql_transport_ws.types import SubscribeMessage

from service.api.context import Context
from service.api.limits.errors import limit_error
from service.rates import Rates

Handler = BaseGraphQLTransportWSHandler[Context, None]


class Sockets:
    """The open WebSockets of a service, by client. An operation over one counts as a request, too."""

    def __init__(self, subscriptions_max: int, rates: Rates) -> None:
        self.subscriptions_max = subscriptions_max
        self.rates = rates
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

    def refusal(self, client: str) -> GraphQLError | None:
        """Why a client may not begin another operation now."""
        if self.rates.take(client):
            return GraphQLError(self.rates.message, extensions={"code": "RATE_LIMIT"})
        count = sum(len(handler.operations) for handler in self._open[client])
        if count >= self.subscriptions_max:
            return limit_error(
                f"this client has {count} subscriptions open", "subscriptions_max", self.subscriptions_max, count + 1
            )
        return None


class _Handler(BaseGraphQLTransportWSHandler[Context, None]):
    """strawberry's, which asks before an operation begins."""

    def __init__(self, sockets: Sockets, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._sockets = sockets

    async def handle(self) -> None:
        """Talk until the socket is closed."""
        client = self.context.client
        self._sockets.enter(client, self)
        try:
            await super().handle()
        finally:
            self._sockets.leave(client, self)

    async def handle_subscribe(self, message: SubscribeMessage) -> None:
        """Begin an operation, or say why not."""
        refused = self._sockets.refusal(self.context.client) if self.connection_acknowledged else None
        if refused is None:
            await super().handle_subscribe(message)
        else:
            await self.send_message({"id": message["id"], "type": "error", "payload": [refused.formatted]})
