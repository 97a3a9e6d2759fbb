"""Transformations: what goes in, what comes out, and which event of the model that is."""

from __future__ import annotations

from service.readers.epcis.lots import Lots, draw_on
from service.readers.epcis.objects import NO_LOT
from service.readers.epcis.telling import JUST_BEFORE, Telling
from service.readers.places import Json

_WORKED_ON = "something goes in and comes out again: what became of the rest is a guess, an AssociationEvent tells it"
_MANY = "several units into several: the model must be told what went into which, an event for each; told as seen"


def tell_transformation(telling: Telling, lots: Lots) -> None:
    """By what goes in and what comes out:

    - one unit into several, or a disassembly: `DISMANTLING`;
    - units into lots, or into nothing: `RECYCLING`; lots into lots, or into nothing: `REFINING`;
    - units into one unit: it is built, with them as its parts; lots into units: they are built, drawing on the lots:
      `PRODUCTION`, or `REPURPOSING` where a part is at the end of its first life and no lot is drawn on.

    What goes in and comes out with one identifier was worked on, and is the same item: it is told as seen. So is what
    goes in or comes out beside it, since that may be the part put in or the one taken out.
    """
    event = telling.event
    classes = [*event.inputs.classes, *event.outputs.classes]
    for _ in classes:
        event.place.left_out("quantity", NO_LOT)
    amounts = [*event.inputs.lots, *event.outputs.lots]
    telling.keep_counts([*classes, *(lot for lot in amounts if lot.kg is None)])
    if not event.keys:
        event.place.left_out("TransformationEvent", "names no item that can be followed")
        return
    if not telling.find_actor(telling.source, telling.destination):
        return
    if event.worked_on or (event.takes_apart and len(event.inputs.units) > 1):
        _only_seen(telling)
        return
    if event.takes_apart:
        _dismantle(telling)
    elif event.outputs.units or not event.inputs.keys:
        _build(telling, lots)
    else:
        _process(telling, lots)
    if not event.takes_apart:
        telling.observe_sensors(event.outputs.keys)


def _only_seen(telling: Telling) -> None:
    """What the model cannot say without guessing."""
    event = telling.event
    keys = list(dict.fromkeys([*event.inputs.keys, *event.outputs.keys]))
    if len(keys) > len(event.worked_on):
        event.place.left_out("TransformationEvent", _WORKED_ON if event.worked_on else _MANY)
        telling.keep("inputEPCList", "outputEPCList")
        telling.keep_counts([*event.inputs.lots, *event.outputs.lots])
    telling.enrol(keys)
    telling.observe(keys)


def _dismantle(telling: Telling) -> None:
    inputs, outputs = telling.event.inputs, telling.event.outputs
    (unit,) = inputs.units
    for lot in [*inputs.lots, *outputs.lots]:
        telling.event.place.left_out(
            f"lot {lot.key}", "a dismantling neither takes nor yields lots; kept in the attributes"
        )
        telling.keep_counts([lot])
    telling.tell("DISMANTLING", item=unit, parts=outputs.units)
    telling.were_inside(outputs.units, unit)
    if not telling.idle:
        for part in outputs.units:
            telling.ledger.come_out(part, telling.event.at)
        telling.ledger.told |= set(outputs.units)


def _build(telling: Telling, lots: Lots) -> None:
    """Units are built: parts only go into one, draws flow into all."""
    event, ledger = telling.event, telling.ledger
    inputs, outputs = event.inputs, event.outputs
    telling.enrol([*inputs.units, *(lot.key for lot in inputs.lots)])
    containers = {key: telling.container_of(key) for key in inputs.units}
    specs = _specs(telling, lots)
    if inputs.units:
        specs[0]["parts"] = list(inputs.units)
    draws = list(map(draw_on, inputs.lots))
    second_life = not draws and not outputs.lots and any(ledger.is_retired(key, event.at) for key in inputs.units)
    kind = "REPURPOSING" if second_life else "PRODUCTION"
    telling.tell(kind, outputs=specs, inputs=draws or None)
    for key, container in containers.items():
        telling.leave(container, key, event.at - JUST_BEFORE)
        if not telling.idle:
            ledger.go_in(key, outputs.units[0], event.at)
    _settle(telling, specs, lots)


def _process(telling: Telling, lots: Lots) -> None:
    inputs, outputs = telling.event.inputs, telling.event.outputs
    telling.enrol(inputs.keys)
    ilmd = telling.use_ilmd() if outputs.lots else {}
    specs = [telling.book.specs.lot(lots.key(telling.event, lot), lot, ilmd, kind=False) for lot in outputs.lots]
    units: list[Json] = [{"key": key} for key in inputs.units]
    kind = "RECYCLING" if units or telling.event.step == "destroying" else "REFINING"
    telling.tell(kind, inputs=[*units, *map(draw_on, inputs.lots)], outputs=specs or None)
    _settle(telling, specs, lots)


def _specs(telling: Telling, lots: Lots) -> list[Json]:
    """Specs of what is built; of classes that went in, it is known what they were, and how many."""
    event = telling.event
    ilmd = telling.use_ilmd()
    if event.inputs.classes:
        ilmd = {**ilmd, "madeOf": [one.stated for one in event.inputs.classes]}
    specs = [telling.book.specs.unit(key, event.place, ilmd) for key in event.outputs.units]
    return [*specs, *(telling.book.specs.lot(lots.key(event, lot), lot, ilmd) for lot in event.outputs.lots)]


def _settle(telling: Telling, specs: list[Json], lots: Lots) -> None:
    lots.settle(telling)
    if not telling.idle:
        telling.ledger.told |= {spec["key"] for spec in specs}
        made = {lot.key for lot in telling.event.outputs.lots}
        telling.ledger.lot_kg |= {spec["key"]: spec.get("massKg") for spec in specs if spec["key"] in made}
