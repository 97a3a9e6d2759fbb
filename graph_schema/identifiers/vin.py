"""Vehicle identification numbers: ISO 3779, with the check digit of 49 CFR 565.15 and GB 16735.

Position 9 is a check digit in North America and in China. Elsewhere it may hold anything, and nothing is said of it.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from graph_schema.identifiers.identification import (
    ALPHANUMERIC,
    DIGITS,
    BrokenIdentifier,
    Field,
    Identification,
    Scheme,
    Slot,
    read_slots,
    sound,
)

ALPHABET = "0123456789ABCDEFGHJKLMNPRSTUVWXYZ"
_VALUES = dict(zip(ALPHABET, [*range(10), *range(1, 9), *range(1, 6), 7, 9, *range(2, 10)], strict=True))
_WEIGHTS = (8, 7, 6, 5, 4, 3, 2, 10, 0, 9, 8, 7, 6, 5, 4, 3, 2)
_CHECKS = DIGITS + "X"
_MODEL_YEARS = "ABCDEFGHJKLMNPRSTVWXY123456789"
_FORM = re.compile(rf"[{ALPHABET}]{{13}}[0-9]{{4}}", re.ASCII)
_READ_AS = str.maketrans("IOQ", "100")

_REGIONS = [("ABCDEFG", "Africa"), ("HJKLMNPR", "Asia"), ("STUVWXYZ", "Europe"), ("12345", "North America"),
            ("67", "Oceania"), ("890", "South America")]  # fmt: skip
_COUNTRIES = [
    ("1", ALPHABET, "the United States"),
    ("4", ALPHABET, "the United States"),
    ("5", ALPHABET, "the United States"),
    ("7", "FGHJKLMNPRSTUVWXYZ0", "the United States"),
    ("2", ALPHABET, "Canada"),
    ("3", "ABCDEFGHJKLMNPRSTUVWX", "Mexico"),
    ("L", ALPHABET, "China"),
]
"""First characters, second characters, and the country: those whose law asks for the check digit."""


class Vin(NamedTuple):
    """The fields of a VIN; the check digit is computed."""

    manufacturer: str
    descriptor: str
    year: str
    plant: str
    serial: str


def explain(text: str) -> Identification:
    """A VIN, field by field."""
    fields, faults = _read(text)
    if not fields:
        return Identification(Scheme.VIN, text, (), tuple(faults))
    country = _checked_in(text)
    fits = all(letter in ALPHABET for letter in text) and text[8] == check_digit(text)
    if country is None:
        said = "fits as check digit" if fits else f"any: only {_LAWS} ask for a check digit here"
    else:
        said = "check digit" if fits else "not the check digit"
        if not fits and not faults:
            faults.append(f"the check digit (position 9) is {text[8]}; it should be {check_digit(text)}")
    year = _years(text[9]) if country else "defined by the maker"
    meanings = {"manufacturer": _origin(text), "check digit": said, "model year": year}
    told = tuple(field._replace(meaning=meanings.get(field.name, field.meaning)) for field in fields)
    return Identification(Scheme.VIN, text, told, tuple(faults))


def parse(text: str) -> Vin:
    """The fields of a VIN; raises `BrokenIdentifier`."""
    sound(explain(text))
    return Vin(text[:3], text[3:8], text[9], text[10], text[11:])


def make(vin: Vin) -> str:
    """The text of a VIN, with its check digit wherever it comes from; raises `BrokenIdentifier`."""
    text = f"{vin.manufacturer}{vin.descriptor}0{vin.year}{vin.plant}{vin.serial}"
    if not _FORM.fullmatch(text):
        raise BrokenIdentifier(Scheme.VIN, text, _read(text)[1])
    return text[:8] + check_digit(text) + text[9:]


def check_digit(text: str) -> str:
    """What should stand at position 9 of 17 characters of the alphabet of VINs."""
    return _CHECKS[sum(_VALUES[letter] * weight for letter, weight in zip(text, _WEIGHTS, strict=True)) % 11]


def model_year(year: int) -> str:
    """The character of a model year; it comes again every 30 years."""
    return _MODEL_YEARS[(year - 1980) % len(_MODEL_YEARS)]


def fits(text: str) -> bool:
    """Whether a text has the form of a VIN: 17 characters, four digits at the end, and a letter among the first eight.

    A number with I, O or Q in it has that form only if its check digit is right with 1 and 0 instead: then it is a VIN
    that was misread, else any number.
    """
    if len(text) != 17 or any(letter not in ALPHANUMERIC for letter in text):
        return False
    if any(letter not in DIGITS for letter in text[13:]) or all(letter in DIGITS for letter in text[:8]):
        return False
    read = text.translate(_READ_AS)
    return text == read or (_checked_in(read) is not None and read[8] == check_digit(read))


def _read(text: str) -> tuple[tuple[Field, ...], list[str]]:
    fields, faults = read_slots(Scheme.VIN, text, _SLOTS)
    if fields and any(letter in ALPHABET and letter not in DIGITS for letter in text[13:]):
        faults.append(f"its last four characters are {text[13:]}; they should be digits")
    return fields, faults


def _checked_in(text: str) -> str | None:
    """The country whose law asks for a check digit, if the first two characters are of one."""
    for first, second, country in _COUNTRIES:
        if text[0] == first and text[1] in second:
            return country
    return None


def _origin(text: str) -> str:
    region = next((name for letters, name in _REGIONS if text[0] in letters), None)
    if region is None:
        return "no region has this letter"
    country = _checked_in(text)
    return f"a maker in {region if country is None else country}"


def _years(code: str) -> str:
    if code not in _MODEL_YEARS:
        return "no model year"
    year = 1980 + _MODEL_YEARS.index(code)
    return f"{year} or {year + 30}"


_LAWS = "North America and China"
_SLOTS = [
    Slot("manufacturer", 3, ALPHABET, lambda _: ""),
    Slot("vehicle descriptor", 5, ALPHABET, lambda _: "model, body and drive, defined by the maker"),
    Slot("check digit", 1, ALPHABET, lambda _: ""),
    Slot("model year", 1, ALPHABET, lambda _: ""),
    Slot("plant", 1, ALPHABET, lambda _: "defined by the maker"),
    Slot("serial number", 6, ALPHABET, lambda _: "defined by the maker"),
]
