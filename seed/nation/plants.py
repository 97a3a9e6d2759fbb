"""Utilization enterprises: second life, recycling and refining."""

from __future__ import annotations

from typing import TYPE_CHECKING

from graph_schema.rules.limits import RECOVERY_2024
from seed.nation.clock import Event
from seed.nation.pack import Pack, day_code
from seed.nation.tables import BLACK_MASS_OF_PACK, METAL_YIELD, SALTS, SHREDDING_YIELD

if TYPE_CHECKING:
    from seed.nation.trade import Trade

BATCH = 200
"""Units in one recycling event, at most."""
CASING_KG = 12.0
LOSSY = 0.8

Content = dict[str, float]


def lot(key: str, material: str, mass_kg: float, content: Content) -> Event:
    """The spec of a lot."""
    composition = {element: round(kg, 9) for element, kg in content.items()}
    return {"key": key, "material": material, "massKg": round(mass_kg, 9), "composition": composition}


class Recyclers:
    """Each collects the packs of a chemistry, shreds them once a month, and refines the black mass itself."""

    def __init__(self, trade: Trade) -> None:
        self._trade = trade
        self._clock = trade.clock
        self._waiting: dict[tuple[str, str], list[tuple[str, float, Content]]] = {}
        self._batches = 0
        self._lossy: dict[tuple[str, int], list[str] | None] = {}
        for day in range(30, self._clock.last + 1, 30):
            self._clock.at(day, self._work)

    def receive(self, recycler: str, family: str, key: str, mass_kg: float, content: Content) -> None:
        """A unit has come in."""
        self._waiting.setdefault((recycler, family), []).append((key, mass_kg, content))

    def _work(self) -> None:
        """Nothing is begun in December, so that what is shredded in a year is refined in it."""
        if self._clock.day(self._clock.today).month == 12:
            return
        waiting, self._waiting = self._waiting, {}
        for (recycler, family), units in waiting.items():
            for first in range(0, len(units), BATCH):
                self._recycle(recycler, family, units[first : first + BATCH])

    def _recycle(self, recycler: str, family: str, units: list[tuple[str, float, Content]]) -> None:
        batch, black = self.shred(recycler, family, units)
        days = 8 + int(self._clock.random() * 14)
        self._clock.at(self._clock.today + days, self._refine, recycler, family, batch, black)

    def shred(self, recycler: str, family: str, units: list[tuple[str, float, Content]]) -> tuple[int, Event]:
        """The recycling event: its number, and its black mass."""
        self._batches += 1
        batch, name = self._batches, self._clock.names.lot
        content: Content = {}
        for _, _, part in units:
            for element, kg in part.items():
                content[element] = content.get(element, 0.0) + kg
        mass_kg = sum(unit[1] for unit in units)
        metals = {element: content.pop(element) * METAL_YIELD for element in ("Al", "Cu")}
        black = {element: kg * SHREDDING_YIELD for element, kg in content.items()}
        lots = [
            lot(name("BM", batch), "black mass", mass_kg * BLACK_MASS_OF_PACK, black),
            lot(name("AL", batch), "aluminium scrap", metals["Al"] / 0.99, {"Al": metals["Al"]}),
            lot(name("CU", batch), "copper scrap", metals["Cu"] / 0.99, {"Cu": metals["Cu"]}),
        ]
        event = self._clock.tell(
            "RECYCLING", recycler, inputs=[{"key": unit[0]} for unit in units], outputs=lots, note="synthetic"
        )
        for key, _, _ in units:
            if self._trade.trouble.strikes("CONFLICTING_CLAIMS"):
                self._clock.at(self._clock.today + 30, self._claim, key, recycler, event)
        return batch, lots[0]

    def _claim(self, key: str, recycler: str, recycling: str) -> None:
        outlet = self._trade.parties.outlets[0][0]
        claim = self._clock.tell("TRANSFER", outlet, items=[key], to=recycler, reason="UTILIZATION")
        self._trade.trouble.plant("CONFLICTING_CLAIMS", key, claim, recycling)

    def _refine(self, recycler: str, family: str, batch: int, black: Event) -> None:
        year = self._clock.day(self._clock.today).year
        if (recycler, year) not in self._lossy:
            judged = RECOVERY_2024[0].valid_from.year <= year < self._clock.day(self._clock.last).year
            struck = self._trade.trouble.strikes("RECOVERY_BELOW_THRESHOLD")
            self._lossy[recycler, year] = [] if struck and judged else None
        lossy = self._lossy[recycler, year]
        salts = []
        for code, material, elements, per_kg, recovered in SALTS[family]:
            share = recovered if lossy is None else LOSSY
            content = {element: black["composition"][element] * share for element in elements}
            salts.append(lot(self._clock.names.lot(code, batch), material, sum(content.values()) * per_kg, content))
        event = self._clock.tell(
            "REFINING", recycler, inputs=[{"key": black["key"], "massKg": black["massKg"]}], outputs=salts
        )
        if lossy is not None:
            lossy.append(event)
        maker = self._trade.pick(self._trade.parties.cathode_makers)
        self._clock.at(self._clock.today + 5, self._sell, recycler, maker, salts)

    def _sell(self, recycler: str, maker: str, salts: list[Event]) -> None:
        keys = [salt["key"] for salt in salts]
        self._trade.deliver(keys, recycler, maker, self._trade.cathode.receive, maker, salts)

    def settle(self) -> None:
        """Write the years that were lossy into the ledger."""
        for (recycler, _), events in self._lossy.items():
            if events:
                self._trade.trouble.plant("RECOVERY_BELOW_THRESHOLD", recycler, *events)


