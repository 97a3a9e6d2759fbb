"""A plain synthetic history: packs from cathode lots to second life and back to cathode metals.

Deterministic: one seed, one history. Masses and compositions follow the chemistry of NMC622 (kg per kWh of pack), every
event comes out accepted, and there are hubs as there are in life: a cathode lot that thousands of productions draw on,
recycling batches of 200 packs, salts that end in new cells. `python -m seed.nation --batteries 1000 --seed 1` writes it
as JSON Lines.
"""

from __future__ import annotations

import argparse
import heapq
import random
import sys
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from seed.story import battery_code, credit_code, reuse_code, vehicle_number

Event = dict[str, Any]
Timed = tuple[datetime, int, Event]

START = datetime(2020, 1, 1, 8, tzinfo=UTC)
DAYS_OF_PRODUCTION = 1200
MODULES = 8
KWH = 52.0
PACK_KG_PER_KWH = 5.2
METALS_KG_PER_KWH = {"Li": 0.105, "Ni": 0.532, "Mn": 0.166, "Co": 0.178}
RECYCLING_BATCH = 200
CATHODE_LOT_PACKS = 5_000
YIELD = 0.96
SERIALS = 10_000_000


def _scaled(factor: float) -> dict[str, float]:
    return {element: round(kg * factor, 9) for element, kg in METALS_KG_PER_KWH.items()}


PACK_KG = KWH * PACK_KG_PER_KWH
PACK = _scaled(KWH)
MODULE_KG = PACK_KG * 0.8 / MODULES
MODULE = _scaled(KWH / MODULES)


