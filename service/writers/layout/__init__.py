"""A trace as boxes and lines: columns from left to right as matter went, computed in milliseconds.

`gathering` says what is drawn, `sizing` how large, `ranks`, `order`, `places` and `trunks` where; `picture` is the
result, which knows of no format.
"""

from __future__ import annotations

import itertools
from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from graph_schema.answer import Direction, Trace
from service.languages import ENGLISH, Language
from service.writers.layout.gathering import Gathered, Gathering, Link, Vertex, gatherings
from service.writers.layout.order import columns_of, put_in_order
from service.writers.layout.picture import Box, Line, Picture, Text, Way
from service.writers.layout.places import Ports, tops
from service.writers.layout.ranks import acyclic, ranks
from service.writers.layout.sizing import HUB, Around, Sized, sized
from service.writers.layout.trunks import with_trunks

__all__ = ["Box", "Line", "Picture", "Text", "Way", "lay_out"]

COLUMN_GAP = 40.0
COLUMN_GAP_MAX = 120.0
ROW_GAP = 14.0
LINE_GAP = 7.0
HEIGHT_MAX = 900.0
"""A picture that is higher is drawn with more in groups, where that makes it lower."""


def lay_out(trace: Trace, opened: Collection[str] = (), language: Language = ENGLISH) -> Picture:
    """The picture of a trace; the same one for the same trace. `opened`: the keys of the first nodes of groups that are
    drawn one by one, `OPENED_MAX` of each."""
    lowest: tuple[float, Gathering, Picture] | None = None
    for gathering in gatherings(trace):
        picture = Layout(trace, gathering(()), language).picture()
        if lowest is None or picture.height < lowest[0]:
            lowest = picture.height, gathering, picture
        if picture.height <= HEIGHT_MAX:
            break
    assert lowest is not None, "there is always a way"
    _, gathering, picture = lowest
    return Layout(trace, gathering(opened), language).picture() if opened else picture


