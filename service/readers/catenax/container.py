"""The containers: several generations of one schema, brought to one shape."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any, NamedTuple

import orjson

from service.readers.reading import LeftOut, Malformed, Reading

Json = dict[str, Any]

_AS_PLANNED = ("AsPlanned",)
_CARRIED = frozenset(
    [
        "SerialPart",
        "SerialPartTypization",
        "Batch",
        "JustInSequencePart",
        "AssemblyPartRelationship",
        "SingleLevelBomAsBuilt",
        "SingleLevelUsageAsBuilt",
        "ProductDescription",
        "PhysicalDimension",
        "MaterialForRecycling",
        "ReturnRequest",
        "CertificateOfDestruction",
        "TractionBatteryCode",
    ]
)


class RawAsset(NamedTuple):
    """An asset's id, and its aspects as (family, name, payload): `battery` in `io.catenax.battery.product_...`."""

    where: str
    key: str
    aspects: list[tuple[str, str, Json]]


def urn(text: object) -> str | None:
    """An id with its `urn:uuid:`, lower case; None where there is none."""
    if not isinstance(text, str) or not text.strip():
        return None
    bare = text.strip().lower().removeprefix("urn:uuid:")
    return f"urn:uuid:{bare}"


def moment(text: object) -> datetime | None:
    """A stated date or time; without an offset it is taken as UTC."""
    if not isinstance(text, str):
        return None
    try:
        stated = datetime.fromisoformat(text.strip())
    except ValueError:
        return None
    return stated if stated.tzinfo is not None else stated.replace(tzinfo=UTC)


def aspect_name(text: str) -> tuple[str, str]:
    """Family and name of an aspect: with or without URN and version, `bamm` or `samm`."""
    path, _, name = text.rpartition("#")
    if not path:
        parts = [part for part in text.split(":") if part and not part[0].isdigit()]
        name = parts[-1] if parts else text
        return "", name
    namespace = path.split(":")[2] if path.count(":") >= 2 else path
    segments = namespace.split(".")
    return (segments[2] if len(segments) > 3 else ""), name


def load(data: bytes, name: str, reading: Reading) -> tuple[list[RawAsset], Json]:
    """The assets of a file, each once, and the header's entries."""
    try:
        parsed = orjson.loads(data)
    except orjson.JSONDecodeError as error:
        reading.malformed.append(Malformed(name, "", f"is not JSON: {error}"))
        return [], {}
    header: Json = {}
    merged: dict[str, RawAsset] = {}
    for index, entry in enumerate(_entries(parsed)):
        where = f"{name}: asset {index}"
        if not isinstance(entry, dict):
            reading.malformed.append(Malformed(where, "", "is not an object"))
            continue
        key = urn(entry.get("catenaXId") or (entry.get("assetMetaInfo") or {}).get("catenaXId"))
        if key is None:
            reading.malformed.append(Malformed(where, "catenaXId", "is missing"))
            continue
        where = f"{where} {key}"
        if "PlainObject" in entry:
            for plain in entry["PlainObject"]:
                header.update(plain if isinstance(plain, dict) else {})
            reading.left_out.append(LeftOut(where, "PlainObject", "a header, no asset"))
            continue
        asset = RawAsset(where, key, list(_aspects(entry, where, reading)))
        if key in merged:
            known = merged[key].aspects
            known += [aspect for aspect in asset.aspects if aspect not in known]
        else:
            merged[key] = asset
    return list(merged.values()), header


def _entries(parsed: Any) -> list[Any]:
    if isinstance(parsed, list):
        return parsed
    lists = [value for key, value in parsed.items() if isinstance(value, list) and key != "policies"]
    return max(lists, key=len, default=[])


def _aspects(entry: Json, where: str, reading: Reading) -> Iterator[tuple[str, str, Json]]:
    stated: list[tuple[str, Any]] = [
        (key, payload)
        for key, payloads in entry.items()
        if isinstance(payloads, list) and key != "submodels"
        for payload in payloads
    ]
    for submodel in entry.get("submodels") or []:
        if isinstance(submodel, dict):
            stated.append((str(submodel.get("aspectType")), submodel.get("payload")))
    for text, payload in stated:
        family, name = aspect_name(text)
        if name.endswith(_AS_PLANNED):
            reading.left_out.append(LeftOut(where, name, "as-planned is no history"))
            children = (payload or {}).get("childParts") or (payload or {}).get("childItems") or ()
            reading.left_out += [LeftOut(where, "as-planned relation", "as-planned is no history") for _ in children]
        elif name not in _CARRIED:
            reading.left_out.append(LeftOut(where, name, "an aspect that this reader does not carry"))
        elif not isinstance(payload, dict):
            reading.malformed.append(Malformed(where, name, "is not an object"))
        else:
            yield family, name, payload


def quantity(stated: object) -> tuple[float | None, str]:
    """A quantity as (kilograms, what was stated); None where it is no mass."""
    number: Any = stated
    unit: Any = ""
    if isinstance(stated, dict):
        number = stated.get("quantityNumber", stated.get("value", stated.get("materialValue")))
        unit = stated.get("measurementUnit", stated.get("unit", ""))
        if isinstance(unit, dict):
            unit = unit.get("lexicalValue", "")
    elif isinstance(stated, str):
        number, _, unit = stated.strip().partition(" ")
    try:
        value = float(number)
    except (TypeError, ValueError):
        return None, str(stated)
    short = str(unit).removeprefix("unit:").lower()
    factor = _TO_KG.get(short)
    said = f"{value:g} {short}".strip()
    return (value * factor if factor is not None and value > 0 else None), said


_TO_KG = {
    "kilogram": 1.0, "kg": 1.0, "gram": 1e-3, "g": 1e-3, "milligram": 1e-6,
    "tonne": 1e3, "tonnemetricton": 1e3, "t": 1e3,
}  # fmt: skip
