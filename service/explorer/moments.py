"""Moments as people write them into a form."""

from __future__ import annotations

import re

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}")


def moment(text: str) -> str:
    """A moment as GraphQL takes it: of a day alone the end of it (UTC), so that what occurred on it counts. What is
    neither is left as it is, and refused there."""
    stated = text.strip()
    return f"{stated}T23:59:59.999999Z" if _DAY.fullmatch(stated) else stated
