"""JSON read without loss: whole numbers beyond 64 bits, which orjson reads as floats, stay what they are; and what of
numbers would be lost."""

from __future__ import annotations

import json
import sys
from math import isfinite, isinf
from typing import Any

import orjson

LOWEST, HIGHEST = -(2**63), 2**64 - 1
"""The whole numbers that are kept and told on exactly: what fits 64 bits, with or without a sign."""
MAX = sys.float_info.max
"""The largest number that is kept."""
DIGITS_MAX = sys.int_info.default_max_str_digits
"""So many digits of a whole number are read; what has more, in a GraphQL document, is read as NaN."""

_DIGITS = bytes.maketrans(b"123456789", b"0" * 9)
_LONG = b"0" * 19


def read_json(data: bytes | str) -> Any:
    """Parsed JSON. Raises orjson.JSONDecodeError, which is a ValueError."""
    parsed = orjson.loads(data)
    text = data if isinstance(data, bytes) else data.encode()
    if _LONG not in text.translate(_DIGITS):
        return parsed
    try:
        return json.loads(data)
    except RecursionError:
        return parsed  # Nothing that deep is taken as an event.


def unkept(value: Any, path: str = "") -> tuple[str, float] | None:
    """The first number that would not be kept, with the dotted path to it: a whole number beyond 64 bits, or one not
    finite, for which orjson writes null. Raises RecursionError."""
    if type(value) is int:
        return None if LOWEST <= value <= HIGHEST else (path, value)
    if type(value) is float:
        return None if isfinite(value) else (path, value)
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for name, one in inner:
        if (found := unkept(one, f"{path}.{name}" if path else str(name))) is not None:
            return found
    return None


def said_of(number: float) -> str:
    """What is wrong with a number that would not be kept, in a sentence."""
    if isinstance(number, int):
        return f"{_shown(number)} is a whole number beyond 64 bits, which would not be kept exactly; state it as a text"
    if isinf(number):
        return f"{number} is what a number beyond {MAX:.2g} is read as, which would not be kept; state it as a text"
    return (
        f"{number} is what a whole number of more than {DIGITS_MAX:,} digits is read as, or no number,"
        " which would not be kept; state it as a text"
    )


def _shown(number: int) -> str:
    """A whole number, cut where it is long; Python writes none of more than `DIGITS_MAX` digits."""
    if abs(number) >= 10**DIGITS_MAX:
        return f"what has more than {DIGITS_MAX:,} digits"
    text = str(number)
    return text if len(text) <= 40 else f"{text[:37]}..."
