"""Random histories: raw events in shuffled arrival order. One seed, one history.

Most events are made to fit the world so far (the oracle's own fold), so that chains get deep: cells, modules, packs,
vehicles, second life, recycling, refining, new cells. The rest is trouble: see `Trouble`.
"""

import copy
import math
import random
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, timezone

from .order import order_key
from .trouble import Trouble
from .world import World, fold

START = datetime(2024, 1, 1, tzinfo=UTC)
ACTORS = ["A", "B", "C", "D", "E"]  # E is never registered
ELEMENTS = ["Li", "Ni", "Co"]
INITIALS = "akzÄ\uff5a\U0001f50b"  # by code point, not by UTF-16 unit
GRID_KG = 0.125  # floats hold sums of it exactly
CHILD = {"MODULE": "CELL", "BATTERY": "MODULE", "VEHICLE": "BATTERY"}
WEIGHTS = {
    "produce": 12, "build": 18, "install": 8, "remove": 6, "hand_on": 7, "confirm": 3, "inspect": 3, "retire": 4,
    "dismantle": 5, "repurpose": 6, "recycle": 10, "refine": 6, "scrap": 3, "dispose": 3, "enrol": 3, "come_home": 4,
}  # fmt: skip


class Story:
    """A history in the making; `clean` states everything, and nothing goes wrong in it."""

    def __init__(self, rng: random.Random, *, clean: bool) -> None:
        self.rng, self.clean = rng, clean
        self.world: World = fold([])
        self.events: list[dict] = []
        self.now = START
        self.keys = 0

    # ---- writing -------------------------------------------------------------------------------

    def chance(self, probability: float) -> bool:
        return self.rng.random() < probability

    def sloppy(self, probability: float) -> bool:
        """Never in a clean history."""
        return not self.clean and self.chance(probability)

    def tell(self, kind: str, actor: str, at: datetime | None = None, **fields: object) -> dict:
        """Writes the event down, at a moment after the last one unless told otherwise, and folds it."""
        if at is None:
            if self.clean or not self.chance(0.12):
                self.now += timedelta(minutes=self.rng.choice([7, 60, 600, 6000]))
            at = self.now
        event = {
            "eventId": f"{self.rng.choice(INITIALS)}{len(self.events)}",
            "type": kind,
            "occurredAt": self.spelled(at),
            "actor": actor,
            **fields,
        }
        if self.sloppy(0.1):
            event["step"] = self.rng.randint(0, 2)
        late = any(order_key(event) < order_key(earlier) for earlier in self.events)
        self.events.append(event)
        if late or kind == "VOIDING":
            self.world = fold(self.events)
        else:
            self.world.apply(event)
        return event

    def spelled(self, at: datetime) -> str:
        """One instant, many ways to write it."""
        if self.chance(0.5):
            return at.strftime("%Y-%m-%dT%H:%M:%SZ")
        return at.astimezone(timezone(timedelta(hours=self.rng.choice([-5, 0, 8])))).isoformat()

    def new_key(self, kind: str) -> str:
        self.keys += 1
        return f"{kind.lower()}-{self.keys}"

    def actor_for(self, *keys: str) -> str:
        """Usually whoever holds it."""
        holder = self.world.items[keys[0]].holder if keys and keys[0] in self.world.items else None
        return holder if holder and self.chance(0.8) else self.rng.choice(ACTORS)

    # ---- looking around ------------------------------------------------------------------------

    def live(self) -> list[str]:
        return [key for key, item in self.world.items.items() if not item.ended_in]

    def units(self, *kinds: str) -> list[str]:
        items = self.world.items
        return [key for key in self.live() if not items[key].is_lot and (not kinds or items[key].kind in kinds)]

    def free(self, *kinds: str) -> list[str]:
        return [key for key in self.units(*kinds) if not self.world.items[key].host]

    def hosted(self) -> list[str]:
        return [key for key in self.units() if self.world.items[key].host]

    def lots(self) -> list[str]:
        """Lots with something left, as far as one knows."""
        lots = [key for key in self.live() if self.world.items[key].is_lot]
        left = {key: self.world.items[key].remaining for key in lots}
        return [key for key in lots if left[key] is None or left[key] >= GRID_KG]

    def some(self, keys: list[str], most: int) -> list[str]:
        return self.rng.sample(keys, min(len(keys), self.rng.randint(1, most)))

    # ---- specs ---------------------------------------------------------------------------------

    def kg(self, most: float) -> float:
        return self.rng.randint(1, max(1, int(most / GRID_KG))) * GRID_KG

    def composition(self, most: float) -> dict[str, float]:
        listed = self.rng.sample(ELEMENTS, self.rng.choice([1, 2, 2, 3]))
        return {element: 0 if self.chance(0.1) else self.kg(most) for element in listed}

    def unit(self, kind: str, parts: list | None = None) -> dict:
        """A new unit that states its gross content, mostly at least that of its parts."""
        spec = {"key": self.new_key(kind), "kind": kind}
        mass, composition = self.kg(4), self.composition(1)
        for part in parts or []:
            held = self.gross(part)
            mass += held.pop("", 0.0)
            composition = {e: composition.get(e, 0) + held.get(e, 0) for e in {**composition, **held}}
        if self.sloppy(0.08):
            mass, composition = self.kg(2), self.composition(0.5)
        if not self.sloppy(0.2):
            spec["massKg"] = mass
        if not self.sloppy(0.25):
            spec["composition"] = composition
        if parts:
            spec["parts"] = [self.spelled_part(part) for part in parts]
        return spec

    def spelled_part(self, part: str | dict) -> str | dict:
        return {"key": part, "position": "1"} if isinstance(part, str) and self.chance(0.2) else part

    def gross(self, part: str | dict) -> dict[str, float]:
        """What is known of a part's content, mass as ""."""
        if isinstance(part, dict):
            return {"": part.get("massKg", 0.0), **part.get("composition", {})}
        return {**(self.world.content("mass", part) or {}), **(self.world.content("composition", part) or {})}

    def nested(self, kind: str) -> dict:
        """A new part, sometimes with a new part in it."""
        inner = [self.nested(CHILD[kind])] if kind in CHILD and self.chance(0.4) else []
        return self.unit(kind, inner)

    def lot(self, inputs: list[dict], share: float, material: str) -> dict:
        """A lot that carries some of what goes in."""
        flows = self.world.consumed({"inputs": inputs})
        spec = {"key": self.new_key("LOT"), "material": material}
        masses = [flow.content("") for flow in flows]
        kg = self.kg(6) if None in masses else floored(sum(masses) * share)
        if kg > 0 and not self.sloppy(0.12):
            spec["massKg"] = kg
        if self.clean:
            spec["massKg"] = max(kg, GRID_KG / 1024)
        if not self.sloppy(0.15):
            spec["composition"] = {e: floored(held * share) for e, held in self.listed(flows).items()}
        return spec

    def listed(self, flows: list) -> dict[str, float]:
        held: dict[str, float] = {}
        for flow in flows:
            for element, kg in (flow.composition or {}).items():
                held[element] = held.get(element, 0.0) + kg
        if self.sloppy(0.1):
            held[self.rng.choice(ELEMENTS)] = self.kg(1)
        return held

    def draw(self, lot: str) -> dict:
        remaining = self.world.items[lot].remaining
        if self.sloppy(0.12):
            return {"key": lot}
        if self.sloppy(0.06):
            return {"key": lot, "massKg": (remaining or 1) + self.kg(4)}
        if remaining is None:
            return {"key": lot, "massKg": self.kg(2)}
        part = remaining if self.chance(0.2) else floored(remaining * self.rng.choice([0.25, 0.5, 0.75]))
        return {"key": lot, "massKg": part or remaining}

    # ---- what happens --------------------------------------------------------------------------

    def produce(self) -> None:
        draws = [self.draw(lot) for lot in self.some(self.lots(), 2)] if self.lots() and self.chance(0.6) else []
        kind = self.rng.choice(["CELL", "CELL", "MODULE", "BATTERY", "COMPONENT"])
        outputs = [self.nested(kind) for _ in range(self.rng.choice([1, 1, 2, 3]))]
        self.tell("PRODUCTION", self.rng.choice(ACTORS), outputs=outputs, inputs=draws)

    def build(self) -> None:
        kind = self.rng.choice(list(CHILD))
        old = self.free(CHILD[kind], "COMPONENT")
        parts: list = self.some(old, 3) if old else []
        if not parts or self.chance(0.25):
            parts.append(self.nested(CHILD[kind]))
        draws = [self.draw(self.rng.choice(self.lots()))] if self.lots() and self.chance(0.2) else []
        self.tell("PRODUCTION", self.actor_for(), outputs=[self.unit(kind, parts)], inputs=draws)

    def install(self) -> None:
        for part in self.some(self.free(), 1) if self.free() else []:
            hosts = [host for host in self.units("MODULE", "BATTERY", "VEHICLE") if host not in self.world.inside(part)]
            if hosts:
                self.tell("INSTALLATION", self.actor_for(part), part=part, host=self.rng.choice(hosts), position="2")

    def remove(self) -> None:
        for part in self.some(self.hosted(), 1) if self.hosted() else []:
            self.tell("REMOVAL", self.rng.choice(ACTORS), part=part, host=self.world.items[part].host, reason="REPAIR")

    def hand_on(self) -> None:
        pool = self.hosted() if self.chance(0.15) else [*self.free(), *self.lots()]
        if pool:
            items = self.some(pool, 2)
            to = self.rng.choice(ACTORS)
            self.tell("TRANSFER", self.actor_for(*items), items=items, to=to, reason="SALE")

    def confirm(self) -> None:
        if self.world.transfers:
            name = self.rng.choice(sorted(self.world.transfers))
            to = next(event["to"] for event in self.events if event["eventId"] == name)
            self.tell("RECEIPT", to if self.chance(0.8) else self.rng.choice(ACTORS), transfer=name)

    def inspect(self) -> None:
        if self.live():
            item = self.rng.choice(self.live())
            self.tell("INSPECTION", self.actor_for(item), item=item, measurements={"stateOfHealthPercent": 80})

    def retire(self) -> None:
        if self.units():
            item = self.rng.choice(self.units())
            self.tell("RETIREMENT", self.actor_for(item), item=item, reason="CAPACITY")

    def dismantle(self) -> None:
        full = [key for key in self.units() if self.world.items[key].parts]
        if full:
            item = self.rng.choice(full)
            fields: dict = {"item": item}
            if self.chance(0.5):
                fields["parts"] = self.some(self.world.items[item].parts, 2)
            if self.sloppy(0.05):
                fields["parts"] = []
            self.tell("DISMANTLING", self.actor_for(item), **fields)

    def repurpose(self) -> None:
        used = self.free("MODULE", "BATTERY", "CELL")
        if used:
            outputs = [self.unit("BATTERY", self.some(used, 3))]
            self.tell("REPURPOSING", self.actor_for(used[0]), outputs=outputs)

    def recycle(self) -> None:
        units = self.some(self.free() if self.chance(0.8) else self.units(), 3) if self.units() else []
        self.recycle_these([key for key in units if key in self.live()])

    def recycle_these(self, units: list[str]) -> list[dict]:
        inputs = [{"key": key} for key in units]
        if self.lots() and (not inputs or self.chance(0.15)):
            inputs.append(self.draw(self.rng.choice(self.lots())))
        if not inputs:
            return []
        outputs = self.split(inputs, "black mass")
        self.tell("RECYCLING", self.actor_for(inputs[0]["key"]), inputs=inputs, outputs=outputs)
        return outputs

    def split(self, inputs: list[dict], material: str) -> list[dict]:
        """One or two lots; sometimes more comes out than went in."""
        shares = self.rng.choice([[0.75], [1.0], [0.5, 0.25], [0.25, 0.75]])
        if self.sloppy(0.06):
            shares = [3.0]
        return [self.lot(inputs, share, material) for share in shares]

    def refine(self) -> None:
        if self.lots():
            inputs = [self.draw(lot) for lot in self.some(self.lots(), 2)]
            outputs = self.split(inputs, "lithium carbonate")
            if self.chance(0.3) and "massKg" in outputs[0]:
                outputs[0]["massKg"] *= 2  # reagents
            self.tell("REFINING", self.actor_for(inputs[0]["key"]), inputs=inputs, outputs=outputs)

    def scrap(self) -> None:
        if self.units("VEHICLE"):
            item = self.rng.choice(self.units("VEHICLE"))
            self.tell("SCRAPPING", self.actor_for(item), item=item)

    def dispose(self) -> None:
        pool = self.live() if self.chance(0.3) else [*self.free("COMPONENT", "CELL", "MODULE"), *self.lots()]
        if pool:
            items = self.some(pool, 2)
            method = self.rng.choice(["LANDFILL", "INCINERATION", "EXPORT", "LOSS", "THEFT"])
            self.tell("DISPOSAL", self.actor_for(*items), items=items, method=method)

    def enrol(self) -> None:
        spec = self.unit(self.rng.choice(["CELL", "MODULE", "BATTERY", "VEHICLE"]))
        if self.chance(0.4):
            spec = self.unit("LOT") | {"material": "nickel sulphate"}
        elif self.chance(0.3):
            spec = self.nested("BATTERY")
        known = [{"key": self.rng.choice(self.live()), "kind": "CELL"}] if self.live() and self.sloppy(0.2) else []
        self.tell("ENROLMENT", self.rng.choice(ACTORS), items=[spec, *known])

    def come_home(self) -> None:
        """A part leaves its host, is recycled, and returns to the same host as a new cell."""
        if not self.hosted():
            return
        part = self.rng.choice(self.hosted())
        host = self.world.items[part].host
        self.tell("REMOVAL", self.rng.choice(ACTORS), part=part, host=host, reason="REPAIR")
        lots = [spec["key"] for spec in self.recycle_these([part]) if spec["key"] in self.lots()]
        if lots:
            cell = self.unit("CELL")
            draws = [self.draw(lot) for lot in lots]
            self.tell("PRODUCTION", self.rng.choice(ACTORS), outputs=[cell], inputs=draws)
            self.tell("INSTALLATION", self.rng.choice(ACTORS), part=cell["key"], host=host)

    def go_on(self) -> None:
        name = self.rng.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
        happens: Callable[[], None] = getattr(self, name)
        happens()