class Layout:
    """Puts what was gathered of a trace in its places."""

    def __init__(self, trace: Trace, found: Gathered, language: Language) -> None:
        self.direction = trace.direction
        self.found = found
        self.root = _root(self.found)
        around = _around(trace, self.found, language)
        self.sizes = [sized(vertex, around) for vertex in self.found.tops]
        self.number = {id(vertex): number for number, vertex in enumerate(self.found.tops)}
        self.names: dict[int, str] = {}
        self.boxes: dict[int, Box] = {}
        self.links = [(self.number[id(one.left.top)], self.number[id(one.right.top)], one) for one in self.found.links]
        self.flow = list(dict.fromkeys((left, right) for left, right, _ in self.links))
        self.pairs = self._pairs()
        self.ports = {id(size.vertex): size.port for size in self.sizes}
        for size in self.sizes:
            _note_ports(size, 0.0, self.ports)
        self.columns = columns_of(ranks(len(self.sizes), self.pairs), self.pairs, self._heights())
        put_in_order(self.columns)

    def _pairs(self) -> list[tuple[int, int]]:
        by_time = sorted(range(len(self.sizes)), key=lambda one: (self.found.tops[one].since, one))
        return list(dict.fromkeys(acyclic(len(self.sizes), self.flow, by_time)))

    def _heights(self) -> dict[tuple[int, int], float]:
        """How far down each vertex its lines to another end in the middle, from 0 to 1."""
        ends: dict[tuple[int, int], list[float]] = defaultdict(list)
        for left, right, link in self.links:
            ends[left, right].append(self.ports[id(link.left)] / self.sizes[left].height)
            ends[right, left].append(self.ports[id(link.right)] / self.sizes[right].height)
        return {pair: sum(ports) / len(ports) for pair, ports in ends.items()}

    def picture(self) -> Picture:
        """The picture."""
        lefts, rights = self._across()
        down = self._down()
        ways = self._ways()
        boxes = [
            self._box(self.sizes[one], (left + right - self.sizes[one].width) / 2, down[one], ways[one])
            for column, left, right in zip(self.columns.columns, lefts, rights, strict=True)
            for one in column
            if one < self.columns.count
        ]
        lines = with_trunks(self._lines(down, lefts, rights, ways))
        bottom = max((box.y + box.height for box in boxes), default=0.0)
        bottom = max([bottom, *(y for line in lines for _, y in line.points)])
        return Picture(rights[-1] if rights else 0.0, bottom, tuple(boxes), tuple(lines), tuple(self.found.enclosed))

    def _across(self) -> tuple[list[float], list[float]]:
        """Where each column begins and ends; the more lines between two, the farther apart they are."""
        lefts, rights, x = [], [], 0.0
        for column in self.columns.columns:
            widest = max((self.sizes[one].width for one in column if one < self.columns.count), default=0.0)
            lefts.append(x)
            rights.append(x + widest)
            lines = sum(len(self.columns.after[one]) for one in column)
            x += widest + min(COLUMN_GAP + 2 * lines, COLUMN_GAP_MAX)
        return lefts, rights

    def _down(self) -> list[float]:
        """How far down each vertex and dummy is, in whole pixels."""
        columns = self.columns
        count, total = columns.count, len(columns.before)
        size = [one.height for one in self.sizes] + [0.0] * (total - count)
        wanted: dict[tuple[int, int], list[tuple[float, float]]] = defaultdict(list)
        for left, right, link in self.links:
            ends = self.ports[id(link.left)], self.ports[id(link.right)]
            wanted[left, right].append(ends)
            wanted[right, left].append(ends[::-1])
        before: Ports = [[] for _ in range(total)]
        after: Ports = [[] for _ in range(total)]
        for way in columns.ways:
            for here, there in wanted[way[0], way[-1]]:
                for place, (one, other) in enumerate(itertools.pairwise(way)):
                    start = here if place == 0 else 0.0
                    end = there if place == len(way) - 2 else 0.0
                    after[one].append((other, start, end))
                    before[other].append((one, end, start))
        placed = tops(columns.columns, size, lambda one: ROW_GAP if one < count else LINE_GAP, before, after)
        return [float(round(top)) for top in placed]

    def _ways(self) -> list[Way]:
        """On which side of the root each vertex is."""
        root = self.number[id(self.root.top)]
        ways = [Way.BESIDE] * len(self.sizes)
        for way, pairs in ((Way.FROM, [pair[::-1] for pair in self.flow]), (Way.TO, self.flow)):
            nexts = defaultdict(list)
            for here, there in pairs:
                nexts[here].append(there)
            rest, seen = [root], {root}
            while rest:
                for there in nexts[rest.pop()]:
                    if there not in seen:
                        seen.add(there)
                        ways[there] = way
                        rest.append(there)
        for one, vertex in enumerate(self.found.tops):
            if vertex.is_event and ways[one] is Way.BESIDE:
                ways[one] = self._side(vertex.since)
        ways[root] = Way.ROOT
        return ways

    def _side(self, moment: datetime) -> Way:
        """On which side of the root that is which no line connects with it."""
        if self.direction is not Direction.BOTH:
            return Way.TO if self.direction is Direction.FORWARD else Way.FROM
        return Way.FROM if moment <= self.root.since else Way.TO

    def _box(self, size: Sized, x: float, y: float, way: Way) -> Box:
        nodes = size.vertex.nodes
        if way is Way.ROOT and not size.vertex.is_root:
            inside = Way.ROOT if any(_holds_root(part) for part, _, _ in size.parts) else Way.BESIDE
            mine = Way.BESIDE
        else:
            inside, mine = Way.BESIDE if size.vertex.is_root else way, way
        name = f"{'event' if size.vertex.is_event else 'item'}:{nodes[0].key}"
        self.names[id(size.vertex)] = name
        box = Box(
            name,
            tuple(nodes),
            x,
            y,
            size.width,
            size.height,
            tuple(text._replace(x=x + text.x, y=y + text.y) for text in size.texts),
            tuple(self._box(part, x + dx, y + dy, inside) for part, dx, dy in size.parts),
            mine,
            tuple(size.holders),
            size.more,
            size.port if size.vertex.is_event else 0.0,
            size.until,
        )
        self.boxes[id(size.vertex)] = box
        return box

    def _lines(self, down: list[float], lefts: list[float], rights: list[float], ways: list[Way]) -> list[Line]:
        ports = self.ports
        routes = {(way[0], way[-1]): way for way in self.columns.ways}
        columns = {one: place for place, column in enumerate(self.columns.columns) for one in column}
        lines = []
        for left, right, link in self.links:
            turned = (left, right) not in routes
            route = routes[(right, left) if turned else (left, right)]
            first, last = (link.right, link.left) if turned else (link.left, link.right)
            points = [(self._edge_of(first, 1), down[route[0]] + ports[id(first)])]
            for place, one in enumerate(route):
                y = down[one] + (ports[id(first)] if place == 0 else 0)
                if place == len(route) - 1:
                    y = down[one] + ports[id(last)]
                if place:
                    points.append((lefts[columns[one]], y))
                if place < len(route) - 1:
                    points.append((rights[columns[one]], y))
            points.append((self._edge_of(last, -1), down[route[-1]] + ports[id(last)]))
            way = self._side(min(edge.from_ for edge in link.edges))
            if ways[right] is Way.TO and ways[left] in (Way.ROOT, Way.TO):
                way = Way.TO
            elif ways[left] is Way.FROM and ways[right] in (Way.ROOT, Way.FROM):
                way = Way.FROM
            lines.append(self._line(link, first, last, points, turned, way))
        return lines

    def _line(
        self, link: Link, first: Vertex, last: Vertex, points: list[tuple[float, float]], turned: bool, way: Way
    ) -> Line:
        names = self.names[id(first)], self.names[id(last)]
        return Line(*names, link.kind, tuple(link.edges), tuple(points), link.contested, link.backward != turned, way)

    def _edge_of(self, vertex: Vertex, side: int) -> float:
        """Where lines end at the right (1) or left (-1) of a vertex."""
        box = self.boxes[id(vertex)]
        middle = box.x + box.width / 2
        return middle + side * (HUB if vertex.is_event else box.width / 2)


def _around(trace: Trace, found: Gathered, language: Language) -> Around:
    custody = defaultdict(list)
    for edge in trace.edges:
        if edge.kind == "HELD_BY":
            custody[edge.source].append(edge)
    events = {node.key for node in trace.nodes if node.kind == "EVENT"}
    items = {node.key for node in trace.nodes if node.kind not in ("EVENT", "ORGANIZATION")}
    more = {(one.key in events and one.key not in items, one.key): one.unexplored_edges for one in trace.frontier}
    names = {node.key: node.label for node in trace.nodes if node.kind == "ORGANIZATION"}
    linked = {id(end) for link in found.links for end in (link.left, link.right)}
    return Around(custody, names, more, linked, language)


def _root(found: Gathered) -> Vertex:
    rest = list(found.tops)
    while not rest[-1].is_root:
        rest += rest.pop().parts
    return rest[-1]


def _holds_root(size: Sized) -> bool:
    return size.vertex.is_root or any(_holds_root(part) for part, _, _ in size.parts)


def _note_ports(size: Sized, above: float, ports: dict[int, float]) -> None:
    """How far below the top of the outermost box lines to each vertex end."""
    ports[id(size.vertex)] = above + size.port
    for part, _, dy in size.parts:
        _note_ports(part, above + dy, ports)
