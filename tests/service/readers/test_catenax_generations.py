"""The generations of the Catena-X schema, and dates."""

from __future__ import annotations

import json
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from service.readers import catenax
from tests.service.readers.catenax_support import (
    MAKER,
    PIECE,
    A,
    B,
    C,
    Json,
    bom,
    ingest,
    left_out,
    of_type,
    outputs,
    part,
    read,
    read_json,
    relations,
    standing,
)

# The generations


@pytest.mark.parametrize(
    ("aspect", "expected"),
    [
        ("urn:bamm:io.catenax.serial_part_typization:1.1.0#SerialPartTypization", ("", "SerialPartTypization")),
        ("urn:samm:io.catenax.serial_part:3.0.0#SerialPart", ("", "SerialPart")),
        ("urn:bamm:io.catenax.battery.product_description:1.0.1#ProductDescription", ("battery", "ProductDescription")),
        ("urn:bamm:io.catenax.vehicle.product_description:1.0.1", ("vehicle", "ProductDescription")),
        ("io.catenax.serial_part", ("", "SerialPart")),
        ("serial_part:3.0.0", ("", "SerialPart")),
        ("SerialPart:3.0.0", ("", "SerialPart")),
        ("SerialPart", ("", "SerialPart")),
        ("Batch", ("", "Batch")),
        ("batch", ("", "Batch")),
    ],
)
def test_an_aspect_is_known_with_or_without_urn_and_version(aspect: str, expected: tuple[str, str]) -> None:
    from service.readers.catenax.container import aspect_name

    assert aspect_name(aspect) == expected


@pytest.mark.parametrize(
    "relation",
    [
        {"AssemblyPartRelationship": [{"childParts": [{"childCatenaXId": B}]}]},
        {"urn:bamm:io.catenax.assembly_part_relationship:1.1.1#AssemblyPartRelationship": [
            {"childParts": [{"childCatenaXId": B.removeprefix("urn:uuid:").upper()}]}]},
        {"SingleLevelBomAsBuilt": [{"childItems": [{"catenaXId": B}]}]},
        {"SingleLevelBomAsBuilt": {"childItems": [{"catenaXId": B}]}},
        {"AssemblyPartRelationship": [{"catenaXId": A}], "SingleLevelBomAsBuilt": [{"childItems": [{"catenaXId": B}]}]},
        {"submodels": [{"aspectType": "urn:samm:io.catenax.single_level_bom_as_built:3.0.0#SingleLevelBomAsBuilt",
                        "payload": {"childItems": [{"catenaXId": B}]}}]},
    ],
)  # fmt: skip
def test_a_child_is_read_from_every_generation_of_the_list_of_a_parent(relation: Json) -> None:
    reading = read_json([part(A) | relation, part(B)])
    assert relations(reading) == {(A, B)}
    assert reading.malformed == []


@pytest.mark.parametrize(
    "usage",
    [
        {"parentParts": [{"parentCatenaXId": A}]},
        {"parentItems": [{"catenaXId": A}], "customers": [MAKER]},
        {"customers": [{"businessPartner": MAKER, "parentItems": [{"catenaXId": A}]}]},
    ],
)
def test_a_parent_is_read_from_every_generation_of_the_usage_of_a_child(usage: Json) -> None:
    reading = read_json([part(A), part(B) | {"SingleLevelUsageAsBuilt": [usage]}])
    assert relations(reading) == {(A, B)}
    assert reading.malformed == []


def test_a_relation_that_both_sides_state_is_one() -> None:
    usage = {"SingleLevelUsageAsBuilt": [{"parentParts": [{"parentCatenaXId": A, "createdOn": "2023-05-29"}]}]}
    reading = read_json([part(A) | bom(B), part(B) | usage])
    [installation] = of_type(reading, "INSTALLATION")
    assert "stated date 2022-02-03" in installation["note"], "the parent's word counts before the child's"


