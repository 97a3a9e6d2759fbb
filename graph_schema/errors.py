"""Errors that a caller can act on."""

from __future__ import annotations


class MalformedEvent(ValueError):
    """An event that breaks the schema. `field` is a dotted path into the event, `reason` a sentence."""

    def __init__(self, field: str, reason: str, event_id: str | None = None) -> None:
        super().__init__(f"{field}: {reason}" if field else reason)
        self.field = field
        self.reason = reason
        self.event_id = event_id
