"""The life of an item: its edges, read off the effects that events had on it."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from graph_schema.contents import Content
from graph_schema.order import Position
from graph_schema.state import Effect


class Birth(NamedTuple):
    """How an item came into being. For a lot, `mass_kg` and `composition` are its content; for a unit they are gross,
    and `body_*` is its own body, settled at the positions `*_at`."""

    position: Position
    kind: str
    mass_kg: float | None
    composition: Content | None
    second_life: bool
    body_mass_kg: float | None = None
    body_mass_at: Position | None = None
    body_composition: Content | None = None
    body_composition_at: Position | None = None


class Stay(NamedTuple):
    """A part was inside a host in [opened, closed)."""

    part: str
    host: str
    opened: Position
    closed: Position | None
    position: str | None


class Custody(NamedTuple):
    """An organization held an item in [opened, closed)."""

    item: str
    organization: str
    opened: Position
    closed: Position | None


class Consumption(NamedTuple):
    """An event used an item up, or drew `mass_kg` from a lot."""

    item: str
    event: Position
    mass_kg: float | None


class Mark(NamedTuple):
    """A retirement of an item, or its being taken up again by a repurposing."""

    item: str
    event: Position
    op: str


@dataclass
class Life:
    """All edges of one item, in the order of events; stays are those where the item is the part."""

    birth: Birth | None = None
    stays: list[Stay] = field(default_factory=list)
    custody: list[Custody] = field(default_factory=list)
    consumptions: list[Consumption] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)

    def live(self, key: str, at: Position, effect: Effect) -> None:
        """Add one effect of an event."""
        match effect[0]:
            case "born":
                self.birth = Birth(at, *effect[1:])
            case "mass":
                assert self.birth is not None
                self.birth = self.birth._replace(body_mass_kg=effect[1], body_mass_at=at)
            case "content":
                assert self.birth is not None
                self.birth = self.birth._replace(body_composition=effect[1], body_composition_at=at)
            case "into":
                self.stays.append(Stay(key, effect[1], at, None, effect[2]))
            case "out":
                self.stays[-1] = self.stays[-1]._replace(closed=at)
            case "held":
                self.custody.append(Custody(key, effect[1], at, None))
            case "unheld":
                self.custody[-1] = self.custody[-1]._replace(closed=at)
            case "draw" | "end":
                self.consumptions.append(Consumption(key, at, effect[1]))
            case "retired" | "taken_up":
                self.marks.append(Mark(key, at, effect[0]))


def life_of(key: str, entries: Iterable[tuple[Position, Iterable[Effect]]]) -> Life:
    """The life of an item from its effects in the order of events."""
    life = Life()
    for position, effects in entries:
        for effect in effects:
            life.live(key, position, effect)
    return life
