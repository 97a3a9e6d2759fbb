"""Cathode makers close the loop: salts from recycling go into new cathode material first."""

from __future__ import annotations

from collections import deque
from typing import TYPE_CHECKING

from seed.nation.clock import Event
from seed.nation.tables import MODELS

if TYPE_CHECKING:
    from seed.nation.trade import Trade

RECYCLED_MAX = 0.5
"""Of an element in a cathode lot: the rest is primary, which nobody reports."""

_MODEL_OF = {model.chemistry: model for model in MODELS}
_MAIN = {"LI2CO3": "Li", "NISO4": "Ni", "COSO4": "Co", "MNSO4": "Mn", "FEPO4": "Fe"}


class CathodeMakers:
    """What they have in stock, and what they made for whom."""

    def __init__(self, trade: Trade) -> None:
        self._trade = trade
        self._stock: dict[tuple[str, str], deque[list[float | str]]] = {}
        self._lots = 0
        self.delivered: dict[tuple[int, str, str], str] = {}
        """The lot of a month, a battery maker and a chemistry."""

    def receive(self, maker: str, salts: list[Event]) -> None:
        """Salts have come in."""
        for salt in salts:
            element = _MAIN[salt["key"].split("-")[1]]
            fraction = salt["composition"][element] / salt["massKg"]
            self._stock.setdefault((maker, element), deque()).append([salt["key"], salt["massKg"], fraction])

    def order(self, month: int, battery_maker: str, chemistry: str, kwh: float) -> None:
        """Make a lot for so many kWh of packs, and send it."""
        model, maker = _MODEL_OF[chemistry], self._trade.pick(self._trade.parties.cathode_makers)
        factor = kwh / model.kwh
        content = {element: round(kg * factor, 6) for element, kg in model.cathode.items()}
        draws: list[Event] = []
        for element in ("Li", "Ni", "Co", "Mn", "Fe"):
            if element in content:
                draws += self._draw(maker, element, content[element] * RECYCLED_MAX)
        self._lots += 1
        key = f"SYN-CAM-{self._lots:06d}"
        spec = {
            "key": key, "kind": "LOT", "material": f"cathode active material {chemistry}",
            "massKg": round(model.cathode_kg * factor, 6), "composition": content,
            "attributes": {"synthetic": True},
        }  # fmt: skip
        self._trade.clock.tell("PRODUCTION", maker, outputs=[spec], inputs=draws)
        self.delivered[month, battery_maker, chemistry] = key
        self._trade.clock.at(self._trade.clock.today + 6, self._trade.deliver, [key], maker, battery_maker)

    def _draw(self, maker: str, element: str, kg: float) -> list[Event]:
        """Draws on the oldest salts, up to so much of the element."""
        draws: list[Event] = []
        stock = self._stock.get((maker, element), deque())
        while stock and kg > 1e-6:
            salt = stock[0]
            key, left, fraction = salt
            drawn = min(float(left), kg / float(fraction))
            draws.append({"key": key, "massKg": drawn})
            kg -= drawn * float(fraction)
            if drawn < float(left):
                salt[1] = float(left) - drawn
            else:
                stock.popleft()
        return draws
