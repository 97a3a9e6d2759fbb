"""The documents: containers of events, and what their headers say of parties, places and products."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import orjson

from graph_schema.plain_json import read_json, said_of, unkept
from service.readers.epcis.events import KINDS, EpcisEvent, moment
from service.readers.epcis.uris import canonical, party_key
from service.readers.places import FilePlace, Json
from service.readers.reading import BOM, Reading

ACTIONS = ("ADD", "OBSERVE", "DELETE")
_NAMES = ("name", "organizationName", "partyName")
_DESCRIPTIONS = ("descriptionShort", "tradeItemDescription", "functionalName", "regulatedProductName", "productName")
_OWNERS = ("possessing_party", "owning_party")
_LISTS = ("inputEPCList", "inputQuantityList", "outputEPCList", "outputQuantityList")


@dataclass
class Document:
    """The events of a file in the order of time, and what its header says.

    By the keys of parties: `names`, `regions`, and `holders`, who has a place. By classes: `descriptions`.
    """

    place: FilePlace
    events: list[EpcisEvent] = field(default_factory=list)
    sender: str | None = None
    names: dict[str, str] = field(default_factory=dict)
    regions: dict[str, str] = field(default_factory=dict)
    holders: dict[str, str] = field(default_factory=dict)
    descriptions: dict[str, str] = field(default_factory=dict)
    stated: dict[str, set[str]] = field(default_factory=dict)


def load(data: bytes, name: str, reading: Reading) -> Document:
    """Read a file; what cannot be read is reported in `reading`."""
    document = Document(FilePlace(name, reading))
    try:
        parsed = read_json(data.removeprefix(BOM))
    except orjson.JSONDecodeError as error:
        document.place.malformed("", f"is not JSON: {error}")
        return document
    if isinstance(parsed, dict):
        sender = parsed.get("sender")
        document.sender = party_key(sender) if isinstance(sender, str) and sender.strip() else None
        _master_data(document, parsed)
    events = [
        event for index, entry in enumerate(_entries(parsed, document)) if (event := _event(document, entry, index))
    ]
    document.events = sorted(_joined(events), key=lambda event: event.at)
    return document


def _entries(parsed: Any, document: Document) -> list[Any]:
    """The events of a document, of a query's answer, or without a container."""
    if isinstance(parsed, list):
        return parsed
    if not isinstance(parsed, dict):
        document.place.malformed("", "is neither an EPCIS document nor an event")
        return []
    body = parsed.get("epcisBody")
    if not isinstance(body, dict):
        if _kind(parsed) in KINDS:
            return [parsed]
        document.place.malformed("epcisBody", "is missing, or not an object")
        return []
    for path in (("eventList",), ("queryResults", "resultsBody", "eventList"), ("event",)):
        found: Any = body
        for key in path:
            found = found.get(key) if isinstance(found, dict) else None
        if found is not None:
            return found if isinstance(found, list) else [found]
    document.place.malformed("epcisBody", "holds no eventList")
    return []


def _kind(entry: Json) -> str:
    kind = entry.get("type", entry.get("isA", entry.get("@type")))
    return kind.rpartition(":")[2] if isinstance(kind, str) else ""


def _event(document: Document, entry: Any, index: int) -> EpcisEvent | None:
    place = FilePlace(f"{document.place.where}: event {index}", document.place.reading)
    if not isinstance(entry, dict):
        place.malformed("", "is not an object")
        return None
    if isinstance(entry.get("eventID"), str):
        place = FilePlace(f"{place.where} {entry['eventID'][:128]}", place.reading)
    if (found := unkept(entry)) is not None:
        place.malformed(found[0], said_of(found[1]))
        return None
    kind = _kind(entry)
    if kind not in KINDS:
        place.malformed("type", f"{kind[:60]!r} is no event type of EPCIS 2.0; there are {', '.join(KINDS)}")
        return None
    at = moment(entry.get("eventTime"), entry.get("eventTimeZoneOffset"))
    if at is None:
        place.malformed("eventTime", _said(entry, "eventTime", "is no time with an offset"))
        return None
    if kind != "TransformationEvent" and entry.get("action") not in ACTIONS:
        place.malformed("action", _said(entry, "action", f"is none of {', '.join(ACTIONS)}"))
        return None
    return EpcisEvent(place, kind, entry, at, document.stated)


def _said(entry: Json, name: str, wrong: str) -> str:
    """What is wrong with a field that must be there."""
    value = entry.get(name)
    return "is missing" if value is None else f"{str(value)[:60]!r} {wrong}"


def _joined(events: list[EpcisEvent]) -> Iterator[EpcisEvent]:
    """Transformations that are told in several events, by their common id, are one, at the last of their times."""
    parts: dict[str, list[EpcisEvent]] = {}
    for event in events:
        common = event.body.get("transformationID") if event.kind == "TransformationEvent" else None
        if isinstance(common, str) and event.declared_wrong is None:
            parts.setdefault(common, []).append(event)
        else:
            yield event
    for common, members in parts.items():
        members.sort(key=lambda event: (event.at, event.id))
        last = members[-1]
        if len(members) == 1:
            yield last
            continue
        body = {name: value for event in members for name, value in event.body.items()} | last.body
        for name in _LISTS:
            body[name] = [entry for event in members for entry in event.place.listed(event.body.get(name), name)]
        body["told in"] = [_part(event, body) for event in members]
        body["eventID"] = f"epcis:transformation:{hashlib.sha256(common.encode()).hexdigest()[:32]}"
        yield EpcisEvent(last.place, last.kind, body, last.at, last.stated)


def _part(event: EpcisEvent, whole: Json) -> Json:
    """One of several events that tell a transformation: its id, and what it says otherwise than the whole."""
    other = {name: value for name, value in event.body.items() if name not in _LISTS and whole.get(name) != value}
    return {"eventID": event.id} | other


def _master_data(document: Document, parsed: Json) -> None:
    place = document.place
    header = place.fields(parsed.get("epcisHeader"), "epcisHeader")
    data = place.fields(header.get("epcisMasterData"), "epcisHeader.epcisMasterData")
    for vocabulary in place.entries(data.get("vocabularyList"), "vocabularyList"):
        kind = str(vocabulary.get("type", "")).rpartition(":")[2]
        for element in place.entries(vocabulary.get("vocabularyElementList"), "vocabularyElementList"):
            identifier = element.get("id")
            if isinstance(identifier, str):
                attributes = place.entries(element.get("attributes"), "attributes")
                _element(document, kind, identifier, attributes)


def _element(document: Document, kind: str, identifier: str, attributes: list[Json]) -> None:
    said: dict[str, Any] = {}
    for one in attributes:
        said[str(one.get("id")).replace("#", ":").rpartition(":")[2]] = one.get("attribute")
    used: set[str] = set()

    def first(names: tuple[str, ...]) -> str | None:
        found = next((name for name in names if isinstance(said.get(name), str) and said[name].strip()), None)
        used.update([found] if found else [])
        return str(said[found]).strip() if found else None

    if kind == "EPCClass":
        if (description := first(_DESCRIPTIONS)) is not None:
            document.descriptions[canonical(identifier)] = description
    else:
        key = party_key(identifier)
        if (name := first(_NAMES)) is not None:
            document.names[key] = name
        if (region := first(("countryCode",))) is not None:
            document.regions[key] = region
        if (holder := first(_OWNERS)) is not None:
            document.holders[key] = party_key(holder)
    for attribute in sorted(said.keys() - used):
        document.place.left_out(f"master data {attribute}", "this reader does not carry it")
