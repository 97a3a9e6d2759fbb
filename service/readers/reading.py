"""What a reader makes of a file that others wrote."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple


class LeftOut(NamedTuple):
    """Something that is no history, and why it was not turned into events."""

    where: str
    what: str
    reason: str


class Malformed(NamedTuple):
    """Something that could not be read."""

    where: str
    field: str
    reason: str


@dataclass
class Reading:
    """The events of a file as JSON objects, in a fixed order; what was left out; what was malformed.

    `foreign_uses` are draws (user, batch, kg or None) on batches of this file by assets of another: the draw is told
    with the production of the user, by the file that holds it.
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    foreign_uses: list[tuple[str, str, float | None]] = field(default_factory=list)
