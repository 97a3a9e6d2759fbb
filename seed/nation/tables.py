"""The numbers behind the synthetic nation, each with where it is from. `[K]` marks general knowledge, unconfirmed."""

from __future__ import annotations

import csv
from datetime import date
from functools import cache
from importlib.resources import files
from typing import NamedTuple

FIRST_DAY = date(2018, 8, 1)
"""When traceability management began (2018 No. 35): the parties are registered that day, packs come from September."""

ORDER_73 = date(2026, 4, 1)
"""From when the Interim Measures of 2025-12-31 (Order No. 73) are in force."""

VEHICLES_MILLIONS = {2018: 1.27, 2019: 1.24, 2020: 1.37, 2021: 3.5, 2022: 7.1, 2023: 9.6, 2024: 12.9, 2025: 16.6,
                     2026: 19.0}  # fmt: skip
"""Output of new-energy vehicles; 2018 to 2020 and 2026 [K]. Later years are taken as the last one."""

LFP_SHARE = {2018: 0.54, 2019: 0.40, 2020: 0.44, 2021: 0.52, 2022: 0.62, 2023: 0.67, 2024: 0.746, 2025: 0.813,
             2026: 0.82}  # fmt: skip
"""Of packs: 54 % to 2018, ternary ahead until 2020, 74.6 % in 2024, 81.3 % in 2025; between them [K]."""

MAKER_SHARES = (0.43, 0.24, 0.08, 0.07, 0.06, 0.05, 0.04, 0.03)
"""Of the battery makers, the largest first [K]."""
VEHICLE_MAKER_SHARES = (0.28, 0.12, 0.10, 0.09, 0.08, 0.08, 0.07, 0.06, 0.05, 0.04, 0.025, 0.005)
"""Of the vehicle makers [K]; the last one imports."""

PROVINCES = {
    "11": "BJ", "12": "TJ", "13": "HE", "14": "SX", "15": "NM", "21": "LN", "22": "JL", "23": "HL", "31": "SH",
    "32": "JS", "33": "ZJ", "34": "AH", "35": "FJ", "36": "JX", "37": "SD", "41": "HA", "42": "HB", "43": "HN",
    "44": "GD", "45": "GX", "46": "HI", "50": "CQ", "51": "SC", "52": "GZ", "53": "YN", "54": "XZ", "61": "SN",
    "62": "GS", "63": "QH", "64": "NX", "65": "XJ",
}  # fmt: skip
"""The first digits of a division (GB/T 2260), by which regions are told (`CN-44`), and the letters of its name."""

_CATHODE = {
    "LFP": {"Li": 0.088, "Fe": 0.707, "P": 0.392},
    "NMC523": {"Li": 0.112, "Ni": 0.473, "Mn": 0.266, "Co": 0.190},
    "NMC622": {"Li": 0.105, "Ni": 0.532, "Mn": 0.166, "Co": 0.178},
    "NMC811": {"Li": 0.093, "Ni": 0.626, "Mn": 0.073, "Co": 0.079},
}
_COLLECTORS = {"C": 0.87, "Al": 0.58, "Cu": 0.33}
_PACK_KG = {"LFP": 6.7, "NMC523": 5.4, "NMC622": 5.2, "NMC811": 5.0}
"""Kilograms per kWh: cathode metals; graphite, aluminium and copper; the pack."""
_CATHODE_PER_METALS = {"LFP": 1.70, "NMC": 1.62}
"""Cathode active material per kilogram of its metals: the rest is oxygen."""
MODULES_OF_PACK = 0.82
"""The share of a pack's mass that is in its modules [K]."""


class Model(NamedTuple):
    """A pack as it is built: kWh, kilograms, kilograms per element; the same of a module and of a cell."""

    name: str
    code: str
    chemistry: str
    kwh: float
    modules: int
    cells: int
    mass_kg: float
    content: dict[str, float]
    module_kg: float
    module_content: dict[str, float]
    cell_kg: float
    cell_content: dict[str, float]
    cathode: dict[str, float]
    cathode_kg: float

    @property
    def battery_type(self) -> str:
        """Position 5 of its codes (GB/T 34014)."""
        return "B" if self.chemistry == "LFP" else "E"

    @property
    def family(self) -> str:
        """Which packs are recycled together: LFP or NMC."""
        return self.chemistry[:3]


