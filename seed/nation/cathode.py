"""Cathode makers close the loop: salts from recycling go into new cathode material first."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from seed.nation.clock import Event
from seed.nation.tables import MODELS

if TYPE_CHECKING:
    from seed.nation.trade import Trade

RECYCLED_MAX = 0.5
"""Of an element in a cathode lot: the rest is primary."""
SALT_PER_METALS = 4.5
"""Kilograms of salts for a kilogram of metals in them [K]."""

_MODEL_OF = {model.chemistry: model for model in MODELS}
_MAIN = {"LI2CO3": "Li", "NISO4": "Ni", "COSO4": "Co", "MNSO4": "Mn", "FEPO4": "Fe"}


class Salt:
    """A lot of salts in stock: what is left of it, and kilograms of each element in a kilogram."""

    __slots__ = ("fractions", "key", "left_kg")

    def __init__(self, spec: Event) -> None:
        self.key: str = spec["key"]
        self.left_kg: float = spec["massKg"]
        self.fractions = {element: kg / self.left_kg for element, kg in spec["composition"].items()}


class CathodeMakers:
    """What they have in stock, and what they made for whom."""

    def __init__(self, trade: Trade) -> None:
        self._trade = trade
        self._stock: dict[tuple[str, str], deque[Salt]] = {}
        self._lots = 0
        self.delivered: dict[tuple[int, str, str], str] = {}
        """The lot of a month, a battery maker and a chemistry."""

    def receive(self, maker: str, salts: list[Event]) -> None:
        """Salts have come in."""
        for salt in salts:
            element = _MAIN[salt["key"].split("-")[1]]
            self._stock.setdefault((maker, element), deque()).append(Salt(salt))

    def order(self, month: int, battery_maker: str, chemistry: str, kwh: float) -> None:
        """Make a lot for so many kWh of packs, and send it."""
        clock = self._trade.clock
        model, maker = _MODEL_OF[chemistry], self._trade.pick(self._trade.parties.cathode_makers)
        factor = kwh / model.kwh
        content = {element: round(kg * factor, 6) for element, kg in model.cathode.items()}
        primary = dict(content)
        draws: list[Event] = []
        for element in _MAIN.values():
            if element in content:
                draws += self._draw(maker, element, content[element] * RECYCLED_MAX, primary)
        self._lots += 1
        draws.append(self._primary(maker, chemistry, primary))
        key = clock.names.lot("CAM", self._lots)
        spec = {
            "key": key, "kind": "LOT", "material": f"cathode active material {chemistry}",
            "massKg": round(model.cathode_kg * factor, 6), "composition": content,
            "attributes": {"synthetic": True},
        }  # fmt: skip
        clock.tell("PRODUCTION", maker, outputs=[spec], inputs=draws)
        self.delivered[month, battery_maker, chemistry] = key
        clock.at(clock.today + 6, self._trade.deliver, [key], maker, battery_maker)

    def _primary(self, maker: str, chemistry: str, content: dict[str, float]) -> Event:
        """The primary salts of a lot come in, all of which go into it."""
        composition = {element: round(max(kg, 0.0), 6) for element, kg in content.items()}
        mass_kg = round(sum(composition.values()) * SALT_PER_METALS, 6)
        key = self._trade.clock.names.lot("PRIMARY", self._lots)
        spec = {
            "key": key, "kind": "LOT", "material": f"primary salts for {chemistry}", "massKg": mass_kg,
            "composition": composition, "attributes": {"synthetic": True},
        }  # fmt: skip
        self._trade.clock.tell("PRODUCTION", maker, outputs=[spec])
        return {"key": key, "massKg": mass_kg}

    def _draw(self, maker: str, element: str, kg: float, primary: dict[str, float]) -> list[Event]:
        """Draws on the oldest salts, up to so much of the element; they are taken from what must be primary."""
        draws: list[Event] = []
        stock = self._stock.get((maker, element), deque())
        while stock and kg > 1e-6:
            salt = stock[0]
            drawn = min(salt.left_kg, kg / salt.fractions[element])
            draws.append({"key": salt.key, "massKg": drawn})
            kg -= drawn * salt.fractions[element]
            for one, fraction in salt.fractions.items():
                primary[one] = primary.get(one, 0.0) - drawn * fraction
            if drawn < salt.left_kg:
                salt.left_kg -= drawn
            else:
                stock.popleft()
        return draws
