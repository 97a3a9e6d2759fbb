"""Telling a store small histories, in few words: hours instead of times, A instead of an actor."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from graph_schema.answer import Direction, Trace
from graph_schema.trace import TraceQuestion, trace
from service.ports import Snapshot, Store
from service.recording import OnConflict, record

Event = dict[str, Any]

START = datetime(2024, 3, 1, tzinfo=UTC)


def moment(hour: float) -> datetime:
    """So many hours after the history begins."""
    return START + timedelta(hours=hour)


def event(event_id: str, type_: str, hour: float, actor: str = "A", **fields: Any) -> Event:
    """An event at an hour."""
    return {"eventId": event_id, "type": type_, "occurredAt": moment(hour).isoformat(), "actor": actor, **fields}


def made(event_id: str, hour: float, *outputs: Event, **fields: Any) -> Event:
    """A production."""
    return event(event_id, "PRODUCTION", hour, outputs=list(outputs), **fields)


def unit(key: str, kind: str = "MODULE", parts: Sequence[str | Event] = (), **fields: Any) -> Event:
    """The spec of a unit."""
    return {"key": key, "kind": kind, **({"parts": list(parts)} if parts else {}), **fields}


def lot(key: str, kg: float | None = None, lithium_kg: float | None = None, **fields: Any) -> Event:
    """The spec of a lot."""
    stated: Event = {} if kg is None else {"massKg": kg}
    if lithium_kg is not None:
        stated["composition"] = {"Li": lithium_kg}
    return {"key": key, "kind": "LOT", "material": "black mass", **stated, **fields}


def draw(key: str, kg: float | None = None) -> Event:
    """A draw on a lot, or a unit as an input."""
    return {"key": key} if kg is None else {"key": key, "massKg": kg}


def registered(event_id: str, hour: float, key: str, *roles: str, **fields: Any) -> Event:
    """The registration of an organization by itself."""
    return event(event_id, "REGISTRATION", hour, key, organization={"key": key, "roles": list(roles), **fields})


def moved(event_id: str, type_: str, hour: float, part: str, host: str, actor: str = "A") -> Event:
    """An installation or a removal."""
    return event(event_id, type_, hour, actor, part=part, host=host)


def voided(event_id: str, hour: float, target: str, actor: str = "A") -> Event:
    """A voiding."""
    return event(event_id, "VOIDING", hour, actor, voids=target)


async def tell(store: Store, *events: Event, on_conflict: OnConflict = OnConflict.KEEP) -> list[str]:
    """Record events as one batch; the status of each."""
    return [result.status.value for result in await record(store, list(events), on_conflict)]


async def standing(store: Store, *event_ids: str, sequence: int | None = None) -> list[str]:
    """The statuses of stored events, `-` where the snapshot does not hold one."""
    async with store.snapshot(sequence) as snapshot:
        found = {stored.event_id: stored.status.value for stored in await snapshot.stored(event_ids)}
    return [found.get(event_id, "-") for event_id in event_ids]


async def handles(snapshot: Snapshot, keys: Iterable[str]) -> list[Any]:
    """The handles of items that must be known."""
    found = []
    for key in keys:
        handle = await snapshot.find(key)
        assert handle is not None, f"{key} is not found"
        found.append(handle)
    return found


async def traced(
    store: Store, key: str, as_of: datetime | None = None, sequence: int | None = None, claims: bool = False
) -> Trace | None:
    """The forward trace of an item."""
    async with store.snapshot(sequence) as snapshot:
        return await trace(snapshot, TraceQuestion(key, Direction.FORWARD, as_of, claims=claims))


def roles(answer: Trace | None) -> dict[str, str] | None:
    """The items of a trace with their roles."""
    if answer is None:
        return None
    return {node.key: node.role.value for node in answer.nodes if node.role.value not in ("EVENT", "CUSTODIAN")}


def edges(answer: Trace | None) -> set[tuple[str, str, str]]:
    """The edges of a trace as (kind, source, target)."""
    return set() if answer is None else {(edge.kind, edge.source, edge.target) for edge in answer.edges}
