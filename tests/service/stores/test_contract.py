"""Every store passes the contract suite."""

import random

import pytest

from service.stores.contract import CHECKS, Check, name_of, run_check
from service.stores.contract.knowing import check_history
from tests.conftest import KINDS_AND_VERSIONS, MakeStore
from tests.oracle.histories import random_history
from tests.support import RUNNER


@pytest.mark.parametrize("make_store", KINDS_AND_VERSIONS, indirect=True)
@pytest.mark.parametrize("check", CHECKS, ids=name_of)
def test_contract(check: Check, make_store: MakeStore) -> None:
    RUNNER.run(run_check(check, make_store))


@pytest.mark.parametrize("seed", range(3))
def test_random_histories_in_random_batches(seed: int, make_store: MakeStore) -> None:
    """Every read at every sequence equals that of `memory:`, after late, contradictory and voided events, with one
    or more batches in a write."""
    chance = random.Random(seed)
    events = random_history(chance, 25)
    batches = []
    while events:
        size = chance.choice([1, 2, 3, 8, 8])
        batches.append(events[:size])
        events = events[size:]

    async def run() -> None:
        store = make_store()
        await check_history(store, batches, (), together=1 + seed)
        assert await store.verify() == []

    RUNNER.run(run())
