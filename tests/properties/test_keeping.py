"""What is kept of findings against a fresh audit of everything: every arrival order, ended and resumed anywhere."""

import os
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_schema.rules import Finding
from graph_schema.windows import END
from service import dependents
from service.auditing import findings_of
from service.enterprises import organization_findings
from service.findings import FindingFilter
from service.keeping import Keeper
from service.kept import found
from service.ports import ItemFilter, Store
from service.running import drive
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from tests.oracle.histories import random_history
from tests.support import send

HISTORIES = max(8, int(os.environ.get("VOLTRACE_TEST_HISTORIES", "1000")) // 8)
ONLY = os.environ.get("VOLTRACE_TEST_SEED")
PARTS = 4
SEEDS = st.just(int(ONLY)) if ONLY else st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("part", range(PARTS))
def test_what_is_kept_equals_a_fresh_audit(part: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dependents, "PAGE", 4)

    @settings(max_examples=max(1, HISTORIES // PARTS), deadline=None, print_blob=True)
    @given(SEEDS)
    def check(seed: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            store: Store = MemoryStore() if seed % 4 == 0 else SqliteStore(Path(folder) / "voltrace.db")
            try:
                compare(seed, store)
            finally:
                drive(store.close())

    check()


def compare(seed: int, store: Store) -> None:
    """Record a history in batches, with steps of two keepers in between; then the rest of the steps."""
    rng = random.Random(seed)
    events = random_history(rng, 10 + seed % 31)
    if seed % 2:
        rng.shuffle(events)
    clock = iter(range(1, 1_000_000))
    keepers = [Keeper(store, now_us=lambda: next(clock), page=3) for _ in range(2)]
    if seed % 3 == 0:
        drive(keepers[0].run())
    while events:
        size = rng.choice([1, 1, 2, 5, 20])
        batch, events = events[:size], events[size:]
        send(store, batch)
        for _ in range(rng.choice([0, 0, 1, 2, 9])):
            drive(rng.choice(keepers).step())
        if rng.random() < 0.3:
            drive(rng.choice(keepers).run())
            assert _kept(store) == _fresh(store), seed
    drive(keepers[0].run())
    assert _kept(store) == _fresh(store), seed
    if seed % 16 == 0:
        drive(store.rebuild())
        assert _kept(store) == _fresh(store), seed


def _kept(store: Store) -> dict[str, Finding]:
    async def ask() -> dict[str, Finding]:
        async with store.snapshot() as snapshot:
            return {one.id: found(one) for one in await snapshot.finding_page(FindingFilter(), None, 10_000)}

    return drive(ask())


def _fresh(store: Store) -> dict[str, Finding]:
    async def ask() -> dict[str, Finding]:
        async with store.snapshot() as snapshot:
            items = [handle for handle, _ in await snapshot.item_page(ItemFilter(), None, 10_000)]
            judged = await findings_of(snapshot, items, END)
            organizations = await organization_findings(snapshot)
        assert judged.failures == organizations.failures == []
        return {one.id: one for of in (judged.of, organizations.of) for each in of.values() for one in each}

    return drive(ask())
