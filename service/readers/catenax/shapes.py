"""Shapes: what a field holds, or a report that it holds something else. Nothing here raises."""

from __future__ import annotations

from datetime import UTC, datetime
from math import isfinite
from typing import Any

from service.readers.places import FilePlace, Json, number

_URN = "urn:uuid:"

__all__ = ["Json", "Place", "moment", "number", "quantity"]


class Place(FilePlace):
    """A place in a Catena-X file."""

    def urn(self, value: object, field: str) -> str | None:
        """The id of an asset, with its `urn:uuid:` and in lower case; absent is reported too."""
        text = self.text(value, field)
        if text is None:
            if value is None or isinstance(value, str):
                self.malformed(field, "is missing")
            return None
        return self.key(_URN + text.lower().removeprefix(_URN), field)

    def moment(self, value: object, field: str) -> datetime | None:
        """A stated date or time; what is stated and is none, is reported."""
        stated = moment(value)
        if stated is None and value is not None:
            self.malformed(field, f"{str(value)[:60]!r} is no date")
        return stated


def moment(text: object) -> datetime | None:
    """A stated date or time, in UTC; without an offset it is taken as UTC."""
    if not isinstance(text, str):
        return None
    try:
        stated = datetime.fromisoformat(text.strip())
        return stated.astimezone(UTC) if stated.tzinfo is not None else stated.replace(tzinfo=UTC)
    except (ValueError, OverflowError):
        return None


def quantity(stated: object) -> tuple[float | None, str]:
    """A quantity as (kilograms, what was stated); None where it is no mass."""
    amount: Any = stated
    unit: Any = ""
    if isinstance(stated, dict):
        amount = stated.get("quantityNumber", stated.get("value", stated.get("materialValue")))
        unit = stated.get("measurementUnit", stated.get("unit", ""))
        if isinstance(unit, dict):
            unit = unit.get("lexicalValue", "")
    elif isinstance(stated, str):
        amount, _, unit = stated.strip().partition(" ")
    value = number(amount)
    if value is None:
        return None, "not stated" if stated is None else str(stated)
    short = str(unit).strip().removeprefix("unit:").lower()
    said = f"{value:.15g} {short}".strip()
    kg = value * _TO_KG.get(short, 0.0)
    return (kg if kg > 0 and isfinite(kg) else None), said


_TO_KG = {
    "kilogram": 1.0, "kg": 1.0, "gram": 1e-3, "g": 1e-3, "milligram": 1e-6, "mg": 1e-6,
    "tonne": 1e3, "tonnemetricton": 1e3, "t": 1e3,
}  # fmt: skip
