"""Aggregations and associations: what is inside what."""

from __future__ import annotations

from service.readers.epcis.custody import transfer
from service.readers.epcis.objects import NO_LOT
from service.readers.epcis.telling import Telling
from service.readers.epcis.uris import Level, level_of

_AT_PLACE = "the model has things at a place, not in it: they are told as seen"
_LOT_INSIDE = "only units have parts in the model: it is told as seen, and goes where its container goes"


def tell_assembly(telling: Telling) -> None:
    """Children go into a parent, are seen in it, or come out of it."""
    event = telling.event
    parent, children = event.parent, event.children
    for _ in children.classes:
        event.place.left_out("quantity", NO_LOT)
    telling.keep_counts([*children.classes, *children.lots])
    if parent is None and event.action == "ADD":
        event.place.malformed("parentID", "is missing: nothing says where the children go")
        return
    if not event.keys:
        event.place.left_out(event.kind, "names no item that can be followed")
        return
    taken_over = event.action == "DELETE"
    sides = (telling.destination, telling.source) if taken_over else (telling.source, telling.destination)
    if not telling.find_actor(*sides):
        return
    if parent is None or level_of(parent) is Level.PLACE:
        if parent is not None:
            event.place.left_out("place with things", _AT_PLACE)
        _at_place(telling)
    elif event.action == "ADD":
        _into(telling, parent)
        _keep_counted(telling, parent)
    elif event.action == "DELETE":
        _out_of(telling, parent)
        _keep_counted(telling, parent)
    else:
        telling.keep("parentID", "childEPCs")
        handed_over = transfer(telling, event.keys)
        telling.enrol(event.keys)
        if not handed_over:
            telling.observe(event.keys)
        else:
            telling.observe_sensors([parent])


def _keep_counted(telling: Telling, parent: str) -> None:
    """Of things that are only counted nothing is told: the parent is told as seen, with the count."""
    if telling.event.children.classes and not telling.has_told:
        telling.keep("parentID")
        telling.observe([parent])


def _at_place(telling: Telling) -> None:
    telling.keep("parentID", "childEPCs")
    keys = [key for key in telling.event.keys if level_of(key) is not Level.PLACE]
    telling.enrol(keys)
    telling.observe(keys)


def _into(telling: Telling, parent: str) -> None:
    event, ledger = telling.event, telling.ledger
    telling.enrol(event.keys)
    inside = []
    for key in event.children.units:
        if ledger.host(key, event.at) == parent:
            inside.append(key)
        else:
            telling.put_in(key, parent)
    lots = [lot.key for lot in event.children.lots]
    if inside or lots:
        telling.keep("parentID", "childEPCs")
    for lot in lots:
        event.place.left_out("lot in a container", _LOT_INSIDE)
        if not telling.idle:
            ledger.lots_in.setdefault(parent, set()).add(lot)
    if telling.source is not None and telling.destination is not None and telling.source != telling.destination:
        transfer(telling, event.keys)
    telling.observe([*inside, *lots])
    telling.observe_sensors([parent])


def _out_of(telling: Telling, parent: str) -> None:
    event, ledger = telling.event, telling.ledger
    children, lots = event.children.units, [lot.key for lot in event.children.lots]
    if not children and not lots and not event.children.classes:
        children = ledger.parts(parent, event.at)
        lots = sorted(ledger.lots_in.get(parent, ()))
        if not children and not lots:
            event.place.left_out(event.kind, "takes everything out, and nothing is known to be inside")
            return
    for key in children:
        telling.tell("REMOVAL", part=key, host=parent, reason=event.step)
    telling.were_inside(children, parent)
    telling.enrol(lots)
    telling.observe(lots)
    telling.observe_sensors([parent])
    if not telling.idle:
        for key in children:
            ledger.come_out(key, event.at)
        ledger.lots_in.get(parent, set()).difference_update(lots)
