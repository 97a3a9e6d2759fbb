"""Tracing: the questions a store is asked."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import NamedTuple

from graph_schema.answer import Direction, Trace, TraceNode
from graph_schema.order import cut_after
from graph_schema.path import path as find_path
from graph_schema.recall import Affected, affected, surrounded
from graph_schema.status import ItemStatus
from graph_schema.trace import NODES_MAX, TraceQuestion
from graph_schema.trace import trace as find_trace
from graph_schema.windows import END
from service.access.sight import WHOLE, Sight
from service.items import used_up
from service.ports import Snapshot, Store
from service.running import run

USED_UP = "USED_UP"
"""What is said of a lot of which nothing is left."""


async def trace(
    store: Store, question: TraceQuestion, sequence: int | None = None, sight: Sight = WHOLE
) -> Trace | None:
    """Answer a trace over what the first `sequence` records say; None where the item is not known then, or not to be
    seen in full."""

    async def answer() -> Trace | None:
        async with store.snapshot(sequence) as snapshot:
            roots = await sight.roots(snapshot, question.key)
            if roots is None:
                return None
            return await _seen(snapshot, sight.asked(question, roots[0]), sight)

    return await run(store, answer)


async def _seen(snapshot: Snapshot, question: TraceQuestion, sight: Sight) -> Trace | None:
    """The trace as the viewer may see it. Of what is withheld nothing further is told, whatever its name: a name counts
    only for what the viewer sees of that name. All that it may see is tried at once; where some of it turns out not to
    be seen in this trace, the answer is another one, without that."""
    reader = sight.reader(snapshot, question.as_of)
    if sight.viewer.sees_all or not question.further:
        return await sight.of(snapshot, await find_trace(reader, question))
    counted, among = question.further, await sight.nameable(snapshot, question.further)
    while True:
        whole = await find_trace(reader, replace(question, further=counted, among=among))
        seen = await sight.of(snapshot, whole)
        shown = {node.handle: node.key for node in _named(seen) if not node.redacted}
        left = among.intersection(shown)
        names = {shown[handle] for handle in left}
        more = tuple(name for name in counted if name in names)
        tried = {node.handle for node in _named(whole) if node.key in counted and node.handle in among}
        if len(more) == len(counted) and tried <= left:
            return seen
        counted, among = more, left


def _named(trace: Trace | None) -> list[TraceNode]:
    """The nodes that a name may count for."""
    return [] if trace is None else [node for node in trace.nodes if node.kind != "ORGANIZATION"]


async def with_used_up(
    store: Store, trace: Trace, as_of: datetime | None = None, sequence: int | None = None, sight: Sight = WHOLE
) -> Trace:
    """The trace with `USED_UP` as the status of available lots of which nothing was left at that moment, held until the
    last of them was drawn, for pictures and tables that people read."""
    lots = {node.handle: node for node in trace.nodes if _is_lot_at_hand(node)}
    if not lots:
        return trace

    async def answer() -> Trace:
        cut = END if as_of is None else cut_after(as_of)
        async with store.snapshot(sequence) as snapshot:
            found = await used_up(sight.on(snapshot), lots, cut)
        ended = {lots[lot].key: moment for lot, moment in found.items()}
        nodes = [node._replace(status=USED_UP) if node.handle in found else node for node in trace.nodes]
        edges = [
            edge._replace(to=max(edge.from_, ended[edge.source]))
            if edge.kind == "HELD_BY" and edge.to is None and not edge.contested and edge.source in ended
            else edge
            for edge in trace.edges
        ]
        return replace(trace, nodes=nodes, edges=edges)

    return await run(store, answer)


async def untold_custody(
    store: Store,
    trace: Trace,
    keys: Collection[str],
    as_of: datetime | None = None,
    sequence: int | None = None,
    sight: Sight = WHOLE,
) -> dict[str, int]:
    """How many stays of those items, with holders and in hosts, a trace that a bound cut off does not tell, at most:
    beyond the bound the root may have been in them sooner, or for longer. Those of which all is told are left out."""
    cut_off = {one.key for one in trace.frontier if not one.is_event}.intersection(keys)
    nodes = [node for node in trace.nodes if node.key in cut_off and node.kind != "EVENT" and not node.redacted]
    if not nodes:
        return {}

    async def answer() -> dict[str, int]:
        cut = END if as_of is None else cut_after(as_of)
        handles = [node.handle for node in nodes]
        async with store.snapshot(sequence) as snapshot:
            reader = sight.on(snapshot)
            held = Counter(row[0] for row in await reader.custody(handles) if row[2] < cut)
            held.update(row[0] for row in await reader.hosts(handles) if row[2] < cut)
        stays = [edge for edge in trace.edges if edge.kind in ("HELD_BY", "PART_OF") and not edge.contested]
        told = Counter(edge.source for edge in stays)
        return {node.key: rest for node in nodes if (rest := held[node.handle] - told[node.key]) > 0}

    return await run(store, answer)


def _is_lot_at_hand(node: TraceNode) -> bool:
    return node.kind == "LOT" and not node.redacted and node.status == ItemStatus.AVAILABLE


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
            roots = await sight.roots(snapshot, source, target)
            if roots is None:
                return None
            question = TraceQuestion(source, Direction.FORWARD, as_of, nodes_max=nodes_max, weigh=False)
            reader = sight.reader(snapshot, as_of)
            return await sight.of(snapshot, await find_path(reader, sight.asked(question, roots[0]), roots[1]))

    return await run(store, answer)


class Recall(NamedTuple):
    """What suspects are in, by key; how many hold it, also where it is withheld who; the suspects that are not known,
    or not to be seen in full; whether the limit of nodes, which all suspects share, cut something off."""

    items: list[Affected]
    holders: int
    unknown: list[str]
    truncated: bool


async def recall(
    store: Store,
    keys: Sequence[str],
    as_of: datetime | None = None,
    sequence: int | None = None,
    nodes_max: int = NODES_MAX,
    sight: Sight = WHOLE,
) -> Recall:
    """All that substance of suspects is in."""

    async def answer() -> Recall:
        whole: dict[str, Trace] = {}
        shown: dict[str, Trace] = {}
        unknown: list[str] = []
        truncated = False
        left = nodes_max
        async with store.snapshot(sequence) as snapshot:
            reader = sight.reader(snapshot, as_of)
            for key in dict.fromkeys(keys):
                roots = await sight.roots(snapshot, key) or []
                question = TraceQuestion(key, Direction.FORWARD, as_of, nodes_max=max(left, 1), weigh=False)
                found = await find_trace(reader, sight.asked(question, roots[0])) if roots else None
                if found is not None and found.truncated:
                    found = await surrounded(reader, found, END if as_of is None else cut_after(as_of))
                seen = await sight.of(snapshot, found)
                if found is None or seen is None:
                    unknown.append(key)
                    continue
                whole[found.root], shown[found.root] = found, seen
                left -= len(found.nodes)
                truncated = truncated or found.truncated
        holders = {one.holder.key for one in affected(whole.values()) if one.holder is not None}
        return Recall(affected(shown.values()), len(holders), unknown, truncated)

    return await run(store, answer)
