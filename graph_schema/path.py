"""What physically connects two items: matter of the one that is, or was, in the other."""

from __future__ import annotations

from typing import Any

from graph_schema.answer import Direction, Role, Trace
from graph_schema.order import cut_after
from graph_schema.reader import StayRow, TraceReader
from graph_schema.trace import Assembly, TraceQuestion
from graph_schema.walk import Walk
from graph_schema.windows import END, Window, overlap


async def path(reader: TraceReader, question: TraceQuestion, target: str) -> Trace | None:
    """The part of the forward trace of `question.key` that leads into `target`; its root is the source.

    None where one of the two is not known then; a trace without nodes where nothing of the source is in the target, or,
    where it says that it is truncated, nothing was found within the bound.
    """
    cut = END if question.as_of is None else cut_after(question.as_of)
    source, sink = await reader.find(question.key, Direction.FORWARD), await reader.find(target)
    if source is None or sink is None:
        return None
    there = Walk(reader, Direction.FORWARD, cut, False, None, question.nodes_max)
    back = Walk(reader, Direction.BACKWARD, cut, False, None, question.nodes_max)
    if not (await there.run(source) and await back.run(sink)):
        return None
    if sink not in there.items:
        return Trace(there.items[source].key, Direction.FORWARD, truncated=bool(there.stopped))
    _narrow(there, back, source, sink)
    there.about = await reader.about(list(there.items))
    answer = Assembly(reader, source, question)
    answer.add(there, Direction.FORWARD)
    trace = await answer.finish()
    if there.stopped or back.stopped:
        trace.truncated = True
    trace.nodes = (
        [
            node._replace(role=Role.SUBSTANCE) if node.handle == sink and node.role is not Role.ROOT else node
            for node in trace.nodes
        ]
        if sink in back.carriers and sink in there.carriers
        else trace.nodes
    )
    return trace


def _narrow(there: Walk, back: Walk, source: Any, sink: Any) -> None:
    """Keep of the forward walk what the backward walk of the sink confirms."""
    both = {item for item in there.carriers & back.carriers if _in_time(there, back, item)}
    there.consumptions = {row: None for row in there.consumptions if row in back.consumptions and row[0] in both}
    there.yields = {row: None for row in there.yields if row in back.yields and row[1] in both}
    there.stays = _chains(there, back, both, {source, sink})
    kept = {source, sink}
    kept.update(item for row in there.consumptions for item in row[:1])
    kept.update(row[1] for row in there.yields)
    kept.update(item for row in there.stays for item in row[:2])
    there.items = {item: row for item, row in there.items.items() if item in kept}
    there.events = {event: depth for event, depth in there.events.items() if _is_used(there, event)}
    there.custody = []


def _is_used(walk: Walk, event: Any) -> bool:
    return any(row[1] == event for row in walk.consumptions) or any(row[0] == event for row in walk.yields)


def _in_time(there: Walk, back: Walk, item: Any) -> bool:
    """Whether matter of the source was in the item while matter of it was still on its way to the sink."""
    return any(overlap(window, *other) is not None for window in there.windows[item] for other in back.windows[item])


def _chains(there: Walk, back: Walk, both: set[Any], ends: set[Any]) -> dict[StayRow, None]:
    """The stays that lead from a carrier of both up to the source or the sink."""
    shown: dict[StayRow, None] = {}
    for carrier in both:
        for window in (
            [
                common
                for one in there.windows[carrier]
                for other in back.windows[carrier]
                if (common := overlap(one, *other)) is not None
            ]
            + list(there.inside_root.get(carrier, ()))
            + list(back.inside_root.get(carrier, ()))
        ):
            _climb(there, back, carrier, window, ends, shown)
    return shown


def _climb(there: Walk, back: Walk, carrier: Any, window: Window, ends: set[Any], shown: dict[StayRow, None]) -> None:
    """Note the stays on every way up from a carrier, during a window, to one of the ends."""
    below: dict[tuple[Any, Window], tuple[StayRow, tuple[Any, Window]]] = {}
    waiting = [(carrier, window)]
    while waiting:
        here = waiting.pop()
        item, during = here
        for row in there.host_rows.get(item) or back.host_rows.get(item) or []:
            interval = there.interval(row)
            stay = None if interval is None else overlap(during, *interval)
            if stay is None:
                continue
            above = (row[1], stay)
            below[above] = (row, here)
            waiting.append(above)
            if row[1] in ends:
                step: tuple[StayRow, tuple[Any, Window]] | None = below[above]
                while step is not None:
                    shown[step[0]] = None
                    step = below.get(step[1])
