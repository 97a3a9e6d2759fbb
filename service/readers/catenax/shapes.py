"""Shapes: what a field holds, or a report that it holds something else. Nothing here raises."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from math import isfinite
from typing import Any, NamedTuple

from service.readers.reading import LeftOut, Malformed, Reading

Json = dict[str, Any]

_KEY = re.compile(r"[^\s\x00-\x1f\x7f]{1,128}")
_URN = "urn:uuid:"


class Place(NamedTuple):
    """Where in a file: an asset's place, and the reading that takes its reports."""

    where: str
    reading: Reading

    def malformed(self, field: str, reason: str) -> None:
        """Report a field that could not be read."""
        self.reading.malformed.append(Malformed(self.where, field, reason))

    def left_out(self, what: str, reason: str) -> None:
        """Report something that is no history."""
        self.reading.left_out.append(LeftOut(self.where, what, reason))

    def fields(self, value: object, field: str) -> Json:
        """The fields of an object; absent is an empty one."""
        if isinstance(value, dict):
            return value
        if value is not None:
            self.malformed(field, "is not an object")
        return {}

    def entries(self, value: object, field: str) -> list[Json]:
        """The objects of a list; absent is an empty one."""
        if value is None:
            return []
        if not isinstance(value, list):
            self.malformed(field, "is not a list")
            return []
        for index, entry in enumerate(value):
            if not isinstance(entry, dict):
                self.malformed(f"{field}.{index}", "is not an object")
        return [entry for entry in value if isinstance(entry, dict)]

    def text(self, value: object, field: str) -> str | None:
        """A text without outer spaces; an empty one counts as absent."""
        if value is not None and not isinstance(value, str):
            self.malformed(field, "is not a text")
            return None
        return (value or "").strip() or None

    def key(self, value: object, field: str) -> str | None:
        """The key of an organization."""
        text = self.text(value, field)
        if text is not None and not _KEY.fullmatch(text):
            self.malformed(field, f"{text[:60]!r} is not 1 to 128 printable characters without spaces")
            return None
        return text

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


def number(value: object) -> float | None:
    """A finite number, stated as one or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        stated = float(value)
    except (ValueError, OverflowError):
        return None
    return stated if isfinite(stated) else None


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
