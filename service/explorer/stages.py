"""The flow from stage to stage, for the overview: batteries made, in use and retired, what became of these, and what
came back of their metal, up to new batteries."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, NamedTuple

QUERY = """query ($organization: String) {
  made: items(first: 0, filter: { kind: BATTERY, producer: $organization }) { totalCount }
  inUse: items(first: 0, filter: { kind: BATTERY, producer: $organization, status: INSTALLED }) { totalCount }
  report(filter: { organization: $organization }) {
    fates { fate batteries mass { kg unknown } }
    recovery { blackMassKg elements { element recoveredKg } }
    recycledContent { element recycledKg }
  }
}"""
FATES = {
    "REUSED": "secondLife",
    "RECYCLED": "recycled",
    "DISMANTLED": "dismantled",
    "MIXED": "dismantled",
    "IN_STOCK": "inStock",
    "EXPORTED": "gone",
    "LOST": "gone",
    "LANDFILLED": "gone",
    "UNKNOWN": "unknown",
}
"""Which box a fate of a retired battery is in."""
BRANCHES = tuple(dict.fromkeys(FATES.values()))


class Amount(NamedTuple):
    """How many batteries (None: it is matter alone), their mass as far as known (kg; None: nothing is known), and how
    many of them or of their parts have none that is known."""

    batteries: int | None
    kg: float | None
    unknown: int = 0


class Stage(NamedTuple):
    """A stage; `share`: how much of the largest of its row, by batteries or by mass, in per cent; `branches`: what it
    parts into."""

    name: str
    amount: Amount
    share: float
    branches: list[Stage]


def stages_of(found: Mapping[str, Any]) -> list[Stage]:
    """The stages in their order, of an answer to QUERY: batteries made (second-life units among them), in use now, and
    retired from their first life with what became of them; and from black mass to new batteries."""
    report = found["report"]
    fates = {name: _sum(one for one in report["fates"] if FATES[one["fate"]] == name) for name in BRANCHES}
    retired = _added(fates.values())
    counted = [(name, Amount(found[name]["totalCount"], None)) for name in ("made", "inUse")]
    counted.append(("retired", retired))
    most = max((amount.batteries or 0 for _, amount in counted), default=0)
    branches = [
        Stage(name, amount, _share(amount.batteries, retired.batteries), [])
        for name, amount in fates.items()
        if amount.batteries or amount.kg
    ]
    batteries = [
        Stage(name, amount, _share(amount.batteries, most), branches if name == "retired" else [])
        for name, amount in counted
    ]
    return [*batteries, *_metals(report)]


def _metals(report: Mapping[str, Any]) -> list[Stage]:
    flow = next((one for one in report["recovery"]["elements"] if not one["element"]), None)
    content = sum(one["recycledKg"] for one in report["recycledContent"] if not one["element"])
    found = [
        ("blackMass", Amount(None, report["recovery"]["blackMassKg"])),
        ("metals", Amount(None, flow["recoveredKg"] if flow else 0.0)),
        ("newBatteries", Amount(None, content)),
    ]
    most = max(amount.kg or 0.0 for _, amount in found)
    return [Stage(name, amount, _share(amount.kg, most), []) for name, amount in found]


def _sum(lines: Iterable[Mapping[str, Any]]) -> Amount:
    return _added(Amount(one["batteries"], one["mass"]["kg"], one["mass"]["unknown"]) for one in lines)


def _added(amounts: Iterable[Amount]) -> Amount:
    several = list(amounts)
    known = [one.kg for one in several if one.kg is not None]
    return Amount(
        sum(one.batteries or 0 for one in several), sum(known) if known else None, sum(one.unknown for one in several)
    )


def _share(part: float | None, whole: float | None) -> float:
    """In per cent; something that is there is seen."""
    return round(max(100 * part / whole, 1.5), 2) if part and whole else 0.0
