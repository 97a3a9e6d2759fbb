"""What of a trace was reported later than a rule allows: the findings of LATE_REPORT, with their events."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

from service.api.context import Context, global_id
from service.explorer.asking import ask

CODE = "LATE_REPORT"
QUERY = """query ($ids: [ID!]!, $asOf: DateTime, $knownAt: DateTime) {
  nodes(ids: $ids, asOf: $asOf, knownAt: $knownAt) {
    ... on Item { key findings { code evidence { eventId type occurredAt recordedAt } } }
  }
}"""


class LateReport(NamedTuple):
    """An event that was reported late."""

    event_id: str
    type: str
    occurred_at: datetime
    recorded_at: datetime


async def late_reports(
    context: Context, keys: Sequence[str], as_of: datetime | None, known_at: datetime | None
) -> dict[str, list[LateReport]]:
    """By the key of each item the events that were reported late, as far as the viewer may see them."""
    moments = {"asOf": as_of and as_of.isoformat(), "knownAt": known_at and known_at.isoformat()}
    found = await ask(context, QUERY, ids=[global_id("Item", key) for key in keys], **moments)
    return {
        item["key"]: [
            LateReport(event["eventId"], event["type"], _moment(event["occurredAt"]), _moment(event["recordedAt"]))
            for finding in item["findings"]
            if finding["code"] == CODE
            for event in finding["evidence"][:1]
        ]
        for item in found["nodes"]
        if item
    }


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
