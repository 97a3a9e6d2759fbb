"""Reading an event from JSON, its canonical form, and the hash chain over the log (model section 4)."""

from __future__ import annotations

import hashlib
import re
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

import orjson
from pydantic import ValidationError

from graph_schema.errors import MalformedEvent
from graph_schema.events import ADAPTER, AnyEvent
from graph_schema.faults import given, malformed
from graph_schema.plain_json import read_json, said_of, unkept

GENESIS = bytes(32)
"""The hash before the first event."""

_LOWEST, _HIGHEST = -(2.0**63), 2.0**64
"""Whole numbers between these are written without a point; beyond, JSON has them as floats only."""


def _normal(value: Any) -> Any:
    """JSON with absent for null and 2 for 2.0, so that what is equal as parsed JSON is equal in bytes."""
    kind = type(value)
    if kind is dict:
        return {key: _normal(inner) for key, inner in value.items() if inner is not None}
    if kind is list:
        return [_normal(inner) for inner in value]
    if kind is float and value.is_integer() and _LOWEST <= value < _HIGHEST:
        return int(value)
    return value


_NOT_NORMAL = re.compile(rb"null|\.0[,}\]]|\de[+-]?\d")
"""What the JSON text of something that is not normal yet has in it (and some that is)."""


def utc_text(moment: datetime) -> str:
    """An instant as RFC 3339 in UTC, without a fraction of zeros."""
    utc = moment if moment.tzinfo is UTC else moment.astimezone(UTC)
    text = utc.replace(tzinfo=None).isoformat()
    return (text.rstrip("0") if "." in text else text) + "Z"


def canonical(payload: dict[str, Any], event: AnyEvent) -> bytes:
    """The canonical payload: keys sorted, no nulls, numbers normal, times as UTC instants."""
    normal = {**payload, "occurredAt": utc_text(event.occurred_at)}
    text = orjson.dumps(normal, option=orjson.OPT_SORT_KEYS)
    if event.type != "REGISTRATION" and _NOT_NORMAL.search(text) is None:
        return text
    normal = _normal(normal)
    if event.type == "REGISTRATION":
        for stated, parsed in zip(
            normal["organization"].get("authorizations", ()), event.organization.authorizations or (), strict=True
        ):
            for name, moment in (("validFrom", parsed.valid_from), ("validTo", parsed.valid_to)):
                if moment is not None:
                    stated[name] = utc_text(moment)
    return orjson.dumps(normal, option=orjson.OPT_SORT_KEYS)


def digest(data: bytes) -> bytes:
    """SHA-256."""
    return hashlib.sha256(data).digest()


def chain_hash(previous: bytes, sequence: int, recorded_us: int, payload_digest: bytes) -> bytes:
    """The hash of a log record: over the previous hash, the sequence, `recordedAt` and the payload's digest.

    Shapes: 32 bytes, then two signed 64-bit big-endian integers (recordedAt in microseconds since 1970 UTC), 32 bytes.
    """
    return hashlib.sha256(
        previous + sequence.to_bytes(8, "big") + recorded_us.to_bytes(8, "big", signed=True) + payload_digest
    ).digest()


def parse_event(data: bytes | str | dict[str, Any]) -> tuple[AnyEvent, dict[str, Any]]:
    """One event from JSON text or a parsed object: the event and the payload as it was stated.

    `recordedAt` is no part of either: it is the log's to say. Raises MalformedEvent with fields and reasons.
    """
    if isinstance(data, dict):
        payload = data
    elif not isinstance(data, bytes | str):
        raise MalformedEvent("", f"{given(data)} is not a JSON object")
    else:
        try:
            payload = read_json(data)
        except orjson.JSONDecodeError as error:
            raise MalformedEvent("", f"is not JSON: {error}") from None
        if not isinstance(payload, dict):
            raise MalformedEvent("", f"{given(payload)} is not a JSON object")
    if "recordedAt" in payload:
        payload = {name: value for name, value in payload.items() if name != "recordedAt"}
    try:
        lost = b"null" in orjson.dumps(payload)  # It writes null for what is not finite.
        event = _validated(payload)
        found = unkept(payload) if lost else None
    except (TypeError, RecursionError) as error:
        raise _not_plain(payload, error) from None
    if found is not None:
        raise _unkept(payload, *found)
    return event, payload


def _validated(payload: dict[str, Any]) -> AnyEvent:
    try:
        return ADAPTER.validate_python(payload)
    except ValidationError as error:
        if not _has_null(payload):
            raise malformed(payload, error) from None
    try:
        return ADAPTER.validate_python(_without_null(payload))
    except ValidationError as error:
        raise malformed(payload, error) from None


def _not_plain(payload: dict[str, Any], error: Exception) -> MalformedEvent:
    with suppress(RecursionError):
        if (found := unkept(payload)) is not None:
            return _unkept(payload, *found)
    return MalformedEvent("", f"is no plain JSON, or nested too deeply: {error}")


def _unkept(payload: dict[str, Any], place: str, number: float) -> MalformedEvent:
    event_id = payload.get("eventId")
    return MalformedEvent(place, said_of(number), event_id if isinstance(event_id, str) else None)


_FREE = frozenset(["attributes"])
"""Fields with data of any shape, which is left as it is."""


def _has_null(value: Any) -> bool:
    if isinstance(value, dict):
        return any(inner is None or (key not in _FREE and _has_null(inner)) for key, inner in value.items())
    return isinstance(value, list) and any(map(_has_null, value))


def _without_null(value: Any) -> Any:
    """Absent for null (7.6), but for what is free data."""
    if isinstance(value, dict):
        return {
            key: inner if key in _FREE else _without_null(inner) for key, inner in value.items() if inner is not None
        }
    return [_without_null(inner) for inner in value] if isinstance(value, list) else value
