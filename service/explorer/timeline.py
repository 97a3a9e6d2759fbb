"""Custody as lanes: who held what when, where nobody says, what is contested, what was reported late, and what was
handed on by somebody who did not hold it."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping
from datetime import MAXYEAR, UTC, datetime, timedelta
from itertools import pairwise, takewhile
from typing import NamedTuple

from graph_schema.answer import Trace, TraceEdge
from graph_schema.days import CHINA_TIME, begin_of, day_at
from service.explorer.late import Marked
from service.writers.layout.gathering import GROUP_MIN

LANES_MAX = 60
SPANS_MAX = 40
"""So many stretches of a lane are told one by one, the latest; it says how many there were before."""
COLOURS = 8
MARK = 2.5
"""How far apart marks are at least, in per cent of a lane; what is nearer is one mark."""
TICKS_MIN, TICKS_MAX = 3, 12
NARROW_MAX = 3
"""So many ticks are written on a narrow screen."""
WRITTEN_WIDE, WRITTEN_NARROW = 92.0, 78.0
"""Where a tick is written at the latest, in per cent, on wide and on narrow screens: its text is not cut off."""
UNITS = (("year", "y"), ("month", "yMMM"), ("day", "MMMd"))
"""What the axis is divided into, the longest first, and how a reader's language writes it (CLDR skeletons)."""


TOLD = ("HELD", "INSIDE")
KINDS = {
    ("HELD_BY", False): "HELD",
    ("PART_OF", False): "INSIDE",
    ("HELD_BY", True): "CLAIMED",
    ("PART_OF", True): "CLAIMED_INSIDE",
}
"""Which stretch an edge is, by its kind and whether it is contested."""


class Tick(NamedTuple):
    """Where a year, month or day begins, and how it is written: a skeleton of CLDR. `room`: where it is written, on
    screens of what width (`none`, `wide`, `all`)."""

    moment: datetime
    pattern: str
    left: float
    room: str


class Span(NamedTuple):
    """A stretch of a lane, in per cent of its width: `HELD`, `INSIDE` a host, either one claimed in a contested event
    (`CLAIMED`, `CLAIMED_INSIDE`), a `GAP`, or so many (`earlier`) ones that are not told one by one (`MORE`)."""

    kind: str
    name: str
    begins: datetime
    ends: datetime | None
    left: float
    width: float
    colour: int
    opened_by: str
    key: str = ""
    """Of the holder or host; empty where it is withheld, or nobody says who it was."""
    covered: float | None = None
    """How far into it, in per cent of its own width, the mark that covers its beginning is; None: there is none."""
    earlier: int = 0
    row: int = 0
    """How many rows below what is told it is: claims of one time stand below each other."""


class Mark(NamedTuple):
    """Events of an item that are marked, and where they occurred, in per cent."""

    left: float
    events: list[Marked]


class Lane(NamedTuple):
    """What happened to one item; `others`: the keys of those of one kind and name that the same happened to.
    `withheld`: of the item nothing else is told. `more`: so many stretches of
    them, at most, a bound cut off."""

    key: str
    kind: str
    spans: list[Span]
    marks: list[Mark]
    name: str = ""
    status: str = ""
    others: tuple[str, ...] = ()
    withheld: bool = False
    more: int = 0

    @property
    def keys(self) -> tuple[str, ...]:
        """The keys of all of it."""
        return self.key, *self.others

    @property
    def rows(self) -> int:
        """How many rows of claims are below what is told."""
        return max((span.row for span in self.spans), default=0)


