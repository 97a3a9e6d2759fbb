"""How packs come into being: cathode lots a month ahead, packs with their modules and cells, vehicles."""

from __future__ import annotations

from bisect import bisect
from calendar import monthrange
from datetime import date
from itertools import accumulate
from typing import Any

from graph_schema.identifiers import vin
from seed.nation.clock import Event
from seed.nation.pack import MAKERS, Pack, day_code
from seed.nation.tables import (
    FIRST_DAY,
    LFP_SHARE,
    MAKER_SHARES,
    MODELS,
    VEHICLE_MAKER_SHARES,
    VEHICLES_MILLIONS,
    WEIGHTS_OF_LFP,
    WEIGHTS_OF_NMC,
    Model,
    at_year,
)
from seed.nation.trade import Trade

_MAKERS = list(accumulate(MAKER_SHARES))
_CAR_MAKERS = list(accumulate(VEHICLE_MAKER_SHARES))
_SWAP_SHARE = 0.06


class Production:
    """Plans each month's packs a month ahead, so that their cathode material is made and delivered before."""

    def __init__(self, trade: Trade, batteries: int, until: date, cells: bool) -> None:
        self._trade = trade
        self._clock = trade.clock
        self._batteries = batteries
        self._cells = cells
        self._months = _months(until)
        self._totals = [round(batteries * share) for share in _cumulative(self._months)]
        self._plan: dict[int, list[tuple[int, int]]] = {}
        self._numbers: dict[int, int] = {}
        self._vehicles = 0
        self._label: tuple[str, str, str] | None = None
        for index, (first, _) in enumerate(self._months):
            before = self._clock.today + (date(first.year, first.month, 1) - FIRST_DAY).days
            self._clock.at(before - 29, self._prepare, index)
            self._clock.at(before, self._begin_month, index)

    def _prepare(self, index: int) -> None:
        """Draw up the plan, and have the cathode material made."""
        year = self._months[index][0].year
        count = self._totals[index] - (self._totals[index - 1] if index else 0)
        plan = self._plan[index] = [self._one(year) for _ in range(count)]
        need: dict[tuple[int, str], float] = {}
        for maker, model in plan:
            pair = maker, MODELS[model].chemistry
            need[pair] = need.get(pair, 0.0) + MODELS[model].kwh
        for (maker, chemistry), kwh in need.items():
            self._trade.cathode.order(index, self._trade.parties.makers[maker], chemistry, kwh * 1.002)

    def _one(self, year: int) -> tuple[int, int]:
        random = self._clock.random
        maker = min(bisect(_MAKERS, random()), len(_MAKERS) - 1)
        if random() < at_year(LFP_SHARE, year):
            weights, first = WEIGHTS_OF_LFP, 0
        else:
            weights, first = WEIGHTS_OF_NMC[max(begin for begin in WEIGHTS_OF_NMC if begin <= year)], 3
        chosen = random()
        return maker, first + (0 if chosen < weights[0] else 1 if chosen < weights[0] + weights[1] else 2)

    def _begin_month(self, index: int) -> None:
        first, days = self._months[index]
        plan = self._plan.pop(index)
        begins = (first - FIRST_DAY).days
        for day in range(days):
            share = plan[len(plan) * day // days : len(plan) * (day + 1) // days]
            if share:
                self._clock.at(begins + day, self._make, index, share)

    def _make(self, index: int, share: list[tuple[int, int]]) -> None:
        stamp = day_code(self._clock.day(self._clock.today))
        self._numbers.clear()
        for maker, model in share:
            serial = self._numbers[maker] = self._numbers.get(maker, 0) + 1
            self._pack(index, maker, MODELS[model], stamp, serial)

    def _pack(self, index: int, maker: int, model: Model, stamp: str, serial: int) -> None:
        head, tail = f"{MAKERS[maker]}{self._clock.names.mark}", f"{model.battery_type}{model.code}SYNTHET{stamp}"
        key = f"{head}P{tail}{serial:07d}"
        pack = Pack(key, model)
        actor = self._trade.parties.makers[maker]
        spec: Event = {
            "key": key, "kind": "BATTERY", "model": model.name, "chemistry": model.chemistry, "massKg": model.mass_kg,
            "energyKwh": model.kwh, "composition": model.content, "attributes": {"synthetic": True},
            "parts": [self._module(module, place, model) for place, module in enumerate(pack.modules(), 1)],
        }  # fmt: skip
        trouble = self._trade.trouble
        lighter = trouble.strikes("CONTENT_MISMATCH")
        if lighter:
            spec["massKg"] = round(model.module_kg * model.modules * 0.9, 3)
        labelled = trouble.strikes("SHARED_IDENTIFIER")
        if self._label is not None or labelled:
            label = self._label[0] if self._label else f"SYN-LABEL-{key}"
            spec["identifiers"] = [{"scheme": "label", "value": label}]
        lot = self._trade.cathode.delivered[index, actor, model.chemistry]
        if trouble.strikes("MISSING_RECORD"):
            made = self._clock.tell("ENROLMENT", actor, items=[spec], note="synthetic")
            for missing in (key, *pack.modules()):
                trouble.plant("MISSING_RECORD", missing, made)
        else:
            draws = [{"key": lot, "massKg": model.cathode_kg}]
            made = self._clock.tell("PRODUCTION", actor, outputs=[spec], inputs=draws)
        if lighter:
            trouble.plant("CONTENT_MISMATCH", key, made)
        if self._label is not None:
            _, other, event = self._label
            trouble.plant("SHARED_IDENTIFIER", other, event, made)
            trouble.plant("SHARED_IDENTIFIER", key, event, made)
            self._label = None
        elif labelled:
            self._label = f"SYN-LABEL-{key}", key, made
        self._ship(pack, actor)

    def _module(self, key: str, place: int, model: Model) -> Event:
        spec: Event = {
            "key": key, "kind": "MODULE", "chemistry": model.chemistry, "massKg": model.module_kg,
            "composition": model.module_content, "position": f"{place}",
        }  # fmt: skip
        if self._cells:
            head, serial = f"{key[:3]}C{key[4:17]}", int(key[17:]) * model.cells
            spec["parts"] = [
                {
                    "key": f"{head}{serial + number:07d}", "kind": "CELL", "massKg": model.cell_kg,
                    "composition": model.cell_content,
                }
                for number in range(model.cells)
            ]  # fmt: skip
        return spec

    def _ship(self, pack: Pack, actor: str) -> None:
        random = self._clock.random
        day = self._clock.today + 2 + int(random() * 8)
        if self._trade.wanted_packs:
            self._clock.at(day, self._trade.wanted_packs.popleft(), pack, actor)
            return
        swap = random() < _SWAP_SHARE
        if swap and random() < 0.2:
            self._clock.at(day, self._trade.swaps.stock, pack, actor)
            return
        car_maker = self._trade.parties.car_makers[min(bisect(_CAR_MAKERS, random()), len(_CAR_MAKERS) - 1)]
        self._clock.at(day, self._trade.deliver, [pack.key], actor, car_maker, self._assemble, pack, car_maker, swap)

    def _assemble(self, pack: Pack, car_maker: str, swap: bool) -> None:
        self._clock.at(self._clock.today + 1 + int(self._clock.random() * 12), self._vehicle, pack, car_maker, swap)

    def _vehicle(self, pack: Pack, car_maker: str, swap: bool) -> None:
        self._vehicles += 1
        plant, serial = divmod(self._vehicles, 1_000_000)
        maker, year = self._trade.parties.car_makers.index(car_maker), self._clock.day(self._clock.today).year
        descriptor = f"N{self._clock.names.mark}{maker // 10}{'B' if swap else 'A'}"
        key = vin.make(vin.Vin("LSY", descriptor, vin.model_year(year), vin.ALPHABET[plant], f"{serial:06d}"))
        broken = self._trade.trouble.strikes("CODE_MALFORMED")
        if broken:
            key = f"{key[:8]}{(int(key[8]) + 1) % 10 if key[8] != 'X' else 0}{key[9:]}"
        attributes: dict[str, Any] = {"synthetic": True}
        if swap:
            attributes["batterySwap"] = True
        spec = {
            "key": key, "kind": "VEHICLE", "model": f"Synthetic Car {maker + 1}", "parts": [pack.key],
            "attributes": attributes,
        }  # fmt: skip
        made = self._clock.tell("PRODUCTION", car_maker, outputs=[spec])
        if broken:
            self._trade.trouble.plant("CODE_MALFORMED", key, made)
        self._trade.sell(pack, key, car_maker, swap)


def _months(until: date) -> list[tuple[date, int]]:
    """The months of production from September 2018 to the last day, and how many days each has."""
    months = []
    year, month = 2018, 9
    while (year, month) <= (until.year, until.month):
        first, days = date(year, month, 1), monthrange(year, month)[1]
        months.append((first, min(days, (until - first).days + 1)))
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return months


def _cumulative(months: list[tuple[date, int]]) -> list[float]:
    weights = [at_year(VEHICLES_MILLIONS, first.year) * days for first, days in months]
    total = sum(weights)
    return [part / total for part in accumulate(weights)]
