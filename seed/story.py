"""A short story: three packs, one to second life, one to salts and into a new pack, one that vanishes.

The cast: a battery maker, a car maker, two fleets, a workshop, a take-back outlet, a storage builder, a recycler, and
the ministry. Pack A has a module swapped in the workshop and ends as energy storage; its neighbour C is recycled
together with A's old module into black mass, which is refined into lithium carbonate and nickel-cobalt sulphate, which
end in the new pack N; pack V is handed to a trader whom nobody registered, and is never seen again.

Things go wrong as they do: two reports come late, a hand-over is missing, two parties contradict each other, and one
event names an item that nobody knows. Codes follow GB/T 34014-2017 and GB 32100-2015, but the makers are made up.
"""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

from graph_schema.identifiers import gbt34014, uscc, vin

Event = dict[str, Any]

credit_code = uscc.completed


def battery_code(product: str, made: date, serial: int) -> str:
    """A GB/T 34014-2017 code of the story's maker: P pack, M module, C cell; ternary."""
    return gbt34014.make(gbt34014.BatteryCode("0V1", product, "E", "01", "VOLT001", made, serial))


def reuse_code(code: str) -> str:
    """The reuse code of a pack made in second life, with the fields of a code of the story's maker."""
    return gbt34014.make(gbt34014.parse(code)._replace(traceability=None, reused_as="P"))


def vehicle_number(year: int, number: int) -> str:
    """A VIN of the story's car maker; a million a plant."""
    plant, serial = divmod(number, 1_000_000)
    return vin.make(vin.Vin("LVT", "DEMA1", vin.model_year(year), vin.ALPHABET[plant], f"{serial:06d}"))


MAKER = credit_code("91350900MA0000R01")
CAR_MAKER = credit_code("91310000MA0000R02")
FLEET = credit_code("91440300MA0000R03")
TAXI = credit_code("91440300MA0000R04")
WORKSHOP = credit_code("91440300MA0000R05")
OUTLET = credit_code("91440300MA0000R06")
STORAGE = credit_code("91320000MA0000R07")
RECYCLER = credit_code("91430000MA0000R08")
MINISTRY = credit_code("11100000MA0000R09")
TRADER = "TRADER-WITHOUT-NAME"

PACK_A = battery_code("P", date(2021, 5, 10), 1)
PACK_RECYCLED = battery_code("P", date(2021, 5, 10), 2)
PACK_VANISHED = battery_code("P", date(2021, 5, 10), 3)
PACK_NEW = battery_code("P", date(2026, 9, 20), 4)
STORAGE_UNIT = reuse_code(battery_code("P", date(2026, 5, 20), 1))
VEHICLE_A, VEHICLE_C, VEHICLE_V = (vehicle_number(2021, number) for number in (1, 2, 3))
CATHODE, BLACK_MASS, ALUMINIUM = "LOT-CAM-2021-04", "LOT-BM-2026-06", "LOT-AL-2026-06"
CARBONATE, SULPHATE = "LOT-LI2CO3-2026-07", "LOT-NICOSO4-2026-07"

LATE = {
    "story-31-installation": "2024-03-01T09:00:00+08:00",
    "story-55-inspection": "2026-06-01T09:00:00+08:00",
}
"""The reports that came late, and when. The workshop had 30 working days for the first; the second has no limit."""

_PARTY = [
    (MAKER, "Minjiang Cell", "BATTERY_MAKER", "CN-35", []),
    (CAR_MAKER, "Pudong Motors", "VEHICLE_MAKER", "CN-31", []),
    (FLEET, "Shenzhen City Fleet", "VEHICLE_OWNER", "CN-44", []),
    (TAXI, "Bay Taxi", "VEHICLE_OWNER", "CN-44", []),
    (WORKSHOP, "Nanshan Workshop", "REPAIRER", "CN-44", []),
    (OUTLET, "Pudong Motors Take-back Shenzhen", "OUTLET", "CN-44", ["COLLECTION"]),
    (STORAGE, "Jiangsu Second Life Storage", "UTILIZER", "CN-32", ["DISMANTLING", "REPURPOSING"]),
    (RECYCLER, "Xiang Metals", "UTILIZER", "CN-43", ["DISMANTLING", "RECYCLING", "REFINING"]),
    (MINISTRY, "Ministry of Industry", "REGULATOR", "CN-11", []),
]
CELL_KG, CELL = 2.0, {"Li": 0.05, "Ni": 0.4, "Co": 0.1}
MODULE_KG, MODULE = 5.0, {"Li": 0.1, "Ni": 0.8, "Co": 0.2, "Al": 0.8}
PACK_KG, PACK = 15.0, {"Li": 0.2, "Ni": 1.6, "Co": 0.4, "Al": 3.2}


