"""What of custody is marked: events that were reported later than a rule allows, and hand-overs by somebody who did not
hold the item; the findings of these kinds, with their events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple

from service.api.context import Context, global_id
from service.explorer.asking import ask

AT_ONCE = 60
"""So many items are asked for at once."""
CODES = ("LATE_REPORT", "CUSTODY_GAP")
QUERY = """query ($ids: [ID!]!, $asOf: DateTime, $knownAt: DateTime) {
  nodes(ids: $ids, asOf: $asOf, knownAt: $knownAt) {
    ... on Item { key findings { code evidence { eventId type occurredAt recordedAt } } }
  }
}"""


class Marked(NamedTuple):
    """An event that a finding of one of the kinds is about."""

    event_id: str
    type: str
    occurred_at: datetime
    recorded_at: datetime
    code: str = CODES[0]


async def marked_events(
    context: Context, keys: Sequence[str], as_of: datetime | None, known_at: datetime | None
) -> dict[str, list[Marked]]:
    """By the key of each item the events that are marked, as far as the viewer may see them."""
    moments = {"asOf": as_of and as_of.isoformat(), "knownAt": known_at and known_at.isoformat()}
    items: list[dict[str, Any] | None] = []
    for start in range(0, len(keys), AT_ONCE):
        context.forget_read()
        ids = [global_id("Item", key) for key in keys[start : start + AT_ONCE]]
        items += (await ask(context, QUERY, ids=ids, **moments))["nodes"]
    return {
        item["key"]: [
            Marked(
                event["eventId"],
                event["type"],
                _moment(event["occurredAt"]),
                _moment(event["recordedAt"]),
                finding["code"],
            )
            for finding in item["findings"]
            if finding["code"] in CODES
            for event in finding["evidence"][:1]
        ]
        for item in items
        if item
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
