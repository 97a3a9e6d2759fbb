"""Histories with hubs and diamonds, traced on Neo4j as `memory:` traces them, which is the specification."""

from collections.abc import Iterator
from typing import Any

import pytest

from service.ports import EventFilter
from service.stores.contract.telling import draw, event, lot, made, unit
from service.stores.memory import MemoryStore
from service.stores.neo4j import Neo4jStore
from service.stores.neo4j.ahead import HUB
from service.stores.neo4j.connection import Reads
from service.stores.neo4j.snapshot import Neo4jSnapshot
from tests.conftest import NEO4J_ITSELF, NEO4J_VERSIONS
from tests.support import RUNNER, ask, found_by, send

pytestmark = NEO4J_ITSELF
DRAWS = HUB + 10
assert DRAWS < 1000
LENGTH_OF_A_PLACE = 17 + len(f"u{DRAWS - 1}")
"""A place in the total order goes as a list of its bytes."""


@pytest.fixture
def store(neo4j_servers: Any) -> Iterator[Neo4jStore]:
    server = neo4j_servers(NEO4J_VERSIONS[0])
    server.empty()
    made_store = server.store()
    yield made_store
    RUNNER.run(made_store.close())


def hub() -> list[dict[str, Any]]:
    """One lot that many units draw on, and that many packs went into."""
    packs = [made(f"m{number}", 1, unit(f"P{number}", massKg=2.0)) for number in range(DRAWS)]
    inputs = [draw(f"P{number}") for number in range(DRAWS)]
    recycled = event("r", "RECYCLING", 2, inputs=inputs, outputs=[lot("HUB", 2.0 * DRAWS)])
    units = [made(f"u{number}", 3, unit(f"U{number}", "CELL"), inputs=[draw("HUB", 1.0)]) for number in range(DRAWS)]
    return [*packs, recycled, *units]


def assembly() -> list[dict[str, Any]]:
    """One host with many parts, of which one goes on into another host, and the rest into a lot."""
    parts = [unit(f"U{number}", "CELL", massKg=1.0) for number in range(DRAWS)]
    return [
        made("host", 1, unit("HOST", "BATTERY", parts, massKg=1.0 * DRAWS)),
        event("out", "REMOVAL", 2, part="U7", host="HOST"),
        made("other", 3, unit("OTHER", "BATTERY", ["U7"])),
        event("r", "RECYCLING", 4, inputs=[draw("HOST")], outputs=[lot("MASS", 1.0 * DRAWS - 1)]),
    ]


def diamonds(rungs: int = 12) -> list[dict[str, Any]]:
    """Lots that part into two and come together again, rung after rung: 2 ** rungs ways from top to bottom."""
    events = [event("top", "ENROLMENT", 0, items=[lot("L0", 1000.0)])]
    for rung in range(rungs):
        hour = 3 * rung + 1
        for side in ("a", "b"):
            output = lot(f"{side}{rung}", 100.0)
            events.append(event(f"{side}{rung}", "REFINING", hour, inputs=[draw(f"L{rung}", 100.0)], outputs=[output]))
        inputs = [draw(f"a{rung}", 100.0), draw(f"b{rung}", 100.0)]
        events.append(event(f"c{rung}", "RECYCLING", hour + 1, inputs=inputs, outputs=[lot(f"L{rung + 1}", 200.0)]))
    return events


