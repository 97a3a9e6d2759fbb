"""The real Catena-X files, and the fold of them."""

from __future__ import annotations

import copy
import json
from collections import Counter
from pathlib import Path

import pytest

from graph_schema.canonical import parse_event
from graph_schema.outcome import EventStatus
from service.ports import StoredEvent
from service.readers import catenax
from tests.service.readers.catenax_support import (
    BR4,
    CS4,
    FILES,
    REDUCED,
    SMALL,
    Json,
    ingest,
    left_out,
    of_type,
    outputs,
    read,
    relations,
    standing,
)

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
