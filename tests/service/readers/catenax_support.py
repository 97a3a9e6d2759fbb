"""What the tests of the Catena-X reader share."""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

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
