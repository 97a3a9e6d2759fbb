"""The Catena-X reader: the real files, each generation of the schema, and what happens to what is misshapen."""

from __future__ import annotations

import asyncio
import copy
import io
import json
import random
from collections import Counter
from pathlib import Path
from typing import Any

import pytest

from graph_schema.canonical import parse_event
from graph_schema.outcome import EventStatus
from service.ingesting import Ingest, Report
from service.ports import EventFilter, StoredEvent
from service.readers import catenax
from service.readers.reading import Reading
from service.stores.memory import MemoryStore

ROOT = Path(__file__).parents[3]
SMALL = ROOT / "seed/data/catenax/smallTestdata.json"
REDUCED = ROOT / "tests/data/catenax/CX_Testdata_v1.4.1-AsBuilt-reduced-with-asPlanned.json"
BR4 = ROOT / "tests/data/catenax/import-test-data-2BR4_v1.0.1.json"
CS4 = ROOT / "tests/data/catenax/import-test-data-2CS4_v1.0.1.json"
FILES = [SMALL, REDUCED, BR4, CS4]

A, B, C = (f"urn:uuid:00000000-0000-4000-8000-00000000000{digit}" for digit in "abc")
MAKER = "BPNL000000000001"
PIECE = {"quantityNumber": 1, "measurementUnit": {"lexicalValue": "unit:piece"}}
Json = dict[str, Any]


def read(path: Path) -> Reading:
    return catenax.read(path.read_bytes(), path.name)


def read_json(parsed: object) -> Reading:
    return catenax.read(json.dumps(parsed).encode(), "made up")


def part(key: str, name: str = "Door", made: str | None = "2022-02-04T14:48:54", aspect: str = "SerialPart") -> Json:
    return {
        "catenaXId": key,
        aspect: [
            {
                "localIdentifiers": [{"key": "manufacturerId", "value": MAKER}],
                "manufacturingInformation": {"date": made},
                "partTypeInformation": {"nameAtManufacturer": name},
            }
        ],
    }


def bom(*children: str, **more: Any) -> Json:
    parts = [{"childCatenaXId": child, "createdOn": "2022-02-03", "quantity": PIECE, **more} for child in children]
    return {"AssemblyPartRelationship": [{"childParts": parts}]}


def of_type(reading: Reading, type: str) -> list[Json]:
    return [event for event in reading.events if event["type"] == type]


def relations(reading: Reading) -> set[tuple[str, str]]:
    return {(event["host"], event["part"]) for event in of_type(reading, "INSTALLATION")}


def outputs(reading: Reading) -> dict[str, Json]:
    return {event["outputs"][0]["key"]: event["outputs"][0] for event in of_type(reading, "PRODUCTION")}


def left_out(reading: Reading) -> Counter[str]:
    return Counter(entry.what for entry in reading.left_out)


async def _ingest(paths: list[Path]) -> tuple[list[Report], list[StoredEvent]]:
    store = MemoryStore()
    reports = [await Ingest(store).run([str(path)], io.BytesIO()) for path in paths]
    async with store.snapshot() as snapshot:
        return reports, await snapshot.event_page(EventFilter(), None, 5_000)


def ingest(*paths: Path) -> tuple[list[Report], list[StoredEvent]]:
    return asyncio.run(_ingest(list(paths)))


def standing(report: Report) -> tuple[int, int, int, int]:
    order = (EventStatus.ACCEPTED, EventStatus.PENDING, EventStatus.CONTESTED, EventStatus.VOIDED)
    return tuple(report.standing[status] for status in order)  # type: ignore[return-value]


# The real files


