"""The containers: several generations of one schema, brought to one shape."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson

from graph_schema.plain_json import read_json, said_of, unkept
from service.readers.catenax.shapes import Json, Place
from service.readers.reading import Reading

_AS_PLANNED = "AsPlanned"
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
_NO_ASPECTS = frozenset(["catenaXId", "bpnl", "assetMetaInfo", "submodels"])


class RawAsset(NamedTuple):
    """An asset's id, and its aspects as (family, name, payload): `battery` in `io.catenax.battery.product_...`.

    `holder` is the company that the container says has it (`bpnl`).
    """

    place: Place
    key: str
    holder: str | None
    aspects: list[tuple[str, str, Json]]

    def payloads(self, *names: str) -> list[Json]:
        """What the aspects of these names say, in the order of the names, then as stated."""
        return [payload for name in names for _, aspect, payload in self.aspects if aspect == name]


def aspect_name(text: str) -> tuple[str, str]:
    """Family and name of an aspect: with or without URN and version, `bamm` or `samm`."""
    path, _, name = text.rpartition("#")
    parts = [part for part in (path or text).split(":") if part and not part[0].isdigit()]
    segments = (parts[-1] if parts else text).split(".")
    family = segments[-2] if len(segments) > 1 and segments[-2] != "catenax" else ""
    if not path:
        name = segments[-1]
    if "_" in name or name.islower():
        name = "".join(word.capitalize() for word in name.split("_"))
    return family, name


def load(data: bytes, name: str, reading: Reading) -> tuple[list[RawAsset], Json]:
    """The assets of a file, each once, and the header's entries."""
    file = Place(name, reading)
    try:
        parsed = read_json(data.removeprefix(b"\xef\xbb\xbf"))
    except orjson.JSONDecodeError as error:
        file.malformed("", f"is not JSON: {error}")
        return [], {}
    header: Json = {}
    merged: dict[str, RawAsset] = {}
    for index, entry in enumerate(_entries(parsed, file)):
        place = Place(f"{name}: asset {index}", reading)
        if not isinstance(entry, dict):
            place.malformed("", "is not an object")
            continue
        meta = place.fields(entry.get("assetMetaInfo"), "assetMetaInfo")
        key = place.urn(entry.get("catenaXId") or meta.get("catenaXId"), "catenaXId")
        if key is None:
            continue
        place = Place(f"{place.where} {key}", reading)
        if (found := unkept(entry)) is not None:
            place.malformed(found[0], said_of(found[1]))
            continue
        if "PlainObject" in entry:
            for plain in place.entries(entry["PlainObject"], "PlainObject"):
                header.update(plain)
            place.left_out("PlainObject", "a header, no asset")
            continue
        holder = place.key(entry.get("bpnl"), "bpnl")
        _merge(merged, RawAsset(place, key, holder, list(_aspects(entry, place))))
    return list(merged.values()), header


def _merge(merged: dict[str, RawAsset], asset: RawAsset) -> None:
    """The same asset twice is one, with what both say; the same payload twice is one."""
    known = merged.setdefault(asset.key, asset._replace(aspects=[]))
    seen = {_identity(aspect) for aspect in known.aspects}
    for aspect in asset.aspects:
        if _identity(aspect) not in seen:
            seen.add(_identity(aspect))
            known.aspects.append(aspect)


def _identity(aspect: tuple[str, str, Json]) -> bytes:
    return orjson.dumps(aspect, option=orjson.OPT_SORT_KEYS)


def _entries(parsed: Any, file: Place) -> list[Any]:
    if isinstance(parsed, list):
        return parsed
    if not isinstance(parsed, dict):
        file.malformed("", "is neither a list of assets nor an object that holds one")
        return []
    if "policies" in parsed:
        file.left_out("policies", "who may see the data is no history")
    lists = [value for key, value in parsed.items() if isinstance(value, list) and key != "policies"]
    if not lists:
        file.malformed("", "holds no list of assets")
    return max(lists, key=len, default=[])


def _aspects(entry: Json, place: Place) -> Iterator[tuple[str, str, Json]]:
    stated: list[tuple[str, Any]] = []
    for key, payloads in entry.items():
        if key not in _NO_ASPECTS:
            stated += [(key, payload) for payload in (payloads if isinstance(payloads, list) else [payloads])]
    for submodel in place.entries(entry.get("submodels"), "submodels"):
        stated.append((str(submodel.get("aspectType")), submodel.get("payload")))
    if not stated:
        place.left_out("asset", "nothing is stated of it")
    for text, payload in stated:
        family, name = aspect_name(text)
        if name.endswith(_AS_PLANNED):
            place.left_out(name, "as-planned is no history")
            planned = payload if isinstance(payload, dict) else {}
            children = planned.get("childParts") or planned.get("childItems")
            for _ in children if isinstance(children, list) else []:
                place.left_out("as-planned relation", "as-planned is no history")
        elif name not in _CARRIED:
            place.left_out(name, "an aspect that this reader does not carry")
        elif not isinstance(payload, dict):
            place.malformed(name, "is not an object")
        else:
            yield family, name, payload
