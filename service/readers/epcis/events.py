"""One EPCIS event as it stands in a document: what it names, when, and its id."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime, timezone
from functools import cached_property
from typing import Any, NamedTuple

import orjson

from graph_schema.canonical import utc_text
from service.readers.epcis.uris import Level, canonical, level_of
from service.readers.epcis.vocabulary import kilograms, term
from service.readers.places import FilePlace, Json

_INSIDE = ("parentID", "childEPCs", "childQuantityList")
FIELDS = {
    "ObjectEvent": ("epcList", "quantityList"),
    "AggregationEvent": _INSIDE,
    "AssociationEvent": _INSIDE,
    "TransformationEvent": ("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList"),
    "TransactionEvent": ("parentID", "epcList", "quantityList"),
}
"""The kinds of events, and the fields in which each names items."""
KINDS = tuple(FIELDS)
ID_MAX = 112
"""Of an event id, so that the ids of what else the event tells, which have more behind it, stay below 128."""
_NOT_CONTENT = frozenset(["eventID", "recordTime", "errorDeclaration", "@context", "eventTimeZoneOffset", "eventTime"])
_TERMS = frozenset(["bizStep", "disposition", "set", "unset", "type", "reason"])


class Amount(NamedTuple):
    """A quantity of a lot or class: its key, kilograms where it is a mass, and the element as it was stated."""

    key: str
    kg: float | None
    stated: Json


class Things(NamedTuple):
    """What a list of EPCs and a list of quantities name: units by key, lots, and classes, whose items cannot be told
    from one another."""

    units: list[str]
    lots: list[Amount]
    classes: list[Amount]

    @property
    def keys(self) -> list[str]:
        """Of all that can be followed."""
        return [*self.units, *(lot.key for lot in self.lots)]


NOTHING = Things([], [], [])


@dataclass
class EpcisEvent:
    """An event of a document. `stated` has the identifiers as they were written, by key."""

    place: FilePlace
    kind: str
    body: Json
    at: datetime
    stated: dict[str, set[str]]

    @cached_property
    def digest(self) -> str:
        """SHA-256 of what the event says, in hexadecimal, whatever the order of its fields and lists, and however words
        and identifiers are written; what is said about the record of it is left out, as in the GS1 event hash."""
        content = {name: value for name, value in self.body.items() if name not in _NOT_CONTENT}
        content["eventTime"] = utc_text(self.at)
        return hashlib.sha256(orjson.dumps(_normal(content), option=orjson.OPT_SORT_KEYS)).hexdigest()

    @cached_property
    def tag(self) -> str:
        """Stands at the end of the notes, to tell an event that was read before from one that has its id."""
        return f"[epcis {self.digest[:12]}]"

    @cached_property
    def id(self) -> str:
        """The document's, or one made of what the event says."""
        stated = self.body.get("eventID")
        if not isinstance(stated, str) or not stated.strip():
            return f"epcis:sha256:{self.digest}"
        stated = stated.strip()
        if len(stated) <= ID_MAX and stated.isprintable():
            return stated
        return f"epcis:id:{hashlib.sha256(stated.encode()).hexdigest()}"

    @property
    def occurred_at(self) -> str:
        """The time with the offset of the place where it happened."""
        return self.at.isoformat().replace("+00:00", "Z")

    @property
    def step(self) -> str | None:
        """The business step, bare."""
        return term(self.body.get("bizStep"))

    @property
    def disposition(self) -> str | None:
        """The disposition, bare."""
        return term(self.body.get("disposition"))

    @property
    def action(self) -> str:
        """ADD, OBSERVE or DELETE; a transformation has none."""
        return str(self.body.get("action", "OBSERVE"))

    @property
    def declared_wrong(self) -> Json | None:
        """The error declaration, if any."""
        declared = self.body.get("errorDeclaration")
        return declared if isinstance(declared, dict) else None

    @cached_property
    def parent(self) -> str | None:
        """The parent of an aggregation, association or transaction."""
        return self.key(self.body.get("parentID"), "parentID")

    @cached_property
    def things(self) -> Things:
        """What an object event or transaction is about."""
        return self._things("epcList", "quantityList")

    @cached_property
    def children(self) -> Things:
        """What is put into or taken out of the parent."""
        return self._things("childEPCs", "childQuantityList")

    @cached_property
    def inputs(self) -> Things:
        """What a transformation uses up."""
        return self._things("inputEPCList", "inputQuantityList")

    @cached_property
    def outputs(self) -> Things:
        """What a transformation brings into being."""
        return self._things("outputEPCList", "outputQuantityList")

    @property
    def keys(self) -> list[str]:
        """Every item that it names."""
        parent = [self.parent] if "parentID" in self.own_fields and self.parent is not None else []
        return [*parent, *(key for part in self._parts() for key in part.keys)]

    @property
    def own_fields(self) -> tuple[str, ...]:
        """The fields in which an event of its kind names items."""
        return FIELDS[self.kind]

    @property
    def amounts(self) -> list[list[Amount]]:
        """The lots of every list of quantities."""
        return [part.lots for part in self._parts()]

    @property
    def created(self) -> Things:
        """What it brings into being."""
        if self.kind == "TransformationEvent":
            return NOTHING if self.takes_apart or self.worked_on else self.outputs
        return self.things if self.kind == "ObjectEvent" and self.action == "ADD" else NOTHING

    @cached_property
    def worked_on(self) -> list[str]:
        """What goes into a transformation and comes out with one identifier."""
        outputs = set(self.outputs.keys)
        return [key for key in self.inputs.keys if key in outputs]

    @property
    def takes_apart(self) -> bool:
        """Whether units come out that were in those that went in."""
        parts = self.outputs.units
        return bool(self.inputs.units and parts) and (len(parts) > 1 or self.step == "disassembling")

    def _parts(self) -> tuple[Things, ...]:
        if self.kind == "TransformationEvent":
            return self.inputs, self.outputs
        return (self.children,) if "childEPCs" in self.own_fields else (self.things,)

    def key(self, value: object, field: str) -> str | None:
        """The key of an item; what is none is reported."""
        text = self.place.key(value, field)
        if text is None:
            return None
        key = self.place.key(canonical(text), field)
        if key is not None and key != text:
            self.stated.setdefault(key, set()).add(text)
        return key

    def _things(self, epcs: str, quantities: str) -> Things:
        listed = enumerate(self.place.listed(self.body.get(epcs), epcs))
        units = [key for index, epc in listed if (key := self.key(epc, f"{epcs}.{index}")) is not None]
        found = Things(list(dict.fromkeys(units)), [], [])
        for index, element in enumerate(self.place.entries(self.body.get(quantities), quantities)):
            self._amount(found, element, f"{quantities}.{index}")
        return found

    def _amount(self, found: Things, element: Json, field: str) -> None:
        key = self.key(element.get("epcClass"), f"{field}.epcClass")
        if key is None:
            return
        quantity, unit = element.get("quantity"), element.get("uom")
        kg = kilograms(quantity, unit)
        if kg is None and isinstance(quantity, int | float) and quantity <= 0:
            self.place.malformed(f"{field}.quantity", f"{quantity} {unit or ''} is not above zero".replace("  ", " "))
            return
        level = level_of(key)
        if level is Level.CLASS:
            found.classes.append(Amount(key, kg, element))
            return
        if level is None:
            self.place.assumed("a lot", "the class is of no GS1 form, and may be more than one lot")
        same = next((lot for lot in found.lots if lot.key == key), None)
        if same is None:
            found.lots.append(Amount(key, kg, element))
        else:
            total = None if same.kg is None or kg is None else same.kg + kg
            found.lots[found.lots.index(same)] = same._replace(kg=total)


def _normal(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _normal(inner, key) for key, inner in value.items()}
    if isinstance(value, list):
        return sorted((_normal(inner, name) for inner in value), key=lambda inner: orjson.dumps(inner, option=_SORTED))
    if isinstance(value, str):
        return term(value) if name in _TERMS else canonical(value)
    return int(value) if isinstance(value, float) and value.is_integer() and abs(value) < 2**53 else value


_SORTED = orjson.OPT_SORT_KEYS


def moment(value: object, offset: object) -> datetime | None:
    """A time, shown at the stated offset; without an offset in either it is no moment."""
    if not isinstance(value, str):
        return None
    zone = _zone(offset)
    try:
        stated = datetime.fromisoformat(value.strip())
        if stated.tzinfo is None:
            return None if zone is None else stated.replace(tzinfo=zone)
        return stated if zone is None else stated.astimezone(zone)
    except (ValueError, OverflowError):
        return None


def _zone(offset: object) -> timezone | None:
    if not isinstance(offset, str):
        return None
    try:
        zone = datetime.strptime(offset.strip(), "%z").tzinfo
    except ValueError:
        return None
    return zone if isinstance(zone, timezone) else None
