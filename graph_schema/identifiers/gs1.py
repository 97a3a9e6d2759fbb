"""Numbers of GS1: GTIN and GLN, and the check digit that all of its keys share. GS1 General Specifications, 7.9."""

from __future__ import annotations

from biip.checksums import gs1_standard_check_digit
from biip.gs1_prefixes import GS1Prefix

from graph_schema.identifiers.identification import (
    DIGITS,
    BrokenIdentifier,
    Field,
    Identification,
    Scheme,
    sound,
)

GTIN_LENGTHS = (8, 12, 13, 14)


def explain_gtin(text: str) -> Identification:
    """A GTIN of 8, 12, 13 or 14 digits, field by field."""
    if len(text) not in GTIN_LENGTHS:
        fault = f"it has {len(text)} characters; a GTIN has 8, 12, 13 or 14 digits"
        return Identification(Scheme.GTIN, text, (), (fault,))
    fields = []
    if len(text) == 14:
        packing = "a level of packing" if text[0] in "12345678" else "a measured quantity" if text[0] == "9" else "none"
        fields.append(Field("indicator", 1, 1, text[0], packing))
    return _explained(
        Scheme.GTIN, text, fields, f"company and item{' (or location, as GLN)' if len(text) == 13 else ''}"
    )


def explain_gln(text: str) -> Identification:
    """A GLN of 13 digits, field by field."""
    if len(text) != 13:
        return Identification(Scheme.GLN, text, (), (f"it has {len(text)} characters; a GLN has 13 digits",))
    return _explained(Scheme.GLN, text, [], "company and location")


def parse_gtin(text: str) -> str:
    """The GTIN as 14 digits; raises `BrokenIdentifier`."""
    return sound(explain_gtin(text)).value.zfill(14)


def parse_gln(text: str) -> str:
    """The GLN as it is; raises `BrokenIdentifier`."""
    return sound(explain_gln(text)).value


def make_gtin(stem: str) -> str:
    """A GTIN from its 7, 11, 12 or 13 digits before the check digit; raises `BrokenIdentifier`."""
    return _made(Scheme.GTIN, stem, [length - 1 for length in GTIN_LENGTHS])


def make_gln(stem: str) -> str:
    """A GLN from its 12 digits before the check digit; raises `BrokenIdentifier`."""
    return _made(Scheme.GLN, stem, [12])


def completed(stem: str) -> str:
    """Digits with their check digit."""
    return f"{stem}{gs1_standard_check_digit(stem)}"


def is_checked(text: str) -> bool:
    """Whether a text is digits, of which the last one is the check digit of the others."""
    return len(text) > 1 and is_digits(text) and text == completed(text[:-1])


def is_digits(text: str) -> bool:
    """Whether a text is digits 0 to 9, at least one."""
    return text != "" and all(letter in DIGITS for letter in text)


def assigned_by(text: str) -> str:
    """What the prefix that digits begin with is for: the GS1 organization that assigns such numbers, or another use."""
    prefix = GS1Prefix.extract(text)
    if prefix is None:
        return "a prefix that nobody has"
    if prefix.usage.startswith("GS1"):
        return f"assigned by {prefix.usage}"
    return prefix.usage[0].lower() + prefix.usage[1:]


def fits_gtin(text: str) -> bool:
    """Whether a text has the form of a GTIN.

    Many numbers have 8 or 12 digits (days, for one); such a text is a GTIN only if its check digit is right.
    """
    return is_digits(text) and (len(text) in (13, 14) or (len(text) in GTIN_LENGTHS and is_checked(text)))


def fits_gln(text: str) -> bool:
    """Whether a text has the form of a GLN; the check digit is part of it, as many numbers have 13 digits."""
    return len(text) == 13 and is_checked(text)


def _explained(scheme: Scheme, text: str, fields: list[Field], rest: str) -> Identification:
    faults = [
        f"position {place} is {letter!r}; allowed is a digit"
        for place, letter in enumerate(text, 1)
        if letter not in DIGITS
    ]
    if faults:
        return Identification(scheme, text, (), tuple(faults))
    first, meaning = len(fields) + 1, "check digit"
    # Of 12 digits GS1 thinks as of 13 with a zero before; prefixes of 8 digits are a list of their own.
    prefix = "" if len(text) == 8 else f", {assigned_by(text.zfill(13)[-13:])}"
    fields.append(Field("reference", first, len(text) - 1, text[first - 1 : -1], f"{rest}{prefix}"))
    if not is_checked(text):
        faults.append(f"the check digit (position {len(text)}) is {text[-1]}; it should be {completed(text[:-1])[-1]}")
        meaning = "not the check digit"
    fields.append(Field("check digit", len(text), len(text), text[-1], meaning))
    return Identification(scheme, text, tuple(fields), tuple(faults))


def _made(scheme: Scheme, stem: str, lengths: list[int]) -> str:
    if len(stem) not in lengths or not is_digits(stem):
        said = " or ".join(map(str, lengths))
        raise BrokenIdentifier(scheme, stem, [f"before the check digit are {said} digits"])
    return completed(stem)