@pytest.mark.parametrize(
    "container",
    [
        lambda assets: assets,
        lambda assets: {"https://catenax.io/schema/TestDataContainer/1.0.0": assets},
        lambda assets: {"policies": {"a": {}}, "https://catenax.io/schema/TestDataContainer/1.0.0": assets},
        lambda assets: {"policies": [1, 2, 3, 4], "assets": assets},
        lambda assets: {"assets": [
            {"assetMetaInfo": {"catenaXId": asset.pop("catenaXId")},
             "submodels": [{"aspectType": key, "payload": payload[0]} for key, payload in asset.items()]}
            for asset in assets]},
    ],
)  # fmt: skip
def test_assets_are_found_in_every_container(container: Any) -> None:
    reading = read_json(container([part(A) | bom(B), part(B)]))
    assert set(outputs(reading)) == {A, B}
    assert relations(reading) == {(A, B)}


def test_a_byte_order_mark_is_no_harm() -> None:
    assert set(outputs(catenax.read(b"\xef\xbb\xbf" + json.dumps([part(A)]).encode(), "marked"))) == {A}


@pytest.mark.parametrize(
    ("stated", "kg"),
    [
        ({"quantityNumber": "0.1908", "measurementUnit": {"lexicalValue": "unit:kilogram"}}, 0.1908),
        ({"quantityNumber": 250, "measurementUnit": "unit:gram"}, 0.25),
        ({"value": 2, "unit": "unit:tonneMetricTon"}, 2000.0),
        ("0.5 kg", 0.5),
        (PIECE, None),
        ({"value": 1, "unit": "unit:litre"}, None),
        ({"value": 0, "unit": "unit:kilogram"}, None),
        ({"value": -1, "unit": "unit:kilogram"}, None),
        (1, None),
        (True, None),
        (None, None),
    ],
)
def test_a_batch_is_drawn_on_by_mass_where_one_is_stated(stated: object, kg: float | None) -> None:
    reading = read_json([part(A) | bom(B, quantity=stated), part(B, "Glue", aspect="Batch")])
    [made] = [event for event in of_type(reading, "PRODUCTION") if event["actor"] == MAKER and "inputs" in event]
    assert made["inputs"] == [{"key": B} if kg is None else {"key": B, "massKg": kg}]
    assert of_type(reading, "INSTALLATION") == []


def test_the_same_asset_twice_is_one_with_what_both_say() -> None:
    reading = read_json([part(A) | bom(B), part(A) | bom(C), part(A) | bom(B), part(B), part(C)])
    assert set(outputs(reading)) == {A, B, C}
    assert relations(reading) == {(A, B), (A, C)}
    assert left_out(reading) == {}


def test_an_asset_said_twice_with_other_content_is_reported() -> None:
    reading = read_json([part(A, "Door"), part(A, "Window")])
    assert outputs(reading)[A]["model"] == "Door"
    assert left_out(reading) == {"SerialPart": 1}


def test_a_later_file_that_adds_a_use_and_a_measurement_tells_the_same_production(tmp_path: Path) -> None:
    def file(name: str, health: list[Json], **more: Any) -> Path:
        cell = part(B, "ZB ZELLE") | {"ProductDescription": [{"type": "HVB", "currentStateOfHealth": health}]} | more
        (tmp_path / name).write_text(json.dumps([part(A, "HV Module"), cell]))
        return tmp_path / name

    old = {"currentStateOfHealthValue": 99, "currentStateOfHealthTimestamp": "2023-01-01"}
    new = {"currentStateOfHealthValue": 90, "currentStateOfHealthTimestamp": "2024-01-01"}
    usage = [{"parentItems": [{"catenaXId": A}]}]
    earlier, later = file("1.json", [old]), file("2.json", [new, old, old], SingleLevelUsageAsBuilt=usage)
    reports, events = ingest(earlier, later)
    assert standing(reports[-1]) == (6, 0, 0, 0)
    assert Counter(event.type for event in events) == {
        "REGISTRATION": 1,
        "PRODUCTION": 2,
        "INSPECTION": 2,
        "INSTALLATION": 1,
    }


# Dates


def test_an_assembly_happens_at_the_latest_of_its_date_and_both_manufacturing_dates() -> None:
    def at(parent: str, child: str, stated: str) -> str:
        reading = read_json([part(A, made=parent) | bom(B, createdOn=stated), part(B, made=child)])
        [installation] = of_type(reading, "INSTALLATION")
        assert stated in installation["note"]
        return str(installation["occurredAt"])

    assert at("2021-01-01", "2020-01-01", "2019-01-01") == "2021-01-01T00:00:00Z"
    assert at("2020-01-01", "2021-01-01", "2019-01-01") == "2021-01-01T00:00:00Z"
    assert at("2019-01-01", "2020-01-01", "2021-01-01") == "2021-01-01T00:00:00Z"


