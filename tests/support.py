"""What tests share: recording, asking, and answers in the oracle's shape."""

import asyncio
import atexit
from collections.abc import Coroutine, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from graph_schema.answer import Direction, Trace
from graph_schema.canonical import parse_event
from graph_schema.graph import Graph, fold
from graph_schema.trace import TraceQuestion, trace
from service.ports import EventFilter, ItemFilter, Store
from service.recording import RecordedEvent, record
from service.running import drive
from service.stores.graph_reader import GraphReader

T = TypeVar("T")

DATA = Path(__file__).parent / "data"


RUNNER = asyncio.Runner()
"""The event loop of stores that suspend; one for all tests, since their connections belong to it."""
atexit.register(RUNNER.close)


def wait(store: Store, coroutine: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine of a store to its end."""
    return drive(coroutine) if store.blocking else RUNNER.run(coroutine)


def send(store: Store, events: Sequence[Any], **options: Any) -> list[RecordedEvent]:
    """Record events."""
    return wait(store, record(store, events, **options))


def ask(store: Store, key: str, direction: str = "FORWARD", sequence: int | None = None, **more: Any) -> Trace | None:
    """A trace over a store."""

    async def answer() -> Trace | None:
        async with store.snapshot(sequence) as snapshot:
            return await trace(snapshot, TraceQuestion(key, Direction(direction), **more))

    return wait(store, answer())


def folded(events: Sequence[dict[str, Any]]) -> Graph:
    """The full fold of events; of two with one id the first counts."""
    first: dict[str, Any] = {}
    for event in events:
        first.setdefault(event["eventId"], event)
    return fold([parse_event(event)[0] for event in first.values()])


def ask_graph(graph: Graph, key: str, direction: str, as_of: str | None = None) -> Trace | None:
    """A trace over a graph."""
    moment = None if as_of is None else datetime.fromisoformat(as_of)
    return drive(trace(GraphReader(graph), TraceQuestion(key, Direction(direction), moment)))


def in_oracle_shape(answer: Trace | None) -> dict[str, Any] | None:
    """A trace as the oracle writes it."""
    if answer is None:
        return None
    families = {"EVENT": "event", "ORGANIZATION": "organization"}
    return {
        "items": {node.key: node.role.value for node in answer.nodes if node.kind not in families},
        "edges": {(edge.kind, edge.source, edge.target, edge.opened_by, edge.closed_by) for edge in answer.edges},
        "attribution": {(row.key, row.element): (row.mass_kg, row.share, row.basis) for row in answer.attribution},
        "balance": {row.element: tuple(row)[1:] for row in answer.balance},
        "nodes": {(families.get(node.kind, "item"), node.key): node.depth for node in answer.nodes},
    }


def found_by(answer: Trace | None) -> dict[str, Any] | None:
    """What a trace found, without weights, whose last digits depend on the order of sums."""
    shape = in_oracle_shape(answer)
    return shape and {name: shape[name] for name in ("items", "edges", "nodes")}


def everything(store: Store, sequence: int, keys: Sequence[str]) -> list[Any]:
    """What a store answers at a moment of knowledge, comparable between stores."""

    async def look() -> list[Any]:
        seen: list[Any] = []
        async with store.snapshot(sequence) as snapshot:
            for key in keys:
                for direction in Direction:
                    for claims in (False, True):
                        seen.append(_plain(await trace(snapshot, TraceQuestion(key, direction, claims=claims))))
                handle = await snapshot.find(key)
                if handle is not None:
                    seen.append(
                        [(event.event_id, event.status) for event in (await snapshot.history([handle]))[handle]]
                    )
                    seen.append([(row.key, row.spec) for row in await snapshot.details([handle])])
            seen.append([key for _, key in await snapshot.item_page(ItemFilter(), None, 10_000)])
            seen.append(
                [
                    (event.sequence, event.event_id, event.status, event.problems)
                    for event in await snapshot.event_page(EventFilter(), None, 10_000)
                ]
            )
        return seen

    return wait(store, look())


def _plain(answer: Trace | None) -> Any:
    if answer is None:
        return None
    return (
        [node._replace(handle=None) for node in answer.nodes],
        answer.edges,
        [row._replace(mass_kg=round(row.mass_kg, 9), share=round(row.share, 9)) for row in answer.attribution],
        [(row.element, *(round(kg, 9) for kg in row[1:])) for row in answer.balance],
        answer.unsettled,
    )
