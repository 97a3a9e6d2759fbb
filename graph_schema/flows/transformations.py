"""A row for each recycling, refining and repurposing, and for each lot that they touch."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Any, NamedTuple

from graph_schema.contents import Portion
from graph_schema.flows.bodies import Bodies, bodies_of
from graph_schema.flows.facts import Facts
from graph_schema.fold import drawn_portion
from graph_schema.order import Position, type_of

INTERMEDIATES = ("black mass", "blackmass", "black powder", "electrode powder", "schwarzmasse", "黑粉")
"""Words in the names of materials that still have to be refined: what is in them is not recovered yet."""
RESIDUES = (
    "slag", "slags", "dross", "tailing", "tailings", "residue", "residues", "sludge", "sludges", "ash", "ashes", "dust",
    "dusts", "wastewater", "waste water", "waste gas", "off gas", "offgas", "exhaust gas", "schlacke", "asche", "staub",
    "rückstand", "rückstände",
)  # fmt: skip
"""Words that are names, or in the names, of what is left when a material is made: nothing of it is recovered."""
_RESIDUES_IN_CHINESE = ("渣", "尾矿", "粉尘", "烟尘", "飞灰", "污泥", "废水", "废气")
_RESIDUE = re.compile(rf"\b(?:{'|'.join(RESIDUES)})\b|{'|'.join(_RESIDUES_IN_CHINESE)}")
_APART = re.compile(r"[\s_-]+")


@lru_cache(maxsize=4096)
def is_intermediate(material: str | None) -> bool:
    """Whether a material of that name still has to be refined, however it is written."""
    name = _plain(material)
    return any(word in name for word in INTERMEDIATES)


@lru_cache(maxsize=4096)
def is_residue(material: str | None) -> bool:
    """Whether a material of that name is what is left over, such as slag, and neither a product nor still to be
    refined; a residue of black mass may be."""
    return not is_intermediate(material) and _RESIDUE.search(_plain(material)) is not None


def _plain(material: str | None) -> str:
    return _APART.sub(" ", unicodedata.normalize("NFKC", material or "").casefold())


class DrawRow(NamedTuple):
    """A draw on a lot."""

    lot: str
    portion: Portion


class TransformationRow(NamedTuple):
    """A recycling, refining or repurposing. `region` is the actor's as registered then; `units` are bodies that ended
    (repurposing: that were taken up) by their chemistry, None where nobody states it; `outputs` are lots by key."""

    position: Position
    actor: str
    region: str | None
    units: dict[str | None, Bodies]
    draws: tuple[DrawRow, ...]
    outputs: tuple[str, ...]

    @property
    def type(self) -> str:
        """The event's type."""
        return type_of(self.position)


class LotRow(NamedTuple):
    """A lot: as created, what productions drew from it as far as known (kg), whether one of them drew nobody knows how
    much, and whether what was left was disposed of. `overstated`: the draws that were weighed leave nothing for one
    that was not, so that nobody can say what any of them took."""

    key: str
    material: str | None
    content: Portion
    used_kg: float
    used_unknown: bool
    disposed: bool
    overstated: bool

    @property
    def is_intermediate(self) -> bool:
        """Whether it still has to be refined."""
        return is_intermediate(self.material)

    @property
    def is_residue(self) -> bool:
        """Whether it is what is left over, such as slag."""
        return is_residue(self.material)


def transformation_row(
    facts: Facts, position: Position, inputs: list[tuple[Any, float | None]], outputs: list[Any]
) -> TransformationRow:
    """The row of an event: `inputs` are the units that it ended or took up with all inside them, and draws (kg)."""
    units: dict[str | None, list[Any]] = {}
    draws = []
    for item, kg in sorted(inputs, key=lambda pair: facts.items[pair[0]].key):
        row = facts.items[item]
        if row.kind == "LOT":
            content = facts.body(item)
            draws.append(DrawRow(row.key, drawn_portion(kg, content.mass_kg, content.composition)))
        else:
            units.setdefault(facts.chemistry_of(item, position), []).append(item)
    actor = facts.deeds[position].actor
    return TransformationRow(
        position,
        actor,
        facts.region_of(actor, position),
        {chemistry: _bodies(facts, items, position) for chemistry, items in units.items()},
        tuple(sorted(draws, key=lambda draw: draw.lot)),
        tuple(sorted(facts.items[item].key for item in outputs if facts.items[item].kind == "LOT")),
    )


def _bodies(facts: Facts, units: list[Any], at: Position) -> Bodies:
    return bodies_of(facts, units, lambda unit: was_taken_up(facts, unit, at))


def was_taken_up(facts: Facts, unit: Any, before: Position) -> bool:
    """Whether a unit was made for second life, or was ever inside such a unit, before an event."""
    if facts.items[unit].second_life:
        return True
    stays = [row for row in facts.hosts.get(unit, ()) if row[2] < before]
    return any(was_taken_up(facts, row[1], min(before, row[3])) for row in stays)


def lot_row(facts: Facts, lot: Any) -> LotRow:
    """The row of a lot."""
    draws: list[float | None] = []
    used: list[float | None] = []
    disposed = False
    for _, event, kg in facts.consumptions.get(lot, ()):
        kind = type_of(event)
        if kind == "DISPOSAL":
            disposed = True
            continue
        draws.append(kg)
        if kind == "PRODUCTION":
            used.append(kg)
    row = facts.items[lot]
    spec = facts.specs.get(lot)
    content = facts.body(lot)
    return LotRow(
        row.key,
        None if spec is None else spec.material,
        content,
        _weighed(used),
        None in used,
        disposed,
        _is_overstated(draws, content.mass_kg),
    )


def _is_overstated(draws: list[float | None], mass_kg: float | None) -> bool:
    """Whether the draws that were weighed leave nothing for another, within the slack of the fold (model 7.10)."""
    return None in draws and mass_kg is not None and _weighed(draws) >= mass_kg * (1 - 1e-9)


def _weighed(draws: list[float | None]) -> float:
    return sum((kg for kg in draws if kg is not None), 0.0)