@pytest.mark.parametrize(
    ("events", "keys", "size"),
    [
        (hub(), ["HUB", "P7", "U7"], 2 * DRAWS),
        (assembly(), ["HOST", "U7", "U8", "OTHER", "MASS"], DRAWS),
        (diamonds(), ["L0", "L5", "b5", "L12"], 3 * 12),
    ],
    ids=["a lot of many draws", "a host of many parts", "diamonds"],
)
def test_a_trace_equals_the_specification(
    store: Neo4jStore, events: list[dict[str, Any]], keys: list[str], size: int
) -> None:
    specification = MemoryStore()
    expected = [one.status.value for one in send(specification, events)]
    assert set(expected) == {"ACCEPTED"}
    assert [one.status.value for one in send(store, events)] == expected
    largest = 0
    for key in keys:
        for direction in ("FORWARD", "BACKWARD", "BOTH"):
            whole = ask(store, key, direction)
            assert found_by(whole) == found_by(ask(specification, key, direction)), (key, direction)
            assert whole is not None
            largest = max(largest, len(whole.nodes))
            for bounds in ({"nodes_max": 10}, {"depth_max": 3}, {"nodes_max": 10, "further": tuple(keys)}):
                ours, theirs = (ask(one, key, direction, **bounds) for one in (store, specification))
                assert ours is not None
                assert theirs is not None
                assert [node.key for node in ours.nodes] == [node.key for node in theirs.nodes]
                assert ours.truncated == theirs.truncated
    assert largest > size


@pytest.mark.parametrize(
    ("events", "key", "direction"),
    [
        (hub(), "HUB", "FORWARD"),
        (hub(), "HUB", "BACKWARD"),
        (hub(), "P7", "FORWARD"),
        (assembly(), "HOST", "FORWARD"),
    ],
    ids=["draws on a lot", "what went into a lot", "a way to a lot of many draws", "parts of a host"],
)
def test_the_edges_of_a_hub_are_read_only_where_a_trace_comes_to_it(
    store: Neo4jStore, monkeypatch: pytest.MonkeyPatch, events: list[dict[str, Any]], key: str, direction: str
) -> None:
    """They are left out of what is read ahead, and then read level by level."""
    send(store, events)
    around, read = Neo4jSnapshot._around, []

    async def noted(self: Neo4jSnapshot, *arguments: Any) -> Any:
        found = await around(self, *arguments)
        read.append(max(len(found.parts), len(found.consumptions), len(found.yields)))
        return found

    monkeypatch.setattr(Neo4jSnapshot, "_around", noted)
    assert ask(store, key, direction) is not None
    assert max(read) >= DRAWS
    read.clear()
    assert ask(store, "U8", "FORWARD") is not None
    assert read == [], "what comes to no hub is read ahead"


def _longest(value: Any) -> int:
    """How many entries the longest list in a value has."""
    if isinstance(value, dict):
        value = list(value.values())
        return max(map(_longest, value), default=0)
    return max([len(value), *map(_longest, value)]) if isinstance(value, list) else 0


def test_a_page_of_the_events_of_a_hub_is_all_that_is_sent(store: Neo4jStore, monkeypatch: pytest.MonkeyPatch) -> None:
    """Neither to the database nor back goes what is before or behind the page."""
    send(store, hub())
    record = Reads.record
    longest: list[int] = []
    in_order = ["r", *(f"u{number}" for number in range(DRAWS))]

    async def noted(self: Reads, query: str, values: dict[str, Any]) -> Any:
        found = await record(self, query, values)
        told = found[0]
        longest.append(max(_longest(values), len(told) if isinstance(told, list) else 0))
        return found

    async def pages() -> None:
        async with store.snapshot() as snapshot:
            for reverse in (False, True):
                recorded, lived = in_order[:: -1 if reverse else 1], sorted(in_order, reverse=reverse)
                after, place = None, None
                for start in range(0, 30, 10):
                    page = await snapshot.event_page(EventFilter(item="HUB"), after, 10, reverse)
                    assert [one.event_id for one in page] == recorded[start : start + 10]
                    life = (await snapshot.history(["HUB"], limit=10, after=place, reverse=reverse))["HUB"]
                    assert [one.event_id for one in life] == lived[start : start + 10]
                    after, place = page[-1].sequence, life[-1].position
            made_by = await snapshot.history(["HUB"], limit=10, types=("RECYCLING",))
            assert [one.event_id for one in made_by["HUB"]] == ["r"]
            assert await snapshot.history_count(["HUB"]) == {"HUB": DRAWS + 1}
            assert await snapshot.event_count(EventFilter(item="HUB")) == DRAWS + 1

    monkeypatch.setattr(Reads, "record", noted)
    RUNNER.run(pages())
    assert max(longest) == LENGTH_OF_A_PLACE
