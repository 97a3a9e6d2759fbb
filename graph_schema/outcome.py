"""What becomes of an event: its status, and effects or problems (model section 5)."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple, Protocol

from graph_schema.contents import Mixing
from graph_schema.order import Position, event_id_of
from graph_schema.state import Effect, State, effects_in_order


class EventStatus(StrEnum):
    """Of a stored event."""

    ACCEPTED = "ACCEPTED"
    PENDING = "PENDING"
    CONTESTED = "CONTESTED"
    VOIDED = "VOIDED"


class Problem(NamedTuple):
    """Why an event is pending, contested or malformed. `conflicts_with` is an event id."""

    code: str
    message: str
    field: str | None = None
    key: str | None = None
    conflicts_with: str | None = None


class Claim(NamedTuple):
    """An edge that a contested event claims (8.5). `kind` is an edge kind; event ends of edges are left empty.

    `item_kind` is the kind of a claimed new item.
    """

    kind: str
    source: str
    target: str
    mass_kg: float | None = None
    item_kind: str | None = None


class Outcome(NamedTuple):
    """The judgement on one event. Effects are in the order of `OPS`, by item key."""

    status: EventStatus
    effects: Mapping[str, tuple[Effect, ...]] = MappingProxyType({})
    problems: tuple[Problem, ...] = ()
    mixing: Mixing | None = None
    claims: tuple[Claim, ...] = ()


class View(Protocol):
    """The world right before an event."""

    def get(self, key: str) -> State | None:
        """The item's state, None where no accepted event before brought it in."""

    def transferred(self, event_id: str) -> bool:
        """Whether an accepted transfer before has that id."""


@dataclass
class Effects:
    """Collects what an event does to each item."""

    by_key: dict[str, list[Effect]] = field(default_factory=dict)

    def add(self, key: str, *effect: object) -> None:
        """Add one effect, `(op, ...)`."""
        self.by_key.setdefault(key, []).append(effect)

    def come_out(self, key: str, state: State) -> None:
        """Leave the host, if any."""
        if state.host is not None:
            self.add(key, "out", state.host.key)
            self.add(state.host.key, "-part", key)

    def end(self, key: str, state: State) -> None:
        """End a unit: it leaves its host and its holder."""
        self.come_out(key, state)
        if state.holder is not None:
            self.add(key, "unheld")
        self.add(key, "end", state.body_mass_kg)

    def sorted(self) -> dict[str, tuple[Effect, ...]]:
        """The effects of each item in the order of `OPS`."""
        return {key: effects_in_order(effects) for key, effects in self.by_key.items()}


def inside(view: View, key: str) -> Iterator[tuple[str, State]]:
    """Every unit inside a unit at this moment, at any depth, with its state."""
    state = view.get(key)
    assert state is not None
    waiting = list(state.parts)[::-1]
    while waiting:
        part = waiting.pop()
        state = view.get(part)
        assert state is not None
        below = list(state.parts)[::-1]
        yield part, state
        waiting += below


def beside(keys: Iterable[str], view: View) -> list[str]:
    """Those of an event's items that do not lie inside another of them (7.9)."""
    wanted = set(keys)
    outer = []
    for key in keys:
        above = _host(view, key)
        while above is not None and above not in wanted:
            above = _host(view, above)
        if above is None:
            outer.append(key)
    return outer


def _host(view: View, key: str) -> str | None:
    state = view.get(key)
    return None if state is None or state.host is None else state.host.key


class Trouble:
    """Collects the problems of an event."""

    def __init__(self) -> None:
        self.problems: list[Problem] = []

    def add(self, code: str, message: str, field: str, key: str, conflicting: Position | None = None) -> None:
        """Add one problem; `conflicting` is the position of the event that it conflicts with."""
        other = None if conflicting is None else event_id_of(conflicting)
        self.problems.append(Problem(code, message, field, key, other))

    def alive(self, field: str, key: str, state: State) -> bool:
        """Whether the item has not ended; a problem if it has."""
        if state.ended is not None:
            ender = event_id_of(state.ended)
            self.add("ALREADY_ENDED", f"{key} had already ended by {ender}", field, key, state.ended)
        return state.ended is None

    def unit(self, field: str, key: str, state: State, what: str) -> bool:
        """Whether the item is a unit; a problem if it is a lot."""
        if state.kind == "LOT":
            self.add("WRONG_KIND", f"{key} is a lot of material; {what}", field, key, state.born)
        return state.kind != "LOT"
