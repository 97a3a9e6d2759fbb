"""Every limit of the rulebook: how long, by whom, for what, between which dates, and where that is written."""

from __future__ import annotations

from datetime import date
from enum import StrEnum
from typing import NamedTuple

NO_35 = "MIIT Announcement 2018 No. 35"
ORDER_73 = "Order No. 73 (MIIT and others, 2025-12-31)"
CHOSEN = "chosen by this project; no law says so"


class Unit(StrEnum):
    """What a limit counts."""

    WORKING_DAYS = "working days"
    DAYS = "days"
    MONTHS = "months"


class Limit(NamedTuple):
    """So many units for an event of a type, by an actor with one of some roles, about an item of one of some kinds.

    Empty roles or kinds: any. `retired_only`: only where the item was retired before; `second_life_only`: only of
    second-life units. Both dates are inclusive.
    """

    event_type: str
    roles: frozenset[str]
    kinds: frozenset[str]
    number: int
    unit: Unit
    source: str
    valid_from: date | None = None
    valid_until: date | None = None
    retired_only: bool = False
    second_life_only: bool = False
    own_waste_only: bool = False
    reuser_only: bool = False

    @property
    def about(self) -> str:
        """The items that it is about, in words: empty for any."""
        states = (
            ("retired", self.retired_only),
            ("in second life", self.second_life_only),
            ("that it retired", self.own_waste_only),
        )
        return " ".join([*sorted(self.kinds), *(word for word, stated in states if stated)])


def _report(
    kind: str,
    roles: str,
    number: int,
    article: str,
    kinds: str = "",
    about: str = "",
    new: bool = False,
    reuser: bool = False,
) -> Limit:
    source = f"{ORDER_73 if new else NO_35}, {article}"
    begins, ends = (date(2026, 4, 1), None) if new else (date(2018, 8, 1), date(2026, 3, 31))
    unit = Unit.DAYS if new else Unit.WORKING_DAYS
    who, what = frozenset(roles.split()), frozenset(kinds.split())
    return Limit(
        kind, who, what, number, unit, source, begins, ends, about == "retired", about == "in second life",
        about == "own waste", reuser,
    )  # fmt: skip


BATTERIES = "BATTERY MODULE CELL"

ROLES = (
    "BATTERY_MAKER", "VEHICLE_MAKER", "IMPORTER", "VEHICLE_OWNER", "REPAIRER", "SWAP_OPERATOR", "OUTLET",
    "VEHICLE_DISMANTLER", "UTILIZER", "MATERIAL_MAKER", "CARRIER", "REGULATOR",
)  # fmt: skip
"""The roles of organizations that rules know, or that nothing is asked of; others may be stated, and are kept."""
SCOPES = ("COLLECTION", "REPAIR", "DISMANTLING", "REPURPOSING", "RECYCLING", "REFINING")
"""The scopes of authorizations, likewise."""

REPORTING = (
    _report("PRODUCTION", "VEHICLE_MAKER IMPORTER", 15, "certificate of conformity or import clearance", "VEHICLE"),
    _report("REMOVAL", "REPAIRER", 30, "Art. 10", BATTERIES),
    _report("INSTALLATION", "REPAIRER", 30, "Art. 10", BATTERIES),
    _report("RECEIPT", "OUTLET", 30, "Art. 11", BATTERIES, "retired"),
    _report("TRANSFER", "OUTLET", 30, "Art. 11", BATTERIES, "retired"),
    _report("SCRAPPING", "VEHICLE_DISMANTLER", 15, "Art. 13", "VEHICLE"),
    _report("TRANSFER", "VEHICLE_DISMANTLER", 15, "Art. 13", BATTERIES),
    _report("TRANSFER", "UTILIZER", 15, "Art. 14", BATTERIES, "in second life", reuser=True),
    _report("RETIREMENT", "UTILIZER", 15, "Art. 14", BATTERIES, "own waste", reuser=True),
    _report("TRANSFER", "UTILIZER", 15, "Art. 14", BATTERIES, "own waste", reuser=True),
    _report("RECEIPT", "UTILIZER", 30, "Art. 15", BATTERIES, "retired"),
    _report("RECYCLING", "UTILIZER", 30, "Art. 15", BATTERIES),
    _report("PRODUCTION", "VEHICLE_MAKER IMPORTER", 20, "vehicle data after the certificate", "VEHICLE", new=True),
    _report("RECEIPT", "UTILIZER", 30, "Art. 24(7)", BATTERIES, "retired", new=True),
    _report("TRANSFER", "UTILIZER", 30, "Art. 24(7)", new=True),
)
"""How soon an event is to be reported after it occurred."""