def test_a_date_without_an_offset_is_utc_and_kept_as_stated() -> None:
    [made] = of_type(read_json([part(A, made="2022-02-04T14:48:54")]), "PRODUCTION")
    assert made["occurredAt"] == "2022-02-04T14:48:54Z"
    assert made["outputs"][0]["attributes"]["manufacturingDate"] == "2022-02-04T14:48:54"
    [made] = of_type(read_json([part(A, made="2022-02-04T14:48:54+02:00")]), "PRODUCTION")
    assert made["occurredAt"] == "2022-02-04T12:48:54Z"


def test_a_batch_and_the_batches_it_is_made_of_exist_no_later_than_the_first_draw() -> None:
    reading = read_json(
        [
            part(C, "Polyamide", "2022-03-01", "Batch"),
            part(B, "Plastics", "2022-02-01", "Batch") | bom(C),
            part(A, made="2020-01-01") | bom(B),
        ]
    )
    made = sorted(of_type(reading, "PRODUCTION"), key=lambda event: (event["occurredAt"], event["step"]))
    assert [event["outputs"][0]["key"] for event in made] == [C, B, A]
    assert {event["occurredAt"] for event in made} == {"2020-01-01T00:00:00Z"}
    assert made[0]["outputs"][0]["attributes"]["manufacturingDate"] == "2022-03-01"


def test_batches_made_of_each_other_are_told_all_the_same() -> None:
    batches = [part(A, aspect="Batch") | bom(B), part(B, aspect="Batch") | bom(A)]
    assert len(of_type(read_json(batches), "PRODUCTION")) == 2


def test_a_long_chain_of_batches_keeps_its_order_and_units_come_last() -> None:
    keys = [f"urn:uuid:{index:08x}" for index in range(3_000)]
    chain = [part(key, aspect="Batch") | bom(inner) for key, inner in zip(keys[1:], keys, strict=False)]
    made = of_type(read_json([part(A) | bom(keys[-1]), *chain, part(keys[0], aspect="Batch")]), "PRODUCTION")
    steps = {event["outputs"][0]["key"]: event["step"] for event in made}
    assert [steps[key] for key in [*keys, A]] == list(range(3_001))


def test_a_vehicle_destroyed_before_it_was_whole_is_scrapped_after_its_last_part(tmp_path: Path) -> None:
    vehicle = part(A, "Vehicle", "2020-01-01") | bom(B, createdOn="2021-01-01")
    vehicle |= {"CertificateOfDestruction": [{"dismantlingDate": "2020-06-01"}]}
    vehicle["SerialPart"][0]["localIdentifiers"].append({"key": "van", "value": "OMA1"})
    path = tmp_path / "scrapped.json"
    path.write_text(json.dumps([vehicle, part(B, made="2020-01-01")]))
    [scrapping] = of_type(read(path), "SCRAPPING")
    assert scrapping["occurredAt"] == "2021-01-01T00:00:00.001Z"
    assert "2020-06-01" in scrapping["note"]
    [report], _ = ingest(path)
    assert standing(report)[1:] == (0, 0, 0)


def test_a_state_of_health_is_measured_no_earlier_than_the_part_is_made() -> None:
    health = [
        {"currentStateOfHealthValue": "105", "currentStateOfHealthTimestamp": "2019-01-02T13:14:33.085Z"},
        {"currentStateOfHealthValue": 95, "currentStateOfHealthTimestamp": "2022-09-03T18:22:14Z"},
        {"currentStateOfHealthValue": "good"},
    ]
    aspect = "urn:bamm:io.catenax.battery.product_description:1.0.1#ProductDescription"
    reading = read_json([part(A, "ZB ZELLE", "2022-02-04") | {aspect: [{"currentStateOfHealth": health}]}])
    first, second = of_type(reading, "INSPECTION")
    assert (first["occurredAt"], first["measurements"]["statedAt"]) == (
        "2022-02-04T00:00:00Z",
        "2019-01-02T13:14:33.085Z",
    )
    assert (second["occurredAt"], second["measurements"]["stateOfHealthPercent"]) == ("2022-09-03T18:22:14Z", 95.0)
    assert [entry.field for entry in reading.malformed] == ["currentStateOfHealth.2"]
