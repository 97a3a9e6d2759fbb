"""What the tests of the EPCIS reader share: documents made up, and a store that they are read into."""

from __future__ import annotations

import asyncio
import io
import json
from collections import Counter
from pathlib import Path
from typing import Any

from graph_schema.answer import Trace
from graph_schema.canonical import parse_event
from service.ingesting import Ingest, Report
from service.items import holders_of
from service.ports import EventFilter, StoredEvent
from service.readers.epcis.document import load
from service.readers.epcis.ledger import Ledger
from service.readers.epcis.reader import tell
from service.readers.reading import Options, Reading, Source
from service.recording import RecordStatus
from service.stores.memory import MemoryStore
from tests.support import ask

DATA = Path(__file__).parents[3] / "data" / "epcis"
AMPERIA = DATA / "amperia-staxwall-lifecycle.jsonld"
WEEE = DATA / "weee-disposal.jsonld"

Json = dict[str, Any]

PACK = "https://id.gs1.org/01/09521234002000/21/P1"
PACK_2 = "https://id.gs1.org/01/09521234002000/21/P2"
MODULES = [f"https://id.gs1.org/01/09521234003007/21/M{number}" for number in range(1, 5)]
LOT = "https://id.gs1.org/01/09521234009009/10/BM-1"
LOT_2 = "https://id.gs1.org/01/09521234009009/10/BM-2"
SALT = "https://id.gs1.org/01/09521234009016/10/LI-1"
SSCC = "https://id.gs1.org/00/095212340000000174"
CAR = "https://id.gs1.org/8004/WVWZZZ3CZWE123456"
MAKER, BUYER, CARRIER = "9521234000105", "9521234000211", "9521234000303"
PLANT = "https://id.gs1.org/414/9521234000105"
YARD = "https://id.gs1.org/414/9521234000211"


def at(day: int, hour: int = 8) -> str:
    return f"2026-04-{day:02d}T{hour:02d}:00:00.000Z"


def event(kind: str, day: int, **fields: Any) -> Json:
    """An event at the plant; `kind` without its ending, `day` of April 2026."""
    name = f"{kind}Event"
    base = {"type": name, "eventTime": at(day), "eventTimeZoneOffset": "+08:00", "readPoint": {"id": PLANT}}
    if kind != "Transformation":
        base["action"] = "OBSERVE"
    return {**base, **fields}


def made(day: int, *epcs: str, **fields: Any) -> Json:
    return event("Object", day, action="ADD", bizStep="commissioning", epcList=list(epcs), **fields)


def seen(day: int, *epcs: str, **fields: Any) -> Json:
    return event("Object", day, epcList=list(epcs), **fields)


def amount(key: str, quantity: float | None = None, uom: str | None = None) -> Json:
    stated = {"epcClass": key, "quantity": quantity, "uom": uom}
    return {name: value for name, value in stated.items() if value is not None}


def from_to(giver: str | None, taker: str | None, kind: str = "possessing_party") -> Json:
    lists: Json = {}
    if giver is not None:
        lists["sourceList"] = [{"type": kind, "source": f"https://id.gs1.org/417/{giver}"}]
    if taker is not None:
        lists["destinationList"] = [{"type": kind, "destination": f"https://id.gs1.org/417/{taker}"}]
    return lists


def document(*events: Json, **header: Any) -> bytes:
    whole = {
        "@context": [],
        "type": "EPCISDocument",
        "schemaVersion": "2.0",
        **header,
        "epcisBody": {"eventList": events},
    }
    return json.dumps(whole).encode()


class Told:
    """What a document becomes, without a store."""

    def __init__(self, data: bytes, actor: str | None = None) -> None:
        self.reading = Reading()
        self.document = load(data, "made up", self.reading)
        self.registrations, told = tell(self.document, Ledger(), actor)
        self.groups = [one.events for one in told]
        self.events = [event for group in self.groups for event in group]
        for one in [*self.registrations, *self.events]:
            parse_event(json.loads(json.dumps(one)))

    @property
    def types(self) -> list[str]:
        return [event["type"] for event in self.events]

    def of(self, kind: str) -> list[Json]:
        return [event for event in self.events if event["type"] == kind]

    def one(self, kind: str) -> Json:
        (found,) = self.of(kind)
        return found

    @property
    def malformed(self) -> list[tuple[str, str]]:
        return [(entry.field, entry.reason) for entry in self.reading.malformed]

    @property
    def left_out(self) -> Counter[str]:
        return Counter(entry.what for entry in self.reading.left_out)

    @property
    def assumed(self) -> Counter[str]:
        return Counter(entry.what for entry in self.reading.assumed)


class World:
    """A store that documents are read into, one after another."""

    def __init__(self) -> None:
        self.store = MemoryStore()

    def read(self, *documents: bytes | Path, actor: str | None = None) -> Report:
        """The report on the last one."""
        for one in documents:
            data = one if isinstance(one, bytes) else one.read_bytes()
            ingest = Ingest(self.store, options=Options(actor=actor))
            report = asyncio.run(ingest.run(["-"], io.BytesIO(data), "epcis"))
        return report

    def trace(self, key: str, direction: str = "FORWARD", **more: Any) -> Trace:
        found = ask(self.store, key, direction, **more)
        assert found is not None, f"{key} is not known"
        return found

    def events(self) -> list[StoredEvent]:
        async def look() -> list[StoredEvent]:
            async with self.store.snapshot() as snapshot:
                return await snapshot.event_page(EventFilter(), None, 10_000)

        return asyncio.run(look())

    def statuses(self) -> Counter[str]:
        return Counter(event.status.value for event in self.events())

    def holder(self, key: str) -> str | None:
        async def look() -> str | None:
            async with self.store.snapshot() as snapshot:
                item = await snapshot.find(key)
                return (await holders_of(snapshot, [item], b"\xff" * 20)).get(item)

        return asyncio.run(look())


def counts(report: Report) -> dict[str, int]:
    return {status.value: count for status, count in report.counts.items() if count}


def all_accepted(report: Report) -> bool:
    return set(report.counts) <= {RecordStatus.ACCEPTED} and not report.rejections


def source(data: bytes) -> Source:
    return Source("made up", io.BytesIO(data))
