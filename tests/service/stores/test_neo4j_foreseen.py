"""What a write of Neo4j reads ahead of its folds: what comes late, and no more after it than is likely asked for."""

import asyncio
from collections.abc import Collection
from typing import Any, cast

from graph_schema.canonical import parse_event
from graph_schema.events import AnyEvent
from graph_schema.order import Position
from graph_schema.refold import Tail
from graph_schema.state import State
from service.stores.contract.telling import event, made, unit
from service.stores.neo4j.folded import LOOKED_AT_AFTER, FoldedGraph, Timeline


def told(raw: dict[str, Any]) -> AnyEvent:
    return parse_event(raw)[0]


def ended(event_id: str, hour: int, *keys: str) -> AnyEvent:
    return told(event(event_id, "DISPOSAL", hour, items=list(keys), method="LOSS"))


class Database:
    """Notes what it is asked for, instead of a server."""

    def __init__(self, tails: dict[str, Tail], timelines: dict[str, Timeline]) -> None:
        self._tails, self._timelines = tails, timelines
        self.asked: list[tuple[str, Collection[Any]]] = []

    async def tails(self, keys: Collection[str]) -> dict[str, Tail]:
        self.asked.append(("tails", set(keys)))
        return {key: self._tails[key] for key in keys if key in self._tails}

    async def timelines(self, keys: Collection[str]) -> dict[str, Timeline]:
        self.asked.append(("timelines", set(keys)))
        return {key: self._timelines[key] for key in keys}

    async def judged(self, positions: Collection[Position]) -> dict[Position, Any]:
        self.asked.append(("judged", set(positions)))
        return {at: (None, None, {"TOUCHED"}) for at in positions}

    async def transfers(self, event_ids: Collection[str]) -> dict[str, Position]:
        return {}

    async def receipts_of(self, transfers: Collection[str]) -> list[Any]:
        return []

    async def voidings_of(self, event_ids: Collection[str]) -> list[Any]:
        return []


def asked(database: Database, *batches: list[AnyEvent]) -> list[tuple[str, Collection[Any]]]:
    """What foreseeing batches asks for."""

    async def nothing() -> None:
        """Nothing is being written."""

    graph = FoldedGraph(cast(Any, None), nothing, nothing)
    graph._graph = graph._log = cast(Any, database)
    asyncio.run(graph.foresee(batches))
    return database.asked


def test_what_is_out_of_order_within_a_batch_is_not_late() -> None:
    first, second = told(made("first", 1, unit("P"))), ended("second", 2, "P")
    graph = FoldedGraph(cast(Any, None), cast(Any, None), cast(Any, None))
    assert graph._late([[second, first]]) == {}
    assert graph._late([[first], [second]]) == {}
    assert graph._late([[second], [first]]) == {"P": first.position}


def test_of_a_hub_only_the_next_events_are_read() -> None:
    after = sorted(told(made(f"e-{number}", 100 + number, unit("P"))).position for number in range(LOOKED_AT_AFTER * 3))
    late = told(made("late", 50, unit("HUB")))
    database = Database({"HUB": Tail(None, after[-1])}, {"HUB": [(at, ()) for at in after]})
    assert ("judged", set(after[:LOOKED_AT_AFTER])) in asked(database, [late])
    assert [what for what, _ in database.asked].count("judged") == 1
    assert database.asked[-1] == ("tails", {"TOUCHED"}), "and what these touched"


def test_what_was_inside_at_the_time_of_a_late_event_is_read_a_level_at_once() -> None:
    """By the time at which it comes, and not as it is now."""
    late = ended("late", 50, "PACK-1", "PACK-2")
    before, after = told(made("b", 10, unit("X"))).position, told(made("a", 90, unit("Y"))).position
    tails = {name: Tail(None, after) for name in ("PACK-1", "PACK-2", "M-1", "M-2")}
    now = State(before, "MODULE", None, None)
    now.parts = {"CELL": None}
    tails["M-2"] = Tail(now, before)
    timelines: dict[str, Timeline] = {
        "PACK-1": [(before, (("+part", "M-1"),)), (after, (("-part", "M-1"),))],
        "PACK-2": [(before, (("+part", "M-2"), ("+part", "GONE"), ("-part", "GONE")))],
        "M-1": [(before, ()), (after, (("+part", "LATER"),))],
    }
    found = asked(Database(tails, timelines), [late])
    assert found[:5] == [
        ("tails", {"PACK-1", "PACK-2"}),
        ("timelines", {"PACK-1", "PACK-2"}),
        ("tails", {"M-1", "M-2"}),
        ("timelines", {"M-1"}),
        ("tails", {"CELL"}),
    ]