@pytest.mark.parametrize(
    ("path", "types", "kinds"),
    [
        (
            SMALL,
            {"REGISTRATION": 10, "PRODUCTION": 161, "INSTALLATION": 207, "INSPECTION": 120, "SCRAPPING": 1},
            {"VEHICLE": 4, "BATTERY": 2, "MODULE": 6, "CELL": 60, "COMPONENT": 75, "LOT": 14},
        ),
        (
            REDUCED,
            {"REGISTRATION": 10, "PRODUCTION": 135, "INSTALLATION": 117, "SCRAPPING": 3},
            {"VEHICLE": 3, "COMPONENT": 117, "LOT": 15},
        ),
        (
            BR4,
            {"REGISTRATION": 1, "PRODUCTION": 16, "INSTALLATION": 7},
            {"VEHICLE": 3, "MODULE": 2, "CELL": 1, "COMPONENT": 5, "LOT": 5},
        ),
        (
            CS4,
            {"REGISTRATION": 1, "PRODUCTION": 11, "INSTALLATION": 10},
            {"MODULE": 1, "CELL": 1, "COMPONENT": 6, "LOT": 3},
        ),
    ],
    ids=lambda value: value.name[:24] if isinstance(value, Path) else "",
)
def test_a_real_file_is_read_whole(path: Path, types: Json, kinds: Json) -> None:
    reading = read(path)
    assert Counter(event["type"] for event in reading.events) == types
    assert Counter(output["kind"] for output in outputs(reading).values()) == kinds
    assert reading.malformed == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name[:24])
def test_events_are_well_formed_and_the_same_each_time(path: Path) -> None:
    reading = read(path)
    for event in reading.events:
        parse_event(copy.deepcopy(event))
    assert len({event["eventId"] for event in reading.events}) == len(reading.events)
    assert read(path).events == reading.events
    with path.open("rb") as file:
        assert catenax.read(file, path.name).events == reading.events
    assert catenax.recognises(path.read_bytes()[:65_536])


def test_the_small_file_has_283_relations_and_60_of_76_draws_are_pieces() -> None:
    reading = read(SMALL)
    draws = [draw for event in of_type(reading, "PRODUCTION") for draw in event.get("inputs", ())]
    assert len(relations(reading)) + len(draws) == 283
    assert (len(draws), sum("massKg" not in draw for draw in draws)) == (76, 60)


def test_nine_manufacturers_and_the_dismantler_are_registered_by_the_names_of_the_header() -> None:
    registered = {event["organization"]["key"]: event["organization"] for event in of_type(read(SMALL), "REGISTRATION")}
    assert Counter(role for spec in registered.values() for role in spec["roles"]) == {
        "MANUFACTURER": 9,
        "DISMANTLER": 1,
    }
    assert registered["BPNL00000003AYRE"] == {"key": "BPNL00000003AYRE", "name": "Oem A", "roles": ["MANUFACTURER"]}


def test_a_cell_described_as_a_high_voltage_battery_is_a_cell() -> None:
    described = [
        output
        for output in outputs(read(SMALL)).values()
        if output["attributes"].get("productDescription", {}).get("type") == "HVB"
    ]
    assert len(described) == 60
    assert {output["kind"] for output in described} == {"CELL"}


def test_what_the_small_file_states_is_kept() -> None:
    specs = outputs(read(SMALL))
    cell = specs["urn:uuid:a501b997-a30c-4e38-a27d-53a0dae3d433"]
    assert (cell["model"], cell["massKg"], cell["attributes"]["manufacturingDate"]) == (
        "ZB ZELLE",
        1.4688,
        "2022-02-04T14:48:54",
    )
    assert cell["attributes"]["manufacturerPartId"] == cell["attributes"]["customerPartId"] == "8840838-04"
    vehicle = specs["urn:uuid:a4a2ba57-1c50-48ad-8981-7a0ef032146b"]
    assert vehicle["massKg"] == 1730.0, "an empty weight is stated in tonnes"
    assert "VAN" in {identifier["scheme"] for identifier in vehicle["identifiers"]}
    assert sum("returnRequest" in spec["attributes"] for spec in specs.values()) == 2
    assert sum("materialForRecycling" in spec["attributes"] for spec in specs.values()) == 32
    assert not any("composition" in spec for spec in specs.values()), "a partial composition would state zeros"


def test_no_personal_data_of_a_certificate_of_destruction_is_carried() -> None:
    text = json.dumps(read(SMALL).events)
    assert "licensePlate" not in text
    assert "Speyerer" not in text
    [scrapping] = of_type(read(SMALL), "SCRAPPING")
    assert scrapping["actor"] == "BPNL00000003B6LU"


