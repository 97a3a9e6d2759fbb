"""Lots that several events add to.

EPCIS has a lot grow: each event that makes some of it states a quantity. A lot of the model comes into being once. So
where a document tells several additions before the first use, each is a lot of its own, and at the last of them they
are blended into the lot. What is added later, or to a lot that the store knows, stays a lot of its own.
"""

from __future__ import annotations

from collections.abc import Iterable

from service.readers.epcis.events import Amount, EpcisEvent
from service.readers.epcis.ledger import Ledger
from service.readers.epcis.telling import Telling
from service.readers.places import Json


def draw_on(lot: Amount) -> Json:
    """An input: what is drawn on a lot."""
    return {"key": lot.key} if lot.kg is None else {"key": lot.key, "massKg": lot.kg}


class Lots:
    """Which addition to a lot has which key."""

    def __init__(self, events: Iterable[EpcisEvent], ledger: Ledger) -> None:
        self._ledger = ledger
        self._added: dict[str, list[EpcisEvent]] = {}
        self._late: set[tuple[str, str]] = set()
        self._again: set[tuple[str, str]] = set()
        used: set[str] = set()
        for event in events:
            created = [lot.key for lot in event.created.lots]
            for key in created:
                self._take(event, key, key in used)
            used |= set(event.keys) - set(created)

    def _take(self, event: EpcisEvent, key: str, used: bool) -> None:
        """Commissioning gives an identifier its first use: where the lot is there already, nothing is added to it."""
        stored = key in self._ledger.stored and self._ledger.stored[key][0] < event.at
        if event.kind == "ObjectEvent" and event.step != "creating_class_instance" and (stored or key in self._added):
            self._again.add((key, event.id))
        elif used or stored:
            self._late.add((key, event.id))
        else:
            self._added.setdefault(key, []).append(event)

    def is_again(self, event: EpcisEvent, lot: Amount) -> bool:
        """Whether an event only names what is there already."""
        return (lot.key, event.id) in self._again

    def key(self, event: EpcisEvent, lot: Amount) -> str:
        """The key of what an event adds to a lot; the lot's own where nothing else is added."""
        if (lot.key, event.id) in self._late:
            event.place.assumed("a lot of its own", "it adds to a lot that is in use already")
        elif len(self._added.get(lot.key, ())) < 2:
            return lot.key
        return f"{lot.key[:115]}#{event.digest[:12]}"

    def settle(self, telling: Telling) -> None:
        """Blend what was added to a lot, where this is the last of it."""
        for lot in telling.event.created.lots:
            added = self._added.get(lot.key, [])
            if len(added) < 2 or added[-1] is not telling.event:
                continue
            parts = [(event, part) for event in added for part in event.created.lots if part.key == lot.key]
            masses = [part.kg for _, part in parts]
            known = [kg for kg in masses if kg is not None]
            total = sum(known) if len(known) == len(masses) else None
            inputs = [draw_on(part._replace(key=self.key(event, part))) for event, part in parts]
            telling.event.place.assumed("blending", "several events add to one lot")
            output = telling.book.specs.lot(lot.key, lot._replace(kg=total), kind=False)
            telling.tell("REFINING", inputs=inputs, outputs=[output])
            if not telling.idle:
                self._ledger.told.add(lot.key)
                self._ledger.lot_kg[lot.key] = total
