"""Assets: what the aspects of one say together."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import orjson

from service.readers.catenax.container import RawAsset
from service.readers.catenax.shapes import Json, Place, number
from service.readers.kinds import kind_of_name

_PART_ASPECTS = ("SerialPart", "SerialPartTypization", "Batch", "JustInSequencePart")
_PRODUCT_TYPES = {"pack": "BATTERY", "module": "MODULE", "cell": "CELL"}
_SCHEMES = {
    "partInstanceId": "PART_INSTANCE",
    "batchId": "BATCH",
    "van": "VAN",
    "vin": "VIN",
    "jisNumber": "JIS",
}
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

    place: Place
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


def asset_of(raw: RawAsset) -> Asset | None:
    """An asset from its aspects; None, with a report, where it has none of a part or no manufacturer.

    Its manufacturer is the `manufacturerId`, or else the company that the container says has it (`bpnl`). Where two
    aspects describe the part, the first in the order of `_PART_ASPECTS` counts, and the identifiers of all are taken.
    """
    place = raw.place
    parts = raw.payloads(*_PART_ASPECTS)
    if not parts:
        if raw.aspects:
            place.malformed("SerialPart", "is missing: nothing says what the asset is")
        return None
    for name in _PART_ASPECTS:
        for _ in raw.payloads(name)[1:]:
            place.left_out(name, "stated twice with other content; the first counts")
    local = _local(parts, place)
    manufacturer = next((value for scheme, value in local if scheme == "manufacturerId"), raw.holder)
    manufacturer = None if manufacturer is None else place.key(manufacturer, "localIdentifiers.manufacturerId")
    if manufacturer is None:
        place.malformed("localIdentifiers.manufacturerId", "is missing")
        return None
    making = place.fields(parts[0].get("manufacturingInformation"), "manufacturingInformation")
    made = place.moment(making.get("date"), "manufacturingInformation.date")
    if making.get("date") is None:
        place.malformed("manufacturingInformation.date", "is missing: the asset cannot be placed in time")
    types = place.fields(parts[0].get("partTypeInformation"), "partTypeInformation")
    name_stated = place.text(types.get("nameAtManufacturer"), "partTypeInformation.nameAtManufacturer")
    kind = _kind(raw, name_stated or "", local)
    asset = Asset(place, raw.key, kind, manufacturer, name_stated, made, _mass(raw), _digest(raw))
    _describe(asset, raw, making, types, local)
    _relate(asset, raw)
    return asset


def _local(parts: list[Json], place: Place) -> list[tuple[str, str]]:
    """The local identifiers as (scheme, value)."""
    found = []
    for part in parts:
        for entry in place.entries(part.get("localIdentifiers"), "localIdentifiers"):
            scheme = place.text(entry.get("key"), "localIdentifiers.key")
            value = place.text(entry.get("value"), "localIdentifiers.value")
            if scheme is not None and value is not None:
                found.append((scheme, value))
    return found


def digest_of(stated: object) -> str:
    """A short digest of JSON, whatever the order of its keys."""
    return hashlib.sha256(orjson.dumps(stated, option=orjson.OPT_SORT_KEYS)).hexdigest()[:12]


def _digest(raw: RawAsset) -> str:
    """A digest of what is said of how it was made; what befalls it later, a use or a measurement, changes nothing."""
    making = [
        (family, name, _without(payload, "currentStateOfHealth") if name == "ProductDescription" else payload)
        for family, name, payload in raw.aspects
        if name not in ("SingleLevelUsageAsBuilt", "CertificateOfDestruction")
    ]
    return digest_of(sorted(making, key=lambda aspect: (aspect[1], orjson.dumps(aspect, option=orjson.OPT_SORT_KEYS))))


def _kind(raw: RawAsset, name: str, local: list[tuple[str, str]]) -> str:
    """Its kind. A battery's product description says nothing of it: of the type "HVB" there are cells, too."""
    if raw.payloads("Batch"):
        return "LOT"
    lowered = name.lower()
    if any(family == "vehicle" and aspect == "ProductDescription" for family, aspect, _ in raw.aspects) or (
        any(scheme in ("van", "vin") for scheme, _ in local) and "vehicle" in lowered
    ):
        return "VEHICLE"
    named = kind_of_name(lowered)
    if named is not None:
        return named
    products = [str(code.get("productType", "")).lower() for code in raw.payloads("TractionBatteryCode")]
    return next((_PRODUCT_TYPES[product] for product in products if product in _PRODUCT_TYPES), "COMPONENT")


