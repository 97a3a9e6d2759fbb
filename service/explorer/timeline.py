"""Custody as lanes: who held what when, where nobody says, what is contested, what was reported late, and what was
handed on by somebody who did not hold it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import pairwise
from typing import NamedTuple

from graph_schema.answer import Trace, TraceEdge
from service.explorer.late import Marked

LANES_MAX = 60
COLOURS = 8
MARK = 2.5
"""How far apart marks are at least, in per cent of a lane; what is nearer is one mark."""


class Span(NamedTuple):
    """A stretch of a lane, in per cent of its width: `HELD`, `INSIDE` a host, `CLAIMED` in a contested event, or a
    `GAP`."""

    kind: str
    name: str
    begins: datetime
    ends: datetime | None
    left: float
    width: float
    colour: int
    opened_by: str


class Mark(NamedTuple):
    """Events of an item that are marked, and where they occurred, in per cent."""

    left: float
    events: list[Marked]


class Lane(NamedTuple):
    """What happened to one item."""

    key: str
    kind: str
    spans: list[Span]
    marks: list[Mark]


class Lanes(NamedTuple):
    """All lanes over one time; `more` are left out. `years`: a year and where it begins, in per cent."""

    lanes: list[Lane]
    more: int
    years: list[tuple[int, float]]
    scale: Scale

    def marked(self, late: Mapping[str, list[Marked]]) -> Lanes:
        """The same with what was reported late of each item."""
        return self._replace(
            lanes=[lane._replace(marks=_marks(late.get(lane.key, []), self.scale)) for lane in self.lanes]
        )


def lanes_of(trace: Trace, as_of: datetime | None) -> Lanes:
    """The lanes of a trace, in its order."""
    end = as_of or datetime.now(UTC)
    begin = min((edge.from_ for edge in trace.edges), default=end)
    end = max([end, *(edge.to for edge in trace.edges if edge.to is not None)])
    scale = Scale(begin, end)
    names = {node.key: node.label for node in trace.nodes if node.kind == "ORGANIZATION"}
    colours = {key: number % COLOURS for number, key in enumerate(sorted(names))}
    held: dict[str, list[TraceEdge]] = {}
    inside: dict[str, list[TraceEdge]] = {}
    claimed: dict[str, list[TraceEdge]] = {}
    for edge in trace.edges:
        if edge.contested and edge.kind == "HELD_BY":
            claimed.setdefault(edge.source, []).append(edge)
        elif not edge.contested and edge.kind in ("HELD_BY", "PART_OF"):
            (held if edge.kind == "HELD_BY" else inside).setdefault(edge.source, []).append(edge)
    items = [node for node in trace.nodes if node.kind not in ("ORGANIZATION", "EVENT")]
    lanes = []
    for node in items:
        told = [
            *(scale.span("HELD", names.get(one.target, one.target), one, colours.get(one.target, 0))
              for one in held.get(node.key, [])),
            *(scale.span("INSIDE", one.target, one, 0) for one in inside.get(node.key, [])),
        ]  # fmt: skip
        claims = [scale.span("CLAIMED", names.get(one.target, one.target), one, 0) for one in claimed.get(node.key, [])]
        if told or claims:
            spans = _with_gaps(sorted(told, key=lambda one: one.begins), scale)
            lanes.append(Lane(node.key, node.kind, [*spans, *claims], []))
    return Lanes(lanes[:LANES_MAX], max(0, len(lanes) - LANES_MAX), scale.years(), scale)


class Scale(NamedTuple):
    """The time that lanes are over."""

    begin: datetime
    end: datetime

    def at(self, moment: datetime) -> float:
        """Where a moment is, in per cent."""
        whole = (self.end - self.begin).total_seconds() or 1.0
        return round(100 * (moment - self.begin).total_seconds() / whole, 3)

    def span(self, kind: str, name: str, edge: TraceEdge, colour: int) -> Span:
        """An edge as a stretch."""
        left = self.at(edge.from_)
        width = self.at(edge.to or self.end) - left
        return Span(kind, name, edge.from_, edge.to, left, round(max(width, 0.15), 3), colour, edge.opened_by)

    def years(self) -> list[tuple[int, float]]:
        """Where years begin."""
        years = range(self.begin.year + 1, self.end.year + 1)
        return [(year, self.at(datetime(year, 1, 1, tzinfo=UTC))) for year in years]


def _with_gaps(spans: list[Span], scale: Scale) -> list[Span]:
    """Between two stretches somebody had it, and nobody says who."""
    found = list(spans[:1])
    known = spans[0].ends if spans else None
    for _, span in pairwise(spans):
        if known is not None and span.begins > known:
            left = scale.at(known)
            width = round(scale.at(span.begins) - left, 3)
            found.append(Span("GAP", "", known, span.begins, left, width, 0, span.opened_by))
        found.append(span)
        known = None if known is None or span.ends is None else max(known, span.ends)
    return found


def _marks(late: list[Marked], scale: Scale) -> list[Mark]:
    """What occurred within the time of the lanes, in its order."""
    found: list[Mark] = []
    for event in sorted(late, key=lambda one: one.occurred_at):
        left = scale.at(event.occurred_at)
        if found and left - found[-1].left < MARK:
            found[-1].events.append(event)
        elif 0 <= left <= 100:
            found.append(Mark(left, [event]))
    return found
