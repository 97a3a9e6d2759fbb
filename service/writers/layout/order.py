"""Who stands above whom in a column: by the middle of their neighbours, swept to and fro, so that few lines cross."""

from __future__ import annotations

from bisect import bisect_right, insort
from dataclasses import dataclass
from itertools import pairwise

SWEEPS = 8
MIDDLE = 0.5


@dataclass
class Columns:
    """Vertices in columns, each from the top. Numbers from `count` on are dummies: places where a long line crosses a
    column. `ways`: for each pair, the numbers that its line passes, ends included."""

    count: int
    columns: list[list[int]]
    ways: list[list[int]]
    before: list[list[int]]
    after: list[list[int]]
    ports: dict[tuple[int, int], float]
    """How far down the first of two neighbours their line ends, from 0 to 1; where nothing is said, in the middle."""


def columns_of(ranks: list[int], pairs: list[tuple[int, int]], ports: dict[tuple[int, int], float]) -> Columns:
    """Columns of vertices of these ranks, dummies added where a pair (left, right) is more than a column apart.

    `ports`: how far down the first of two vertices the line to the second ends, from 0 to 1.
    """
    columns: list[list[int]] = [[] for _ in range(max(ranks, default=-1) + 1)]
    for vertex, rank in enumerate(ranks):
        columns[rank].append(vertex)
    made = Columns(len(ranks), columns, [], [[] for _ in ranks], [[] for _ in ranks], {})
    for left, right in pairs:
        way = [left]
        for rank in range(ranks[left] + 1, ranks[right]):
            dummy = len(made.before)
            made.before.append([])
            made.after.append([])
            columns[rank].append(dummy)
            way.append(dummy)
        way.append(right)
        for one, other in pairwise(way):
            made.after[one].append(other)
            made.before[other].append(one)
        made.ports[left, way[1]] = ports.get((left, right), MIDDLE)
        made.ports[right, way[-2]] = ports.get((right, left), MIDDLE)
        made.ways.append(way)
    return made


def put_in_order(made: Columns) -> None:
    """Order the columns: the best order of all sweeps, from the left first and from the right first."""
    start = [list(column) for column in made.columns]
    best, fewest = start, _crossings(made)
    for turn in range(2):
        made.columns = [list(column) for column in start]
        for sweep in range(SWEEPS):
            if not fewest:
                break
            forward = (sweep + turn) % 2 == 0
            neighbours = made.before if forward else made.after
            columns = made.columns if forward else made.columns[::-1]
            for fixed, column in pairwise(columns):
                places = {one: place for place, one in enumerate(fixed)}
                _sort(column, places, neighbours, made.ports)
            crossings = _crossings(made)
            if crossings <= fewest:
                fewest, best = crossings, [list(column) for column in made.columns]
    made.columns = best


def _sort(
    column: list[int], places: dict[int, int], neighbours: list[list[int]], ports: dict[tuple[int, int], float]
) -> None:
    """Sort a column by the middle of the neighbours; what has none stays about where it is."""
    middles = {}
    for place, one in enumerate(column):
        known = [places[other] + ports.get((other, one), MIDDLE) for other in neighbours[one]]
        middles[one] = sum(known) / len(known) if known else place * max(len(places), 1) / max(len(column), 1)
    column.sort(key=middles.__getitem__)


def _crossings(made: Columns) -> int:
    """How many pairs of lines cross."""
    found, ports = 0, made.ports
    for left, right in pairwise(made.columns):
        places = {one: place for place, one in enumerate(right)}
        passed: list[float] = []
        for one in left:
            leaving = sorted(
                (ports.get((one, other), MIDDLE), places[other] + ports.get((other, one), MIDDLE))
                for other in made.after[one]
            )
            for _, place in leaving:
                found += len(passed) - bisect_right(passed, place)
                insort(passed, place)
    return found
