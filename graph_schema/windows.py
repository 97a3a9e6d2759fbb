"""Intervals of positions, half-open: when something was inside something else."""

from __future__ import annotations

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
    """Add a window; False where one that is there covers it."""
    for low, high in windows:
        if low <= window[0] and window[1] <= high:
            return False
    windows.append(window)
    return True
