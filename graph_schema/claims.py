"""The edges that a contested event claims (model 8.5)."""

from __future__ import annotations

from graph_schema.events import (
    AnyEvent,
    Dismantling,
    Disposal,
    Enrolment,
    Installation,
    Production,
    Recycling,
    Refining,
    Removal,
    Repurposing,
    Scrapping,
    Transfer,
)
from graph_schema.outcome import Claim, View, beside, inside
from graph_schema.specs import Draw, ItemSpec, LotSpec


def claims_of(event: AnyEvent, view: View) -> tuple[Claim, ...]:
    """Every edge that the event would have opened; the event's end of an edge is left empty."""
    match event:
        case Installation():
            return (Claim("PART_OF", event.part, event.host),)
        case Transfer():
            return tuple(Claim("HELD_BY", key, event.to) for key in beside(event.items, view))
        case Removal():
            return (Claim("HELD_BY", event.part, event.actor),)
        case Enrolment():
            return tuple(_yields([spec for spec in event.items if view.get(spec.key) is None], event.actor))
        case Production() | Repurposing():
            return (*_consumes(event.inputs, view), *_yields(list(event.outputs), event.actor))
        case Recycling() | Refining():
            return (*_consumes(event.inputs, view), *_yields(list(event.outputs), event.actor))
        case Dismantling() | Scrapping():
            state = view.get(event.item)
            stated = event.part_keys if isinstance(event, Dismantling) else None
            released = list(() if state is None else state.parts) if stated is None else stated
            released = [part for part in released if view.get(part) is not None]  # asked for, and so touched
            return (
                Claim("CONSUMED_IN", event.item, "", None if state is None else state.body_mass_kg),
                *(Claim("HELD_BY", part, event.actor) for part in released),
            )
        case Disposal():
            return tuple(_consumes([Draw(key=key) for key in event.items], view))
        case _:
            return ()


def _consumes(draws: list[Draw], view: View) -> list[Claim]:
    seen: dict[str, Claim] = {}
    for draw in draws:
        state = view.get(draw.key)
        if state is None or state.kind == "LOT":
            seen[draw.key] = Claim("CONSUMED_IN", draw.key, "", draw.mass_kg)
            continue
        seen[draw.key] = Claim("CONSUMED_IN", draw.key, "", state.body_mass_kg)
        for key, inner in inside(view, draw.key):
            seen.setdefault(key, Claim("CONSUMED_IN", key, "", inner.body_mass_kg))
    return list(seen.values())


def _yields(specs: list[ItemSpec] | list[LotSpec], holder: str | None) -> list[Claim]:
    found = []
    for spec in specs:
        found.append(Claim("YIELDED", "", spec.key, spec.mass_kg, spec.kind))
        if holder is not None:
            found.append(Claim("HELD_BY", spec.key, holder))
        for part in spec.parts:
            if isinstance(part, ItemSpec):
                found += _yields([part], None)
                found.append(Claim("PART_OF", part.key, spec.key))
            else:
                found.append(Claim("PART_OF", part if isinstance(part, str) else part.key, spec.key))
    return found
