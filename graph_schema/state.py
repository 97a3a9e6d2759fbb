"""The state of an item at a position, and the effects that move it from one event to the next."""

from __future__ import annotations

from typing import Any, NamedTuple

from graph_schema.order import Position

Effect = tuple[Any, ...]
"""What an event does to one item: `(op, ...)`, ops in the order of `OPS`."""

OPS = (
    "born",  # (op, kind, mass_kg, composition, second_life): comes into being
    "mass",  # (op, kg): the mass of its own body is settled
    "content",  # (op, {element: kg}): the composition of its own body is settled
    "out",  # (op, host): leaves its host
    "-part",  # (op, part): a part leaves it
    "unheld",  # (op,): custody closes
    "into",  # (op, host, position): goes into a host
    "+part",  # (op, part): a part goes into it
    "held",  # (op, organization): custody opens
    "draw",  # (op, kg or None): a lot is drawn on
    "end",  # (op, kg or None): a unit ends (kg: its own body), a lot is disposed of (kg: what remained)
    "retired",  # (op,): first life is over
    "taken_up",  # (op,): a repurposing takes it up
)
OP_RANK = {op: rank for rank, op in enumerate(OPS)}


class Link(NamedTuple):
    """An open edge of an item: the host or holder, and the event that opened it."""

    key: str
    since: Position


class State:
    """An item right after the events so far. `kind` LOT: `mass_kg` and `composition` are the lot as created.

    `body_*` is a unit's own body without its parts (model 8.6), in kg; None is unknown.
    """

    __slots__ = (
        "body_composition",
        "body_mass_kg",
        "born",
        "composition",
        "drawn_kg",
        "drawn_unknown",
        "ended",
        "holder",
        "host",
        "kind",
        "last_draw",
        "left",
        "mass_kg",
        "parts",
        "retired",
        "second_life",
    )

    def __init__(self, born: Position, kind: str, mass_kg: float | None, composition: dict[str, float] | None) -> None:
        self.born = born
        self.kind = kind
        self.mass_kg = mass_kg
        self.composition = composition
        self.second_life = False
        self.body_mass_kg: float | None = None
        self.body_composition: dict[str, float] | None = None
        self.ended: Position | None = None
        self.host: Link | None = None
        self.left: Position | None = None
        self.holder: Link | None = None
        self.parts: dict[str, None] = {}
        self.retired: Position | None = None
        self.drawn_kg = 0.0
        self.drawn_unknown = False
        self.last_draw: Position | None = None

    @property
    def remaining_kg(self) -> float | None:
        """What is left of a lot, None where it is unknown (7.10)."""
        if self.mass_kg is None or self.drawn_unknown:
            return None
        return max(0.0, self.mass_kg - self.drawn_kg)

    def overdrawn_by(self, kg: float | None) -> bool:
        """Whether a draw takes more than the lot still holds (7.10)."""
        if kg is None or self.mass_kg is None or self.drawn_unknown:
            return False
        return kg > self.mass_kg - self.drawn_kg + 1e-9 * self.mass_kg


def advance(state: State | None, position: Position, effects: list[Effect] | tuple[Effect, ...]) -> State | None:
    """The state after one event's effects on the item, which come in the order of `OPS`; changes `state` in place."""
    for effect in effects:
        op = effect[0]
        if op == "born":
            state = State(position, effect[1], effect[2], effect[3])
            state.second_life = effect[4]
            continue
        assert state is not None, f"{op} before the item came into being"
        if op == "draw":
            if effect[1] is None:
                state.drawn_unknown = True
            else:
                state.drawn_kg += effect[1]
            state.last_draw = position
        elif op == "held":
            state.holder = Link(effect[1], position)
        elif op == "unheld":
            state.holder = None
        elif op == "into":
            state.host = Link(effect[1], position)
        elif op == "out":
            state.host = None
            state.left = position
        elif op == "+part":
            state.parts[effect[1]] = None
        elif op == "-part":
            state.parts.pop(effect[1], None)
        elif op == "mass":
            state.body_mass_kg = effect[1]
        elif op == "content":
            state.body_composition = effect[1]
        elif op == "end":
            state.ended = position
        elif op == "retired":
            state.retired = position
        else:
            state.retired = None
    return state


def effects_in_order(effects: list[Effect]) -> tuple[Effect, ...]:
    """Effects of one event on one item in the order of `OPS`."""
    return tuple(sorted(effects, key=effect_rank)) if len(effects) > 1 else tuple(effects)


def effect_rank(effect: Effect) -> tuple[int, str]:
    """Where an effect stands in that order; parts among each other by key."""
    op = effect[0]
    return OP_RANK[op], effect[1] if op in ("+part", "-part") else ""
