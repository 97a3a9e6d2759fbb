"""Traction battery codes of GB/T 34014-2017: 24 characters for a new product, 19 for a reused one.

There is no check character; what can be checked are the alphabets and the date. The reuse code leaves the traceability
information out and ends in `R` and the product type; the original code must be kept beside it.
"""

from __future__ import annotations

import re
from datetime import date
from typing import NamedTuple

from graph_schema.identifiers.identification import (
    ALPHANUMERIC,
    DIGITS,
    BrokenIdentifier,
    Identification,
    Scheme,
    Slot,
    Subject,
    read_slots,
    sound,
)
from graph_schema.identifiers.manufacturers import MANUFACTURERS

FIRST_YEAR = 2011
YEARS = "123456789ABCDEFGHJKLMNPRSTVWXY"
"""2011 to 2040; the letters I, O, Q, U and Z are not used, neither for days."""
MONTHS = "123456789ABC"
DAYS = "123456789ABCDEFGHJKLMNPRSTVWXY0"

PRODUCTS: dict[str, tuple[str, Subject]] = {
    "P": ("battery pack", "BATTERY"),
    "M": ("battery module", "MODULE"),
    "C": ("battery cell", "CELL"),
}
BATTERY_TYPES = {
    "A": "nickel-metal hydride",
    "B": "lithium iron phosphate (LFP)",
    "C": "lithium manganese oxide (LMO)",
    "D": "lithium cobalt oxide (LCO)",
    "E": "ternary (NMC or NCA)",
    "F": "supercapacitor",
    "G": "lithium titanate (LTO)",
    "Z": "another type",
}
_NEW = re.compile(rf"[0-9A-Z]{{3}}[PMC][A-GZ][0-9A-Z]{{9}}[{YEARS}][{MONTHS}][{DAYS}][0-9]{{7}}", re.ASCII)
_REUSE = re.compile(rf"[0-9A-Z]{{3}}[PMC][A-GZ][0-9A-Z]{{2}}[{YEARS}][{MONTHS}][{DAYS}][0-9]{{7}}R[PMC]", re.ASCII)


class BatteryCode(NamedTuple):
    """The fields of a code. `traceability` is None in a reuse code, `reused_as` (P, M or C) in one of a new product."""

    manufacturer: str
    product: str
    battery_type: str
    specification: str
    traceability: str | None
    made: date
    serial: int
    reused_as: str | None = None

    @property
    def kind(self) -> Subject:
        """The kind of item that it says it is on: BATTERY, MODULE or CELL."""
        return PRODUCTS[self.product][1]


def explain(text: str, day: date | None = None) -> Identification:
    """The code of a new product, field by field; its date may not lie after `day`."""
    return _explained(Scheme.GBT_34014, text, [*_DESIGN, _TRACEABILITY, *_MADE], day)


def explain_reuse(text: str, day: date | None = None) -> Identification:
    """The code of a reused product, field by field; its date may not lie after `day`."""
    return _explained(Scheme.GBT_34014_REUSE, text, [*_DESIGN, *_MADE, *_REUSED], day)


def parse(text: str, day: date | None = None) -> BatteryCode:
    """The fields of a code of either length; raises `BrokenIdentifier`."""
    reused = len(text) == 19
    return read(explain_reuse(text, day) if reused else explain(text, day))


def sound_code(text: str) -> BatteryCode | None:
    """The fields of the code of a new product with which nothing is wrong, else None; told fast, as it is of most."""
    made = _date(*text[14:17]) if _NEW.fullmatch(text) else None
    if made is None:
        return None
    return BatteryCode(text[:3], text[3], text[4], text[5:7], text[7:14], made, int(text[17:]))


def read(found: Identification) -> BatteryCode:
    """The fields of a code that was explained; raises `BrokenIdentifier`."""
    value = {field.name: field.value for field in sound(found).fields}
    made = _date(value["year"], value["month"], value["day"])
    assert made is not None, "a sound code has a date"
    return BatteryCode(
        value["manufacturer"],
        value["product type"],
        value["battery type"],
        value["specification"],
        value.get("traceability information"),
        made,
        int(value["serial number"]),
        value.get("reused as"),
    )


