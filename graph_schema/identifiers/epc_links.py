"""The GS1 Digital Link URI of an electronic product code: two ways to write one key.

GS1 EPC Tag Data Standard 2, chapter 7. The way back is not open: a link does not say how long the company prefix is.
"""

from __future__ import annotations

from urllib.parse import unquote

from graph_schema.identifiers import digital_link, epc
from graph_schema.identifiers.epc_types import CLASSES, TYPES
from graph_schema.identifiers.gs1 import completed

_KEYS = {
    "sgtin": ("01", "21"),
    "lgtin": ("01", "10"),
    "sscc": ("00", ""),
    "sgln": ("414", "254"),
    "grai": ("8003", ""),
    "giai": ("8004", ""),
    "gsrn": ("8018", ""),
    "gsrnp": ("8017", ""),
    "gdti": ("253", ""),
    "cpi": ("8010", "8011"),
    "sgcn": ("255", ""),
    "ginc": ("401", ""),
    "gsin": ("402", ""),
    "itip": ("8006", "21"),
    "upui": ("01", "235"),
    "pgln": ("417", ""),
}
"""The application identifier of the key, and of what qualifies it: else it goes into the key."""


def link(text: str) -> str | None:
    """The canonical URI of a valid URN, None where it has none; raises `BrokenIdentifier`.

    A pattern has one if all but its last part is given: that of the kind of thing.
    """
    code = epc.parse(text)
    pattern = code.space == "idpat"
    if code.type not in _KEYS or (pattern and "*" in (code.parts[1], *code.parts[:-1])):
        return None
    kind = (TYPES | CLASSES)[code.type]
    any_of_them = pattern and code.parts[-1] == "*"
    company, reference, *rest = (unquote(part) for part in code.parts)
    key, qualifier = _KEYS[code.type]
    last = "" if any_of_them else "".join(rest[-1:])
    if kind.leading:
        value = completed(reference[0] + company + reference[1:])
    elif kind.digits:
        value = ("0" if key == "8003" else "") + completed(company + reference)
    else:
        value = company + reference
    value += "".join(rest[:-1])
    if not qualifier:
        return digital_link.make({key: value + last})
    unqualified = any_of_them or (code.type == "sgln" and last == "0")
    return digital_link.make({key: value} if unqualified else {key: value, qualifier: last})
