"""How far down the bars of a flow stand, and where its bands run: past bars, not over them."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from typing import NamedTuple

from service.explorer.balance import Flow
from service.explorer.fates import Band
from service.writers.layout.places import near

HEIGHT = 320.0
"""How high the column with the most kilograms is, without what is between its bars."""
PITCH = 40.0
"""Room for a bar with two lines of text beside it."""
GAP = 6.0
SWEEPS = 5
Key = str | tuple[int, int]
"""A bar by its name, or where a band passes a column: the numbers of the two."""


class Ribbon(NamedTuple):
    """A band: the column that it begins in, its top there and in each column to the right, and how broad it is."""

    band: Band
    column: int
    tops: list[float]
    height: float


class Spread(NamedTuple):
    """The top and the height of each bar by its name, the bands, and where all of it ends."""

    bars: dict[str, tuple[float, float]]
    ribbons: list[Ribbon]
    bottom: float


@dataclass
class _Way:
    """A band with what it passes, from its bar on the left to that on the right."""

    band: Band
    keys: list[Key]
    height: float


def ribbons(flow: Flow, most: float = HEIGHT, pitch: float = PITCH) -> Spread:
    """Where the bars and bands of a flow are, in pixels from its top. `most`: how high the column with the most
    kilograms is, without what is between its bars; `pitch`: room for a bar with its text."""
    return _Spreading(flow, most, pitch).spread()


class _Spreading:
    def __init__(self, flow: Flow, most: float, pitch: float) -> None:
        self.flow = flow
        self.column = {place.name: number for number, column in enumerate(flow.columns) for place in column}
        share = most / max(flow.root_kg, *(sum(place.kg for place in column) for column in flow.columns))
        self.height: dict[Key, float] = {place.name: max(place.kg * share, 1.0) for place in flow.places.values()}
        self.room: dict[Key, float] = {name: max(height + 12, pitch) for name, height in self.height.items()}
        self.columns: list[list[Key]] = [[place.name for place in column] for column in flow.columns]
        self.ways = [self._way(number, band, band.kg * share) for number, band in enumerate(flow.bands)]
        self.before: dict[Key, list[_Way]] = defaultdict(list)
        self.after: dict[Key, list[_Way]] = defaultdict(list)
        self.middle: dict[Key, float] = {key: most / 2 for column in self.columns for key in column}
        for way in self.ways:
            for key in way.keys[1:]:
                self.before[key].append(way)
            for key in way.keys[:-1]:
                self.after[key].append(way)

    def _way(self, number: int, band: Band, height: float) -> _Way:
        first, last = self.column[band.source], self.column[band.target]
        passed: list[Key] = [(number, column) for column in range(first + 1, last)]
        for column, key in enumerate(passed, first + 1):
            self.columns[column].append(key)
            self.height[key], self.room[key] = height, height + GAP
        return _Way(band, [band.source, *passed, band.target], height)

    def spread(self) -> Spread:
        """Sweeps to and fro: each column as near as can be to the one before it."""
        for sweep in range(SWEEPS):
            for number in range(len(self.columns)) if sweep % 2 == 0 else reversed(range(len(self.columns))):
                self._settle(number, 1 if sweep % 2 == 0 else -1)
        top = min(self.middle[key] - self.room[key] / 2 for column in self.columns for key in column)
        self.middle = {key: middle - top for key, middle in self.middle.items()}
        bottom = max(self.middle[key] + self.room[key] / 2 for column in self.columns for key in column)
        bars = {name: (self.middle[name] - self.height[name] / 2, self.height[name]) for name in self.flow.places}
        return Spread(bars, [self._ribbon(way) for way in self.ways], bottom)

    def _settle(self, number: int, side: int) -> None:
        column = self.columns[number]
        wished = {key: self._wish(key, side) for key in column}
        column.sort(key=wished.__getitem__)
        rooms = [self.room[key] for key in column]
        tops = near(
            [wished[key] - self.room[key] / 2 for key in column],
            [self.height[key] + 1e-6 for key in column],
            rooms,
            [0.0] * len(column),
        )
        for key, top, room in zip(column, tops, rooms, strict=True):
            self.middle[key] = top + room / 2

    def _wish(self, key: Key, side: int) -> float:
        """The middle of where bands come from (side 1) or go to (-1), each by its breadth."""
        ways = self.before[key] if side == 1 else self.after[key]
        total = sum(way.height for way in ways)
        if not total:
            return self.middle[key]
        return sum(self._port(way, way.keys[way.keys.index(key) - side], side) * way.height for way in ways) / total

    def _port(self, way: _Way, key: Key, side: int) -> float:
        """The middle of where a band leaves a bar to the right (side 1) or to the left: bands stand in the order of
        what they lead to."""
        ways = self.after[key] if side == 1 else self.before[key]
        top = self.middle[key] - self.height[key] / 2
        for one in sorted(ways, key=lambda other: self.middle[other.keys[other.keys.index(key) + side]]):
            if one is way:
                break
            top += one.height
        return top + way.height / 2

    def _ribbon(self, way: _Way) -> Ribbon:
        tops = [self._port(way, way.keys[0], 1), *(self.middle[key] for key in way.keys[1:-1])]
        tops.append(self._port(way, way.keys[-1], -1))
        return Ribbon(way.band, self.column[way.band.source], [top - way.height / 2 for top in tops], way.height)