class Lanes(NamedTuple):
    """Lanes over one time: those of a page, the first of which is the one after `first`, of `all`. `ticks`: a year,
    month or day, and where it begins, in per cent."""

    lanes: list[Lane]
    first: int
    all: int
    ticks: list[Tick]
    scale: Scale

    def page(self, stated: str) -> Lanes:
        """So many lanes after as many as an address states; from the first one where it states none."""
        first = int(stated) if stated.isascii() and stated.isdigit() and len(stated) < 7 else 0
        first = first if first < len(self.lanes) else 0
        return self._replace(lanes=self.lanes[first : first + LANES_MAX], first=first)

    @property
    def before(self) -> int | None:
        """After how many lanes the page before begins; None on the first one."""
        return max(0, self.first - LANES_MAX) if self.first else None

    @property
    def after(self) -> int | None:
        """After how many lanes the next page begins; None on the last one."""
        following = self.first + len(self.lanes)
        return following if following < self.all else None

    @property
    def signs(self) -> frozenset[str]:
        """Which signs are on the page: kinds of stretches, codes of findings that are marked, and `CUT_OFF`."""
        cut_off = {"CUT_OFF" for lane in self.lanes if lane.more}
        spans = {span.kind for lane in self.lanes for span in lane.spans}
        return frozenset(spans | cut_off | {mark.events[0].code for lane in self.lanes for mark in lane.marks})

    def marked(self, late: Mapping[str, list[Marked]]) -> Lanes:
        """The same with what was reported late of each item."""
        return self._replace(lanes=[_marked(lane, _marks(_events(lane, late), self.scale)) for lane in self.lanes])

    def cut_off(self, untold: Mapping[str, int]) -> Lanes:
        """The same with how many stretches of each item a bound cut off."""
        return self._replace(
            lanes=[lane._replace(more=sum(untold.get(key, 0) for key in lane.keys)) for lane in self.lanes]
        )


def lanes_of(trace: Trace, as_of: datetime | None, opened: Collection[str] = ()) -> Lanes:
    """The lanes of a trace, in its order, on one page. `opened`: the keys of the first items of groups that stand
    alone, one by one."""
    end = as_of or datetime.now(UTC)
    begin = min((edge.from_ for edge in trace.edges), default=end)
    end = max([end, *(edge.to for edge in trace.edges if edge.to is not None)])
    scale = Scale(begin, end)
    names = {node.key: node.label for node in trace.nodes if node.kind == "ORGANIZATION"}
    withheld = {node.key for node in trace.nodes if node.redacted}
    colours = {key: number % COLOURS for number, key in enumerate(sorted(names))}
    stretches: dict[str, list[Span]] = {}
    for edge in trace.edges:
        kind = KINDS.get((edge.kind, edge.contested))
        if kind is not None:
            colour = colours.get(edge.target, 0) if kind == "HELD" else 0
            span = scale.span(kind, names.get(edge.target, edge.target), edge, colour)
            stretches.setdefault(edge.source, []).append(span._replace(key="") if edge.target in withheld else span)
    lanes = []
    for node in trace.nodes:
        found = stretches.get(node.key)
        if found and node.kind not in ("ORGANIZATION", "EVENT"):
            told = [one for one in found if one.kind in TOLD]
            told.sort(key=lambda one: (one.begins, one.kind))
            claims = sorted((one for one in found if one.kind not in TOLD), key=lambda one: (one.kind, one.begins))
            name = "" if node.label == node.key or node.redacted else node.label
            spans = [*_with_gaps(told, scale), *claims]
            lanes.append(Lane(node.key, node.kind, spans, [], name, node.status or "", withheld=node.redacted))
    lanes = [_shortened(lane, scale) for lane in _grouped(lanes, opened)]
    return Lanes(lanes, 0, len(lanes), scale.ticks(), scale)


def _grouped(lanes: list[Lane], opened: Collection[str]) -> list[Lane]:
    """Lanes of units with the same custody as one, where the first of them is; lots stand alone."""
    alike: dict[object, list[Lane]] = {}
    for lane in lanes:
        custody = tuple((span.kind, span.name, span.begins, span.ends) for span in lane.spans)
        alike.setdefault(lane.key if lane.kind == "LOT" else (lane.kind, lane.name, custody), []).append(lane)
    groups = {some[0].key: some for some in alike.values() if len(some) >= GROUP_MIN and some[0].key not in opened}
    hidden = {lane.key for some in groups.values() for lane in some[1:]}
    return [
        lane._replace(others=tuple(one.key for one in groups.get(lane.key, [lane])[1:]))
        for lane in lanes
        if lane.key not in hidden
    ]