def test_as_planned_is_left_out_and_counted() -> None:
    assert left_out(read(REDUCED)) == {
        "as-planned relation": 16,
        "PartAsPlanned": 15,
        "PartSiteInformationAsPlanned": 15,
        "SingleLevelBomAsPlanned": 15,
        "PlainObject": 1,
        "policies": 1,
    }
    assert [left_out(read(path))["as-planned relation"] for path in (BR4, CS4)] == [5, 6]


# The fold of the real files


def test_the_small_file_contradicts_itself_in_64_relations_and_in_nothing_else() -> None:
    [first, again], events = ingest(SMALL, SMALL)
    assert standing(first) == standing(again) == (435, 0, 64, 0)
    contested = [event for event in events if event.status is EventStatus.CONTESTED]
    assert {(event.type, *{problem.code for problem in event.problems}) for event in contested} == {
        ("INSTALLATION", "ALREADY_INSTALLED")
    }
    kinds = {key: output["kind"] for key, output in outputs(read(SMALL)).items()}
    parts = Counter(kinds[json.loads(event.payload or b"")["part"]] for event in contested)
    assert parts["MODULE"] == 2
    assert set(parts) == {"MODULE", "COMPONENT"}


def test_the_reduced_file_is_accepted_whole() -> None:
    [report], _ = ingest(REDUCED)
    assert standing(report) == (265, 0, 0, 0)


@pytest.mark.parametrize(
    ("paths", "expected"),
    [
        ((BR4, CS4), [(17, 7, 0, 0), (37, 2, 0, 0)]),
        ((CS4, BR4), [(11, 11, 0, 0), (39, 2, 0, 2)]),
        ((BR4, CS4, BR4, CS4), [(17, 7, 0, 0), *[(37, 2, 0, 0)] * 3]),
        ((CS4, BR4, CS4, BR4), [(11, 11, 0, 0), *[(39, 2, 0, 2)] * 3]),
    ],
    ids=["2BR4 first", "2CS4 first", "2BR4 first, twice", "2CS4 first, twice"],
)
def test_what_one_company_leaves_open_heals_when_the_other_reports(
    paths: tuple[Path, ...], expected: list[tuple[int, int, int, int]]
) -> None:
    reports, events = ingest(*paths)
    assert [standing(report) for report in reports] == expected
    assert sum(report.rejected for report in reports) == 0
    pending = [event for event in events if event.status is EventStatus.PENDING]
    assert {problem.key for event in pending for problem in event.problems} == {
        "urn:uuid:1d2d8480-90a5-4a17-9ecb-2ff039d35fec",
        "urn:uuid:4d33bfa6-0f1f-43a5-ad63-c3fe07a2d076",
    }, "what is in neither file stays open"


def test_either_order_of_the_companies_gives_the_same_relations_and_draws() -> None:
    def accepted(events: list[StoredEvent]) -> tuple[set[tuple[str, str]], dict[str, list[Json]]]:
        payloads = [json.loads(event.payload or b"") for event in events if event.status is EventStatus.ACCEPTED]
        inside = {(payload["host"], payload["part"]) for payload in payloads if payload["type"] == "INSTALLATION"}
        made = [payload for payload in payloads if payload["type"] == "PRODUCTION"]
        return inside, {payload["outputs"][0]["key"]: payload.get("inputs", []) for payload in made}

    assert accepted(ingest(BR4, CS4)[1]) == accepted(ingest(CS4, BR4)[1])


def test_another_files_batch_is_known_from_outside_and_another_files_use_is_handed_back() -> None:
    lot, module = "urn:uuid:e3b2f5e2-5be5-4ea6-98f0-6876de0fcb5f", "urn:uuid:254604ab-2153-45fb-8cad-54ef09f4080f"
    assert lot in catenax.foreign_parts(CS4.read_bytes(), "2CS4")
    assert (module, lot) in relations(read(CS4))
    told = catenax.read(CS4.read_bytes(), "2CS4", {lot})
    assert (module, lot) not in relations(told)
    [made] = [event for event in of_type(told, "PRODUCTION") if event["outputs"][0]["key"] == module]
    assert made["inputs"] == [{"key": lot}]
    assert (module, lot, None) in read(BR4).foreign_uses


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
