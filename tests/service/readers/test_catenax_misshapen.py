"""What is no history, and what is misshapen."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pytest

from service.readers import catenax
from tests.service.readers.catenax_support import (
    BR4,
    CS4,
    MAKER,
    SMALL,
    A,
    B,
    C,
    Json,
    bom,
    left_out,
    of_type,
    outputs,
    part,
    read_json,
    relations,
)

# What is no history, and what is misshapen


@pytest.mark.parametrize(
    ("relation", "what"),
    [
        (bom(B, lifecycleContext="AsPlanned"), "as-planned relation"),
        ({"SingleLevelUsageAsBuilt": [{"parentItems": [{"catenaXId": B, "isOnlyPotentialParent": True}]}]},
         "potential parent"),
        ({"Certificate": [{}]}, "Certificate"),
        ({"CertificateOfDestruction": [{"dismantlingDate": "2022-01-01"}]}, "CertificateOfDestruction"),
    ],
)  # fmt: skip
def test_what_is_no_history_is_left_out_and_said(relation: Json, what: str) -> None:
    reading = read_json([part(A) | relation, part(B)])
    assert relations(reading) == set()
    assert left_out(reading) == {what: 1}
    assert reading.malformed == []


def test_a_unit_in_a_batch_is_left_out() -> None:
    reading = read_json([part(A, aspect="Batch") | bom(B), part(B)])
    assert left_out(reading) == {"relation": 1}
    assert not any("inputs" in event for event in reading.events)


def test_a_header_is_no_asset() -> None:
    header = {"catenaXId": C, "PlainObject": [{"BPN_OEM_A": MAKER}]}
    reading = read_json([part(A), header])
    [registration] = of_type(reading, "REGISTRATION")
    assert registration["organization"]["name"] == "Oem A"
    assert set(outputs(reading)) == {A}


def test_a_manufacturer_that_also_dismantles_has_both_roles() -> None:
    header = {"catenaXId": C, "PlainObject": [{"BPN_DISMANTLER": MAKER}]}
    vehicle = part(A) | {"CertificateOfDestruction": [{"dismantlingDate": "2023-01-01"}]}
    [registration] = of_type(read_json([vehicle, header]), "REGISTRATION")
    assert registration["organization"]["roles"] == ["MANUFACTURER", "DISMANTLER"]


def test_without_a_manufacturer_the_holder_made_it_and_without_either_it_is_malformed() -> None:
    nobody = part(A)
    nobody["SerialPart"][0]["localIdentifiers"] = []
    [made] = of_type(read_json([nobody | {"bpnl": MAKER}]), "PRODUCTION")
    assert made["actor"] == MAKER
    reading = read_json([nobody, part(B)])
    assert [entry.field for entry in reading.malformed] == ["localIdentifiers.manufacturerId"]
    assert set(outputs(reading)) == {B}


@pytest.mark.parametrize("made", [None, "19.12.2014", "0001-01-01T00:00:00+05:00", ""])
def test_an_undated_asset_is_reported_once_and_stops_nothing(made: str | None) -> None:
    aspect = {"ProductDescription": [{"currentStateOfHealth": [{"currentStateOfHealthValue": 1}]}]}
    reading = read_json([part(A, made=made) | aspect, part(B) | bom(A)])
    assert set(outputs(reading)) == {B}
    assert [entry.field for entry in reading.malformed] == ["manufacturingInformation.date"]
    assert relations(reading) == {(B, A)}, "it stays pending"


@pytest.mark.parametrize(
    ("entry", "field"),
    [
        ("x", ""),
        ({"SerialPart": []}, "catenaXId"),
        ({"catenaXId": "with a space"}, "catenaXId"),
        ({"catenaXId": 5}, "catenaXId"),
        ({"catenaXId": C, "assetMetaInfo": "x"}, "assetMetaInfo"),
        ({"catenaXId": C, "submodels": 5}, "submodels"),
        ({"catenaXId": C, "SerialPart": ["x"]}, "SerialPart"),
        ({"catenaXId": C, "PhysicalDimension": [{}]}, "SerialPart"),
        ({"catenaXId": C, "SerialPart": [{"localIdentifiers": [None]}]}, "localIdentifiers.0"),
        (part(C) | {"AssemblyPartRelationship": [{"childParts": "x"}]}, "childParts"),
        (part(C) | {"AssemblyPartRelationship": [{"childParts": [{"createdOn": "2022-01-01"}]}]},
         "childParts.catenaXId"),
    ],
)  # fmt: skip
def test_a_misshapen_asset_is_said_and_stops_nothing(entry: object, field: str) -> None:
    reading = read_json([part(A), entry, part(B) | bom(A)])
    assert reading.malformed[0].field == field
    assert reading.malformed[0].where.startswith("made up: asset 1")
    assert {A, B} <= set(outputs(reading))
    assert (B, A) in relations(reading)


@pytest.mark.parametrize("data", [b"", b"5", b"null", b'"catenaXId"', b"{}", b"{", b"\xff"])
def test_what_is_no_container_is_malformed(data: bytes) -> None:
    reading = catenax.read(data, "odd")
    assert reading.events == []
    assert [entry.where for entry in reading.malformed] == ["odd"]


def _places(value: object, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    pairs = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, inner in pairs for place in [(*path, key), *_places(inner, (*path, key))]]


@pytest.mark.parametrize("path", [SMALL, BR4, CS4], ids=lambda path: path.name[:24])
def test_no_odd_value_in_any_place_stops_the_rest(path: Path) -> None:
    parsed = json.loads(path.read_bytes())
    [name] = parsed
    entries = parsed[name][:12]
    if path is SMALL:
        odd = ("PlainObject", "CertificateOfDestruction", "ReturnRequest")
        entries = [entry for entry in parsed[name] if any(word in json.dumps(entry) for word in odd)] + entries[:3]
    text = json.dumps({name: entries})
    seed = 20221123
    chosen = random.Random(seed).sample(_places({name: entries}), 150)
    for place in chosen:
        for value in (None, 5, True, "x", "", [], {}, [5], [None], {"a": 1}, -1e308, "0001-01-01T00:00:00+05:00"):
            changed = json.loads(text)
            target = changed
            for key in place[:-1]:
                target = target[key]
            target[place[-1]] = value
            try:
                read_json(changed)
            except Exception as error:
                pytest.fail(f"seed {seed}: {value!r} at {place}: {error!r}")


def test_a_whole_number_beyond_64_bits_is_named_with_its_place_and_the_rest_is_told() -> None:
    reading = read_json([part(A), part(B) | {"PhysicalDimension": [{"weight": {"value": 2**64}}]}])
    assert outputs(reading).keys() == {A}
    (malformed,) = reading.malformed
    assert malformed.field == "PhysicalDimension.0.weight.value"
    assert "beyond 64 bits" in malformed.reason
