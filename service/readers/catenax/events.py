"""From assets to events."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

from graph_schema.canonical import utc_text
from service.readers.catenax import batches
from service.readers.catenax.assets import Asset, Relation, asset_of, digest_of
from service.readers.catenax.container import load
from service.readers.catenax.shapes import Json, Place, moment, number, quantity
from service.readers.reading import Reading

_SINCE_EVER = "1970-01-01T00:00:00Z"


def recognises(head: bytes) -> bool:
    """Whether the first bytes of a file look like a Catena-X test-data container."""
    return b"catenaXId" in head


def read(source: BinaryIO | bytes, name: str, known_lots: Collection[str] = ()) -> Reading:
    """Read a file. `known_lots` are assets of other files that are known to be batches."""
    reading = Reading()
    assets, header = _load(source, name, reading)
    File(assets, header, Place(name, reading), frozenset(known_lots)).tell()
    return reading


def foreign_parts(source: BinaryIO | bytes, name: str) -> set[str]:
    """The parts that a file names, but does not describe."""
    assets, _ = _load(source, name, Reading())
    return {child.child for asset in assets.values() for child in asset.children if child.child not in assets}


def _load(source: BinaryIO | bytes, name: str, reading: Reading) -> tuple[dict[str, Asset], Json]:
    raw, header = load(source if isinstance(source, bytes) else source.read(), name, reading)
    return {asset.key: asset for entry in raw if (asset := asset_of(entry)) is not None}, header


class File:
    """The assets of one file, told as events."""

    def __init__(self, assets: dict[str, Asset], header: Json, file: Place, known_lots: frozenset[str]) -> None:
        self.assets = assets
        self.file = file
        self.known_lots = known_lots
        self.names = {
            value: key.removeprefix("BPN_")
            for key, value in sorted(header.items())
            if key.startswith("BPN_") and isinstance(value, str)
        }
        self.dismantler = file.key(header.get("BPN_DISMANTLER"), "PlainObject.BPN_DISMANTLER")
        self.relations = self._relations()
        self.draws = self._draws()
        self.made = batches.dates(assets, self.draws)
        self.steps = batches.steps(assets, self.draws)
        dates = [asset.made for asset in assets.values()] + [relation.stated for relation in self.relations.values()]
        self.latest = max((date for date in dates if date is not None), default=datetime(1970, 1, 1, tzinfo=UTC))

    def _relations(self) -> dict[tuple[str, str], Relation]:
        """Each relation once; what the parent says of it counts before what the child says."""
        found: dict[tuple[str, str], Relation] = {}
        for asset in self.assets.values():
            for relation in asset.children:
                if found.setdefault((relation.parent, relation.child), relation) != relation:
                    asset.place.left_out("relation", "stated twice with other content; the first counts")
        for asset in self.assets.values():
            for relation in asset.parents:
                found.setdefault((relation.parent, relation.child), relation)
        return found

    def tell(self) -> None:
        """All events, the organizations first."""
        reading = self.file.reading
        reading.events += self._registrations()
        for asset in self.assets.values():
            if asset.key in self.made:
                reading.events.append(self._production(asset))
                reading.events += self._inspections(asset)
                reading.events += self._scrapping(asset)
        for (parent, child), relation in self.relations.items():
            host = self.assets.get(parent)
            if self._is_lot(child):
                if host is None:
                    reading.foreign_uses.append((parent, child, quantity(relation.quantity)[0]))
            elif host is None or host.kind != "LOT":
                reading.events.append(self._installation(relation))
            elif child in self.assets:
                host.place.left_out("relation", "a unit in a batch: a batch is made of batches")

    def _is_lot(self, key: str) -> bool:
        asset = self.assets.get(key)
        return key in self.known_lots if asset is None else asset.kind == "LOT"

    def _draws(self) -> dict[str, list[Relation]]:
        """The draws on batches, by the asset that they go into; what another file's batch is made of is one, too."""
        draws: dict[str, list[Relation]] = {}
        for (parent, child), relation in self.relations.items():
            user = self.assets.get(parent)
            if user is not None and (self._is_lot(child) or (user.kind == "LOT" and child not in self.assets)):
                draws.setdefault(parent, []).append(relation)
        return draws

    def _registrations(self) -> Iterable[Json]:
        roles = {asset.manufacturer: ["MANUFACTURER"] for asset in self.assets.values()}
        if self.dismantler is not None and any(asset.destroyed is not None for asset in self.assets.values()):
            roles.setdefault(self.dismantler, []).append("DISMANTLER")
        for key, held in sorted(roles.items()):
            organization: Json = {"key": key, "roles": held}
            if key in self.names:
                organization["name"] = self.names[key].replace("_", " ").title()
            parts = [key, organization.get("name", "").replace(" ", "-"), *(role for role in held[1:])]
            yield {
                "eventId": ":".join(["catenax:registration", *(part for part in parts if part)]),
                "type": "REGISTRATION",
                "occurredAt": _SINCE_EVER,
                "actor": key,
                "note": "the file does not say since when",
                "organization": organization,
            }

    def _production(self, asset: Asset) -> Json:
        output: Json = {"key": asset.key, "kind": asset.kind, "attributes": asset.attributes}
        if asset.name is not None:
            output["material" if asset.kind == "LOT" else "model"] = asset.name
        if asset.mass_kg is not None:
            output["massKg"] = asset.mass_kg
        if asset.identifiers:
            output["identifiers"] = asset.identifiers
        event: Json = {
            "eventId": f"catenax:production:{asset.key.removeprefix('urn:uuid:')}:{asset.digest}",
            "type": "PRODUCTION",
            "occurredAt": utc_text(self.made[asset.key]),
            "actor": asset.manufacturer,
            "step": self.steps[asset.key],
            "outputs": [output],
        }
        draws = self.draws.get(asset.key, [])
        if draws:
            event["inputs"] = [_draw(relation) for relation in draws]
            event["note"] = "made of " + "; ".join(_said(relation) for relation in draws)
        return event

    def _installation(self, relation: Relation) -> Json:
        parent, child = relation.parent, relation.child
        said = quantity(relation.quantity)[1]
        stated = f"stated date {utc_text(relation.stated)}" if relation.stated else "no stated date"
        host = self.assets.get(parent)
        actor = host.manufacturer if host is not None else relation.partner or self.assets[child].manufacturer
        return {
            "eventId": f"catenax:part:{parent.removeprefix('urn:uuid:')}:{child.removeprefix('urn:uuid:')}",
            "type": "INSTALLATION",
            "occurredAt": utc_text(self._installed_at(relation)),
            "actor": actor,
            "part": child,
            "host": parent,
            "note": f"{stated}, quantity {said}",
        }

    def _installed_at(self, relation: Relation) -> datetime:
        """The latest of the stated date and both manufacturing dates, or of the file where it knows but one of them."""
        dates = [relation.stated, self.made.get(relation.parent), self.made.get(relation.child)]
        if None in dates[1:]:
            dates.append(self.latest)
        return max(date for date in dates if date is not None)

    def _inspections(self, asset: Asset) -> Iterable[Json]:
        told: set[str] = set()
        for index, value in enumerate(asset.health):
            field = f"currentStateOfHealth.{index}"
            percent = number(value.get("currentStateOfHealthValue"))
            if percent is None:
                asset.place.malformed(field, "has no value that is a number")
                continue
            timestamp = value.get("currentStateOfHealthTimestamp")
            stated = asset.place.moment(timestamp, f"{field}.currentStateOfHealthTimestamp")
            made = self.made[asset.key]
            measurements: Json = {
                "stateOfHealthPercent": percent,
                "phase": value.get("currentStateOfHealthPhase"),
                "statedAt": timestamp,
            }
            event: Json = {
                "type": "INSPECTION",
                "occurredAt": utc_text(max(stated or made, made)),
                "actor": asset.manufacturer,
                "item": asset.key,
                "measurements": {name: entry for name, entry in measurements.items() if entry is not None},
            }
            event_id = f"catenax:health:{asset.key.removeprefix('urn:uuid:')}:{digest_of(event)}"
            if event_id not in told:
                told.add(event_id)
                yield {"eventId": event_id, **event}

    def _scrapping(self, asset: Asset) -> Iterable[Json]:
        """The scrapping that a certificate of destruction tells, after everything that went into the vehicle.

        The total order puts a scrapping before the installations of its instant: it comes a millisecond later.
        """
        if asset.destroyed is None:
            return
        text: Any = asset.destroyed.get("dismantlingDate")
        date = moment(text)
        if asset.kind != "VEHICLE" or date is None:
            reason = "is no vehicle" if asset.kind != "VEHICLE" else "has no dismantlingDate that is a date"
            asset.place.left_out("CertificateOfDestruction", reason)
            return
        built = [
            self._installed_at(relation)
            for (parent, child), relation in self.relations.items()
            if parent == asset.key and child in self.assets and not self._is_lot(child)
        ]
        after = [made + timedelta(milliseconds=1) for made in built]
        event: Json = {
            "type": "SCRAPPING",
            "occurredAt": utc_text(max([date, self.made[asset.key], *after])),
            "actor": self.dismantler or asset.manufacturer,
            "item": asset.key,
            "note": f"certificate of destruction {asset.destroyed.get('serialNumber', '')}, dismantled {text}",
        }
        yield {"eventId": f"catenax:scrapping:{asset.key.removeprefix('urn:uuid:')}:{digest_of(event)}", **event}


def _draw(relation: Relation) -> Json:
    kg = quantity(relation.quantity)[0]
    return {"key": relation.child} if kg is None else {"key": relation.child, "massKg": kg}


def _said(relation: Relation) -> str:
    stated = f", stated {utc_text(relation.stated)}" if relation.stated else ""
    return f"{quantity(relation.quantity)[1]} of {relation.child}{stated}"