CONFIRMATION = Limit("TRANSFER", frozenset(), frozenset(), 30, Unit.DAYS, CHOSEN, retired_only=True)
"""How soon a retired battery's transfer is to be confirmed."""

TRANSPORT = Limit("TRANSFER", frozenset(["CARRIER"]), frozenset(), 30, Unit.DAYS, CHOSEN, retired_only=True)
"""How soon a carrier is to hand on a retired battery that it was given."""

STANDSTILL = Limit("", frozenset(), frozenset(), 12, Unit.MONTHS, CHOSEN, retired_only=True)
"""How long nothing may be heard of a retired battery."""

BANNED_USES = frozenset(["ELECTRIC_BICYCLE", "E_BIKE", "EBIKE", "电动自行车"])
"""What Order No. 73, Art. 22 names; compared with `attributes.vehicleType` and `attributes.application` of what a
battery is in or made for, in capitals with `_` for spaces and hyphens."""


class Share(NamedTuple):
    """So much of an element, as a share, for what occurs from `valid_from` on."""

    element: str
    share: float
    valid_from: date
    source: str


CONDITIONS_2024 = (
    "conditions for enterprises that utilize waste traction batteries, edition of 2024 (MIIT, announced 2024-12-24, "
    "voluntary)"
)

RECOVERY_2024 = tuple(
    Share(element, share, date(2025, 1, 1), CONDITIONS_2024)
    for element, share in (("Ni", 0.98), ("Co", 0.98), ("Mn", 0.98), ("Li", 0.90), ("Cu", 0.98), ("Al", 0.98))
)
"""What is to be recovered. From when they hold is chosen by this project: the first calendar year after they were
announced (Xinhua, 2024-12-25); we know no source of the day."""

EU_ANNEX_XII = "Regulation (EU) 2023/1542, Art. 71 and Annex XII, part C"

RECOVERY_EU = tuple(
    Share(element, share, date(year, 12, 31), EU_ANNEX_XII)
    for year, shares in (
        (2027, {"Co": 0.90, "Cu": 0.90, "Li": 0.50, "Ni": 0.90}),
        (2031, {"Co": 0.95, "Cu": 0.95, "Li": 0.80, "Ni": 0.95}),
    )
    for element, share in shares.items()
)
"""What is to be recovered, by the last day on which it must be reached: a year is judged by what held as it began."""

NOT_IN_IRON_PHOSPHATE = ("Ni", "Co", "Mn")
"""Of these lithium iron phosphate has what is in cans, connectors and steel, which recovery is not asked of."""

EU_ARTICLE_8 = "Regulation (EU) 2023/1542, Art. 8(2) and (3)"

CONTENT_EU = tuple(
    Share(element, share, date(year, 8, 18), EU_ARTICLE_8)
    for year, shares in (
        (2031, {"Co": 0.16, "Pb": 0.85, "Li": 0.06, "Ni": 0.06}),
        (2036, {"Co": 0.26, "Pb": 0.85, "Li": 0.12, "Ni": 0.15}),
    )
    for element, share in shares.items()
)
"""How much of an element in new batteries is to be recycled, by when they are made."""
