"""Intervals of positions, half-open: when something was inside something else."""

from __future__ import annotations

from bisect import bisect_left, bisect_right

from graph_schema.order import Position

START: Position = b""
"""Before every position."""
END: Position = b"\xff" * 9
"""After every position."""

Window = tuple[Position, Position]
ALWAYS: Window = (START, END)


def overlap(window: Window, opened: Position, closed: Position) -> Window | None:
    """The common part of a window and an interval, None where there is none."""
    low = opened if opened > window[0] else window[0]
    high = closed if closed < window[1] else window[1]
    return (low, high) if low < high else None


def add(windows: list[Window], window: Window) -> bool:
    """Add a window to those known, which are kept disjoint and in order; False where they cover it already."""
    low, high = window
    first = bisect_left(windows, low, key=_high)
    last = bisect_right(windows, high, key=_low)
    if first < last:
        if windows[first][0] <= low and high <= windows[first][1]:
            return False
        low = min(low, windows[first][0])
        high = max(high, windows[last - 1][1])
    windows[first:last] = [(low, high)]
    return True


def _low(window: Window) -> Position:
    return window[0]


def _high(window: Window) -> Position:
    return window[1]
