"""What is wrong with a malformed event, fault by fault, in plain words."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from pydantic import ValidationError

from graph_schema.errors import Fault, MalformedEvent
from graph_schema.events import AnyEvent, Registration
from graph_schema.order import TYPE_ORDER

FAULTS_MAX = 10
"""So many faults of one event are told; of more, how many there are."""
_FIELD_MAX = 200
_GIVEN_MAX = 60
_EVENT_IDS = frozenset(["eventId", "transfer", "voids"])
_PLAIN = {
    "missing": "is missing",
    "extra_forbidden": "is no field of this event type (free data goes into `attributes`, of the event or an item)",
    "union_tag_not_found": "the event has no `type`",
}
_OF_VALUE = {
    "string_type": "is no text",
    "string_too_short": "is empty",
    "string_too_long": "is longer than {max_length} characters",
    "float_type": "is no number",
    "int_type": "is no whole number",
    "int_from_float": "is no whole number",
    "finite_number": "is no finite number",
    "greater_than": "is not above {gt:g}",
    "greater_than_equal": "is below {ge:g}",
    "less_than_equal": "is above {le:g}",
    "list_type": "is no list",
    "dict_type": "is no JSON object",
    "model_type": "is no JSON object",
    "model_attributes_type": "is no JSON object",
    "literal_error": "is none of {expected}",
}
"""What is said of a value, by pydantic's type of an error and with its context."""


def malformed(payload: dict[str, Any], error: ValidationError) -> MalformedEvent:
    """The error of an event that does not fit its class: its first faults, each with its field."""
    details = error.errors(include_url=False, include_input=True, include_context=True)
    faults = [Fault(_field(payload, one), _reason(one)) for one in details[:FAULTS_MAX]]
    event_id = payload.get("eventId")
    return MalformedEvent.of(_counted(faults, len(details)), event_id if isinstance(event_id, str) else None)


def unsound(event: AnyEvent) -> MalformedEvent | None:
    """The error of an event with an authorization that ends before it begins; None where there is none.

    `parse_event` does not look at this: a log that has such an event from before stays as it is, and is read.
    """
    stated = event.organization.authorizations or () if isinstance(event, Registration) else ()
    faults = [
        Fault(f"organization.authorizations.{number}.validTo", f"{_utc(end)} is before validFrom, {_utc(begin)}")
        for number, one in enumerate(stated)
        if (begin := one.valid_from) is not None and (end := one.valid_to) is not None and end < begin
    ]
    return MalformedEvent.of(_counted(faults[:FAULTS_MAX], len(faults)), event.event_id) if faults else None


def _utc(moment: datetime) -> str:
    return moment.isoformat().replace("+00:00", "Z")


def _counted(faults: list[Fault], count: int) -> list[Fault]:
    """The first of so many faults, and how many more there are."""
    more = count - len(faults)
    return [*faults, *([Fault("", f"{more} more faults of this event are not told")] if more else ())]


def given(value: Any) -> str:
    """A value as it is told, cut where it is long."""
    text = str(value).lower() if isinstance(value, bool) else repr(value)
    return text if len(text) <= _GIVEN_MAX else text[: _GIVEN_MAX - 3] + "..."


def _field(payload: dict[str, Any], detail: Any) -> str:
    path = [str(part) for part in detail["loc"]]
    if path and path[0] == payload.get("type"):
        path = path[1:]
    if path and path[-1] == "[key]":
        path = path[:-2]
    if detail["type"].startswith("union_tag"):
        path.append("type")
    field = ".".join(part for part in path if part not in ("key", "ref", "new") or part == path[-1] == "key")
    return field if len(field) <= _FIELD_MAX else field[: _FIELD_MAX - 3] + "..."


def _reason(detail: Any) -> str:
    kind, value, context = detail["type"], given(detail.get("input")), detail.get("ctx", {})
    if kind in _PLAIN:
        return _PLAIN[kind]
    if kind in _OF_VALUE:
        return f"{value} {_OF_VALUE[kind].format(**context)}"
    match kind:
        case "union_tag_invalid":
            return f"{given(detail['input'].get('type'))} is no known event type; there are {', '.join(TYPE_ORDER)}"
        case "string_pattern_mismatch" if detail["loc"][-1] == "[key]":
            return f"{value} is not the symbol of a chemical element (such as Li)"
        case "string_pattern_mismatch":
            spaces = "" if detail["loc"][-1] in _EVENT_IDS else " without spaces"
            return f"{value} is not 1 to 128 printable characters{spaces}"
        case "too_short":
            return "is empty; there must be one at least"
        case "too_long":
            return "must be empty: nothing of this is part of this event type"
        case "twice":
            return str(detail["msg"])
        case "time":
            return f"{value} {detail['msg']}"
        case "datetime_from_date_parsing" | "datetime_parsing" | "datetime_object_invalid":
            return f"{value} is no time that there is: a day, an hour, a minute, a second or the offset is out of range"
        case _:
            return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, not {value}"
