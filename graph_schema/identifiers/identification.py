"""What is said of an identifier: its scheme, its fields in words, and what is wrong with it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Literal, NamedTuple

from graph_schema.specs import Kind

Subject = Kind | Literal["ORGANIZATION"]
"""What an identifier is the key of."""

DIGITS = "0123456789"
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
ALPHANUMERIC = DIGITS + LETTERS


class Scheme(StrEnum):
    """The schemes that are known."""

    GBT_34014 = "GBT_34014"
    GBT_34014_REUSE = "GBT_34014_REUSE"
    VIN = "VIN"
    CREDIT_CODE = "CREDIT_CODE"
    BPN = "BPN"
    GLN = "GLN"
    GTIN = "GTIN"
    EPC = "EPC"
    DIGITAL_LINK = "DIGITAL_LINK"
    UUID = "UUID"


TITLES = {
    Scheme.GBT_34014: "traction battery code (GB/T 34014-2017)",
    Scheme.GBT_34014_REUSE: "traction battery code for reuse (GB/T 34014-2017)",
    Scheme.VIN: "vehicle identification number (ISO 3779)",
    Scheme.CREDIT_CODE: "unified social credit code (GB 32100-2015)",
    Scheme.BPN: "business partner number (Catena-X CX-0010)",
    Scheme.GLN: "global location number (GS1)",
    Scheme.GTIN: "global trade item number (GS1)",
    Scheme.EPC: "electronic product code (GS1 EPC URN)",
    Scheme.DIGITAL_LINK: "GS1 Digital Link URI",
    Scheme.UUID: "UUID (RFC 9562)",
}


class Field(NamedTuple):
    """A part of an identifier: positions count from 1; where it is empty, `last` is `first` - 1."""

    name: str
    first: int
    last: int
    value: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Identification:
    """What a text is: `value` is the text in the scheme's own spelling; each fault is a sentence."""

    scheme: Scheme
    value: str
    fields: tuple[Field, ...]
    faults: tuple[str, ...]

    @property
    def valid(self) -> bool:
        """Whether nothing is wrong with it."""
        return not self.faults


class BrokenIdentifier(ValueError):
    """A text that is not what it should be. `faults` are sentences, one for each thing that is wrong."""

    def __init__(self, scheme: Scheme, text: str, faults: Sequence[str]) -> None:
        super().__init__(f"{text!r} is no {TITLES[scheme]}: {'; '.join(faults)}")
        self.scheme = scheme
        self.faults = tuple(faults)


def sound(found: Identification) -> Identification:
    """The same where it is valid; raises `BrokenIdentifier`."""
    if found.faults:
        raise BrokenIdentifier(found.scheme, found.value, found.faults)
    return found


class Slot(NamedTuple):
    """A field of a code of fixed length: which characters may stand there, and what its value means."""

    name: str
    length: int
    alphabet: str
    meaning: Callable[[str], str]


def read_slots(scheme: Scheme, text: str, slots: Sequence[Slot]) -> tuple[tuple[Field, ...], list[str]]:
    """The fields of a code of fixed length, and what is wrong with its length and characters.

    A code of another length has no fields: nobody knows where they would be.
    """
    length = sum(slot.length for slot in slots)
    if len(text) != length:
        return (), [f"it has {len(text)} characters; a {TITLES[scheme]} has {length}"]
    fields: list[Field] = []
    faults: list[str] = []
    first = 1
    for slot in slots:
        value = text[first - 1 : first - 1 + slot.length]
        meaning = "not a value of this field"
        if value.strip(slot.alphabet):  # what is left of it begins and ends with what may not stand there
            faults += [
                f"position {place} ({slot.name}) is {letter!r}; allowed is {spelled(slot.alphabet)}"
                for place, letter in enumerate(value, first)
                if letter not in slot.alphabet
            ]
        else:
            meaning = slot.meaning(value)
        fields.append(Field(slot.name, first, first + slot.length - 1, value, meaning))
        first += slot.length
    return tuple(fields), faults


def spelled(alphabet: str) -> str:
    """Which characters an alphabet has, in few words."""
    missing = [letter for letter in ALPHANUMERIC if letter not in alphabet]
    if not missing:
        return "0-9 and A-Z"
    if alphabet == DIGITS:
        return "a digit"
    if len(alphabet) > len(missing):
        return f"0-9 and A-Z without {' '.join(missing)}"
    return " ".join(alphabet)
