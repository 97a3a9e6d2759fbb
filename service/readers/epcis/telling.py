"""One EPCIS event told as events of the model: what all kinds of events share."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from service.readers.epcis.document import Document
from service.readers.epcis.events import Amount, EpcisEvent
from service.readers.epcis.ledger import Handover, Ledger
from service.readers.epcis.parties import Parties, place_id
from service.readers.epcis.sensors import measurements
from service.readers.epcis.specs import KIND_FIELD, Specs
from service.readers.epcis.uris import Level, level_of, party_key
from service.readers.places import Json

JUST_BEFORE = timedelta(microseconds=1)
"""What must have been so before an event, was so at the last instant that the log can tell apart from it."""
_TOLD = frozenset(
    "type isA @type @context eventID eventTime eventTimeZoneOffset action bizStep disposition errorDeclaration".split()
) | {KIND_FIELD}
_QUANTITIES = frozenset(["quantityList", "childQuantityList", "inputQuantityList", "outputQuantityList"])


@dataclass
class Book:
    """What is shared while the events of a document are told."""

    document: Document
    parties: Parties
    specs: Specs
    ledger: Ledger
    made_here: set[str] = field(default_factory=set)
    """Items that this document says how they came in."""


class Telling:
    """The events that one EPCIS event becomes. `idle`: it is declared wrong, and nothing follows from it."""

    def __init__(self, book: Book, event: EpcisEvent, idle: bool = False) -> None:
        self.book = book
        self.event = event
        self.idle = idle
        self.events: list[Json] = []
        self.source = book.parties.source(event)
        self.destination = book.parties.destination(event)
        self.measurements = measurements(event.body)
        self.ilmd = event.place.fields(event.body.get("ilmd"), "ilmd")
        self.actor = ""
        self._assumed: str | None = None
        self._told = {*_TOLD, *event.own_fields}
        if event.id != event.body.get("eventID"):
            self._told.discard("eventID")
        self._numbers: Counter[str] = Counter()

    @property
    def ledger(self) -> Ledger:
        """What is known."""
        return self.book.ledger

    def find_actor(self, first: str | None, second: str | None) -> bool:
        """Settle who acts; what is taken for granted is reported when it is used, and nobody at all is malformed."""
        found = self.book.parties.actor(self.event, first, second)
        if found is None:
            self.event.place.malformed("actor", "no party and no place is named; say who acts with --actor KEY")
            return False
        self.actor, self._assumed = found
        return True

    def tell(self, kind: str, actor: str | None = None, at: datetime | None = None, **fields: Any) -> Json:
        """Tell an event of the model."""
        if actor is None and self._assumed is not None:
            self.event.place.assumed("actor", self._assumed)
            self._assumed = None
        event: Json = {"eventId": self._next_id(kind), "type": kind}
        event |= {"occurredAt": self.event.occurred_at if at is None else _text(at), "actor": actor or self.actor}
        event |= {name: value for name, value in fields.items() if value is not None}
        place = self._place()
        if place:
            event["place"] = place
        self.events.append(event)
        return event

    def _next_id(self, kind: str) -> str:
        """The first that is no enrolment has the id of the EPCIS event."""
        base = f"{self.event.id}:enrolment" if kind == "ENROLMENT" else self.event.id
        self._numbers[base] += 1
        return base if self._numbers[base] == 1 else f"{base}:{self._numbers[base]}"

    @property
    def has_told(self) -> bool:
        """Whether anything but enrolments is told, in which what no field takes is kept."""
        return self._numbers[self.event.id] > 0

    def finish(self) -> list[Json]:
        """The events with their notes; the first that is no enrolment has in its attributes what no field takes."""
        for event in self.events:
            said = ["first named here;"] if event["type"] == "ENROLMENT" else []
            said.append(self._words())
            if event["eventId"] == self.event.id and (rest := self._rest()):
                event["attributes"] = rest
            event["note"] = " ".join(part for part in (*said, self.event.tag) if part)
        return self.events

    def _words(self) -> str:
        words = [word for word in (self.event.step, self.event.disposition) if word is not None]
        return ", ".join(words) or " ".join([self.event.kind, str(self.event.body.get("action", ""))]).strip()

    def _rest(self) -> Json:
        """What no field takes, as it was written."""
        told = set(self._told)
        site = place_id(self.event.body.get("readPoint")) or place_id(self.event.body.get("bizLocation"))
        places = {name: self.event.body.get(name) for name in ("readPoint", "bizLocation")}
        told |= {name for name, place in places.items() if place_id(place) == site and _is_told_by_id(place)}
        rest = {name: value for name, value in self.event.body.items() if name not in told}
        self.event.place.kept(name for name in rest if not self._is_told_whole(name))
        return rest

    def _is_told_whole(self, name: str) -> bool:
        """Whether a list of parties names but the one who is told."""
        told = {"sourceList": self.source, "destinationList": self.destination}.get(name)
        return told is not None and len(self.event.body[name]) == 1

    def _place(self) -> Json:
        site = place_id(self.event.body.get("readPoint")) or place_id(self.event.body.get("bizLocation"))
        if site is None:
            return {}
        if site.startswith("geo:"):
            return _coordinates(site)
        region = self.book.document.regions.get(party_key(site))
        return {"site": site} if region is None else {"site": site, "region": region}

    def keep_counts(self, amounts: Iterable[Amount]) -> None:
        """Keep stated quantities in the attributes, where the model has no field for them."""
        if any(True for _ in amounts):
            self._told -= _QUANTITIES

    def keep(self, *fields: str) -> None:
        """Keep fields in the attributes, which the events told do not say."""
        self._told.difference_update(fields)

    def enrol(
        self,
        keys: Iterable[str],
        parts: dict[str, list[str]] | None = None,
        at: datetime | None = None,
        actor: str | None = None,
    ) -> None:
        """Enrol items of which nobody says where they are from, with who acts; `parts` go in with them."""
        unknown = [key for key in dict.fromkeys(keys) if self._unknown(key)]
        if not unknown or self.idle:
            return
        specs = [self._spec(key, parts or {}) for key in unknown]
        self.tell("ENROLMENT", actor, at, items=specs)
        for spec in specs:
            self.ledger.told |= {spec["key"], *(part["key"] for part in spec.get("parts", ()))}

    def _unknown(self, key: str) -> bool:
        return key not in self.book.made_here and self.ledger.needs_enrolment(key, self.event.at)

    def _spec(self, key: str, parts: dict[str, list[str]]) -> Json:
        if self._is_lot(key):
            return self.book.specs.lot(key)
        spec = self.book.specs.unit(key, self.event.place)
        inner = [self.book.specs.unit(part, self.event.place) for part in parts.get(key, ())]
        return {**spec, "parts": inner} if inner else spec

    def _is_lot(self, key: str) -> bool:
        return level_of(key) is Level.LOT or any(lot.key == key for part in self.event.amounts for lot in part)

    def observe(self, keys: Iterable[str]) -> None:
        """Tell what was seen of items: an inspection of each."""
        amounts = {lot.key: lot.stated for lots in self.event.amounts for lot in lots}
        for key in keys:
            seen = dict(self.measurements)
            seen |= {name: amounts[key][name] for name in ("quantity", "uom") if name in amounts.get(key, {})}
            self.tell("INSPECTION", item=key, measurements=seen or None)
        if self.measurements:
            self._told.add("sensorElementList")

    def observe_sensors(self, keys: Iterable[str]) -> None:
        """Tell the readings of an event that is something else, too."""
        if self.measurements:
            self.observe(keys)

    def use_ilmd(self) -> Json:
        """The data of the lot or instance, which goes into attributes of what is brought in."""
        self._told.add("ilmd")
        return {name: value for name, value in self.ilmd.items() if name != KIND_FIELD}

    def put_in(self, key: str, host: str) -> None:
        """Tell that a unit goes into another; of a container that it was packed in it evidently came out."""
        container = self.container_of(key)
        self.tell("INSTALLATION", part=key, host=host)
        self.leave(container, key)
        if not self.idle:
            self.ledger.go_in(key, host, self.event.at)

    def container_of(self, key: str) -> str | None:
        """The container that a unit is recorded in."""
        host = self.ledger.host(key, self.event.at)
        return host if host is not None and level_of(host) is Level.CONTAINER else None

    def leave(self, container: str | None, key: str, at: datetime | None = None) -> None:
        """Tell that a unit left a container; where nobody told of unpacking, by what it is in or used for next."""
        if container is None:
            return
        if self.event.step != "unpacking":
            self.event.place.assumed("unpacking", "nobody told it, but the unit is in something else or in use")
        self.tell("REMOVAL", at=at, part=key, host=container, reason=self.event.step)
        if not self.idle:
            self.ledger.come_out(key, self.event.at)

    def were_inside(self, keys: list[str], host: str) -> None:
        """Tell that units which come out of another were in it, where nobody did, and nobody says otherwise."""
        strangers = [key for key in keys if self._unknown(key)]
        known = [key for key in keys if key not in strangers]
        before = self.event.at - JUST_BEFORE
        if self._unknown(host):
            self.enrol([host], {host: strangers})
        else:
            self.enrol(strangers, at=before)
            known = keys
        inside = [key for key in known if self.ledger.host(key, self.event.at) is None]
        for key in inside if not self.idle else ():
            self.event.place.assumed("installation", "nobody told it, but the unit came out of where it was")
            self.tell("INSTALLATION", at=before, part=key, host=host)

    def hand_over(self, keys: list[str], giver: str, to: str) -> None:
        """Tell a transfer, and remember it."""
        event = self.tell("TRANSFER", giver, items=keys, to=to, reason=self.event.step)
        if not self.idle:
            self.ledger.hand_over(Handover(event["eventId"], self.event.at, giver, to, tuple(keys)))


def _is_told_by_id(place: object) -> bool:
    """Whether a place says nothing but its identifier."""
    return not isinstance(place, dict) or place.keys() <= {"id", "@id"}


def _text(at: datetime) -> str:
    return at.isoformat().replace("+00:00", "Z")


def _coordinates(uri: str) -> Json:
    """Latitude and longitude of a `geo:` URI (RFC 5870)."""
    parts = uri.removeprefix("geo:").partition(";")[0].split(",")
    try:
        latitude, longitude = float(parts[0]), float(parts[1])
    except (ValueError, IndexError):
        return {"site": uri}
    inside = -90 <= latitude <= 90 and -180 <= longitude <= 180
    return {"latitude": latitude, "longitude": longitude} if inside else {"site": uri}