def _model(code: str, chemistry: str, kwh: float, modules: int, cells: int) -> Model:
    metals = _CATHODE[chemistry]
    per_kwh = {**metals, **_COLLECTORS}
    mass_kg = round(kwh * _PACK_KG[chemistry], 3)
    module_kg = round(mass_kg * MODULES_OF_PACK / modules, 3)
    # A module states no more than its part of the pack: what is left of the aluminium is the pack's own housing.
    inside = {**per_kwh, "Al": 0.2}
    module_content = {element: round(kg * kwh / modules, 6) for element, kg in inside.items()}
    content = {element: round(kg * modules, 6) for element, kg in module_content.items()}
    content["Al"] = round(per_kwh["Al"] * kwh, 6)
    cathode = {element: round(kg * kwh, 6) for element, kg in metals.items()}
    cathode_kg = round(sum(cathode.values()) * _CATHODE_PER_METALS[chemistry[:3]], 6)
    cell_content = {element: round(kg / cells * 0.999, 9) for element, kg in module_content.items()}
    return Model(
        f"Synthetic {chemistry} {kwh:g} kWh", code, chemistry, kwh, modules, cells, mass_kg, content, module_kg,
        module_content, round(module_kg / cells * 0.95, 6), cell_content, cathode, cathode_kg,
    )  # fmt: skip


MODELS = (
    _model("01", "LFP", 35.0, 8, 12),
    _model("02", "LFP", 46.0, 10, 12),
    _model("03", "LFP", 60.0, 12, 12),
    _model("04", "NMC523", 43.0, 8, 12),
    _model("05", "NMC622", 52.0, 10, 12),
    _model("06", "NMC811", 75.0, 12, 12),
)
WEIGHTS_OF_LFP = (0.35, 0.45, 0.20)
WEIGHTS_OF_NMC = {2018: (0.6, 0.35, 0.05), 2020: (0.45, 0.35, 0.20), 2022: (0.30, 0.40, 0.30), 2024: (0.2, 0.4, 0.4)}
"""Of the models of a chemistry, from a year on [K]; so that a mean pack has 43 to 52 kWh."""

SALTS = {
    "NMC": (
        ("LI2CO3", "lithium carbonate", ("Li",), 5.32, 0.965),
        ("NISO4", "nickel sulphate", ("Ni",), 4.48, 0.996),
        ("COSO4", "cobalt sulphate", ("Co",), 4.77, 0.996),
        ("MNSO4", "manganese sulphate", ("Mn",), 3.08, 0.996),
    ),
    "LFP": (
        ("LI2CO3", "lithium carbonate", ("Li",), 5.32, 0.965),
        ("FEPO4", "iron phosphate", ("Fe", "P"), 1.76, 0.985),
    ),
}
"""Name, material, elements, kilograms per kilogram of them, and how much of them comes out: leading plants recover
99.6 % of nickel, cobalt and manganese, and 96.5 % of lithium."""
BLACK_MASS_OF_PACK = 0.45
SHREDDING_YIELD = 0.998
METAL_YIELD = 0.985
"""Copper and aluminium: China's white-list conditions of 2024 ask for 98 %."""


CARRIED_SHARE = 0.4
"""Of the hand-overs of retired packs, those by a carrier [K]."""


@cache
def health_quantiles(family: str) -> tuple[float, ...]:
    """Remaining by nominal capacity of measured retired batteries, in steps of 5 %: seed/data/pulsebat."""
    with (files("seed") / "data" / "pulsebat" / "state_of_health.csv").open(encoding="utf-8") as file:
        rows = {row["material"]: row for row in csv.DictReader(file)}
    return tuple(float(rows[family][f"p{percent}"]) for percent in range(0, 101, 5))


def at_year(table: dict[int, float], year: int) -> float:
    """The value of a year; of a later one than the last, the last."""
    return table[min(year, max(table))]
