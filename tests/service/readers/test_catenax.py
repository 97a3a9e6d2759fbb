"""The real Catena-X files."""

import io
from collections import Counter
from itertools import permutations
from pathlib import Path

import orjson
import pytest

from graph_schema.outcome import EventStatus
from service.ingesting import Ingest, Report
from service.ports import EventFilter, Store
from service.readers import catenax
from service.running import drive
from tests.support import DATA, ask

SMALL = Path(__file__).parents[3] / "seed/data/catenax/smallTestdata.json"
REDUCED = DATA / "catenax/CX_Testdata_v1.4.1-AsBuilt-reduced-with-asPlanned.json"
COMPANY_A = DATA / "catenax/import-test-data-2BR4_v1.0.1.json"
COMPANY_B = DATA / "catenax/import-test-data-2CS4_v1.0.1.json"
BATTERY = "urn:uuid:386da648-326a-4855-84c1-13597c1f2f09"


def ingest(store: Store, *paths: Path) -> Report:
    return drive(Ingest(store).run([str(path) for path in paths], io.BytesIO()))


def standing(report: Report) -> dict[str, int]:
    return {status.value: count for status, count in report.standing.items() if count}


def test_the_small_file_is_told_whole() -> None:
    reading = catenax.read(SMALL.read_bytes(), "small")
    kinds = Counter(output["kind"] for event in reading.events for output in event.get("outputs", ()))
    assert kinds == {"COMPONENT": 75, "CELL": 60, "LOT": 14, "MODULE": 6, "VEHICLE": 4, "BATTERY": 2}
    draws = [draw for event in reading.events for draw in event.get("inputs", ())]
    types = Counter(event["type"] for event in reading.events)
    assert types["INSTALLATION"] + len(draws) == 283
    assert len([draw for draw in draws if "massKg" not in draw]) == 60
    assert reading.malformed == []


def test_contradictions_are_kept_and_contested(store: Store) -> None:
    assert standing(ingest(store, SMALL)) == {"ACCEPTED": 435, "CONTESTED": 64}

    async def contested() -> list:
        async with store.snapshot() as snapshot:
            return await snapshot.event_page(EventFilter(status=EventStatus.CONTESTED), None, 100)

    events = drive(contested())
    assert {problem.code for event in events for problem in event.problems} == {"ALREADY_INSTALLED"}
    assert all(problem.conflicts_with for event in events for problem in event.problems)


def test_reading_a_file_twice_changes_nothing(store: Store) -> None:
    ingest(store, SMALL)
    before = drive(store.sequence_at(None))
    again = ingest(store, SMALL)
    assert {status.value: count for status, count in again.counts.items() if count} == {"DUPLICATE": 499}
    assert drive(store.sequence_at(None)) == before


def test_a_battery_with_its_modules_cells_cathode_and_vehicle(store: Store) -> None:
    ingest(store, SMALL)
    forward = Counter(node.kind for node in ask(store, BATTERY).nodes)
    assert forward["MODULE"] == 6
    assert forward["CELL"] == 60
    assert forward["VEHICLE"] == 1
    backward = ask(store, BATTERY, "BACKWARD")
    assert "Cathode Material" in {node.label for node in backward.nodes if node.kind == "LOT"}


def test_as_planned_is_left_out_and_said() -> None:
    reading = catenax.read(REDUCED.read_bytes(), "reduced")
    said = Counter(entry.what for entry in reading.left_out)
    assert said["SingleLevelBomAsPlanned"] == 15
    assert said["as-planned relation"] == 16


def test_the_reduced_file_has_no_contradiction(store: Store) -> None:
    assert standing(ingest(store, REDUCED)) == {"ACCEPTED": 265}


@pytest.mark.parametrize("files", list(permutations([COMPANY_A, COMPANY_B])), ids=["A then B", "B then A"])
def test_the_holes_of_one_company_close_when_the_other_comes(store: Store, files: tuple[Path, Path]) -> None:
    alone = standing(ingest(store, files[0]))
    assert alone["PENDING"] > 2
    both = standing(ingest(store, files[1]))
    assert both["PENDING"] == 2
    assert "CONTESTED" not in both
    again = standing(ingest(store, *files))
    assert again == both


def test_generations_of_the_container() -> None:
    part = {
        "localIdentifiers": [{"key": "manufacturerId", "value": "BPNL1"}],
        "manufacturingInformation": {"date": "2022-02-04"},
        "partTypeInformation": {"nameAtManufacturer": "HV Battery"},
    }
    child = part | {"partTypeInformation": {"nameAtManufacturer": "Module"}}
    bom = {"childItems": [{"catenaXId": "B", "quantity": "0.5 kg", "createdOn": "2022-03-01T00:00:00Z"}]}
    top = [
        {"catenaXId": "urn:uuid:A", "urn:samm:io.catenax.serial_part:3.0.0#SerialPart": [part],
         "SingleLevelBomAsBuilt": [bom]},
        {"catenaXId": "b", "SerialPart": [child]},
        {"catenaXId": "b", "SerialPart": [child]},
    ]  # fmt: skip
    for container in (top, {"policies": {}, "list": top}):
        reading = catenax.read(orjson.dumps(container), "made")
        made = [output for event in reading.events for output in event.get("outputs", ())]
        assert [(one["key"], one["kind"]) for one in made] == [("urn:uuid:a", "BATTERY"), ("urn:uuid:b", "MODULE")]
        (installed,) = [event for event in reading.events if event["type"] == "INSTALLATION"]
        assert installed["occurredAt"] == "2022-03-01T00:00:00Z"


def test_a_bad_asset_does_not_stop_the_rest(store: Store) -> None:
    good = orjson.loads(SMALL.read_bytes())
    assets = next(iter(good.values()))
    assets.insert(0, {"catenaXId": "urn:uuid:1", "SerialPart": [{"localIdentifiers": []}]})
    assets.insert(0, {"no": "id"})
    reading = catenax.read(orjson.dumps(good), "spoiled")
    assert [(bad.field, bad.reason) for bad in reading.malformed] == [
        ("catenaXId", "is missing"),
        ("localIdentifiers.manufacturerId", "is missing"),
    ]
    assert len(reading.events) == 499
