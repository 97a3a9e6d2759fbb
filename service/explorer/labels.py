"""Where labels stand under bars in a row: in so many levels that none lies on another, each joined with its bar."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

APART = 6.0
"""How far apart labels of one level are at least."""


class Wish(NamedTuple):
    """A bar from its left to its right, and how wide its label is."""

    left: float
    right: float
    width: float


class Label(NamedTuple):
    """Where a label begins, the level that it is on, from 0, and where the line from its bar comes down to it."""

    left: float
    level: int
    line: float


class _Placed(NamedTuple):
    label: Label
    right: float


def labels(wishes: Sequence[Wish], width: float) -> list[Label]:
    """A label for each bar, within a width. A label begins where its bar does, or ends there where it would else end
    beyond the edge; the inner ones are placed first, so that lines to those further out pass beside them."""
    ends = [wish.left + wish.width > width for wish in wishes]
    inner = sorted(range(len(wishes)), key=lambda at: wishes[at].left if ends[at] else -wishes[at].left)
    inner.sort(key=ends.__getitem__)
    found: dict[int, _Placed] = {}
    for at in inner:
        left, line = _beside(wishes[at], ends[at])
        right = left + wishes[at].width
        level = _level(left, right, line, list(found.values()))
        found[at] = _Placed(Label(left, level, line), right)
    return [found[at].label for at in range(len(wishes))]


def _beside(wish: Wish, ends: bool) -> tuple[float, float]:
    """Where a label begins, and where the line to it is."""
    if not ends:
        return wish.left, wish.left + min(1.0, (wish.right - wish.left) / 2)
    return max(0.0, wish.right - wish.width), wish.right - min(1.0, (wish.right - wish.left) / 2)


def _level(left: float, right: float, line: float, placed: Sequence[_Placed]) -> int:
    """The first level on which a label lies on no other and on no line, and its own line on none; else the first one
    below all labels."""
    deepest = max((one.label.level for one in placed), default=-1) + 1
    for level in range(deepest + 1):
        free = True
        for one in placed:
            over = left < one.right + APART and one.label.left < right + APART
            crossed = one.label.level < level and one.label.left - 1 < line < one.right + 1
            covers = one.label.level > level and left - 1 < one.label.line < right + 1
            if (one.label.level == level and over) or crossed or covers:
                free = False
                break
        if free:
            return level
    return deepest