class Teller:
    """Writes events down, numbered; each at eight in the morning of its day."""

    def __init__(self) -> None:
        self.events: list[Event] = []

    def tell(self, day: str, kind: str, actor: str, **fields: Any) -> str:
        """One event; its id."""
        event_id = f"story-{len(self.events) + 1:02d}-{kind.lower()}"
        self.events.append(
            {"eventId": event_id, "type": kind, "occurredAt": f"{day}T08:00:00+08:00", "actor": actor, **fields}
        )
        return event_id

    def pass_on(self, day: str, giver: str, taker: str, *items: str, reason: str = "SALE") -> None:
        """A transfer with its receipt, a day's hour later."""
        transfer = self.tell(day, "TRANSFER", giver, items=list(items), to=taker, reason=reason)
        self.tell(day, "RECEIPT", taker, transfer=transfer)


def cells(first: int, count: int, made: date) -> list[str]:
    """The codes of cells."""
    return [battery_code("C", made, number) for number in range(first, first + count)]


def module(number: int, made: date = date(2021, 5, 1)) -> str:
    """The code of a module."""
    return battery_code("M", made, number)


def _unit(key: str, kind: str, parts: list[str]) -> Event:
    kg, composition = {"CELL": (CELL_KG, CELL), "MODULE": (MODULE_KG, MODULE), "BATTERY": (PACK_KG, PACK)}[kind]
    spec: Event = {"key": key, "kind": kind, "massKg": kg, "composition": composition, "chemistry": "NMC"}
    if kind == "BATTERY":
        spec |= {"model": "MJ-3", "energyKwh": 3.0}
    if parts:
        spec["parts"] = [{"key": part, "position": f"{place}"} for place, part in enumerate(parts, 1)]
    return spec


def reported() -> list[Event]:
    """All events as a log that was written meanwhile: each with the `recordedAt` at which it was told, an hour after it
    occurred, in that order. Two came late."""
    told = [event | {"recordedAt": _told_at(event)} for event in story()]
    return sorted(told, key=lambda event: datetime.fromisoformat(event["recordedAt"]))


def _told_at(event: Event) -> str:
    on_time = datetime.fromisoformat(event["occurredAt"]) + timedelta(hours=1)
    return LATE.get(event["eventId"], on_time.isoformat())


def story() -> list[Event]:
    """All events, told pack by pack, then what goes wrong."""
    teller = Teller()
    for key, name, role, region, scopes in _PARTY:
        organization: Event = {"key": key, "name": name, "roles": [role], "region": region}
        if scopes:
            organization["authorizations"] = [
                {"scope": scope, "validFrom": "2020-01-01T00:00:00+08:00"} for scope in scopes
            ]
        teller.tell("2020-01-01", "REGISTRATION", key, organization=organization)
    _make(teller)
    _drive(teller)
    _second_life(teller)
    _recycle(teller)
    _vanish(teller)
    _trouble(teller)
    return teller.events


def _make(teller: Teller) -> None:
    lot = {"key": CATHODE, "kind": "LOT", "material": "cathode active material", "massKg": 100}
    teller.tell("2021-04-01", "PRODUCTION", MAKER, outputs=[lot | {"composition": {"Li": 5, "Ni": 40, "Co": 10}}])
    made = date(2021, 4, 20)
    for number in range(7):
        pair = cells(1 + 2 * number, 2, made)
        teller.tell(
            "2021-04-20",
            "PRODUCTION",
            MAKER,
            outputs=[_unit(cell, "CELL", []) for cell in pair],
            inputs=[{"key": CATHODE, "massKg": 2}],
        )
    teller.tell(
        "2021-05-01",
        "PRODUCTION",
        MAKER,
        outputs=[_unit(module(number), "MODULE", cells(2 * number - 1, 2, made)) for number in range(1, 8)],
    )
    packs = [(PACK_A, [1, 2]), (PACK_RECYCLED, [3, 4]), (PACK_VANISHED, [5, 6])]
    teller.tell(
        "2021-05-10",
        "PRODUCTION",
        MAKER,
        outputs=[_unit(pack, "BATTERY", [module(number) for number in numbers]) for pack, numbers in packs],
    )
    teller.pass_on("2021-05-20", MAKER, CAR_MAKER, PACK_A, PACK_RECYCLED, PACK_VANISHED)
    vehicles = [(VEHICLE_A, PACK_A), (VEHICLE_C, PACK_RECYCLED), (VEHICLE_V, PACK_VANISHED)]
    teller.tell(
        "2021-06-01",
        "PRODUCTION",
        CAR_MAKER,
        outputs=[{"key": key, "kind": "VEHICLE", "model": "City 3", "parts": [pack]} for key, pack in vehicles],
    )
    teller.pass_on("2021-06-15", CAR_MAKER, FLEET, VEHICLE_A)
    teller.pass_on("2021-06-15", CAR_MAKER, TAXI, VEHICLE_C, VEHICLE_V)


