"""JSON read without loss: whole numbers beyond 64 bits, which orjson reads as floats, stay what they are."""

from __future__ import annotations

import json
from typing import Any

import orjson

LOWEST, HIGHEST = -(2**63), 2**64 - 1
"""The whole numbers that are kept and told on exactly: what fits 64 bits, with or without a sign."""

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


def beyond_64_bits(value: Any, path: str = "") -> tuple[str, int] | None:
    """The first whole number that does not fit, with the dotted path to it."""
    if type(value) is int:
        return None if LOWEST <= value <= HIGHEST else (path, value)
    inner = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    found = (beyond_64_bits(one, f"{path}.{name}" if path else str(name)) for name, one in inner)
    return next((one for one in found if one is not None), None)


def said_of(number: int) -> str:
    """What is wrong with a number that does not fit, in a sentence."""
    text = str(number)
    shown = text if len(text) <= 40 else f"{text[:37]}..."
    return f"{shown} is a whole number beyond 64 bits, which would not be kept exactly; state it as a text"
