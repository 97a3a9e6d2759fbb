"""Appends that are recorded at one moment, in whatever order and cut: the graph is as a rebuild folds it."""

import random
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest

from graph_schema.order import instant_us
from service.ports import OrganizationFilter, Store
from service.recording import Stated, record_batches
from service.stores.contract.telling import START, registered
from service.stores.memory import MemoryStore
from service.stores.neo4j import Neo4jStore
from tests.conftest import KINDS_AND_VERSIONS, MakeStore
from tests.oracle.histories import random_history
from tests.support import RUNNER

Writes = list[list[tuple[list[dict[str, Any]], Stated]]]
SHOWN = "MATCH (o:Organization) RETURN collect(properties(o))"


def moment(number: int) -> Stated:
    return Stated(instant_us(START + timedelta(days=900, hours=number)))


def cut(chance: random.Random, events: list[dict[str, Any]]) -> Writes:
    """Events in appends of few moments, and these in writes; a moment may go on from one write to the next."""
    writes: Writes = []
    number = 0
    while events:
        size = chance.choice([1, 1, 2, 3])
        batch, events = (events[:size], moment(number)), events[size:]
        number += chance.random() < 0.2
        if writes and chance.random() < 0.6:
            writes[-1].append(batch)
        else:
            writes.append([batch])
    return writes


def registrations(chance: random.Random) -> list[dict[str, Any]]:
    """Registrations of three organizations, out of order, that state now this and now that."""
    hours = chance.sample(range(1, 100), 14)
    stated = [{"name": f"at {hour}", "region": f"CN-{hour}"} for hour in hours]
    return [
        registered(
            f"r-{hour}",
            hour,
            chance.choice("ABC"),
            *chance.choice([[], ["RECYCLER"], ["UTILIZER", "RECYCLER"]]),
            **{name: value for name, value in fields.items() if chance.random() < 0.7},
        )
        for hour, fields in zip(hours, stated, strict=True)
    ]


async def seen(store: Store) -> tuple[Any, ...]:
    """What is told of organizations, and what nodes show of them."""
    async with store.snapshot() as snapshot:
        page = await snapshot.organization_page(OrganizationFilter(), None, 99)
        told = [await snapshot.registrations([key]) for key in "ABC"]
    shown: list[Any] = []
    if isinstance(store, Neo4jStore):
        async with store.connection.reading() as reads:
            shown = sorted(await reads.one(SHOWN), key=lambda node: str(node["key"]))
    return page, told, shown


async def check_as_rebuilt(store: Store, writes: Writes) -> None:
    for batches in writes:
        for answered in await record_batches(store, batches):
            assert answered
    assert await store.verify() == []
    before = await seen(store)
    await store.rebuild()
    assert await seen(store) == before
    assert await store.verify() == []


@pytest.mark.parametrize("make_store", KINDS_AND_VERSIONS, indirect=True)
@pytest.mark.parametrize("seed", range(3))
def test_organizations_are_as_rebuilt(seed: int, make_store: MakeStore) -> None:
    chance = random.Random(seed)
    writes = cut(chance, registrations(chance))
    assert any(one[-1][1] == other[0][1] for one, other in pairwise(writes)), "across a write"
    RUNNER.run(check_as_rebuilt(make_store(), writes))


@pytest.mark.parametrize("make_store", KINDS_AND_VERSIONS, indirect=True)
@pytest.mark.parametrize("seed", range(2))
def test_histories_are_as_rebuilt(seed: int, make_store: MakeStore) -> None:
    """And what anybody reads at the end is what the memory store says of the same appends."""
    chance = random.Random(seed)
    writes = cut(chance, random_history(chance, 25))

    async def run() -> None:
        store, memory = make_store(), MemoryStore()
        await check_as_rebuilt(store, writes)
        await check_as_rebuilt(memory, writes)
        assert (await seen(store))[:2] == (await seen(memory))[:2]
        assert await store.sequence_at(None) == await memory.sequence_at(None)

    RUNNER.run(run())
