"""The items of a document: what kind each is of, and the specs of those that come in."""

from __future__ import annotations

import re
from typing import Any

from service.readers.epcis.document import Document
from service.readers.epcis.events import Amount, EpcisEvent
from service.readers.epcis.sensors import of_batteries
from service.readers.epcis.uris import DOMAIN, Level, level_of, material_of
from service.readers.epcis.vocabulary import kilograms
from service.readers.kinds import kind_of_code, kind_of_name
from service.readers.places import FilePlace, Json

KIND_FIELD = "voltrace:kind"
_KINDS = frozenset(["CELL", "MODULE", "BATTERY", "COMPONENT", "VEHICLE"])
_BATTERY_LAW = re.compile(r"BATTERY_DIRECTIVE|2023/1542")
_CLASS = re.compile(r"(https://id\.gs1\.org/01/\d{14})/.+")
_LOCAL = re.compile(r"[:/#]")
_WEIGHTS = ("netWeight", "batteryMass", "hasBatteryMass")
_CONTAINERS = {"00": "logistic unit", "8003": "returnable asset"}


class Specs:
    """Kinds, by what the whole document says: an identifier says nothing of what it is on."""

    def __init__(self, document: Document) -> None:
        self._document = document
        self._kinds: dict[str, str] = {}
        for event in document.events:
            self._learn(event)

    def _learn(self, event: EpcisEvent) -> None:
        """Stated kinds count before evidence, and what was said first before what is said later."""
        ilmd = event.body.get("ilmd")
        stated = event.body.get(KIND_FIELD, ilmd.get(KIND_FIELD) if isinstance(ilmd, dict) else None)
        subjects = [*event.things.units, *event.created.units]
        if isinstance(stated, str) and stated.upper() in _KINDS:
            self._kinds |= {key: stated.upper() for key in subjects}
        elif of_batteries(event.body) or (isinstance(ilmd, dict) and any(name.startswith("eubat:") for name in ilmd)):
            for key in subjects:
                self._kinds.setdefault(key, "BATTERY")
        data = event.body.get("gs1:masterDataAvailableFor")
        for one in data if isinstance(data, list) else []:
            if isinstance(one, dict) and _BATTERY_LAW.search(str(one.get("regulatoryInformation"))):
                subject = event.key(one.get("id"), "gs1:masterDataAvailableFor.id")
                if subject is not None:
                    self._kinds.setdefault(subject, "BATTERY")

    def _described(self, key: str) -> str | None:
        product = _CLASS.fullmatch(key)
        descriptions = self._document.descriptions
        return descriptions.get(key) or (descriptions.get(product[1]) if product is not None else None)

    def kind(self, key: str, place: FilePlace) -> str:
        """The kind of a unit; where nothing says it, a component, which is reported."""
        if level_of(key) is Level.CONTAINER:
            return "COMPONENT"
        name = self._described(key)
        found = self._kinds.get(key) or kind_of_code(_LOCAL.split(key)[-1])
        found = found or (None if name is None else kind_of_name(name))
        if found is None:
            place.assumed("COMPONENT", "nothing says what kind of unit it is")
        return found or "COMPONENT"

    def unit(self, key: str, place: FilePlace, ilmd: Json | None = None) -> Json:
        """The spec of a unit that comes in."""
        spec: Json = {"key": key, "kind": self.kind(key, place)}
        model = self._described(key) or _container(key)
        return self._with(spec, {"model": model, "massKg": _mass(ilmd or {}), "attributes": ilmd or None})

    def lot(self, key: str, lot: Amount | None = None, ilmd: Json | None = None, kind: bool = True) -> Json:
        """The spec of a lot that comes in; what is counted in pieces or litres has no mass, and keeps its quantity."""
        origin = key if lot is None else lot.key
        spec: Json = {"key": key, "kind": "LOT"} if kind else {"key": key}
        attributes = dict(ilmd or {})
        if lot is not None and lot.kg is None:
            attributes |= {name: lot.stated[name] for name in ("quantity", "uom") if lot.stated.get(name) is not None}
        if key != origin:
            attributes["lot"] = origin
        material = self._described(origin) or material_of(origin)
        mass = None if lot is None else lot.kg
        return self._with(spec, {"material": material, "massKg": mass, "attributes": attributes or None})

    def _with(self, spec: Json, more: dict[str, Any]) -> Json:
        spec |= {name: value for name, value in more.items() if value is not None}
        names = sorted(self._document.stated.get(spec["key"], ()))
        if names:
            spec["identifiers"] = [{"scheme": "EPC", "value": name[:256]} for name in names]
        return spec


def _container(key: str) -> str | None:
    return next((name for code, name in _CONTAINERS.items() if key.startswith(f"{DOMAIN}/{code}/")), None)


def _mass(ilmd: Json) -> float | None:
    """A net weight or battery mass in kilograms."""
    for name, value in ilmd.items():
        if _LOCAL.split(name)[-1] in _WEIGHTS and isinstance(value, dict):
            said = {_LOCAL.split(key)[-1]: inner for key, inner in value.items()}
            return kilograms(said.get("value"), said.get("unitCode", said.get("uom")))
    return None