class Nation:
    """The parties, and what lies where."""

    def __init__(self, batteries: int, seed: int) -> None:
        self.batteries = batteries
        self.rng = random.Random(seed)
        self.makers = [self._party("91350900MA00", number) for number in range(3)]
        self.car_makers = [self._party("91310000MA00", number) for number in range(6)]
        self.owners = [self._party("91440300MA00", number) for number in range(400)]
        self.outlets = [self._party("91330000MA00", number) for number in range(40)]
        self.storage = self._party("91320000MA00", 1)
        self.recyclers = [self._party("91430000MA00", number) for number in range(4)]
        self.ministry = self._party("11100000MA00", 1)
        self._later: list[Timed] = []
        self._count = 0
        self._waiting: dict[str, list[str]] = {recycler: [] for recycler in self.recyclers}
        self._salts: list[tuple[str, float]] = []

    def _party(self, stem: str, number: int) -> str:
        return credit_code(f"{stem}{number:05d}")

    def tell(self) -> Iterator[Event]:
        """Every event, in the order of its time."""
        for at in range(len(self._everyone())):
            self._register(at)
        for number in range(self.batteries):
            made = START + timedelta(days=10, minutes=number * DAYS_OF_PRODUCTION * 1440 / self.batteries)
            yield from self._until(made)
            self._make(number, made)
        yield from self._until(datetime.max.replace(tzinfo=UTC))

    def _until(self, moment: datetime) -> Iterator[Event]:
        while self._later and self._later[0][0] < moment:
            at, _, event = heapq.heappop(self._later)
            follow = event.pop("_then", None)
            yield event
            if follow is not None:
                follow(at)

    def _say(self, at: datetime, kind: str, actor: str, then: Any = None, **fields: Any) -> str:
        self._count += 1
        event_id = f"n{self._count:08d}"
        event = {"eventId": event_id, "type": kind, "occurredAt": at.isoformat(), "actor": actor, **fields}
        if then is not None:
            event["_then"] = then
        heapq.heappush(self._later, (at, self._count, event))
        return event_id

    def _everyone(self) -> list[tuple[str, str]]:
        roles = {
            "BATTERY_MAKER": self.makers,
            "VEHICLE_MAKER": self.car_makers,
            "VEHICLE_OWNER": self.owners,
            "OUTLET": self.outlets,
            "UTILIZER": [self.storage, *self.recyclers],
            "REGULATOR": [self.ministry],
        }
        return [(key, role) for role, keys in roles.items() for key in keys]

    def _register(self, number: int) -> None:
        key, role = self._everyone()[number]
        organization: Event = {"key": key, "name": f"{role.title()} {number}", "roles": [role], "region": "CN-44"}
        if role == "UTILIZER":
            organization["authorizations"] = [{"scope": scope} for scope in ("DISMANTLING", "REPURPOSING", "RECYCLING")]
        self._say(START, "REGISTRATION", key, organization=organization)

    def _make(self, number: int, made: datetime) -> None:
        maker = self.makers[number % len(self.makers)]
        lot = f"CAM-{number // CATHODE_LOT_PACKS:04d}"
        if number % CATHODE_LOT_PACKS == 0:
            kg = CATHODE_LOT_PACKS * 100.0
            content = {element: one * CATHODE_LOT_PACKS for element, one in PACK.items()}
            spec = {"key": lot, "kind": "LOT", "material": "cathode active material", "massKg": kg}
            self._say(made - timedelta(hours=1), "PRODUCTION", maker, outputs=[spec | {"composition": content}])
        day = made.date()
        # A serial number is one of the day, and has seven digits.
        numbers = [(number * MODULES + index) % SERIALS for index in range(MODULES)]
        modules = [battery_code("M", day, serial) for serial in numbers]
        spec = {"kind": "MODULE", "massKg": MODULE_KG, "composition": MODULE, "model": "M8", "chemistry": "NMC622"}
        inputs: list[Event] = [{"key": lot, "massKg": 95.0}]
        if self._salts and number % 20 == 0:
            salt, kg = self._salts.pop(0)
            inputs.append({"key": salt, "massKg": kg})
        self._say(made, "PRODUCTION", maker, outputs=[{"key": key, **spec} for key in modules], inputs=inputs)
        pack = battery_code("P", day, number % SERIALS)
        self._say(
            made + timedelta(hours=6), "PRODUCTION", maker,
            outputs=[{"key": pack, "kind": "BATTERY", "massKg": PACK_KG, "composition": PACK, "model": "MJ-52",
                      "chemistry": "NMC622", "energyKwh": KWH, "parts": modules}],
        )  # fmt: skip
        self._drive(number, pack, modules, made + timedelta(days=3))

    def _drive(self, number: int, pack: str, modules: list[str], at: datetime) -> None:
        rng = self.rng
        maker, car_maker = self.makers[number % len(self.makers)], rng.choice(self.car_makers)
        owner, vehicle = rng.choice(self.owners), vehicle_number(at.year, number)
        sale = self._say(at, "TRANSFER", maker, items=[pack], to=car_maker, reason="SALE")
        self._say(at + timedelta(days=1), "RECEIPT", car_maker, transfer=sale)
        built = at + timedelta(days=12)
        self._say(built, "PRODUCTION", car_maker,
                  outputs=[{"key": vehicle, "kind": "VEHICLE", "model": "City 3", "parts": [pack]}])  # fmt: skip
        self._say(built + timedelta(days=15), "TRANSFER", car_maker, items=[vehicle], to=owner, reason="SALE")
        health = {"stateOfHealthPercent": round(rng.uniform(88, 97), 1)}
        self._say(built + timedelta(days=500), "INSPECTION", owner, item=pack, measurements=health)
        if rng.random() < 0.6:
            self._retire(pack, vehicle, modules, built + timedelta(days=rng.randrange(700, 1500)))

    def _retire(self, pack: str, vehicle: str, modules: list[str], at: datetime) -> None:
        outlet = self.rng.choice(self.outlets)
        self._say(at, "REMOVAL", outlet, part=pack, host=vehicle, reason="CAPACITY")
        self._say(at + timedelta(hours=2), "RETIREMENT", outlet, item=pack, reason="CAPACITY")
        if self.rng.random() < 0.3:
            self._say(at + timedelta(days=9), "TRANSFER", outlet, items=[pack], to=self.storage, reason="UTILIZATION")
            self._say(at + timedelta(days=20), "DISMANTLING", self.storage, item=pack)
            unit = {"key": reuse_code(pack), "kind": "BATTERY", "model": "Storage", "parts": modules}
            self._say(at + timedelta(days=30), "REPURPOSING", self.storage, outputs=[unit])
            return
        recycler = self.rng.choice(self.recyclers)

        def arrive(moment: datetime) -> None:
            waiting = self._waiting[recycler]
            waiting.append(pack)
            if len(waiting) >= RECYCLING_BATCH:
                self._waiting[recycler] = []
                self._recycle(recycler, waiting, moment + timedelta(days=5))

        day = at + timedelta(days=10)
        self._say(day, "TRANSFER", outlet, then=arrive, items=[pack], to=recycler, reason="UTILIZATION")

    def _recycle(self, recycler: str, packs: list[str], at: datetime) -> None:
        name = f"{self._count:08d}"
        count = len(packs)
        black = {element: kg * count * YIELD for element, kg in PACK.items()}
        kg = PACK_KG * count * 0.45
        lot = {"key": f"BM-{name}", "material": "black mass", "massKg": kg, "composition": black}
        self._say(at, "RECYCLING", recycler, inputs=[{"key": pack} for pack in packs], outputs=[lot])
        salts = [("LI2CO3", "lithium carbonate", ["Li"], 5.4), ("NICOSO4", "nickel cobalt sulphate", ["Ni", "Co"], 4.6)]
        outputs: list[Event] = []
        for code, material, elements, factor in salts:
            content = {element: black[element] * YIELD for element in elements}
            mass = sum(content.values()) * factor
            outputs.append({"key": f"{code}-{name}", "material": material, "massKg": mass, "composition": content})

        def refined(moment: datetime) -> None:
            for output in outputs:
                self._salts += [(output["key"], output["massKg"] / 40)] * 40

        when = at + timedelta(days=20)
        self._say(when, "REFINING", recycler, then=refined, inputs=[{"key": lot["key"], "massKg": kg}], outputs=outputs)


def generate(batteries: int, seed: int = 1) -> Iterator[Event]:
    """The events of a nation, in the order of their time; memory grows with what is under way, not with the whole."""
    return Nation(batteries, seed).tell()


def main() -> None:
    """Write a history as JSON Lines."""
    parser = argparse.ArgumentParser(description="a synthetic history as JSON Lines")
    parser.add_argument("--batteries", type=int, default=1000)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args()
    for event in generate(chosen.batteries, chosen.seed):
        sys.stdout.buffer.write(orjson.dumps(event) + b"\n")


if __name__ == "__main__":
    main()
