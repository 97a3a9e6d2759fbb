"""The total order of events (model 7.1) as one comparable byte string, the *position*.

A position holds the instant, the rank of the type, the step and the event id, so that comparing two positions as
bytes is comparing two events in the contract's order, in Python and in every store alike, and so that the time and the
id of the event that opened or closed an edge can be read off the edge.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta

Position = bytes

TYPE_ORDER = (
    "REGISTRATION",
    "ENROLMENT",
    "PRODUCTION",
    "INSPECTION",
    "RETIREMENT",
    "TRANSFER",
    "RECEIPT",
    "REMOVAL",
    "DISMANTLING",
    "SCRAPPING",
    "REPURPOSING",
    "INSTALLATION",
    "RECYCLING",
    "REFINING",
    "DISPOSAL",
    "VOIDING",
)
REFERRING = frozenset(["RECEIPT", "VOIDING"])
"""The types of events that name no items, but another event."""
_RANK = {name: bytes([rank]) for rank, name in enumerate(TYPE_ORDER)}
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_SIGN = 1 << 63
_STEP_ZERO = _SIGN.to_bytes(8, "big")


def instant_us(moment: datetime) -> int:
    """Microseconds since 1970-01-01 UTC of an aware datetime."""
    return (moment - _EPOCH) // _MICROSECOND


def moment_of_us(instant: int) -> datetime:
    """The UTC datetime of microseconds since 1970."""
    return _EPOCH + timedelta(microseconds=instant)


def position_of(occurred_at: datetime, event_type: str, step: int, event_id: str) -> Position:
    """The place of an event in the total order; UTF-8 keeps the order of code points."""
    head = instant_bytes(instant_us(occurred_at)) + _RANK[event_type]
    return head + (_STEP_ZERO if step == 0 else (step + _SIGN).to_bytes(8, "big")) + event_id.encode()


def event_id_of(position: Position) -> str:
    """The event id inside a position."""
    return position[17:].decode()


def type_of(position: Position) -> str:
    """The event type inside a position."""
    return TYPE_ORDER[position[8]]


def ranks_of(types: Iterable[str]) -> list[int]:
    """What the byte of a position is that tells the type, for each of some types."""
    return [_RANK[name][0] for name in types]


def instant_of(position: Position) -> int:
    """Microseconds since 1970-01-01 UTC inside a position."""
    return int.from_bytes(position[:8], "big") - _SIGN


def moment_of(position: Position) -> datetime:
    """The UTC datetime inside a position."""
    return moment_of_us(instant_of(position))


def instant_bytes(instant_us: int) -> Position:
    """The first 8 bytes of the positions of an instant, microseconds since 1970: the lowest position at or after it."""
    return (instant_us + _SIGN).to_bytes(8, "big")


def cut_before(moment: datetime) -> Position:
    """The lowest position of any event that occurs at or after `moment`."""
    return instant_bytes(instant_us(moment))


def cut_after(moment: datetime) -> Position:
    """The lowest position after every event that occurred at or before `moment`: `asOf` is inclusive (7.14)."""
    return instant_bytes(instant_us(moment) + 1)
