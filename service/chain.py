"""The hash chain over the log."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import NamedTuple

from graph_schema.canonical import GENESIS, chain_hash
from graph_schema.order import instant_us


class Head(NamedTuple):
    """The end of the chain: the last sequence number (0: none), its time in microseconds since 1970, its hash."""

    sequence: int = 0
    recorded_us: int = -(2**62)
    hash: bytes = GENESIS


def now_us() -> int:
    """The clock, in microseconds since 1970 UTC."""
    return instant_us(datetime.now(UTC))


def recorded_us_after(head: Head, stated: int | None) -> int:
    """When the next batch is recorded: now, and later than the one before; or as stated, then not before it.

    Raises ValueError.
    """
    if stated is None:
        return max(now_us(), head.recorded_us + 1)
    if stated < head.recorded_us:
        raise ValueError(f"the log goes on from {head.recorded_us}, not at {stated} microseconds")
    return stated


def extend(head: Head, digest: bytes, recorded_us: int) -> Head:
    """The head after one more record."""
    sequence = head.sequence + 1
    return Head(sequence, recorded_us, chain_hash(head.hash, sequence, recorded_us, digest))
