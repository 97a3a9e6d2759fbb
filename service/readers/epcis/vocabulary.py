"""Words of the Core Business Vocabulary, however they are written, and units of measure.

Sources: GS1 CBV 2.0; UN/CEFACT Recommendation 20.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation

_FORMS = re.compile(r"(?:urn:epcglobal:cbv:[a-z]+:|https?://[^\s]*/cbv/[A-Za-z]+-|cbv:[A-Za-z]+-)(.+)")

OUTBOUND = frozenset(["shipping", "departing", "consigning", "staging_outbound", "loading", "packing", "void_shipping"])
INBOUND = frozenset(["receiving", "accepting", "arriving", "unloading", "unpacking"])
CONFIRMING = frozenset(["receiving", "accepting"])
"""Steps with which the receiver takes over what was sent."""
MOVING = frozenset([*OUTBOUND, *INBOUND, "transporting", "collecting"]) - {"unpacking"}
"""Steps in which things travel as they are packed."""
IN_USE = frozenset(["installing", "repairing", "dispensing"])
"""Steps in which nothing is in its packaging any more."""
NOTHING_MADE = frozenset(["encoding", "reserving"])
"""Steps that hand out identifiers, before there is an object to carry them."""
PACKAGING = frozenset(["packing", "unpacking", "repackaging", "loading", "unloading", "picking", "staging_outbound"])

_KILOGRAMS = {
    "KGM": "1",
    "GRM": "0.001",
    "MGM": "0.000001",
    "TNE": "1000",
    "DTN": "100",
    "LBR": "0.45359237",
    "ONZ": "0.028349523125",
}


def term(value: object) -> str | None:
    """A word of the vocabulary, bare: from `urn:epcglobal:cbv:bizstep:x`, `https://ref.gs1.org/cbv/BizStep-x`,
    `cbv:BizStep-x` and `x`; a word of somebody else's stays as it is."""
    if not isinstance(value, str) or not value.strip():
        return None
    known = _FORMS.fullmatch(value.strip())
    return known[1] if known is not None else value.strip()


def kilograms(quantity: object, unit: object) -> float | None:
    """A quantity in kilograms, in decimal arithmetic; None where it is no mass. Not above zero is no mass either."""
    factor = _KILOGRAMS.get(unit) if isinstance(unit, str) else None
    if factor is None or isinstance(quantity, bool) or not isinstance(quantity, int | float | str):
        return None
    try:
        kg = float(Decimal(str(quantity)) * Decimal(factor))
    except InvalidOperation:
        return None
    return kg if 0 < kg < float("inf") else None