def _drive(teller: Teller) -> None:
    health = {"stateOfHealthPercent": 91.5, "cycleCount": 640}
    teller.tell("2023-06-15", "INSPECTION", WORKSHOP, item=PACK_A, measurements=health)
    teller.tell("2023-07-01", "REMOVAL", WORKSHOP, part=module(2), host=PACK_A, reason="FAULT")
    teller.pass_on("2023-06-20", MAKER, WORKSHOP, module(7), reason="SPARE_PART")
    teller.tell("2023-07-01", "INSTALLATION", WORKSHOP, part=module(7), host=PACK_A, position="2")


def _second_life(teller: Teller) -> None:
    teller.tell("2026-04-10", "REMOVAL", OUTLET, part=PACK_A, host=VEHICLE_A, reason="RANGE")
    health = {"stateOfHealthPercent": 78.2, "cycleCount": 2150}
    teller.tell("2026-04-11", "INSPECTION", OUTLET, item=PACK_A, measurements=health)
    teller.tell("2026-04-12", "RETIREMENT", OUTLET, item=PACK_A, reason="CAPACITY")
    teller.pass_on("2026-04-15", OUTLET, STORAGE, PACK_A, reason="UTILIZATION")
    teller.tell("2026-05-02", "DISMANTLING", STORAGE, item=PACK_A)
    unit = {
        "key": STORAGE_UNIT,
        "kind": "BATTERY",
        "model": "Balcony storage",
        "parts": [module(1), module(7)],
        "attributes": {"originalCode": PACK_A},
    }
    teller.tell("2026-05-20", "REPURPOSING", STORAGE, outputs=[unit])


def _recycle(teller: Teller) -> None:
    teller.tell("2026-05-05", "REMOVAL", OUTLET, part=PACK_RECYCLED, host=VEHICLE_C, reason="ACCIDENT")
    teller.tell("2026-05-06", "RETIREMENT", OUTLET, item=PACK_RECYCLED, reason="ACCIDENT")
    teller.pass_on("2026-05-10", OUTLET, RECYCLER, PACK_RECYCLED, reason="UTILIZATION")
    teller.pass_on("2026-05-12", WORKSHOP, RECYCLER, module(2), reason="UTILIZATION")
    teller.tell(
        "2026-06-01",
        "RECYCLING",
        RECYCLER,
        inputs=[{"key": PACK_RECYCLED}, {"key": module(2)}],
        outputs=[
            _lot(BLACK_MASS, "black mass", 8, {"Li": 0.285, "Ni": 2.36, "Co": 0.59}),
            _lot(ALUMINIUM, "aluminium scrap", 3.9, {"Al": 3.9}),
        ],
    )
    teller.tell(
        "2026-07-01",
        "REFINING",
        RECYCLER,
        inputs=[{"key": BLACK_MASS, "massKg": 8}],
        outputs=[
            _lot(CARBONATE, "lithium carbonate", 1.4, {"Li": 0.26}),
            _lot(SULPHATE, "nickel cobalt sulphate", 14, {"Ni": 2.3, "Co": 0.58}),
        ],
    )
    teller.pass_on("2026-07-20", RECYCLER, MAKER, CARBONATE, SULPHATE)
    made = date(2026, 9, 1)
    teller.tell(
        "2026-09-01",
        "PRODUCTION",
        MAKER,
        outputs=[_unit(cell, "CELL", []) for cell in cells(1, 4, made)],
        inputs=[{"key": CARBONATE, "massKg": 1}, {"key": SULPHATE, "massKg": 9}],
    )
    modules = [module(number, date(2026, 9, 10)) for number in (1, 2)]
    teller.tell(
        "2026-09-10",
        "PRODUCTION",
        MAKER,
        outputs=[_unit(key, "MODULE", cells(1 + 2 * index, 2, made)) for index, key in enumerate(modules)],
    )
    teller.tell("2026-09-20", "PRODUCTION", MAKER, outputs=[_unit(PACK_NEW, "BATTERY", modules)])


def _lot(key: str, material: str, kg: float, composition: dict[str, float]) -> Event:
    return {"key": key, "material": material, "massKg": kg, "composition": composition}


def _vanish(teller: Teller) -> None:
    teller.tell("2025-03-01", "REMOVAL", WORKSHOP, part=PACK_VANISHED, host=VEHICLE_V, reason="CAPACITY")
    teller.tell("2025-03-01", "RETIREMENT", WORKSHOP, item=PACK_VANISHED, reason="CAPACITY")
    teller.tell("2025-03-04", "TRANSFER", TAXI, items=[PACK_VANISHED], to=TRADER, reason="SALE")


def _trouble(teller: Teller) -> None:
    health = {"stateOfHealthPercent": 83.0}
    teller.tell("2024-02-01", "INSPECTION", WORKSHOP, item=PACK_RECYCLED, measurements=health, note="reported late")
    teller.tell("2026-06-15", "TRANSFER", TAXI, items=[module(3)], to=TRADER, note="recycled two weeks before")
    teller.tell("2026-06-20", "INSPECTION", OUTLET, item="0V1PE01UNKNOWN0G6L0000099", measurements=health)