def _events(lane: Lane, late: Mapping[str, list[Marked]]) -> list[Marked]:
    """What is marked of any of a lane, each once."""
    return list({one.event_id: one for key in lane.keys for one in late.get(key, [])}.values())


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
        return Span(
            kind, name, edge.from_, edge.to, left, round(max(width, 0.15), 3), colour, edge.opened_by, edge.target
        )

    def ticks(self) -> list[Tick]:
        """Where years begin, or months or days where it is not as long; not more than `TICKS_MAX`, evenly apart."""
        found: list[Tick] = []
        for unit, pattern in UNITS:
            moments = list(takewhile(lambda one: one < self.end, _beginnings(self.begin, unit)))
            apart = moments[:: -(-len(moments) // TICKS_MAX) or 1]
            few = -(-len(apart) // NARROW_MAX) or 1
            found = [Tick(one, pattern, self.at(one), _room(self.at(one), at % few)) for at, one in enumerate(apart)]
            if len(found) >= TICKS_MIN:
                break
        return found


def _room(left: float, besides: int) -> str:
    """Where a tick so far to the right is written; `besides`: so many after one that is written everywhere."""
    if left > WRITTEN_WIDE:
        return "none"
    return "wide" if besides or left > WRITTEN_NARROW else "all"


def _beginnings(moment: datetime, unit: str) -> Iterator[datetime]:
    """The beginnings of years, months or days in China after a moment, without an end."""
    begin = begin_of(day_at(moment))
    while begin.year < MAXYEAR:
        if unit == "year":
            begin = datetime(begin.year + 1, 1, 1, tzinfo=CHINA_TIME)
        elif unit == "month":
            begin = datetime(begin.year + begin.month // 12, begin.month % 12 + 1, 1, tzinfo=CHINA_TIME)
        else:
            begin += timedelta(days=1)
        yield begin


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


def _shortened(lane: Lane, scale: Scale) -> Lane:
    """A lane with the latest of very many stretches, and the latest of very many claims."""
    told = [span for span in lane.spans if span.kind in (*TOLD, "GAP")]
    claims = _latest(sorted(lane.spans[len(told) :], key=lambda one: one.begins), scale)
    claims.sort(key=lambda one: (one.kind, one.begins))
    return lane._replace(spans=[*_latest(told, scale), *_in_rows(claims)])


def _latest(spans: list[Span], scale: Scale) -> list[Span]:
    if len(spans) <= SPANS_MAX:
        return spans
    before, after = spans[: 1 - SPANS_MAX], spans[1 - SPANS_MAX :]
    first, ends = before[0], after[0].begins
    width = max(scale.at(ends) - first.left, 0.15)
    more = Span("MORE", "", first.begins, ends, first.left, round(width, 3), 0, first.opened_by)
    return [more._replace(earlier=sum(span.kind != "GAP" for span in before)), *after]


def _in_rows(claims: list[Span]) -> Iterator[Span]:
    """Claims, each in the first row below what is told where it lies on no other."""
    ends: list[list[Span]] = []
    for claim in claims:
        free = (row for row, ones in enumerate(ends) if not any(_overlap(claim, one) for one in ones))
        row = next(free, len(ends))
        ends[row:] = ends[row:] or [[]]
        ends[row].append(claim)
        yield claim._replace(row=row + 1)


def _overlap(one: Span, other: Span) -> bool:
    return one.left < other.left + other.width and other.left < one.left + one.width


def _marked(lane: Lane, marks: list[Mark]) -> Lane:
    """A lane with its marks, and where names make room for one."""
    return lane._replace(marks=marks, spans=[span._replace(covered=_covered(span, marks)) for span in lane.spans])


def _covered(span: Span, marks: list[Mark]) -> float | None:
    near = [mark.left - span.left for mark in marks if abs(mark.left - span.left) < MARK]
    return round(100 * max(near) / span.width, 3) if near else None


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
