"""UUIDs, bare or as `urn:uuid:`: RFC 9562."""

from __future__ import annotations

import re
from uuid import UUID

from graph_schema.identifiers.identification import Field, Identification, Scheme, sound

PREFIX = "urn:uuid:"
VERSIONS = {
    "1": "made from a time and a node",
    "2": "made for DCE security",
    "3": "made from a name (MD5)",
    "4": "made at random",
    "5": "made from a name (SHA-1)",
    "6": "made from a time and a node, in the order of time",
    "7": "made from a time and at random, in the order of time",
    "8": "made in its maker's own way",
}
_GROUPS = (8, 4, 4, 4, 12)
_LETTERS = "0123456789abcdef-"
_FORM = re.compile("-".join(f"[0-9a-f]{{{length}}}" for length in _GROUPS), re.ASCII)


def explain(text: str) -> Identification:
    """A UUID in lower case, with or without its prefix, field by field."""
    start = len(PREFIX) if text.startswith(PREFIX) else 0
    body = text[start:]
    fields = [Field("prefix", 1, start, PREFIX, "a name of UUIDs")] if start else []
    faults = _faults(body, start)
    if not faults:
        told = "RFC 9562" if body[19] in "89ab" else "another variant than that of RFC 9562"
        version = VERSIONS.get(body[14], "no version that is defined") if body[19] in "89ab" else "not defined"
        fields += [
            Field("value", start + 1, len(text), body, "128 bits"),
            Field("version", start + 15, start + 15, body[14], version),
            Field("variant", start + 20, start + 20, body[19], told),
        ]
    return Identification(Scheme.UUID, text, tuple(fields), tuple(faults))


def parse(text: str) -> UUID:
    """The UUID; raises `BrokenIdentifier`."""
    return UUID(sound(explain(text)).value.removeprefix(PREFIX))


def make(uuid: UUID) -> str:
    """The text of a UUID as a URN."""
    return f"{PREFIX}{uuid}"


def fits(text: str) -> bool:
    """Whether a text in lower case begins as the URN does, or is a bare UUID."""
    return text.startswith(PREFIX) or _FORM.fullmatch(text) is not None


def _faults(body: str, start: int) -> list[str]:
    strange = [
        f"{letter!r} (position {place})" for place, letter in enumerate(body, start + 1) if letter not in _LETTERS
    ]
    more = f", and {len(strange) - 1} more" if strange[1:] else ""
    faults = [f"{strange[0]} is none of 0-9, a-f and -{more}"] if strange else []
    lengths = [len(group) for group in body.split("-")]
    if tuple(lengths) != _GROUPS:
        faults.append(f"its groups have {', '.join(map(str, lengths))} characters; a UUID has 8, 4, 4, 4 and 12")
    return faults
