"""From assets to events."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import UTC, datetime
from typing import Any

from graph_schema.canonical import utc_text
from service.readers.catenax.assets import Asset, Relation, asset_of, relation_kg
from service.readers.catenax.container import Json, load, moment
from service.readers.reading import LeftOut, Malformed, Reading

_UNIT_STEP = 100
_FOREIGN_STEP = 50
_SINCE_EVER = "1970-01-01T00:00:00Z"


def recognises(head: bytes) -> bool:
    """Whether the first bytes of a file look like a Catena-X test-data container."""
    return b"catenaXId" in head


def read(data: bytes, name: str, known_lots: Collection[str] = ()) -> Reading:
    """Read a file. `known_lots` are assets of other files that are known to be batches."""
    reading = Reading()
    raw, header = load(data, name, reading)
    assets: dict[str, Asset] = {}
    for entry in raw:
        asset = asset_of(entry, reading)
        if asset is not None:
            assets[asset.key] = asset
    File(assets, header, reading, frozenset(known_lots)).tell()
    return reading


def foreign_parts(data: bytes, name: str) -> set[str]:
    """The parts that a file names, but does not describe."""
    reading = Reading()
    raw, _ = load(data, name, reading)
    assets = {asset.key: asset for entry in raw if (asset := asset_of(entry, Reading())) is not None}
    return {child.child for asset in assets.values() for child in asset.children if child.child not in assets}


class File:
    """The assets of one file, told as events."""

    def __init__(self, assets: dict[str, Asset], header: Json, reading: Reading, known_lots: frozenset[str]) -> None:
        self.assets = assets
        self.header = header
        self.reading = reading
        self.known_lots = known_lots
        self.names = {
            value: key.removeprefix("BPN_") for key, value in sorted(header.items()) if key.startswith("BPN_")
        }
        self.relations = self._relations()
        dates = [asset.made for asset in assets.values()] + [relation.stated for relation in self.relations.values()]
        self.latest = max((date for date in dates if date is not None), default=datetime(1970, 1, 1, tzinfo=UTC))

    def _relations(self) -> dict[tuple[str, str], Relation]:
        """Each relation once; what the parent says of it counts before what the child says."""
        found: dict[tuple[str, str], Relation] = {}
        for asset in self.assets.values():
            for relation in asset.children:
                found.setdefault((relation.parent, relation.child), relation)
        for asset in self.assets.values():
            for relation in asset.parents:
                found.setdefault((relation.parent, relation.child), relation)
        return found

    def tell(self) -> None:
        """All events, the organizations first."""
        draws = self._draws()
        events = self.reading.events
        events += self._registrations()
        for asset in self.assets.values():
            if self._date(asset, draws) is None:
                self.reading.malformed.append(
                    Malformed(
                        asset.where, "manufacturingInformation.date", "no date: the asset cannot be placed in time"
                    )
                )
                continue
            events.append(self._production(asset, draws))
            events += self._inspections(asset)
            if asset.destroyed is not None:
                events += self._scrapping(asset)
        for (parent, child), relation in self.relations.items():
            if not self._is_lot(child) and not (parent in self.assets and self.assets[parent].kind == "LOT"):
                events.append(self._installation(parent, child, relation))
            elif parent not in self.assets:
                self.reading.foreign_uses.append((parent, child, relation_kg(relation)[0]))

    def _is_lot(self, key: str) -> bool:
        asset = self.assets.get(key)
        return key in self.known_lots if asset is None else asset.kind == "LOT"

    def _draws(self) -> dict[str, list[Relation]]:
        """The draws on batches, by the asset that they go into."""
        draws: dict[str, list[Relation]] = {}
        for (parent, child), relation in self.relations.items():
            made_of = parent in self.assets and (self.assets[parent].kind == "LOT" or self._is_lot(child))
            if made_of:
                draws.setdefault(parent, []).append(relation)
        return draws

    def _date(self, asset: Asset, draws: dict[str, list[Relation]]) -> datetime | None:
        """When it was made; a batch no later than its first draw."""
        if asset.kind != "LOT":
            return asset.made
        drawn = [
            self.assets[parent].made
            for parent, relations in draws.items()
            if any(relation.child == asset.key for relation in relations)
        ]
        return min((date for date in [asset.made, *drawn] if date is not None), default=None)

    def _step(self, asset: Asset, draws: dict[str, list[Relation]], below: frozenset[str] = frozenset()) -> int:
        """Batches before what is made of them, where the file gives one instant for all."""
        if asset.kind != "LOT":
            return _UNIT_STEP
        if any(relation.child not in self.assets for relation in draws.get(asset.key, ())):
            return _FOREIGN_STEP
        below |= {asset.key}
        inner = [
            self.assets[relation.child]
            for relation in draws.get(asset.key, ())
            if relation.child in self.assets and relation.child not in below
        ]
        return 1 + max((self._step(lot, draws, below) for lot in inner), default=-1)

    def _registrations(self) -> Iterable[Json]:
        actors = {asset.manufacturer: "MANUFACTURER" for asset in self.assets.values()}
        if any(asset.destroyed is not None for asset in self.assets.values()) and self._dismantler() is not None:
            actors.setdefault(str(self._dismantler()), "DISMANTLER")
        for key, role in sorted(actors.items()):
            organization: Json = {"key": key, "roles": [role]}
            if key in self.names:
                organization["name"] = self.names[key].replace("_", " ").title()
            yield {
                "eventId": f"catenax:registration:{key}:{organization.get('name', '')}".replace(" ", "-").rstrip(":"),
                "type": "REGISTRATION",
                "occurredAt": _SINCE_EVER,
                "actor": key,
                "note": "the file does not say since when",
                "organization": organization,
            }

    def _dismantler(self) -> str | None:
        return self.header.get("BPN_DISMANTLER")

    def _production(self, asset: Asset, draws: dict[str, list[Relation]]) -> Json:
        date = self._date(asset, draws)
        assert date is not None
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
            "occurredAt": utc_text(date),
            "actor": asset.manufacturer,
            "step": self._step(asset, draws),
            "outputs": [output],
        }
        inputs = [self._draw(relation) for relation in draws.get(asset.key, ())]
        if inputs:
            event["inputs"] = inputs
            said = [
                f"{relation_kg(relation)[1]} of {relation.child}"
                + (f", stated {utc_text(relation.stated)}" if relation.stated else "")
                for relation in draws[asset.key]
            ]
            event["note"] = "made of " + "; ".join(said)
        return event

    def _draw(self, relation: Relation) -> Json:
        kg, _ = relation_kg(relation)
        return {"key": relation.child} if kg is None else {"key": relation.child, "massKg": kg}

    def _installation(self, parent: str, child: str, relation: Relation) -> Json:
        ends = [self.assets.get(parent), self.assets.get(child)]
        dates = [asset.made for asset in ends if asset is not None] + [relation.stated]
        if None in ends:
            dates.append(self.latest)
        date = max(date for date in dates if date is not None)
        said = relation_kg(relation)[1]
        stated = f"stated date {utc_text(relation.stated)}" if relation.stated else "no stated date"
        host = self.assets.get(parent)
        actor = host.manufacturer if host is not None else relation.partner or self.assets[child].manufacturer
        return {
            "eventId": f"catenax:part:{parent.removeprefix('urn:uuid:')}:{child.removeprefix('urn:uuid:')}",
            "type": "INSTALLATION",
            "occurredAt": utc_text(date),
            "actor": actor,
            "part": child,
            "host": parent,
            "note": f"{stated}, quantity {said}",
        }

    def _inspections(self, asset: Asset) -> Iterable[Json]:
        for index, value in enumerate(asset.health):
            stated = moment(value.get("currentStateOfHealthTimestamp"))
            try:
                percent = float(str(value.get("currentStateOfHealthValue")))
            except ValueError:
                self.reading.malformed.append(
                    Malformed(asset.where, f"currentStateOfHealth.{index}", "has no value that is a number")
                )
                continue
            assert asset.made is not None
            measurements: Json = {
                "stateOfHealthPercent": percent,
                "phase": value.get("currentStateOfHealthPhase"),
                "statedAt": value.get("currentStateOfHealthTimestamp"),
            }
            yield {
                "eventId": f"catenax:health:{asset.key.removeprefix('urn:uuid:')}:{index}:{asset.digest}",
                "type": "INSPECTION",
                "occurredAt": utc_text(max(stated or asset.made, asset.made)),
                "actor": asset.manufacturer,
                "item": asset.key,
                "measurements": {name: entry for name, entry in measurements.items() if entry is not None},
            }

    def _scrapping(self, asset: Asset) -> Iterable[Json]:
        assert asset.destroyed is not None
        text: Any = asset.destroyed.get("dismantlingDate")
        date = moment(text)
        if asset.kind != "VEHICLE" or date is None:
            reason = "is no vehicle" if asset.kind != "VEHICLE" else f"dismantlingDate {text!r} is no date"
            self.reading.left_out.append(LeftOut(asset.where, "CertificateOfDestruction", reason))
            return
        assert asset.made is not None
        parts = [
            other.made
            for (parent, child) in self.relations
            if parent == asset.key and (other := self.assets.get(child)) is not None
        ]
        yield {
            "eventId": f"catenax:scrapping:{asset.key.removeprefix('urn:uuid:')}:{asset.digest}",
            "type": "SCRAPPING",
            "occurredAt": utc_text(max([date, asset.made, *(made for made in parts if made is not None)])),
            "actor": self._dismantler() or asset.manufacturer,
            "item": asset.key,
            "note": f"certificate of destruction {asset.destroyed.get('serialNumber', '')}, dismantled {text}",
        }
