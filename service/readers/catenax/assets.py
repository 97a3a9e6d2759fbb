"""Assets: what the aspects of one say together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from service.readers.catenax.container import Json, RawAsset, moment, quantity, urn
from service.readers.reading import Malformed, Reading

_PART_ASPECTS = ("SerialPart", "SerialPartTypization", "Batch", "JustInSequencePart")
_KIND_WORDS = (
    ("MODULE", ("modul",)),
    ("CELL", ("zelle", "cell")),
    ("BATTERY", ("battery", "batterie")),
    ("VEHICLE", ("vehicle", "fahrzeug")),
)
_PRODUCT_TYPES = {"pack": "BATTERY", "module": "MODULE", "cell": "CELL"}
_CREDIBLE_KG = 100_000.0


@dataclass
class Relation:
    """A part in a parent, as one of the two assets states it."""

    parent: str
    child: str
    stated: datetime | None
    quantity: Any
    partner: str | None


@dataclass
class Asset:
    """One as-built asset. `made` is its manufacturing date; masses in kg."""

    where: str
    key: str
    kind: str
    manufacturer: str
    name: str | None
    made: datetime | None
    mass_kg: float | None
    digest: str
    identifiers: list[dict[str, str]] = field(default_factory=list)
    attributes: Json = field(default_factory=dict)
    children: list[Relation] = field(default_factory=list)
    parents: list[Relation] = field(default_factory=list)
    health: list[Json] = field(default_factory=list)
    destroyed: Json | None = None


def asset_of(raw: RawAsset, reading: Reading) -> Asset | None:
    """An asset from its aspects; None, with a report, where it has none of a part or no manufacturer."""
    aspects = {name: payload for _, name, payload in raw.aspects}
    part = next((aspects[name] for name in _PART_ASPECTS if name in aspects), None)
    if part is None:
        if raw.aspects:
            reading.malformed.append(Malformed(raw.where, "SerialPart", "is missing: nothing says what the asset is"))
        return None
    local = [(entry.get("key"), entry.get("value")) for entry in part.get("localIdentifiers") or []]
    manufacturer = next((value for key, value in local if key == "manufacturerId" and value), None)
    if manufacturer is None:
        reading.malformed.append(Malformed(raw.where, "localIdentifiers.manufacturerId", "is missing"))
        return None
    made_text = (part.get("manufacturingInformation") or {}).get("date")
    made = moment(made_text)
    if made is None:
        reading.malformed.append(
            Malformed(raw.where, "manufacturingInformation.date", f"{made_text!r} is no date; the asset is undated")
        )
    types = part.get("partTypeInformation") or {}
    name = types.get("nameAtManufacturer")
    families = {family for family, aspect, _ in raw.aspects if aspect == "ProductDescription"}
    asset = Asset(
        raw.where,
        raw.key,
        _kind(aspects, families, str(name or ""), local),
        manufacturer,
        name.strip() if isinstance(name, str) else None,
        made,
        None,
        _digest(raw),
    )
    asset.identifiers = [
        {"scheme": scheme, "value": value}
        for scheme, value in sorted({(_SCHEMES[key], value) for key, value in local if key in _SCHEMES and value})
    ]
    _describe(asset, aspects, part, types)
    asset.mass_kg = _mass(aspects)
    _relate(asset, aspects)
    return asset


_SCHEMES = {
    "partInstanceId": "PART_INSTANCE",
    "batchId": "BATCH",
    "van": "VAN",
    "vin": "VIN",
    "jisNumber": "JIS",
}


def _digest(raw: RawAsset) -> str:
    stated = sorted(raw.aspects, key=lambda aspect: (aspect[1], orjson.dumps(aspect[2], option=orjson.OPT_SORT_KEYS)))
    return hashlib.sha256(orjson.dumps(stated, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]


def _kind(aspects: Json, families: set[str], name: str, local: list[tuple[Any, Any]]) -> str:
    if "Batch" in aspects:
        return "LOT"
    if "vehicle" in families or (any(key in ("van", "vin") for key, _ in local) and "vehicle" in name.lower()):
        return "VEHICLE"
    lowered = name.lower()
    for kind, words in _KIND_WORDS:
        if any(word in lowered for word in words):
            return kind
    product = str((aspects.get("TractionBatteryCode") or {}).get("productType", "")).lower()
    return _PRODUCT_TYPES.get(product, "COMPONENT")


def _describe(asset: Asset, aspects: Json, part: Json, types: Json) -> None:
    made = part.get("manufacturingInformation") or {}
    attributes: Json = {
        "manufacturingDate": made.get("date"),
        "manufacturingCountry": made.get("country"),
        "manufacturerPartId": types.get("manufacturerPartId"),
        "classification": types.get("classification"),
        "nameAtCustomer": types.get("nameAtCustomer"),
        "productDescription": _without(aspects.get("ProductDescription"), "currentStateOfHealth", "catenaXId"),
        "physicalDimension": aspects.get("PhysicalDimension"),
        "materialForRecycling": aspects.get("MaterialForRecycling"),
        "returnRequest": aspects.get("ReturnRequest"),
        "tractionBatteryCode": aspects.get("TractionBatteryCode"),
    }
    asset.attributes = {name: value for name, value in attributes.items() if value is not None}
    code = (aspects.get("TractionBatteryCode") or {}).get("tractionBatteryCode")
    if isinstance(code, str):
        asset.identifiers.append({"scheme": "GB_T_34014", "value": code})
    asset.health = (aspects.get("ProductDescription") or {}).get("currentStateOfHealth") or []
    asset.destroyed = aspects.get("CertificateOfDestruction")


def _without(payload: Json | None, *names: str) -> Json | None:
    return None if payload is None else {name: value for name, value in payload.items() if name not in names}


def _mass(aspects: Json) -> float | None:
    """Kilograms: a physical dimension's weight is in kg, a vehicle's empty weight in tonnes."""
    weight = (aspects.get("PhysicalDimension") or {}).get("weight")
    tonnes = (aspects.get("ProductDescription") or {}).get("emptyWeight")
    stated, factor = (weight, 1.0) if weight is not None else (tonnes, 1000.0)
    try:
        kg = float(str(stated)) * factor
    except ValueError:
        return None
    return round(kg, 6) if 0 < kg < _CREDIBLE_KG else None


def _relate(asset: Asset, aspects: Json) -> None:
    bom = aspects.get("AssemblyPartRelationship") or aspects.get("SingleLevelBomAsBuilt") or {}
    for stated in bom.get("childParts") or bom.get("childItems") or []:
        child = urn(stated.get("childCatenaXId") or stated.get("catenaXId"))
        if child is not None:
            asset.children.append(_relation(asset.key, child, stated))
    usage = aspects.get("SingleLevelUsageAsBuilt") or {}
    parents = list(usage.get("parentParts") or usage.get("parentItems") or [])
    for customer in usage.get("customers") or []:
        if isinstance(customer, dict):
            parents += customer.get("parentItems") or []
    for stated in parents:
        parent = urn(stated.get("parentCatenaXId") or stated.get("catenaXId"))
        if parent is not None:
            asset.parents.append(_relation(parent, asset.key, stated))


def _relation(parent: str, child: str, stated: Json) -> Relation:
    return Relation(
        parent, child, moment(stated.get("createdOn")), stated.get("quantity"), stated.get("businessPartner")
    )


def relation_kg(relation: Relation) -> tuple[float | None, str]:
    """The mass of a relation in kg, and its quantity as stated."""
    return quantity(relation.quantity)
