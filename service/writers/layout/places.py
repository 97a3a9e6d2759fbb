"""How far down each vertex of a column stands: as near to its neighbours as those above and below it let it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TypeAlias

PASSES = 6


def near(
    wished: Sequence[float], weights: Sequence[float], sizes: Sequence[float], gaps: Sequence[float]
) -> list[float]:
    """The tops of intervals of these sizes, in this order, with a gap before each, whose squared distances from their
    wishes (tops, too), each by its weight, are least in sum. Isotonic regression by pooling adjacent violators."""
    offset, offsets = 0.0, []
    for size, gap in zip(sizes, gaps, strict=True):
        offset += gap
        offsets.append(offset)
        offset += size
    pools: list[tuple[float, float, int]] = []  # the mean, the weight, how many
    for wish, weight, start in zip(wished, weights, offsets, strict=True):
        mean, total, count = wish - start, weight, 1
        while pools and pools[-1][0] >= mean:
            other, heavy, many = pools.pop()
            mean = (mean * total + other * heavy) / (total + heavy)
            total, count = total + heavy, count + many
        pools.append((mean, total, count))
    shifts = [mean for mean, _, count in pools for _ in range(count)]
    return [shift + start for shift, start in zip(shifts, offsets, strict=True)]


Ports: TypeAlias = list[list[tuple[int, float, float]]]
"""For each vertex its lines on one side: the other vertex, and how far below the tops of the two the line ends."""


def tops(
    columns: list[list[int]], size: Sequence[float], gap: Callable[[int], float], before: Ports, after: Ports
) -> list[float]:
    """The top of each vertex, 0 at the highest."""
    found = [0.0] * len(size)
    for column in columns:
        top = -sum(size[one] + gap(one) for one in column) / 2
        for one in column:
            found[one] = top + gap(one)
            top += size[one] + gap(one)
    for turn in range(PASSES):
        sides = [before, after] if turn >= PASSES - 2 else [before] if turn % 2 == 0 else [after]
        for column in columns if turn % 2 == 0 else reversed(columns):
            wished, weights = [], []
            for one in column:
                ends = [found[other] + there - here for side in sides for other, here, there in side[one]]
                wished.append(sum(ends) / len(ends) if ends else found[one])
                weights.append(len(ends) or 0.1)
            placed = near(wished, weights, [size[one] for one in column], [gap(one) for one in column])
            for one, top in zip(column, placed, strict=True):
                found[one] = top
    highest = min(found, default=0.0)
    return [top - highest for top in found]
