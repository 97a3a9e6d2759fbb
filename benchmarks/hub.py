"""Traces at a hub: one lot that very many units were made from."""

from __future__ import annotations

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import orjson

from benchmarks.measure import BATCH, batches
from graph_schema.answer import Direction
from graph_schema.trace import TraceQuestion, trace
from service.ports import Store
from service.recording import record

HUB = "bench-hub"
FEW = 100
TURNS = 3
BEGIN = datetime(2040, 1, 1, tzinfo=UTC)


def _told(draws: int) -> Iterator[bytes]:
    lot = {"key": HUB, "kind": "LOT", "material": "LITHIUM_CARBONATE", "massKg": float(draws)}
    yield _event("lot", "ENROLMENT", 0, items=[lot])
    for number in range(draws):
        unit = {"key": f"{HUB}-{number}", "kind": "CELL"}
        yield _event(str(number), "PRODUCTION", number + 1, outputs=[unit], inputs=[{"key": HUB, "massKg": 1.0}])


def _event(name: str, type: str, second: int, **more: Any) -> bytes:
    at = (BEGIN + timedelta(seconds=second)).isoformat()
    return orjson.dumps({"eventId": f"{HUB}-{name}", "type": type, "occurredAt": at, "actor": "bench", **more})


async def measure(store: Store, draws: int) -> dict[str, float]:
    """All that a hub went into, and the nearest of it; milliseconds, the fastest of some turns, of which the first
    does not count."""
    for batch in batches(_told(draws), BATCH):
        await record(store, batch)
    report: dict[str, float] = {"draws": draws}
    for name, nodes_max in (("all of it", 3 * draws), (f"at most {FEW} nodes", FEW)):
        taken = []
        for _ in range(TURNS + 1):
            start = time.perf_counter()
            async with store.snapshot() as snapshot:
                found = await trace(snapshot, TraceQuestion(HUB, Direction.FORWARD, nodes_max=nodes_max, weigh=False))
            taken.append(time.perf_counter() - start)
        assert found is not None
        report |= {f"{name}: nodes": len(found.nodes), f"{name}: ms": min(taken[1:]) * 1000}
    return report
