"""What there is to say of one thing of a trace: facts, custody, findings and events of an item; an event whole."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson

from graph_schema.answer import Trace
from service.api.context import Context, global_id
from service.explorer.asking import ask

ITEM = """query ($key: String!, $asOf: DateTime, $knownAt: DateTime) {
  item(key: $key, asOf: $asOf, knownAt: $knownAt) {
    __typename key kind status massKg producedAt
    composition { element massKg } identifiers { scheme value }
    producer { key name } holder { key name } endedBy { eventId type occurredAt }
    custody(first: 30) { totalCount edges { node { holder { key name } from to } } }
    findings { code severity sentence since resolvedBy legalBasis evidence { eventId type occurredAt } }
    history(first: 50) { totalCount edges { node { eventId type status occurredAt hash actor { key name } } } }
    ... on Battery { model chemistry energyKwh stateOfHealth }
    ... on MaterialLot { material remainingKg }
  }
}"""
EVENT = """query ($id: String!) {
  event(eventId: $id) {
    eventId type status occurredAt recordedAt sequence hash previousHash payload
    actor { key name } items { key kind } problems { code message conflictsWith }
  }
}"""

UNSETTLED_MAX = 40
"""So many pending or contested events are told of a trace."""
UNSETTLED = """query ($ids: [ID!]!, $knownAt: DateTime) {
  nodes(ids: $ids, knownAt: $knownAt) {
    ... on Event {
      eventId type status(knownAt: $knownAt) occurredAt actor { key name } problems { code message conflictsWith }
    }
  }
}"""


async def unsettled(context: Context, trace: Trace, known_at: datetime | None) -> list[dict[str, Any]]:
    """The first pending or contested events of a trace: when and what each was, who reported it, and what is wrong."""
    ids = [global_id("Event", one) for one in trace.unsettled[:UNSETTLED_MAX]]
    if not ids:
        return []
    context.forget_read()
    found = await ask(context, UNSETTLED, ids=ids, knownAt=known_at and known_at.isoformat())
    return [one for one in found["nodes"] if one]


async def opened(
    context: Context, trace: Trace, key: str, as_of: datetime | None, known_at: datetime | None
) -> dict[str, Any] | None:
    """An item or an event, as GraphQL tells it: `item` or `event`; None where it is not there. Of one name the item of
    the trace, else the event, else any item."""
    kinds = {node.kind for node in trace.nodes if node.key == key and not node.redacted}
    if not kinds - {"ORGANIZATION", "EVENT"} and (event := await opened_event(context, key)):
        return {"event": event}
    moments = {"asOf": as_of and as_of.isoformat(), "knownAt": known_at and known_at.isoformat()}
    item = (await ask(context, ITEM, key=key, **moments))["item"]
    return item and {"item": item}


async def opened_event(context: Context, event_id: str) -> dict[str, Any] | None:
    """An event, as GraphQL tells it, with its payload as text; None where it is not there."""
    event = (await ask(context, EVENT, id=event_id))["event"]
    return None if event is None else {**event, "payload": _text(event["payload"])}


def _text(payload: Any) -> str | None:
    return None if payload is None else orjson.dumps(payload, option=orjson.OPT_INDENT_2).decode()
