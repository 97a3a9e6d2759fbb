"""Plain containers: items and their own bodies, what lies in what, edges, and how everything lay after each event."""

from collections.abc import Iterator
from dataclasses import dataclass, field

Content = dict[str, float] | None  # kg per element, or {"": kg} for mass; None: unknown
QUANTITIES = {
    "mass": lambda spec: mass_content(spec.get("massKg")),
    "composition": lambda spec: spec.get("composition"),
}


def mass_content(kg: float | None) -> Content:
    return None if kg is None else {"": kg}


@dataclass
class Item:
    key: str
    kind: str
    born_in: str
    stated: dict[str, Content]  # quantity -> gross, as reported
    body: dict[str, Content]  # quantity -> the unit's own body, or the lot as created
    host: str | None = None
    parts: list[str] = field(default_factory=list)
    holder: str | None = None
    retired: bool = False
    ended_in: str | None = None
    ended_how: str | None = None  # type of the ending event
    remaining: float | None = None  # kg of a lot; None: unknown

    @property
    def is_lot(self) -> bool:
        return self.kind == "LOT"

    def own(self, element: str) -> float | None:
        content = self.body["composition" if element else "mass"]
        return None if content is None else content.get(element, 0.0)

    def rest(self, element: str) -> float | None:
        """What is left of a lot; None: unknown."""
        created, own = self.own(""), self.own(element)
        if created is None or own is None or self.remaining is None:
            return None
        return own * self.remaining / created


@dataclass
class Edge:
    kind: str
    source: str
    target: str
    opened_by: str
    opened_at: int  # position of the frame
    closed_by: str | None = None
    closed_at: int | None = None
    mass_kg: float | None = None  # CONSUMED_IN

    def open_at(self, position: int) -> bool:
        return self.opened_at <= position and (self.closed_at is None or position < self.closed_at)

    def row(self) -> tuple[str, str, str, str, str | None]:
        return self.kind, self.source, self.target, self.opened_by, self.closed_by


@dataclass
class Flow:
    """An ended body, a draw on a lot, or a new body: matter that enters or leaves a transformation."""

    key: str
    mass: Content
    composition: Content

    def content(self, element: str) -> float | None:
        known = self.composition if element else self.mass
        return None if known is None else known.get(element, 0.0)


@dataclass
class Frame:
    """What one accepted event did, and how everything lies after it."""

    event: dict
    born: list[str] = field(default_factory=list)
    inflow: list[Flow] = field(default_factory=list)
    outflow: list[Flow] = field(default_factory=list)  # empty where nothing flowed in
    inside: dict[str, tuple[str, ...]] = field(default_factory=dict)  # live item -> itself and what is in it


def entries(parts: list | None) -> Iterator[tuple[str, dict | None]]:
    """(key, spec where the part is new) of a `parts` list (7.7)."""
    for part in parts or []:
        if isinstance(part, str):
            yield part, None
        else:
            yield part["key"], part if part.get("kind") else None


def old_parts(spec: dict) -> Iterator[str]:
    for key, new in entries(spec.get("parts")):
        yield from [key] if new is None else old_parts(new)


def new_keys(spec: dict) -> Iterator[str]:
    yield spec["key"]
    for _, new in entries(spec.get("parts")):
        yield from [] if new is None else new_keys(new)


class State:
    def __init__(self) -> None:
        self.items: dict[str, Item] = {}
        self.edges: list[Edge] = []
        self.frames: list[Frame] = []
        self.transfers: set[str] = set()  # accepted

    def inside(self, key: str) -> list[str]:
        """The item and everything in it at this moment, outermost first."""
        return [key] + [deep for part in self.items[key].parts for deep in self.inside(part)]

    def content(self, quantity: str, key: str) -> Content:
        """Own body and the bodies inside; None where one of them is unknown."""
        bodies = [self.items[each].body[quantity] for each in self.inside(key)]
        if any(body is None for body in bodies):
            return None
        return {element: sum(body.get(element, 0.0) for body in bodies) for element in set().union(*bodies)}

    def outermost(self, keys: list[str]) -> list[str]:
        """Those of the keys that do not lie inside another of them."""
        within = {deep for key in keys for deep in self.inside(key)[1:]}
        return [key for key in keys if key not in within]

    def consumed(self, event: dict) -> list[Flow]:
        """Each body that ends and each draw, once."""
        flows: dict[str, Flow] = {}
        for entry in event.get("inputs") or []:
            item = self.items[entry["key"]]
            if item.is_lot:
                flows[item.key] = self._draw(item, entry.get("massKg"))
                continue
            for key in self.inside(item.key):
                body = self.items[key].body
                flows[key] = Flow(key, body["mass"], body["composition"])
        return list(flows.values())

    def _draw(self, lot: Item, kg: float | None) -> Flow:
        created, composition = lot.own(""), lot.body["composition"]
        if kg is None or created is None or composition is None:
            return Flow(lot.key, mass_content(kg), None)
        return Flow(lot.key, mass_content(kg), {element: own * kg / created for element, own in composition.items()})

    def specs(self, event: dict) -> list[dict]:
        """Item and lot specs that the event brings in."""
        if event["type"] == "ENROLMENT":
            return [spec for spec in event["items"] if spec["key"] not in self.items]
        return event.get("outputs") or []

    def names(self, event: dict) -> list[str]:
        """All items that the event takes for granted."""
        single = [event[name] for name in ("item", "part", "host") if event.get(name) is not None]
        items = [] if event["type"] == "ENROLMENT" else event.get("items") or []
        inputs = [entry["key"] for entry in event.get("inputs") or []]
        parts = event.get("parts") or []
        return single + items + inputs + parts + [key for spec in self.specs(event) for key in old_parts(spec)]