def _describe(asset: Asset, raw: RawAsset, making: Json, types: Json, local: list[tuple[str, str]]) -> None:
    descriptions = raw.payloads("ProductDescription")
    attributes: Json = {
        "manufacturingDate": making.get("date"),
        "manufacturingCountry": making.get("country"),
        "manufacturerPartId": types.get("manufacturerPartId"),
        "customerPartId": types.get("customerPartId"),
        "classification": types.get("classification"),
        "partClassification": types.get("partClassification"),
        "nameAtCustomer": types.get("nameAtCustomer"),
        "productDescription": _stated([_without(said, "currentStateOfHealth", "catenaXId") for said in descriptions]),
        "physicalDimension": _stated(raw.payloads("PhysicalDimension")),
        "materialForRecycling": _stated(raw.payloads("MaterialForRecycling")),
        "returnRequest": _stated(raw.payloads("ReturnRequest")),
        "tractionBatteryCode": _stated(raw.payloads("TractionBatteryCode")),
    }
    asset.attributes = {name: value for name, value in attributes.items() if value is not None}
    names = {(_SCHEMES[scheme], value) for scheme, value in local if scheme in _SCHEMES}
    asset.identifiers = [{"scheme": scheme, "value": value[:256]} for scheme, value in sorted(names)]
    for said in raw.payloads("TractionBatteryCode"):
        code = asset.place.text(said.get("tractionBatteryCode"), "TractionBatteryCode.tractionBatteryCode")
        if code is not None:
            asset.identifiers.append({"scheme": "GB_T_34014", "value": code[:256]})
    for said in descriptions:
        asset.health += asset.place.entries(said.get("currentStateOfHealth"), "currentStateOfHealth")
    asset.destroyed = next(iter(raw.payloads("CertificateOfDestruction")), None)


def _stated(payloads: list[Json]) -> Json | list[Json] | None:
    """What was stated: nothing, one thing, or several."""
    return payloads if len(payloads) > 1 else next(iter(payloads), None)


def _without(payload: Json, *names: str) -> Json:
    return {name: value for name, value in payload.items() if name not in names}


def _mass(raw: RawAsset) -> float | None:
    """Kilograms: a physical dimension's weight is in kg, a vehicle's empty weight in tonnes; None if not credible."""
    kg = next(
        (said.get("weight") for said in raw.payloads("PhysicalDimension") if said.get("weight") is not None), None
    )
    tonnes = next(
        (said.get("emptyWeight") for said in raw.payloads("ProductDescription") if said.get("emptyWeight") is not None),
        None,
    )
    stated, factor = (number(kg), 1.0) if kg is not None else (number(tonnes), 1000.0)
    if stated is None or not 0 < stated * factor < _CREDIBLE_KG:
        return None
    return round(stated * factor, 6) or None


def _relate(asset: Asset, raw: RawAsset) -> None:
    place = asset.place
    for bom in raw.payloads("AssemblyPartRelationship", "SingleLevelBomAsBuilt"):
        for name in ("childParts", "childItems"):
            for stated in place.entries(bom.get(name), name):
                child = place.urn(stated.get("childCatenaXId") or stated.get("catenaXId"), f"{name}.catenaXId")
                if child is not None and _built(stated, place):
                    asset.children.append(_relation(asset.key, child, stated, None, place))
    for usage in raw.payloads("SingleLevelUsageAsBuilt"):
        sources = [(usage, None)]
        customers = usage.get("customers")
        for customer in customers if isinstance(customers, list) else []:
            if isinstance(customer, dict):
                sources.append((customer, customer.get("businessPartner")))
        for source, partner in sources:
            for name in ("parentParts", "parentItems"):
                for stated in place.entries(source.get(name), name):
                    parent = place.urn(stated.get("parentCatenaXId") or stated.get("catenaXId"), f"{name}.catenaXId")
                    if parent is not None and _built(stated, place):
                        asset.parents.append(_relation(parent, asset.key, stated, partner, place))


def _built(stated: Json, place: Place) -> bool:
    """Whether a relation is history; what is only planned or possible is reported as left out."""
    if str(stated.get("lifecycleContext") or "").lower().replace("_", "") == "asplanned":
        place.left_out("as-planned relation", "as-planned is no history")
        return False
    if stated.get("isOnlyPotentialParent") is True:
        place.left_out("potential parent", "a parent that is only possible is no history")
        return False
    return True


def _relation(parent: str, child: str, stated: Json, partner: object, place: Place) -> Relation:
    when = place.moment(stated.get("createdOn") or stated.get("assembledOn"), "createdOn")
    holder = place.key(stated.get("businessPartner") or partner, "businessPartner")
    return Relation(parent, child, when, stated.get("quantity"), holder)
