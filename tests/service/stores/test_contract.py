"""Every store passes the contract suite."""

import asyncio
import random
from pathlib import Path

import pytest

from service.stores.contract import CHECKS, Check, name_of, run_check
from service.stores.contract.knowing import check_history
from service.stores.sqlite import SqliteStore
from tests.conftest import MakeStore
from tests.oracle.histories import random_history


@pytest.mark.parametrize("check", CHECKS, ids=name_of)
def test_contract(check: Check, make_store: MakeStore) -> None:
    asyncio.run(run_check(check, make_store))


@pytest.mark.parametrize("seed", range(6))
def test_random_histories_in_random_batches(seed: int, tmp_path: Path) -> None:
    """Every read at every sequence equals that of `memory:`, after late, contradictory and voided events."""
    chance = random.Random(seed)
    events = random_history(chance, 40)
    batches = []
    while events:
        size = chance.choice([1, 1, 2, 3, 8])
        batches.append(events[:size])
        events = events[size:]

    async def run() -> None:
        store = SqliteStore(tmp_path / "s.db")
        await check_history(store, batches, ())
        assert await store.verify() == []
        await store.close()

    asyncio.run(run())