def floored(kg: float) -> float:
    return math.floor(kg / GRID_KG) * GRID_KG


def register(story: Story) -> None:
    roles = {"A": "MAKER", "B": "REPAIRER", "C": "COLLECTOR", "D": "RECYCLER", "REG": "REGULATOR"}
    for key, role in roles.items():
        if story.clean or key == "REG" or story.chance(0.7):
            late = timedelta(days=story.rng.choice([0, 0, 90]))
            organization = {"key": key, "name": f"{key} Ltd", "roles": [role], "region": "CN-35"}
            story.tell("REGISTRATION", key, START + late, organization=organization)


def random_history(rng: random.Random, size: int) -> list[dict]:
    """About `size` events, every kind of trouble included, in the order in which they arrive."""
    story = Story(rng, clean=False)
    trouble = Trouble(story)
    register(story)
    while len(story.events) < size:
        if story.chance(0.27):
            trouble.strike()
        else:
            story.go_on()
    arrived = story.events + [resent(story, event) for event in story.events if story.chance(0.08)]
    rng.shuffle(arrived)
    return arrived


def resent(story: Story, event: dict) -> dict:
    """The same event, its moment spelled anew and an absent field said to be null."""
    again = copy.deepcopy(event)
    again["occurredAt"] = story.spelled(order_key(event)[0])
    again["note"] = None
    return again


def clean_history(rng: random.Random, size: int) -> list[dict]:
    """About `size` events, all of them accepted, every mass and composition stated; arrival shuffled all the same."""
    story = Story(rng, clean=True)
    register(story)
    while len(story.events) < size:
        story.go_on()
    rng.shuffle(story.events)
    return story.events
