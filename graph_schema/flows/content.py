"""Recycled content of new batteries: what of their metal is traced through lots to batteries that were recycled.

A body that a production made has the mix of the lots drawn for it (model 8.7): share = sum(w * waste) / W, where the
waste share of a lot comes from `recovery.py`. What no stated draw covers, and lots that nobody recycled, are not
recycled content: the report says what is proven. Source: recycled content, EU 2023/1542 Art. 8 (share of the element
recovered from battery manufacturing or post-consumer waste, per model, year and plant).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from graph_schema.contents import Mixing, Portion
from graph_schema.flows.amounts import content_of
from graph_schema.flows.recovery import Share


class Made(NamedTuple):
    """A body of a new battery, and the event that made it: its draws (lot key, portion), its mixing (None where nothing
    was drawn) and what it yielded."""

    body: Portion
    draws: tuple[tuple[str, Portion], ...]
    mixing: Mixing | None
    yielded: tuple[Portion, ...]


class NewBattery(NamedTuple):
    """A battery as it was made."""

    key: str
    producer: str | None
    model: str | None
    chemistry: str | None
    bodies: tuple[Made, ...]


class ContentLine(NamedTuple):
    """Of a producer's model, the batteries made in the period: kilograms of an element in them, and those of them that
    are proven to be recycled. `unknown` batteries, whose content or origin cannot be told, are left out of both."""

    producer: str | None
    model: str | None
    chemistry: str | None
    element: str
    batteries: int
    content_kg: float
    recycled_kg: float
    unknown: int

    @property
    def share(self) -> float | None:
        """Recycled over content; None where nothing is known."""
        return self.recycled_kg / self.content_kg if self.content_kg > 0 else None


def recycled_share(made: Made, shares: Mapping[str, Share | None], element: str) -> float | None:
    """Which share of an element of a body is proven to be recycled; None where a lot, or the mix, is not known."""
    if made.mixing is None or not made.draws:
        return 0.0
    basis, divisor = made.mixing.divisor(element)
    if basis != ("ELEMENT" if element else "MASS"):
        return None
    yielded = [content_of(portion, element) for portion in made.yielded]
    if None not in yielded:
        divisor = max(divisor, sum(kg or 0.0 for kg in yielded))
    total = 0.0
    for lot, portion in made.draws:
        share = shares.get(lot, Share(0.0, 0.0, 0.0))
        kg = content_of(portion, element)
        if share is None or kg is None:
            return None
        total += kg * share.waste
    return total / divisor if divisor > 0 else 0.0


def recycled_content(
    batteries: Iterable[NewBattery], shares: Mapping[str, Mapping[str, Share | None]]
) -> list[ContentLine]:
    """By producer, model, chemistry and element; `shares` are the waste shares of lots by element."""
    lines: dict[tuple[str | None, str | None, str | None, str], ContentLine] = {}
    for battery in batteries:
        for element, by_lot in shares.items():
            group = battery.producer, battery.model, battery.chemistry, element
            line = lines.get(group) or ContentLine(*group, 0, 0.0, 0.0, 0)
            contents = [content_of(made.body, element) for made in battery.bodies]
            parts = [recycled_share(made, by_lot, element) for made in battery.bodies]
            if None in contents or None in parts:
                lines[group] = line._replace(unknown=line.unknown + 1)
                continue
            kg = sum(one or 0.0 for one in contents)
            recycled = sum((one or 0.0) * (part or 0.0) for one, part in zip(contents, parts, strict=True))
            lines[group] = line._replace(
                batteries=line.batteries + 1,
                content_kg=line.content_kg + kg,
                recycled_kg=line.recycled_kg + recycled,
            )
    return [lines[group] for group in sorted(lines, key=lambda names: [(name is None, name or "") for name in names])]
