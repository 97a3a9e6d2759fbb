"""The kind of a unit, from what it is called."""

from __future__ import annotations

import re

_WORDS = (
    ("MODULE", ("modul", "模组")),
    ("CELL", ("zelle", "cell", "电芯", "单体")),
    ("BATTERY", ("battery", "batterie", "电池")),
    ("VEHICLE", ("vehicle", "fahrzeug", "整车")),
)
_GB_T_34014 = re.compile(r"[0-9A-Z]{3}([PMC])[A-GZ][0-9A-Z]{9}[1-9A-Z][1-9ABC][0-9A-Z]\d{7}")
_VIN = re.compile(r"[0-9A-HJ-NPR-Z]{17}")
_CODED = {"P": "BATTERY", "M": "MODULE", "C": "CELL"}


def kind_of_name(name: str) -> str | None:
    """The kind that a name in words says, None where it says none."""
    lowered = name.lower()
    return next((kind for kind, words in _WORDS if any(word in lowered for word in words)), None)


def kind_of_code(code: str) -> str | None:
    """The kind that a code says: of a GB/T 34014 battery code its fourth character, of a VIN that it is one."""
    battery = _GB_T_34014.fullmatch(code)
    if battery is not None:
        return _CODED[battery[1]]
    return "VEHICLE" if _VIN.fullmatch(code) and not code.isdecimal() else None
