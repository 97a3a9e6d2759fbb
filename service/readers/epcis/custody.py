"""Business transfers: who handed what to whom, and who confirms it."""

from __future__ import annotations

from collections.abc import Iterable

from service.readers.epcis.ledger import Handover
from service.readers.epcis.telling import JUST_BEFORE, Telling
from service.readers.epcis.uris import Level, level_of
from service.readers.epcis.vocabulary import CONFIRMING, MOVING, term


def transfer(telling: Telling, keys: list[str]) -> bool:
    """Tell a transfer or receipt, if the event is one; whether it was.

    Where both parties are named and differ, what is not with the receiver yet passes to it. Receiving and accepting
    confirm a transfer: the one that the event names as the event before it (`upevt`), or the last of the items; of a
    lot, which may have been sold in parts, the last to the receiver.
    """
    event, ledger = telling.event, telling.ledger
    if event.step in CONFIRMING and _confirm(telling, keys):
        return True
    giver, taker = telling.source, telling.destination
    if giver is None or taker is None or giver == taker:
        if event.step in CONFIRMING:
            event.place.assumed("custody unchanged", f"{event.step} does not say from whom, and nobody told of sending")
        return False
    last = [ledger.last_handover(key, event.at) for key in keys]
    if all(handover is not None and handover.to == taker for handover in last):
        return False
    telling.enrol(keys, at=event.at - JUST_BEFORE, actor=giver)
    along = _along(telling, keys) if event.step is None or event.step in MOVING else []
    telling.hand_over([*keys, *along], giver, taker)
    return True


def _confirm(telling: Telling, keys: list[str]) -> bool:
    event, ledger = telling.event, telling.ledger
    upstream = _upstream(telling)
    if upstream is not None:
        telling.tell("RECEIPT", telling.destination, transfer=upstream)
        return True
    found: dict[str, Handover] = {}
    for key in keys:
        handover = ledger.last_handover(key, event.at)
        if level_of(key) is Level.LOT:
            handover = ledger.last_to(telling.destination or telling.actor, key, event.at) or handover
        if handover is not None and handover.event_id not in ledger.confirmed:
            found[handover.event_id] = handover
    mine = [handover for handover in found.values() if telling.destination in (None, handover.to)]
    for handover in mine:
        if telling.destination is None and telling.actor != handover.to:
            event.place.assumed("receiver", "no party is named: the one that it was sent to")
        telling.tell("RECEIPT", handover.to, transfer=handover.event_id)
        if not telling.idle:
            ledger.confirmed.add(handover.event_id)
    return bool(mine)


def _upstream(telling: Telling) -> str | None:
    """The event that the document names as the one before."""
    transactions = telling.event.body.get("bizTransactionList")
    for one in transactions if isinstance(transactions, list) else []:
        if isinstance(one, dict) and term(one.get("type")) == "upevt" and isinstance(one.get("bizTransaction"), str):
            named: str = one["bizTransaction"]
            return named.strip()[:128] or None
    return None


def _along(telling: Telling, keys: Iterable[str]) -> list[str]:
    """What goes along: a container all of whose contents go, and the lots that travel in a container."""
    ledger, at = telling.ledger, telling.event.at
    named = set(keys)
    containers = {container for key in named if (container := telling.container_of(key)) is not None} - named
    whole = [container for container in sorted(containers) if named.issuperset(ledger.parts(container, at))]
    lots = {lot for key in [*named, *whole] if level_of(key) is Level.CONTAINER for lot in ledger.lots_in.get(key, ())}
    return [*whole, *sorted(lots - named)]


def void_shipping(telling: Telling, keys: list[str]) -> bool:
    """Tell that transfers did not take place: those all of whose items are named. Whether there were any."""
    event, ledger = telling.event, telling.ledger
    found = {
        handover.event_id: handover for key in keys if (handover := ledger.last_handover(key, event.at)) is not None
    }
    done = False
    for handover in found.values():
        if not handover.items or not set(handover.items) <= {*keys, *_along(telling, keys)}:
            event.place.left_out("void_shipping", "only some of what was shipped is named: a transfer is voided whole")
            continue
        telling.tell("VOIDING", handover.actor, voids=handover.event_id, reason="void_shipping")
        if not telling.idle:
            ledger.voided.add(handover.event_id)
        done = True
    return done
