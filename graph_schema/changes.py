"""What a sweep changed in the graph, edge by edge, for stores that keep edges as edges."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from graph_schema.contents import Content
from graph_schema.events import Enrolment
from graph_schema.life import Birth, Custody, Life, Mark, Stay, life_of
from graph_schema.order import Position
from graph_schema.refold import Line, Sweep
from graph_schema.specs import ItemSpec, LotSpec, new_items
from graph_schema.state import State


class NewBirth(NamedTuple):
    """An item that came into being by an event, and what the event states of it."""

    key: str
    birth: Birth
    spec: ItemSpec | LotSpec


class Use(NamedTuple):
    """An event used an item up (`ends`), or drew `mass_kg` from a lot."""

    item: str
    event: Position
    mass_kg: float | None
    ends: bool


class Body(NamedTuple):
    """What is settled of a unit's own body, and by which events; None is unknown."""

    mass_kg: float | None
    mass_at: Position | None
    composition: Content | None
    composition_at: Position | None


Identity = tuple[str, Position]
"""An edge of an item by the event that opened it."""


@dataclass
class Changes:
    """The edges to add, to close, and those that no longer stand.

    `settled` are births that stand, of which the body is known now (only what is not None changes); `reborn` those
    whose body changed in any way. `states` holds every item that any event touched: its present state, last touch.
    """

    states: dict[str, tuple[State | None, Position]] = field(default_factory=dict)
    births: list[NewBirth] = field(default_factory=list)
    settled: dict[str, Body] = field(default_factory=dict)
    reborn: dict[str, Body] = field(default_factory=dict)
    stays: list[Stay] = field(default_factory=list)
    custody: list[Custody] = field(default_factory=list)
    uses: list[Use] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    closed_stays: list[Identity] = field(default_factory=list)
    closed_custody: list[Identity] = field(default_factory=list)
    gone_births: list[Identity] = field(default_factory=list)
    gone_stays: list[Identity] = field(default_factory=list)
    gone_custody: list[Identity] = field(default_factory=list)
    gone_uses: list[Identity] = field(default_factory=list)
    gone_marks: list[Identity] = field(default_factory=list)
    mentions: list[tuple[str, Position, bool]] = field(default_factory=list)
    """(item, event, whether the event names it) of events that looked at an item without doing anything to it."""


def changes_of(sweep: Sweep) -> Changes:
    """Everything that a sweep changed."""
    changes = Changes()
    specs = _Specs(sweep)
    for key, line in sweep.lines.items():
        if line.entries is not None:
            _compare(changes, key, life_of(key, line.stood), life_of(key, line.entries), line, specs)
        elif line.appended:
            _append(changes, key, line, specs)
        else:
            continue
        changes.states[key] = (line.final(), line.last)
    for position, judged in sweep.results.items():
        looked_at = judged.touched.difference(judged.outcome.effects)
        if looked_at:
            named = judged.event.named_keys()
            changes.mentions += [(key, position, key in named) for key in looked_at]
    return changes


class _Specs:
    """The specs in the events that bring items in."""

    def __init__(self, sweep: Sweep) -> None:
        self._sweep = sweep
        self._found: dict[Identity, ItemSpec | LotSpec] = {}

    def of(self, key: str, position: Position) -> ItemSpec | LotSpec:
        found = self._found.get((key, position))
        if found is None:
            event = self._sweep.results[position].event
            specs: Any = event.items if isinstance(event, Enrolment) else event.outputs  # type: ignore[union-attr]
            for spec in new_items(specs):
                self._found[spec.key, position] = spec
            found = self._found[key, position]
        return found


def _append(changes: Changes, key: str, line: Line, specs: _Specs) -> None:
    """Effects that are the latest of their item."""
    life = Life()
    body = Body(None, None, None, None)
    for position, effects in line.appended:
        for effect in effects:
            op = effect[0]
            if op == "out" and not life.stays:
                changes.closed_stays.append((key, position))
            elif op == "unheld" and not life.custody:
                changes.closed_custody.append((key, position))
            elif op == "mass" and life.birth is None:
                body = body._replace(mass_kg=effect[1], mass_at=position)
            elif op == "content" and life.birth is None:
                body = body._replace(composition=effect[1], composition_at=position)
            else:
                life.live(key, position, effect)
    if body.mass_at is not None or body.composition_at is not None:
        changes.settled[key] = body
    _add(changes, key, life, specs)
    changes.uses += _uses(key, line.appended)


def _add(changes: Changes, key: str, life: Life, specs: _Specs) -> None:
    if life.birth is not None:
        changes.births.append(NewBirth(key, life.birth, specs.of(key, life.birth.position)))
    changes.stays += life.stays
    changes.custody += life.custody
    changes.marks += life.marks


def _uses(key: str, entries: Iterable[tuple[Position, Any]]) -> list[Use]:
    return [
        Use(key, position, effect[1], effect[0] == "end")
        for position, effects in entries
        for effect in effects
        if effect[0] in ("draw", "end")
    ]


def _compare(changes: Changes, key: str, old: Life, new: Life, line: Line, specs: _Specs) -> None:
    """The difference between two lives of an item."""
    if old.birth is not None and (new.birth is None or new.birth.position != old.birth.position):
        changes.gone_births.append((key, old.birth.position))
    if new.birth is not None:
        if old.birth is None or new.birth.position != old.birth.position:
            changes.births.append(NewBirth(key, new.birth, specs.of(key, new.birth.position)))
        elif new.birth != old.birth:
            changes.reborn[key] = Body(*new.birth[5:])
    gone, added = _differ(old.stays, new.stays)
    changes.gone_stays += [(stay.part, stay.opened) for stay in gone]
    changes.stays += added
    held, holds = _differ(old.custody, new.custody)
    changes.gone_custody += [(custody.item, custody.opened) for custody in held]
    changes.custody += holds
    used, uses = _differ(_uses(key, line.stood), _uses(key, line.entries or ()))
    changes.gone_uses += [(use.item, use.event) for use in used]
    changes.uses += uses
    unmarked, marked = _differ(old.marks, new.marks)
    changes.gone_marks += [(mark.item, mark.event) for mark in unmarked]
    changes.marks += marked


def _differ(old: list[Any], new: list[Any]) -> tuple[list[Any], list[Any]]:
    before, after = set(old), set(new)
    return [row for row in old if row not in after], [row for row in new if row not in before]
