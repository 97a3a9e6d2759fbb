"""Rows of flows that are kept are those that are worked out afresh, whatever arrives in which order and batches."""

import random
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service import dependents, flow_rows
from service.flow_keeping import FlowKeeper
from service.flow_reading import KeptRows
from service.flow_rows import FlowKind, FlowRow
from service.gathering import Gathering
from service.ports import ItemFilter, Snapshot, Store
from service.stores.memory import MemoryStore
from tests.properties.test_flows import HISTORIES, dressed
from tests.support import send, wait


def kept(store: Store) -> dict[str, list[tuple[str, bytes]]]:
    """What is kept, by kind."""

    async def ask() -> dict[str, list[tuple[str, bytes]]]:
        async with store.snapshot() as snapshot:
            return {kind: sorted(await snapshot.flow_page(kind, "", 10_000)) for kind in FlowKind}

    return wait(store, ask())


def fresh(store: Store) -> dict[str, list[tuple[str, bytes]]]:
    """The same, worked out now."""

    async def ask() -> dict[str, list[tuple[str, bytes]]]:
        async with store.snapshot() as snapshot:
            rows = await _fresh(snapshot)
        return {kind: sorted((at.key, body) for at, body in rows if at.kind is kind) for kind in FlowKind}

    return wait(store, ask())


async def _fresh(snapshot: Snapshot) -> list[FlowRow]:
    gathering = Gathering(snapshot)
    await gathering.all_registrations()
    rows: list[FlowRow] = []
    async for page in gathering.batteries(ItemFilter()):
        rows += map(flow_rows.kept_battery, await gathering.battery_rows(page))
        rows += map(flow_rows.kept_new, await gathering.new_batteries(page))
    told, lots = await gathering.transformations()
    return [*rows, *map(flow_rows.kept_transformation, told), *map(flow_rows.kept_lot, lots.values())]


def arrive(store: Store, seed: int) -> None:
    """A random history in any order and batches, followed now and then, rebuilt once, and some of it voided."""
    rng = random.Random(seed)
    events = list({event["eventId"]: event for event in reversed(dressed(seed))}.values())
    if seed % 4:
        rng.shuffle(events)
    keeper = FlowKeeper(store, page=rng.choice([1, 3, 50]))
    start = 0
    if rng.random() < 0.3:
        wait(store, keeper.run())
    while start < len(events):
        size = rng.choice([1, 5, 12])
        send(store, events[start : start + size])
        start += size
        if rng.random() < 0.2:
            wait(store, keeper.step())
        elif rng.random() < 0.6:
            wait(store, keeper.run())
            assert kept(store) == fresh(store), (seed, start)
    wait(store, store.rebuild())
    wait(store, keeper.run())
    assert kept(store) == fresh(store), seed
    for number, event in enumerate(rng.sample(events, min(6, len(events)))):
        void = {"eventId": f"undo-{number}", "type": "VOIDING", "occurredAt": "2027-01-01T00:00:00Z"}
        send(store, [void | {"actor": event["actor"], "voids": event["eventId"]}])
        if number % 2:
            wait(store, keeper.run())
            assert kept(store) == fresh(store), (seed, number)


@settings(max_examples=max(1, HISTORIES // 20), deadline=None, print_blob=True)
@given(st.integers(0, 2**32 - 1))
def test_kept_rows_equal_fresh_ones(seed: int) -> None:
    arrive(MemoryStore(), seed)


@pytest.mark.parametrize("seed", range(6))
def test_kept_rows_equal_fresh_ones_on_every_store(store: Store, seed: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependents, "PAGE", 3)
    arrive(store, seed)


def test_kept_rows_read_back_as_they_were(store: Store) -> None:
    send(store, dressed(7))
    wait(store, FlowKeeper(store).run())

    async def ask() -> tuple[list[Any], list[Any]]:
        async with store.snapshot() as snapshot:
            read = KeptRows(snapshot)
            batteries = [row async for page in read.batteries() for row in page]
            new = [row async for page in read.new_batteries() for row in page]
            rows, lots = await read.transformations()
            again = [*map(flow_rows.kept_battery, batteries), *map(flow_rows.kept_new, new)]
            again += [*map(flow_rows.kept_transformation, rows), *map(flow_rows.kept_lot, lots.values())]
            return sorted(again), sorted(await _fresh(snapshot))

    again, expected = wait(store, ask())
    assert again == expected
    assert {row.at.kind for row in again} == set(FlowKind)
