"""Contested claims of parts by several hosts: lines to one host come together, so that they can be followed."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence

from service.writers.layout.picture import Line

MANY = 2
"""So many contested lines to one box have a trunk."""


def with_trunks(lines: Sequence[Line]) -> list[Line]:
    """The lines, contested ones that are not alone with a trunk: one for each box that they lead to between two
    columns, side by side."""
    gaps: dict[tuple[float, float], dict[str, list[int]]] = defaultdict(lambda: defaultdict(list))
    for number, line in enumerate(lines):
        if line.contested:
            gaps[line.points[-3][0], line.points[-2][0]][line.target].append(number)
    found = list(lines)
    for (left, right), by_target in gaps.items():
        bundles = _ordered([numbers for numbers in by_target.values() if len(numbers) >= MANY], lines)
        for place, numbers in enumerate(bundles, 1):
            trunk = left + (right - left) * place / (len(bundles) + 1)
            for number in numbers:
                found[number] = lines[number]._replace(trunk=round(trunk))
    return found


def _ordered(bundles: list[list[int]], lines: Sequence[Line]) -> list[list[int]]:
    """From left to right: what comes from above goes to the lowest box first, so that no trunk crosses what leads from
    another to its box."""
    steps = [lines[number].points[-2][1] - lines[number].points[-3][1] for numbers in bundles for number in numbers]
    down = sum(steps) > 0
    return sorted(bundles, key=lambda numbers: lines[numbers[0]].points[-2][1], reverse=down)
