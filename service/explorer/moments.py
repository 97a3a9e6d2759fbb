"""Moments as people write them into a form."""

from __future__ import annotations

import re

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")
_END = "T23:59:59.999999Z"


def moment(text: str) -> str:
    """A moment as GraphQL takes it: of a day alone the end of it (UTC), so that what occurred on it counts. What is
    neither is left as it is, and refused there."""
    stated = text.strip()
    return f"{stated}{_END}" if _DAY.fullmatch(stated) else stated


def as_typed(stated: str) -> str:
    """A moment as a form shows it again: the end of a day as the day."""
    return stated.removesuffix(_END)
