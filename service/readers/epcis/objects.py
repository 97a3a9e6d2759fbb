"""Object events, and transactions that hand something over."""

from __future__ import annotations

from service.readers.epcis.custody import transfer, void_shipping
from service.readers.epcis.events import Amount
from service.readers.epcis.lots import Lots
from service.readers.epcis.telling import Telling
from service.readers.epcis.uris import Level, level_of
from service.readers.epcis.vocabulary import IN_USE, INBOUND, NOTHING_MADE

NO_LOT = "it is of a class, not of a lot: its items cannot be told from others; kept in the attributes"


def tell_object(telling: Telling, lots: Lots) -> None:
    """An object event: something was made, seen, handed over, or has ended."""
    event, things = telling.event, telling.event.things
    for _ in things.classes:
        event.place.left_out("quantity", NO_LOT)
    telling.keep_counts([*things.classes, *(lot for lot in things.lots if lot.kg is None)])
    if event.action == "ADD" and event.step in NOTHING_MADE:
        event.place.left_out("ObjectEvent", f"{event.step} gives out identifiers; nothing was made")
        return
    if not things.keys:
        event.place.left_out("ObjectEvent", "names no item that can be followed")
        return
    sides = (telling.destination, telling.source) if event.step in INBOUND else (telling.source, telling.destination)
    if not telling.find_actor(*sides):
        return
    if event.action == "ADD":
        _made(telling, lots)
    elif event.action == "DELETE" or event.step == "destroying" or event.disposition in ("destroyed", "stolen"):
        _ended(telling)
    else:
        _seen(telling)


def tell_transaction(telling: Telling) -> None:
    """A transaction is told where it hands something over."""
    event = telling.event
    keys = event.keys
    both = telling.source is not None and telling.destination is not None and telling.source != telling.destination
    if not keys or not both or event.action == "DELETE":
        event.place.left_out("TransactionEvent", "a matter of business documents: nothing happened to an item")
        return
    if telling.find_actor(telling.source, telling.destination):
        handed_over = transfer(telling, keys)
        telling.enrol(keys)
        telling.observe(() if handed_over else keys)


def _made(telling: Telling, lots: Lots) -> None:
    """What is there already is seen again; the rest is made."""
    event, book = telling.event, telling.book
    new = [key for key in event.things.units if not telling.ledger.exists(key, event.at)]
    added = [lot for lot in event.things.lots if not lots.is_again(event, lot)]
    ilmd = telling.use_ilmd() if new or added else {}
    outputs = [book.specs.unit(key, event.place, ilmd) for key in new]
    outputs += [book.specs.lot(lots.key(event, lot), lot, ilmd) for lot in added]
    if outputs:
        telling.tell("PRODUCTION", outputs=outputs)
        lots.settle(telling)
    if not telling.idle:
        telling.ledger.told |= {spec["key"] for spec in outputs}
        telling.ledger.lot_kg |= {spec["key"]: spec.get("massKg") for spec in outputs if spec["kind"] == "LOT"}
    brought_in = {*new, *(lot.key for lot in added)}
    old = [key for key in event.things.keys if key not in brought_in]
    handed_over = transfer(telling, event.things.keys)
    telling.enrol(old)
    telling.observe(old if not handed_over or telling.measurements else ())
    telling.observe_sensors([spec["key"] for spec in outputs])


def _seen(telling: Telling) -> None:
    event = telling.event
    keys = event.things.keys
    voids = event.step == "void_shipping"
    told = keys and (void_shipping(telling, keys) if voids else transfer(telling, keys))
    telling.enrol(keys)
    if told:
        parts = _parts_of_lots(telling)
        for _ in () if voids else parts:
            event.place.assumed("part of a lot", "handed over as the lot, which has one holder at a time")
        telling.observe_sensors(key for key in keys if key not in parts)
        telling.observe(parts)
    else:
        telling.observe(keys)
        for key in event.things.units if event.step == "unpacking" or event.step in IN_USE else ():
            telling.leave(telling.container_of(key), key)


def _parts_of_lots(telling: Telling) -> list[str]:
    """Lots of which less is named than there is."""
    return list(dict.fromkeys(lot.key for lot in telling.event.things.lots if _is_part(telling, lot)))


def _is_part(telling: Telling, lot: Amount) -> bool:
    whole = telling.ledger.lot_kg.get(lot.key)
    return whole is not None and lot.kg is not None and lot.kg < whole * (1 - 1e-9)


def _ended(telling: Telling) -> None:
    """Destroyed and stolen items end; others are at the end of their first life, under that identifier at least."""
    event = telling.event
    telling.enrol(event.things.keys)
    parts = _parts_of_lots(telling)
    whole = [key for key in event.things.keys if key not in parts]
    for _ in parts:
        event.place.left_out("part of a lot", "the model ends whole lots; the part is told as seen")
    if event.disposition == "stolen":
        if whole:
            telling.tell("DISPOSAL", items=whole, method="THEFT")
        telling.observe(parts)
    elif event.step == "destroying" or event.disposition == "destroyed":
        if whole:
            event.place.assumed("LOSS", "destroyed, and nothing says how, or what came of it")
            telling.tell("DISPOSAL", items=whole, method="LOSS")
        telling.observe(parts)
    else:
        _retired(telling, whole)
        telling.observe(parts)


def _retired(telling: Telling, keys: list[str]) -> None:
    reason = telling.event.step or "DELETE"
    units = set(telling.event.things.units)
    units = {key for key in keys if key in units and level_of(key) is not Level.CONTAINER}
    for key in [key for key in keys if key in units]:
        telling.tell("RETIREMENT", item=key, reason=reason)
        if not telling.idle:
            telling.ledger.retired[key] = telling.event.at
    telling.observe(keys if telling.measurements else [key for key in keys if key not in units])
