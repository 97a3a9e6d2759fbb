"""Errors that a caller can act on."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple


class Fault(NamedTuple):
    """One mistake in an event: a dotted path into it ("": the whole event), and a sentence."""

    field: str
    reason: str

    def __str__(self) -> str:
        return f"{self.field}: {self.reason}" if self.field else self.reason


class MalformedEvent(ValueError):
    """An event that breaks the schema. `faults` has one entry at least; `field` and `reason` are those of the first."""

    def __init__(self, field: str, reason: str, event_id: str | None = None) -> None:
        super().__init__(str(Fault(field, reason)))
        self.faults: tuple[Fault, ...] = (Fault(field, reason),)
        self.event_id = event_id

    @classmethod
    def of(cls, faults: Sequence[Fault], event_id: str | None) -> MalformedEvent:
        """An event with several mistakes."""
        made = cls(*faults[0], event_id)
        made.faults = tuple(faults)
        made.args = ("; ".join(map(str, faults)),)
        return made

    @property
    def field(self) -> str:
        """Where the first mistake is."""
        return self.faults[0].field

    @property
    def reason(self) -> str:
        """What the first mistake is."""
        return self.faults[0].reason
