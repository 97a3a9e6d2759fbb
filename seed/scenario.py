"""Small histories that one can read: `scenario()` tells events step by step, in a few words each.

history = (
    scenario()
    .pack("PACK", modules=["M1", "M2"], mass_kg=300)
    .sold("PACK", to="FLEET")
    .retired("PACK")
    .sold("PACK", to="RECYCLER")
    .recycled("PACK", into={"BLACK-MASS": 135.0})
)
history.events   # plain events, in the order told
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Self

Event = dict[str, Any]
Composition = Mapping[str, float]

CAST: dict[str, tuple[str, tuple[str, ...]]] = {
    "MAKER": ("BATTERY_MAKER", ()),
    "CAR-MAKER": ("VEHICLE_MAKER", ()),
    "OWNER": ("VEHICLE_OWNER", ()),
    "FLEET": ("VEHICLE_OWNER", ()),
    "WORKSHOP": ("REPAIRER", ("REPAIR",)),
    "OUTLET": ("OUTLET", ("COLLECTION",)),
    "DISMANTLER": ("VEHICLE_DISMANTLER", ("DISMANTLING",)),
    "SECOND-LIFE": ("UTILIZER", ("COLLECTION", "DISMANTLING", "REPURPOSING")),
    "RECYCLER": ("UTILIZER", ("COLLECTION", "DISMANTLING", "RECYCLING", "REFINING")),
    "MINISTRY": ("REGULATOR", ()),
}
"""Who is registered by itself when it first acts or receives: its role and what it may do. Others stay unregistered."""

BEGIN = "2024-01-01T08:00:00+08:00"


class Scenario:
    """A history that is being told: each step is a day after the one before, and returns the scenario.

    Who acts is the one that holds the item, where no `by` is stated. Nothing is checked: a scenario may tell what is
    impossible, or what breaks a rule. Event ids are a number and the type: `3-transfer`.
    """

    def __init__(self, begin: str = BEGIN, region: str | None = None) -> None:
        """`begin` is an RFC 3339 time with an offset; `region` (ISO 3166: `CN-44`, `DE`) that of all who are registered
        by themselves. Rules of a country judge those of it only."""
        self._region = region
        self.events: list[Event] = []
        self._now = datetime.fromisoformat(begin)
        if self._now.tzinfo is None:
            raise ValueError(f"{begin!r} has no offset; write {begin}+08:00")
        self._holder: dict[str, str] = {}
        self._inside: dict[str, str] = {}
        self._registered: set[str] = set()

    def __iter__(self) -> Iterator[Event]:
        return iter(self.events)

    def __len__(self) -> int:
        return len(self.events)

    @property
    def last(self) -> str:
        """The id of the last event."""
        return str(self.events[-1]["eventId"])

    def on(self, day: str) -> Self:
        """What follows is from this day on, at the same time of day; a day before goes back."""
        moment = datetime.fromisoformat(day)
        self._now = self._now.replace(year=moment.year, month=moment.month, day=moment.day)
        return self

    def after(self, days: float) -> Self:
        """Some days pass, in addition to the one of each step."""
        self._now += timedelta(days=days)
        return self

    def party(self, key: str, role: str, *scopes: str, region: str | None = None) -> Self:
        """Registers an organization with a role and authorizations that hold from the day on, in a region or that of
        the scenario."""
        self._registered.add(key)
        organization: Event = {"key": key, "name": key.title(), "roles": [role]}
        if place := region or self._region:
            organization["region"] = place
        if scopes:
            organization["authorizations"] = [{"scope": scope, "validFrom": self._now.isoformat()} for scope in scopes]
        return self._tell("REGISTRATION", key, organization=organization)

    def event(self, type: str, by: str, **fields: Any) -> Self:
        """Any event, with the fields of its type as they are in JSON."""
        if by in CAST and by not in self._registered:
            role, scopes = CAST[by]
            self.party(by, role, *scopes)
        return self._tell(type, by, **fields)._day()

    def lot(self, key: str, mass_kg: float, composition: Composition | None = None, by: str = "MAKER") -> Self:
        """A primary lot comes in: cathode material, say."""
        return self._made(by, {"key": key, "kind": "LOT", **_content(mass_kg, composition)})

    def module(self, key: str, cells: Sequence[str] = (), by: str = "MAKER", **fields: Any) -> Self:
        """A module is built, of new cells. `fields` as in `pack`."""
        return self._made(by, _unit(key, "MODULE", [_unit(cell, "CELL") for cell in cells], **fields))

    def pack(
        self,
        key: str,
        modules: Sequence[str] = (),
        by: str = "MAKER",
        inputs: Mapping[str, float] | None = None,
        mass_kg: float | None = None,
        composition: Composition | None = None,
        **fields: Any,
    ) -> Self:
        """A pack is built, of new modules, or of those that there are; `inputs` are kilograms drawn by lot.

        `fields` are further ones of its spec, as in JSON: `energyKwh`, `chemistry`, `attributes`.
        """
        parts = [module if module in self._holder else _unit(module, "MODULE") for module in modules]
        return self._made(by, _unit(key, "BATTERY", parts, mass_kg, composition, **fields), inputs)

    def vehicle(self, key: str, *packs: str, by: str = "CAR-MAKER") -> Self:
        """A vehicle is built, with packs in it."""
        return self._made(by, _unit(key, "VEHICLE", list(packs)))

    def sold(self, *items: str, to: str, by: str | None = None, reason: str = "SALE", receipt: bool = True) -> Self:
        """Handed over; confirmed the day after, unless without `receipt`."""
        giver = by or self._who(items[0])
        if to in CAST and to not in self._registered:
            self.party(to, CAST[to][0], *CAST[to][1])
        self.event("TRANSFER", giver, items=list(items), to=to, reason=reason)
        for item in items:
            self._holder[item] = to
            self._inside.pop(item, None)
        return self.event("RECEIPT", to, transfer=self.last) if receipt else self

    def removed(self, part: str, host: str | None = None, by: str = "WORKSHOP", reason: str = "FAULT") -> Self:
        """A part comes out of the host that it is in."""
        source = host or self._inside.get(part)
        if source is None:
            raise ValueError(f"{part} is in no host that this scenario told of; say host=...")
        self._inside.pop(part, None)
        self._holder[part] = by
        return self.event("REMOVAL", by, part=part, host=source, reason=reason)

    def installed(self, part: str, host: str, by: str | None = None, position: str | None = None) -> Self:
        """A part goes into a host."""
        who = by or self._who(part)
        self._inside[part] = host
        place = {} if position is None else {"position": position}
        return self.event("INSTALLATION", who, part=part, host=host, **place)

    def inspected(self, item: str, state_of_health_percent: float, by: str | None = None, **measured: Any) -> Self:
        """Measured."""
        measurements = {"stateOfHealthPercent": state_of_health_percent, **measured}
        return self.event("INSPECTION", by or self._who(item), item=item, measurements=measurements)

    def retired(self, item: str, by: str | None = None, reason: str = "CAPACITY") -> Self:
        """First life is over."""
        return self.event("RETIREMENT", by or self._who(item), item=item, reason=reason)

    def dismantled(self, item: str, by: str | None = None) -> Self:
        """Taken apart: all that is directly in it comes out, and is held by who does it."""
        who = by or self._who(item)
        for part in [part for part, host in self._inside.items() if host == item]:
            del self._inside[part]
            self._holder[part] = who
        return self.event("DISMANTLING", who, item=item)

    def repurposed(self, unit: str, parts: Sequence[str], by: str | None = None, **fields: Any) -> Self:
        """A second-life unit of used parts, which keep their codes."""
        who = by or self._who(parts[0])
        self._into(unit, parts, who)
        return self.event("REPURPOSING", who, outputs=[_unit(unit, "BATTERY", list(parts), **fields)])

    def recycled(self, *items: str, into: Mapping[str, float | Composition], by: str | None = None) -> Self:
        """Units end in lots: kilograms of each, or its composition (then its mass is not known)."""
        return self._transformed("RECYCLING", by or self._who(items[0]), [{"key": item} for item in items], into)

    def refined(
        self, draws: Mapping[str, float], into: Mapping[str, float | Composition], by: str | None = None
    ) -> Self:
        """Kilograms drawn from lots become other lots, as in `recycled`."""
        inputs = [{"key": key, "massKg": kg} for key, kg in draws.items()]
        return self._transformed("REFINING", by or self._who(next(iter(draws))), inputs, into)

    def scrapped(self, vehicle: str, by: str | None = None) -> Self:
        """A vehicle ends; what is in it stays with who does it."""
        who = by or self._who(vehicle)
        for part in [part for part, host in self._inside.items() if host == vehicle]:
            del self._inside[part]
            self._holder[part] = who
        return self.event("SCRAPPING", who, item=vehicle)

    def disposed(self, *items: str, method: str = "LANDFILL", by: str | None = None) -> Self:
        """Lost to the loop: LANDFILL, INCINERATION, EXPORT, LOSS or THEFT."""
        return self.event("DISPOSAL", by or self._who(items[0]), items=list(items), method=method)

    def voided(self, event_id: str | None = None, by: str | None = None, reason: str = "MISTAKE") -> Self:
        """An event no longer counts: the last one, or the one named."""
        target = event_id or self.last
        actors = {event["eventId"]: event["actor"] for event in self.events}
        if target not in actors:
            raise ValueError(f"{target} is no event of this scenario; it has {', '.join(actors)}")
        return self.event("VOIDING", by or actors[target], voids=target, reason=reason)

    def noted(self, note: str) -> Self:
        """A note at the last event."""
        self.events[-1]["note"] = note
        return self

    def recorded(self, moment: str) -> Self:
        """When the last event was reported: `voltrace ingest` keeps it (docs/interchange.md)."""
        self.events[-1]["recordedAt"] = moment
        return self

    def _who(self, item: str) -> str:
        while item in self._inside:
            item = self._inside[item]
        if item not in self._holder:
            raise ValueError(f"nobody holds {item} in this scenario: say who acts with by=...")
        return self._holder[item]

    def _made(self, by: str, spec: Event, inputs: Mapping[str, float] | None = None) -> Self:
        parts = spec.get("parts", [])
        self._into(spec["key"], [part if isinstance(part, str) else part["key"] for part in parts], by)
        for part in parts:
            for cell in () if isinstance(part, str) else part.get("parts", ()):
                self._inside[cell["key"]] = part["key"]
        draws = [{"key": key, "massKg": kg} for key, kg in (inputs or {}).items()]
        return self.event("PRODUCTION", by, outputs=[spec], **({"inputs": draws} if draws else {}))

    def _into(self, unit: str, parts: Sequence[str], by: str) -> None:
        self._holder[unit] = by
        for part in parts:
            self._inside[part] = unit

    def _transformed(self, type: str, by: str, inputs: list[Event], into: Mapping[str, float | Composition]) -> Self:
        outputs = []
        for key, what in into.items():
            content = {"composition": dict(what)} if isinstance(what, Mapping) else {"massKg": what}
            outputs.append({"key": key, **content})
            self._holder[key] = by
        return self.event(type, by, inputs=inputs, outputs=outputs)

    def _tell(self, type: str, by: str, **fields: Any) -> Self:
        event_id = f"{len(self.events) + 1}-{type.lower()}"
        self.events.append(
            {"eventId": event_id, "type": type, "occurredAt": self._now.isoformat(), "actor": by, **fields}
        )
        return self

    def _day(self) -> Self:
        self._now += timedelta(days=1)
        return self


def scenario(begin: str = BEGIN, region: str | None = None) -> Scenario:
    """An empty history that begins at a moment, of organizations in a region (`CN-44`; None: nobody says)."""
    return Scenario(begin, region)


def _content(mass_kg: float | None, composition: Composition | None) -> Event:
    stated = {"massKg": mass_kg, "composition": None if composition is None else dict(composition)}
    return {name: value for name, value in stated.items() if value is not None}


def _unit(
    key: str,
    kind: str,
    parts: Sequence[str | Event] = (),
    mass_kg: float | None = None,
    composition: Composition | None = None,
    **fields: Any,
) -> Event:
    spec: Event = {"key": key, "kind": kind, **_content(mass_kg, composition), **fields}
    if parts:
        spec["parts"] = list(parts)
    return spec
