"""Beside the event loop: what takes Python long is done on a worker thread, and the loop goes on meanwhile."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Collection
from typing import Any, TypeVar, cast

from graph_schema.canonical import parse_event
from graph_schema.events import AnyEvent
from service.running import Unwanted, drive
from service.stores.folding import Folded, fold_in
from service.stores.neo4j.folded import FoldedGraph

T = TypeVar("T")

LARGE = 1_000
"""So many items, named by what is recorded together, take too long for the loop."""

LONG = 100_000
"""Payloads of so many characters together take it too long to read."""


def is_large(events: Collection[AnyEvent]) -> bool:
    """Whether folding these events holds the loop for too long."""
    return sum(len(event.named_keys()) for event in events) > LARGE


class _Asking:
    """The graph for a worker thread: what is asked of it here, the loop asks the graph. It never suspends."""

    def __init__(self, graph: FoldedGraph) -> None:
        self._graph = graph
        self._loop = asyncio.get_running_loop()
        self._asked: asyncio.Task[Any] | None = None
        self._wanted = True

    def __getattr__(self, name: str) -> Callable[..., Awaitable[Any]]:
        ask = getattr(self._graph, name)

        async def asked(*arguments: Any) -> Any:
            await self.turn()
            return asyncio.run_coroutine_threadsafe(self._ask(ask(*arguments)), self._loop).result()

        return asked

    async def turn(self) -> None:
        """The loop goes on anyway. Raises Unwanted where nobody waits any longer."""
        if not self._wanted:
            raise Unwanted

    async def _ask(self, question: Awaitable[T]) -> T:
        self._asked = asyncio.current_task()
        try:
            await self.turn()
            return await question
        finally:
            self._asked = None

    def end(self) -> None:
        """Nobody waits any longer."""
        self._wanted = False
        if self._asked is not None:
            self._asked.cancel()


async def fold_beside(events: list[AnyEvent], graph: FoldedGraph) -> Folded:
    """`fold_in` on a worker thread. Where this is cancelled, it ends after the thread did: so nothing is asked of a
    transaction that is over."""
    asking = _Asking(graph)
    source = cast("FoldedGraph", asking)
    work = asyncio.ensure_future(
        asyncio.to_thread(lambda: drive(fold_in(events, source, source, lambda ids: source.outcomes(ids))))
    )
    try:
        return await asyncio.shield(work)
    except asyncio.CancelledError:
        asking.end()
        await asyncio.gather(work, return_exceptions=True)
        raise


async def named_beside(payloads: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """What payloads name (asked, key), each of which is under the id that was asked for; read on a worker thread where
    they are long."""

    def read() -> list[tuple[str, str]]:
        return [(asked, key) for asked, payload in payloads for key in parse_event(payload.encode())[0].named_keys()]

    return await asyncio.to_thread(read) if sum(len(payload) for _, payload in payloads) > LONG else read()
