"""Places in a JSON file: what a field holds, or a report that it holds something else. Nothing here raises."""

from __future__ import annotations

import re
from collections.abc import Iterable
from math import isfinite
from typing import Any, NamedTuple

from service.readers.reading import Assumed, LeftOut, Malformed, Reading

Json = dict[str, Any]

_KEY = re.compile(r"[^\s\x00-\x1f\x7f]{1,128}")


class FilePlace(NamedTuple):
    """Where in a file, and the reading that takes its reports."""

    where: str
    reading: Reading

    def malformed(self, field: str, reason: str) -> None:
        """Report a field that could not be read."""
        self.reading.malformed.append(Malformed(self.where, field, reason))

    def left_out(self, what: str, reason: str) -> None:
        """Report something that is no history."""
        self.reading.left_out.append(LeftOut(self.where, what, reason))

    def assumed(self, what: str, reason: str) -> None:
        """Report something that was taken for granted."""
        self.reading.assumed.append(Assumed(self.where, what, reason))

    def kept(self, names: Iterable[str]) -> None:
        """Report fields that no field of the model takes, and that the attributes of the event keep."""
        self.reading.kept.update(list(names))

    def fields(self, value: object, field: str) -> Json:
        """The fields of an object; absent is an empty one."""
        if isinstance(value, dict):
            return value
        if value is not None:
            self.malformed(field, "is not an object")
        return {}

    def listed(self, value: object, field: str) -> list[Any]:
        """A list; absent is an empty one."""
        if value is not None and not isinstance(value, list):
            self.malformed(field, "is not a list")
        return value if isinstance(value, list) else []

    def entries(self, value: object, field: str) -> list[Json]:
        """The objects of a list; absent is an empty one."""
        entries = self.listed(value, field)
        for index, entry in enumerate(entries):
            if not isinstance(entry, dict):
                self.malformed(f"{field}.{index}", "is not an object")
        return [entry for entry in entries if isinstance(entry, dict)]

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


def number(value: object) -> float | None:
    """A finite number, stated as one or as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        stated = float(value)
    except (ValueError, OverflowError):
        return None
    return stated if isfinite(stated) else None
