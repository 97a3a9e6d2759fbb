"""Who acted: the parties that events name, and what is taken where they name none."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from graph_schema.canonical import digest
from service.readers.epcis.document import Document
from service.readers.epcis.events import EpcisEvent
from service.readers.epcis.uris import party_key
from service.readers.epcis.vocabulary import INBOUND, OUTBOUND, term
from service.readers.places import Json

_SINCE_EVER = "1970-01-01T00:00:00Z"
_GLN = re.compile(r"\d{13}")
_LOCAL = re.compile(r"[:/#]")


class Actor(NamedTuple):
    """Who acted, and why where the event does not name it."""

    key: str
    assumed: str | None = None


class Parties:
    """The parties of a document; `actor` is whom the one who reads names for events that name nobody."""

    def __init__(self, document: Document, actor: str | None = None) -> None:
        self._document = document
        self._actor = actor
        self._named: set[str] = set()
        self._seen_at: dict[str, set[str]] = {}
        for event in document.events:
            self._learn(event)

    def _learn(self, event: EpcisEvent) -> None:
        sides = (self.source(event), OUTBOUND), (self.destination(event), INBOUND)
        for party, steps in sides:
            if party is not None:
                self._named.add(party)
                for place in self._places(event) if event.step in steps else ():
                    self._seen_at.setdefault(place, set()).add(party)
        for party, name in _organizations(event):
            self._named.add(party)
            if name is not None:
                self._document.names.setdefault(party, name)

    def source(self, event: EpcisEvent) -> str | None:
        """Who gives: the possessing party, else the owning one, else who has the place by the master data."""
        return self._side(event, "sourceList", "source")

    def destination(self, event: EpcisEvent) -> str | None:
        """Who takes: the possessing party, else the owning one, else who has the place by the master data."""
        return self._side(event, "destinationList", "destination")

    def _side(self, event: EpcisEvent, field: str, name: str) -> str | None:
        found = {term(entry.get("type")): entry.get(name) for entry in _quietly(event.body.get(field))}
        for kind in ("possessing_party", "owning_party"):
            value = found.get(kind)
            if isinstance(value, str) and value.strip():
                return event.place.key(party_key(value.strip()), field)
        place = found.get("location")
        return self._document.holders.get(party_key(place.strip())) if isinstance(place, str) else None

    def actor(self, event: EpcisEvent, first: str | None, second: str | None) -> Actor | None:
        """Who acted in an event of which these two, if any, are the parties, the likelier first."""
        organizations = {key for key, _ in _organizations(event)}
        named = first or second or (organizations.pop() if len(organizations) == 1 else None)
        if named is not None:
            return Actor(named)
        places = self._places(event)
        for place in places:
            if place in self._document.holders:
                return Actor(self._document.holders[place])
            if place in self._named:
                return Actor(place)
        for place in places:
            if len(self._seen_at.get(place, ())) == 1:
                reason = "no party is named: who sends from there or receives there elsewhere in the file"
                return Actor(next(iter(self._seen_at[place])), reason)
        if self._actor is not None:
            return Actor(self._actor)
        if places:
            return Actor(places[0], "no party is named: the place stands for who is there; or say --actor")
        if self._document.sender is not None:
            return Actor(self._document.sender, "no party and no place is named: the sender of the document")
        return None

    def _places(self, event: EpcisEvent) -> list[str]:
        """The keys of the places of an event, where it was read first."""
        keys = (place_key(event.body.get(field)) for field in ("readPoint", "bizLocation"))
        return list(dict.fromkeys(key for key in keys if key is not None))

    def registrations(self, keys: set[str]) -> Iterator[Json]:
        """Registrations of those parties whose names the document states."""
        for key in sorted(keys & self._document.names.keys()):
            organization = {"key": key, "name": self._document.names[key]}
            if key in self._document.regions:
                organization["region"] = self._document.regions[key]
            said = digest("\n".join(organization.values()).encode()).hex()[:12]
            yield {
                "eventId": f"epcis:registration:{said}",
                "type": "REGISTRATION",
                "occurredAt": _SINCE_EVER,
                "actor": key,
                "note": "the file does not say since when",
                "organization": organization,
            }


def place_id(stated: object) -> str | None:
    """The identifier of a read point or business location."""
    identifier = stated.get("id", stated.get("@id")) if isinstance(stated, dict) else stated
    return identifier.strip() if isinstance(identifier, str) and identifier.strip() else None


def place_key(stated: object) -> str | None:
    """The key of who is at a place; coordinates are nobody's."""
    identifier = place_id(stated)
    if identifier is None or identifier.startswith("geo:"):
        return None
    key = party_key(identifier)
    return key if len(key) <= 128 and key.isprintable() and " " not in key else None


def _quietly(value: object) -> list[Json]:
    return [entry for entry in value if isinstance(entry, dict)] if isinstance(value, list) else []


def _organizations(event: EpcisEvent) -> Iterator[tuple[str, str | None]]:
    """Organizations in extensions of an event, each with its name."""
    for name, value in event.body.items():
        for one in (value if isinstance(value, list) else [value]) if ":" in name else ():
            if not isinstance(one, dict):
                continue
            local = {_LOCAL.split(key)[-1]: inner for key, inner in one.items()}
            kind: Any = one.get("type", one.get("@type", ""))
            gln = local.get("globalLocationNumber", local.get("gln"))
            identifier = gln if isinstance(gln, str) and _GLN.fullmatch(gln) else place_id(one)
            called = local.get("organizationName")
            if identifier is not None and (_LOCAL.split(str(kind))[-1] == "Organization" or called is not None):
                yield party_key(identifier), called if isinstance(called, str) and called.strip() else None
