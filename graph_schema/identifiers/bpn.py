"""Business partner numbers of Catena-X: CX-0010, with the check characters of ISO/IEC 7064 MOD 1271-36."""

from __future__ import annotations

import re
from typing import NamedTuple

from graph_schema.identifiers.identification import (
    ALPHANUMERIC,
    BrokenIdentifier,
    Identification,
    Scheme,
    Slot,
    read_slots,
    sound,
)

TYPES = {"L": "a legal entity", "S": "a site", "A": "an address"}
_FORM = re.compile(r"BPN[LSA](?=[A-Z]*[0-9])[0-9A-Z]{8,}", re.ASCII)


class Bpn(NamedTuple):
    """The fields of a number: L, S or A, and ten characters; the check characters are computed."""

    type: str
    number: str


def explain(text: str) -> Identification:
    """A number, field by field."""
    fields, faults = read_slots(Scheme.BPN, text, _SLOTS)
    if fields and text[:3] != "BPN":
        faults.append(f"it begins with {text[:3]}, not with BPN")
    if not faults and text[14:] != check_characters(text[4:14]):
        faults.append(f"the check characters (15, 16) are {text[14:]}; they should be {check_characters(text[4:14])}")
        fields = (*fields[:-1], fields[-1]._replace(meaning="not the check characters"))
    return Identification(Scheme.BPN, text, fields, tuple(faults))


def parse(text: str) -> Bpn:
    """The fields of a number; raises `BrokenIdentifier`."""
    sound(explain(text))
    return Bpn(text[3], text[4:14])


def make(bpn: Bpn) -> str:
    """The text of a number; raises `BrokenIdentifier`."""
    if bpn.type not in TYPES or len(bpn.number) != 10 or any(letter not in ALPHANUMERIC for letter in bpn.number):
        raise BrokenIdentifier(Scheme.BPN, "".join(bpn), ["after BPN are L, S or A and ten of 0-9 and A-Z"])
    return f"BPN{bpn.type}{bpn.number}{check_characters(bpn.number)}"


def check_characters(number: str) -> str:
    """The two characters that belong to ten; the letters before count for nothing."""
    total = 0
    for letter in number:
        total = (total + ALPHANUMERIC.index(letter)) * 36 % 1271
    first, second = divmod((1 - total * 36) % 1271, 36)
    return ALPHANUMERIC[first] + ALPHANUMERIC[second]


def fits(text: str) -> bool:
    """Whether a text begins as such numbers do, whatever its length: no other kind of number does."""
    return _FORM.fullmatch(text) is not None


_SLOTS = [
    Slot("prefix", 3, ALPHANUMERIC, lambda _: "business partner number"),
    Slot("type", 1, "".join(TYPES), lambda value: TYPES[value]),
    Slot("number", 10, ALPHANUMERIC, lambda _: "counted by the issuer"),
    Slot("check characters", 2, ALPHANUMERIC, lambda _: "check characters"),
]