class Integrators:
    """Second life: packs are dismantled, their modules built into storage, which is recycled in the end."""

    def __init__(self, trade: Trade) -> None:
        self._trade = trade
        self._clock = trade.clock
        self._units = 0

    def receive(self, pack: Pack, integrator: str) -> None:
        """A pack has come in."""
        self._clock.at(self._clock.today + 10 + int(self._clock.random() * 30), self._take_apart, pack, integrator)

    def _take_apart(self, pack: Pack, integrator: str) -> None:
        trouble, model = self._trade.trouble, pack.model
        if self._clock.in_force() and trouble.strikes("UNAUTHORIZED_PROCESSING"):
            self._trade.recyclers.shred(integrator, model.family, [(pack.key, model.mass_kg, model.content)])
            trouble.plant("UNAUTHORIZED_PROCESSING", pack.key, self._clock.names.event(self._clock.count))
            return
        if trouble.strikes("ORIGINAL_CODE_LOST"):
            self._clock.tell("DISMANTLING", integrator, item=pack.key, parts=[])
            unit = {
                "key": self._code(pack),
                "kind": "BATTERY",
                "model": "Synthetic storage",
                "attributes": {"synthetic": True},
            }
            made = self._clock.tell("REPURPOSING", integrator, outputs=[unit])
            trouble.plant("ORIGINAL_CODE_LOST", unit["key"], made)  # type: ignore[arg-type]
            return
        self._clock.tell("DISMANTLING", integrator, item=pack.key)
        modules = pack.modules()
        if self._clock.in_force() and trouble.strikes("FORBIDDEN_USE"):
            stolen = modules.pop()
            bicycle = {
                "key": f"SYN-BICYCLE-{stolen}", "kind": "VEHICLE", "model": "Electric bicycle", "parts": [stolen],
                "attributes": {"synthetic": True, "vehicleType": "ELECTRIC_BICYCLE"},
            }  # fmt: skip
            trouble.plant("FORBIDDEN_USE", stolen, self._clock.tell("PRODUCTION", integrator, outputs=[bicycle]))
        self._clock.at(self._clock.today + 3 + int(self._clock.random() * 15), self._build, pack, modules, integrator)

    def _code(self, pack: Pack) -> str:
        """A reuse code of today: the original without its traceability information, with R and P (19 characters)."""
        self._units += 1
        day = day_code(self._clock.day(self._clock.today))
        return f"{pack.key[:7]}{day}{self._units % 10_000_000:07d}RP"

    def _build(self, pack: Pack, modules: list[str], integrator: str) -> None:
        model = pack.model
        key, count = self._code(pack), len(modules)
        mass_kg = round(model.module_kg * count + CASING_KG, 3)
        content = {element: kg * count for element, kg in model.module_content.items()}
        unit = {
            "key": key, "kind": "BATTERY", "model": "Synthetic storage", "chemistry": model.chemistry,
            "massKg": mass_kg, "composition": content, "parts": modules,
            "attributes": {"synthetic": True, "originalCode": pack.key},
        }  # fmt: skip
        self._clock.tell("REPURPOSING", integrator, outputs=[unit])
        days = int((3 + 4 * self._clock.random()) * 365.25)
        self._clock.at(self._clock.today + days, self._retire, key, model.family, mass_kg, content, integrator)

    def _retire(self, key: str, family: str, mass_kg: float, content: Content, integrator: str) -> None:
        self._clock.tell("RETIREMENT", integrator, item=key, reason="CAPACITY")
        recycler = self._trade.pick(self._trade.parties.recyclers)
        self._trade.send(key, integrator, recycler, self._trade.recyclers.receive, recycler, family, key, mass_kg,
                         content, reason="UTILIZATION")  # fmt: skip