def make(code: BatteryCode) -> str:
    """The text of a code: 24 characters, or 19 with `reused_as`; raises `BrokenIdentifier`."""
    scheme = Scheme.GBT_34014 if code.reused_as is None else Scheme.GBT_34014_REUSE
    if not 0 <= code.made.year - FIRST_YEAR < len(YEARS):
        raise BrokenIdentifier(scheme, str(code.made), [f"the year is one of {FIRST_YEAR} to 2040"])
    day = YEARS[code.made.year - FIRST_YEAR] + MONTHS[code.made.month - 1] + DAYS[code.made.day - 1]
    design = f"{code.manufacturer}{code.product}{code.battery_type}{code.specification}"
    if code.reused_as is None:
        text = f"{design}{code.traceability or ''}{day}{code.serial:07d}"
    else:
        text = f"{design}{day}{code.serial:07d}R{code.reused_as}"
    if not (_NEW if code.reused_as is None else _REUSE).fullmatch(text):
        sound(explain(text) if code.reused_as is None else explain_reuse(text))
    return text


def fits(text: str) -> bool:
    """Whether a text has the form of the code of a new product: product and battery type, a date or a serial number.

    One of the last two may be broken, which is what a finding is about; a text without both is some other number.
    """
    return len(text) == 24 and _designed(text) and (_dated(text[14:17]) or _among(text[17:], DIGITS))


def fits_reuse(text: str) -> bool:
    """Whether a text has the form of a reuse code: product and battery type, and the end that only such codes have."""
    return len(text) == 19 and _designed(text) and text[17] == "R" and text[18] in PRODUCTS


def _designed(text: str) -> bool:
    return _among(text, ALPHANUMERIC) and text[3] in PRODUCTS and text[4] in BATTERY_TYPES


def _dated(text: str) -> bool:
    return text[0] in YEARS and text[1] in MONTHS and text[2] in DAYS and _date(*text) is not None


def _among(text: str, alphabet: str) -> bool:
    return not text.strip(alphabet)


def _date(year: str, month: str, day: str) -> date | None:
    try:
        return date(FIRST_YEAR + YEARS.index(year), MONTHS.index(month) + 1, DAYS.index(day) + 1)
    except ValueError:
        return None


def _explained(scheme: Scheme, text: str, slots: list[Slot], day: date | None) -> Identification:
    fields, faults = read_slots(scheme, text, slots)
    stamp = "".join(field.value for field in fields if field.name in ("year", "month", "day"))
    if stamp and stamp[0] in YEARS and stamp[1] in MONTHS and stamp[2] in DAYS:
        made = _date(*stamp)
        if made is None:
            year, month = FIRST_YEAR + YEARS.index(stamp[0]), MONTHS.index(stamp[1]) + 1
            faults.append(f"{year}-{month:02d} has no day {DAYS.index(stamp[2]) + 1}")
        elif day is not None and made > day:
            faults.append(f"its date, {made}, lies after {day}")
    return Identification(scheme, text, fields, tuple(faults))


_DESIGN = [
    Slot("manufacturer", 3, ALPHANUMERIC, lambda value: MANUFACTURERS.get(value, "a maker that is not in our list")),
    Slot("product type", 1, "".join(PRODUCTS), lambda value: PRODUCTS[value][0]),
    Slot("battery type", 1, "".join(BATTERY_TYPES), lambda value: BATTERY_TYPES[value]),
    Slot("specification", 2, ALPHANUMERIC, lambda _: "defined by the maker"),
]
_TRACEABILITY = Slot("traceability information", 7, ALPHANUMERIC, lambda _: "defined by the maker")
_MADE = [
    Slot("year", 1, YEARS, lambda value: str(FIRST_YEAR + YEARS.index(value))),
    Slot("month", 1, MONTHS, lambda value: f"month {MONTHS.index(value) + 1}"),
    Slot("day", 1, DAYS, lambda value: f"day {DAYS.index(value) + 1}"),
    Slot("serial number", 7, DIGITS, lambda value: f"number {int(value)} of the day"),
]
_REUSED = [
    Slot("reuse", 1, "R", lambda _: "made for reuse; the original codes are kept beside it"),
    Slot("reused as", 1, "".join(PRODUCTS), lambda value: PRODUCTS[value][0]),
]
