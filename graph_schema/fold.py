"""What an event does (model sections 4, 5 and 7): the only place that knows.

`apply` looks at the states that the events before it leave, and answers with an `Outcome`: a status, and either the
effects on each item or the problems that stand against it. It changes nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from graph_schema.building import Builder, check_new, check_no_lot_inside, check_parts
from graph_schema.claims import claims_of
from graph_schema.contents import Mixing, Portion, mixing_of, not_conserved
from graph_schema.events import (
    AnyEvent,
    Building,
    Dismantling,
    Disposal,
    Enrolment,
    Inspection,
    Installation,
    Production,
    Receipt,
    Recycling,
    Refining,
    Registration,
    Removal,
    Repurposing,
    Retirement,
    Scrapping,
    Transfer,
    Transformation,
)
from graph_schema.outcome import Effects, EventStatus, Outcome, Problem, Trouble, View, beside, inside
from graph_schema.specs import Draw, new_items, part_refs
from graph_schema.state import State

VOIDED = Outcome(EventStatus.VOIDED)
NO_EFFECT = Outcome(EventStatus.ACCEPTED)

Judge = Callable[[Any, View, Trouble, Effects], Mixing | None]


def apply(event: AnyEvent, view: View) -> Outcome:
    """Judge one event, which nobody voided, against the state right before it.

    Voidings are resolved before the fold (`voiding.py`) and do not come here.
    """
    unknown = _unknown(event, view)
    if unknown:
        return Outcome(EventStatus.PENDING, problems=tuple(unknown))
    trouble, effects = Trouble(), Effects()
    mixing = JUDGES[event.type](event, view, trouble, effects)
    if trouble.problems:
        return Outcome(EventStatus.CONTESTED, problems=tuple(trouble.problems), claims=claims_of(event, view))
    return Outcome(EventStatus.ACCEPTED, effects.sorted(), mixing=mixing)


def _unknown(event: AnyEvent, view: View) -> list[Problem]:
    if isinstance(event, Receipt):
        if view.transferred(event.transfer):
            return []
        message = f"no accepted transfer {event.transfer} before this receipt"
        return [Problem("UNKNOWN_EVENT", message, "transfer", event.transfer)]
    return [
        Problem("UNKNOWN_ITEM", f"{key} is not known at that moment", field, key)
        for field, key in _presumed(event, view)
        if view.get(key) is None
    ]


def _presumed(event: AnyEvent, view: View) -> Iterable[tuple[str, str]]:
    """The items that must exist before the event, each with the field that names it."""
    match event:
        case Enrolment():
            entering = [spec for spec in event.items if view.get(spec.key) is None]
            return [("items.parts", key) for key in part_refs(entering)]
        case Production() | Repurposing():
            return [
                *(("outputs.parts", key) for key in part_refs(event.outputs)),
                *(("inputs", draw.key) for draw in event.inputs),
            ]
        case Recycling() | Refining():
            return [("inputs", draw.key) for draw in event.inputs]
        case Installation() | Removal():
            return [("part", event.part), ("host", event.host)]
        case Transfer() | Disposal():
            return [("items", key) for key in event.items]
        case Inspection() | Retirement() | Scrapping():
            return [("item", event.item)]
        case Dismantling():
            return [("item", event.item), *(("parts", key) for key in event.part_keys or ())]
        case _:
            return []


def _get(view: View, key: str) -> State:
    state = view.get(key)
    assert state is not None
    return state


def _register(event: Registration, view: View, trouble: Trouble, effects: Effects) -> None:
    """Organizations are reference data (7.3): nothing happens to an item."""


def _enrol(event: Enrolment, view: View, trouble: Trouble, effects: Effects) -> None:
    entering = [spec for spec in event.items if view.get(spec.key) is None]
    check_new(view, trouble, new_items(entering), "items.parts")
    check_parts(view, trouble, part_refs(entering), "items.parts")
    check_no_lot_inside(trouble, new_items(entering), "items.parts")
    if not trouble.problems:
        builder = Builder(view, effects, event.actor)
        for spec in entering:
            builder.build(spec)


def _build(event: Building, view: View, trouble: Trouble, effects: Effects) -> Mixing | None:
    check_new(view, trouble, new_items(event.outputs), "outputs")
    check_no_lot_inside(trouble, new_items(event.outputs), "outputs.parts")
    check_parts(view, trouble, part_refs(event.outputs), "outputs.parts")
    portions = _check_draws(event.inputs, view, trouble)
    if trouble.problems:
        return None
    for draw in event.inputs:
        effects.add(draw.key, "draw", draw.mass_kg)
    builder = Builder(view, effects, event.actor, second_life=isinstance(event, Repurposing))
    for spec in event.outputs:
        builder.build(spec)
    return mixing_of(portions, builder.portions()) if portions else None


def _check_draws(draws: list[Draw], view: View, trouble: Trouble) -> list[Portion]:
    portions = []
    for draw in draws:
        state = _get(view, draw.key)
        if state.kind != "LOT":
            trouble.add("WRONG_KIND", f"{draw.key} is a unit and cannot be drawn on", "inputs", draw.key, state.born)
        else:
            portions.append(_check_draw(draw, state, trouble))
    return portions


def _check_draw(draw: Draw, lot: State, trouble: Trouble) -> Portion:
    if trouble.alive("inputs", draw.key, lot) and lot.overdrawn_by(draw.mass_kg):
        message = f"{draw.key} does not hold the {draw.mass_kg:g} kg that are drawn any more"
        trouble.add("OVERDRAWN", message, "inputs", draw.key, lot.last_draw or lot.born)
    return drawn_portion(draw.mass_kg, lot.mass_kg, lot.composition)


def drawn_portion(kg: float | None, lot_kg: float | None, composition: dict[str, float] | None) -> Portion:
    """What a draw of `kg` takes from a lot."""
    if kg is None or lot_kg is None or composition is None:
        return Portion(kg, None)
    return Portion(kg, {element: part_kg * kg / lot_kg for element, part_kg in composition.items()})


def _install(event: Installation, view: View, trouble: Trouble, effects: Effects) -> None:
    part, host = _get(view, event.part), _get(view, event.host)
    check_parts(view, trouble, [event.part], "part")
    sound = trouble.unit("host", event.host, host, "only a unit can be a host") and trouble.alive(
        "host", event.host, host
    )
    above: str | None = event.host if sound and part.kind != "LOT" and part.ended is None else None
    since = None
    while above is not None:
        if above == event.part:
            message = f"{event.host} is inside {event.part}" if since else f"{event.part} cannot go into itself"
            trouble.add("CONTAINMENT_CYCLE", message, "host", event.host, since or part.born)
            break
        link = _get(view, above).host
        above, since = (None, None) if link is None else (link.key, link.since)
    if part.holder is not None:
        effects.add(event.part, "unheld")
    effects.add(event.part, "into", event.host, event.at_position)
    effects.add(event.host, "+part", event.part)


def _remove(event: Removal, view: View, trouble: Trouble, effects: Effects) -> None:
    part, host = _get(view, event.part), _get(view, event.host)
    checks = [
        trouble.unit("part", event.part, part, "only units are parts") and trouble.alive("part", event.part, part),
        trouble.unit("host", event.host, host, "only a unit can be a host") and trouble.alive("host", event.host, host),
    ]
    if all(checks) and (part.host is None or part.host.key != event.host):
        since = part.host.since if part.host is not None else part.left or part.born
        trouble.add("NOT_INSTALLED", f"{event.part} is not inside {event.host}", "part", event.part, since)
    effects.come_out(event.part, part)
    effects.add(event.part, "held", event.actor)


def _check_alive(keys: Iterable[str], view: View, trouble: Trouble) -> None:
    for key in keys:
        trouble.alive("items", key, _get(view, key))


def _transfer(event: Transfer, view: View, trouble: Trouble, effects: Effects) -> None:
    _check_alive(event.items, view, trouble)
    for key in event.items if len(event.items) == 1 else beside(event.items, view):
        state = _get(view, key)
        effects.come_out(key, state)
        if state.holder is not None:
            effects.add(key, "unheld")
        effects.add(key, "held", event.to)


def _receive(event: Receipt, view: View, trouble: Trouble, effects: Effects) -> None:
    """A receipt confirms; it moves nothing."""


def _inspect(event: Inspection, view: View, trouble: Trouble, effects: Effects) -> None:
    trouble.alive("item", event.item, _get(view, event.item))


def _retire(event: Retirement, view: View, trouble: Trouble, effects: Effects) -> None:
    state = _get(view, event.item)
    if trouble.unit("item", event.item, state, "only a unit has a first life") and trouble.alive(
        "item", event.item, state
    ):
        effects.add(event.item, "retired")
        for key, _ in inside(view, event.item):
            effects.add(key, "retired")


def _dismantle(event: Dismantling, view: View, trouble: Trouble, effects: Effects) -> None:
    state = _get(view, event.item)
    sound = trouble.unit("item", event.item, state, "only a unit can be dismantled") and trouble.alive(
        "item", event.item, state
    )
    named = list(state.parts) if event.part_keys is None else event.part_keys
    for key in named:
        part = _get(view, key)
        if not trouble.unit("parts", key, part, "only units are parts") or not trouble.alive("parts", key, part):
            continue
        if sound and (part.host is None or part.host.key != event.item):
            since = part.host.since if part.host is not None else part.left or part.born
            trouble.add("NOT_INSTALLED", f"{key} is not directly inside {event.item}", "parts", key, since)
    if trouble.problems:
        return
    _come_apart(event.item, state, set(named), event.actor, view, effects)


def _come_apart(item: str, state: State, released: set[str], actor: str, view: View, effects: Effects) -> None:
    for key in list(state.parts):
        part = _get(view, key)
        if key in released:
            effects.come_out(key, part)
            effects.add(key, "held", actor)
        else:
            _end_all(key, part, view, effects)
    effects.end(item, state)


def _end_all(key: str, state: State, view: View, effects: Effects) -> list[Portion]:
    """End a unit and everything inside it at this moment (7.9); the bodies that end."""
    bodies = []
    for unit, unit_state in [(key, state), *inside(view, key)]:
        effects.end(unit, unit_state)
        bodies.append(Portion(unit_state.body_mass_kg, unit_state.body_composition))
    return bodies


def _scrap(event: Scrapping, view: View, trouble: Trouble, effects: Effects) -> None:
    state = _get(view, event.item)
    if state.kind != "VEHICLE":
        message = f"{event.item} is a {state.kind.lower()}; only vehicles are scrapped"
        trouble.add("WRONG_KIND", message, "item", event.item, state.born)
    elif trouble.alive("item", event.item, state):
        _come_apart(event.item, state, set(state.parts), event.actor, view, effects)


def _transform(event: Transformation, view: View, trouble: Trouble, effects: Effects) -> Mixing | None:
    check_new(view, trouble, event.outputs, "outputs")
    known_outputs = len(trouble.problems)
    bodies: list[Portion] = []
    units = isinstance(event, Recycling)
    outer = set(beside([draw.key for draw in event.inputs], view))
    for draw in event.inputs:
        state = _get(view, draw.key)
        if state.kind == "LOT":
            bodies.append(_check_draw(draw, state, trouble))
            effects.add(draw.key, "draw", draw.mass_kg)
        elif not units:
            trouble.add("WRONG_KIND", f"{draw.key} is a unit and cannot be drawn on", "inputs", draw.key, state.born)
        elif trouble.alive("inputs", draw.key, state) and draw.key in outer:
            bodies += _end_all(draw.key, state, view, effects)
    if len(trouble.problems) > known_outputs:
        return None
    outputs = [Portion(lot.mass_kg, lot.composition) for lot in event.outputs]
    for element in not_conserved(bodies, outputs, total_mass=units):
        what = f"more {element}" if element else "more mass"
        trouble.add(
            "MASS_NOT_CONSERVED",
            f"{what} comes out than went in",
            "outputs",
            event.inputs[0].key,
            _get(view, event.inputs[0].key).born,
        )
    if trouble.problems:
        return None
    builder = Builder(view, effects, event.actor)
    for lot in event.outputs:
        builder.build(lot)
    return mixing_of(bodies, outputs)


def _dispose(event: Disposal, view: View, trouble: Trouble, effects: Effects) -> None:
    _check_alive(event.items, view, trouble)
    if trouble.problems:
        return
    for key in beside(event.items, view):
        state = _get(view, key)
        if state.kind == "LOT":
            if state.holder is not None:
                effects.add(key, "unheld")
            effects.add(key, "end", state.remaining_kg)
        else:
            _end_all(key, state, view, effects)


JUDGES: dict[str, Judge] = {
    "REGISTRATION": _register,
    "ENROLMENT": _enrol,
    "PRODUCTION": _build,
    "INSTALLATION": _install,
    "REMOVAL": _remove,
    "TRANSFER": _transfer,
    "RECEIPT": _receive,
    "INSPECTION": _inspect,
    "RETIREMENT": _retire,
    "DISMANTLING": _dismantle,
    "REPURPOSING": _build,
    "RECYCLING": _transform,
    "REFINING": _transform,
    "SCRAPPING": _scrap,
    "DISPOSAL": _dispose,
}
