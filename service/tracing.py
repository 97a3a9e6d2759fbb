"""Tracing: the questions a store is asked."""

from __future__ import annotations

from datetime import datetime

from graph_schema.answer import Direction, Trace
from graph_schema.path import path as find_path
from graph_schema.trace import NODES_MAX, TraceQuestion
from graph_schema.trace import trace as find_trace
from service.access.sight import WHOLE, Sight
from service.ports import Store
from service.running import run


async def trace(
    store: Store, question: TraceQuestion, sequence: int | None = None, sight: Sight = WHOLE
) -> Trace | None:
    """Answer a trace over what the first `sequence` records say; None where the item is not known then, or not to be
    seen in full."""

    async def answer() -> Trace | None:
        async with store.snapshot(sequence) as snapshot:
            if not await sight.covers(snapshot, question.key):
                return None
            return await sight.of(snapshot, await find_trace(snapshot, question))

    return await run(store, answer)


async def path(
    store: Store,
    source: str,
    target: str,
    as_of: datetime | None = None,
    sequence: int | None = None,
    nodes_max: int = NODES_MAX,
    sight: Sight = WHOLE,
) -> Trace | None:
    """What physically connects two items; an empty trace where nothing does, None where one is not known, or not to be
    seen in full."""

    async def answer() -> Trace | None:
        async with store.snapshot(sequence) as snapshot:
            question = TraceQuestion(source, Direction.FORWARD, as_of, nodes_max=nodes_max, weigh=False)
            if not await sight.covers(snapshot, source, target):
                return None
            return await sight.of(snapshot, await find_path(snapshot, question, target))

    return await run(store, answer)
