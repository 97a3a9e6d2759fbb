"""Traces to write: of the story, of a real file, of random histories, and of large ones made up."""

from __future__ import annotations

import random
from functools import cache
from pathlib import Path
from typing import Any

from graph_schema.answer import Trace
from seed.story import BLACK_MASS, PACK_A, PACK_NEW, PACK_RECYCLED, story
from service.readers import catenax
from service.stores.memory import MemoryStore
from tests.oracle.histories import random_history
from tests.support import DATA, ask, send

CATENA_X = DATA / "catenax" / "CX_Testdata_v1.4.1-AsBuilt-reduced-with-asPlanned.json"
CELLS = Path(__file__).parents[3] / "seed/data/catenax/smallTestdata.json"
DIRECTIONS = ("FORWARD", "BACKWARD", "BOTH")


def told(
    events: list[dict[str, Any]], *keys: str, directions: tuple[str, ...] = DIRECTIONS, claims: bool = True
) -> list[Trace]:
    """The traces of items over events."""
    store = MemoryStore()
    send(store, events)
    return [trace for key in keys for one in directions if (trace := ask(store, key, one, claims=claims)) is not None]


@cache
def of_story() -> list[Trace]:
    """Six and more ways through the story."""
    return told(story(), PACK_A, PACK_RECYCLED, PACK_NEW, BLACK_MASS)


@cache
def of_catena_x() -> list[Trace]:
    """The five largest traces of the real file."""
    events = [dict(event) for event in catenax.read(CATENA_X.read_bytes(), CATENA_X.name).events]
    keys = list(dict.fromkeys(spec["key"] for event in events for spec in event.get("outputs", ())))
    found = told(events, *keys, directions=("BOTH",))
    return sorted(found, key=lambda trace: -len(trace.nodes))[:5]


@cache
def of_vehicles(claims: bool) -> list[Trace]:
    """What a real file tells of vehicles and batteries, parts of which two of them claim, each way."""
    events = [dict(event) for event in catenax.read(CELLS.read_bytes(), CELLS.name).events]
    specs = [spec for event in events for spec in event.get("outputs", ())]
    keys = [spec["key"] for spec in specs if spec["kind"] in ("VEHICLE", "BATTERY")]
    return told(events, *keys, claims=claims)


def of_random(seed: int) -> list[Trace]:
    """Traces of some items of a random history, in which all goes wrong that can."""
    rng = random.Random(seed)
    events = random_history(rng, 12 + seed % 60)
    keys = sorted({spec["key"] for event in events for spec in event.get("outputs", ()) if isinstance(spec, dict)})
    return told(events, *rng.sample(keys, min(4, len(keys))))


def packs(count: int, modules: int, cells: int, alike: bool = True) -> list[dict[str, Any]]:
    """A lot goes into packs, which are recycled ten by ten; `alike`: all of one model."""
    events: list[dict[str, Any]] = []

    def tell(day: int, kind: str, **fields: Any) -> None:
        when = f"2024-{1 + day // 28:02d}-{1 + day % 28:02d}T00:00:00Z"
        events.append(
            {"eventId": f"e{len(events)}", "type": kind, "occurredAt": when, "actor": "MAKER", "step": 0} | fields
        )

    def spec(key: str, kind: str, parts: list[dict[str, Any]]) -> dict[str, Any]:
        return {"key": key, "kind": kind, "model": kind[0] if alike else f"model {key}", "parts": parts}

    tell(0, "ENROLMENT", items=[{"key": "LOT-0", "kind": "LOT", "material": "black mass", "massKg": 1e6}])
    for pack in range(count):
        inside = [
            spec(f"P{pack}M{m}", "MODULE", [spec(f"P{pack}M{m}C{c}", "CELL", []) for c in range(cells)])
            for m in range(modules)
        ]
        outputs = [spec(f"P{pack}", "BATTERY", inside)]
        tell(1 + pack % 50, "PRODUCTION", inputs=[{"key": "LOT-0", "massKg": 1}], outputs=outputs)
        tell(60 + pack % 50, "TRANSFER", items=[f"P{pack}"], to=f"FLEET-{pack % 7}")
    for first in range(0, count, 10):
        inputs = [{"key": f"P{pack}"} for pack in range(first, min(count, first + 10)) if pack % 3]
        made = [{"key": f"L{first}", "material": ("copper", "aluminium")[first % 20 // 10], "massKg": 1}]
        if inputs:
            tell(150 + first // 10 % 28, "RECYCLING", actor="RECYCLER", inputs=inputs, outputs=made)
    return events


@cache
def of_packs(count: int, modules: int, cells: int, alike: bool = True) -> Trace:
    """Where that lot went."""
    (trace,) = told(packs(count, modules, cells, alike), "LOT-0", directions=("FORWARD",))
    return trace


@cache
def of_parts(count: int) -> Trace:
    """A vehicle of so many components, each made on a day of its own."""
    parts = [{"key": f"C{number}", "kind": "COMPONENT", "model": "door"} for number in range(count)]
    made = [{"eventId": f"made-{part['key']}", "type": "PRODUCTION", "outputs": [part]} for part in parts]
    vehicle = {"key": "V", "kind": "VEHICLE"}
    joined = {
        "eventId": "joined",
        "type": "PRODUCTION",
        "outputs": [vehicle | {"parts": [{"key": part["key"]} for part in parts]}],
    }
    events = [
        {"occurredAt": f"2024-01-{1 + day:02d}T00:00:00Z", "actor": "MAKER"} | event
        for day, event in enumerate([*made, joined])
    ]
    (trace,) = told(events, "V", directions=("BACKWARD",))
    return trace
