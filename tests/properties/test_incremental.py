"""The incremental fold against the full fold: every arrival order, every batching, at every moment of knowledge."""

import os
import random
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from service.running import drive
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from tests.oracle.histories import random_history
from tests.support import everything, send

HISTORIES = int(os.environ.get("VOLTRACE_TEST_HISTORIES", "1000"))
ONLY = os.environ.get("VOLTRACE_TEST_SEED")
PARTS = 8
SEEDS = st.just(int(ONLY)) if ONLY else st.integers(0, 2**32 - 1)


@pytest.mark.parametrize("part", range(PARTS))
def test_the_embedded_store_equals_the_specification(part: int) -> None:
    @settings(max_examples=max(1, HISTORIES // PARTS), deadline=None, print_blob=True)
    @given(SEEDS)
    def check(seed: int) -> None:
        with tempfile.TemporaryDirectory() as folder:
            store = SqliteStore(Path(folder) / "voltrace.db")
            try:
                compare(seed, store)
            finally:
                drive(store.close())

    check()


def compare(seed: int, store: SqliteStore) -> None:
    rng = random.Random(seed)
    events = random_history(rng, 10 + seed % 31)
    if seed % 2:
        rng.shuffle(events)
    specification = MemoryStore()
    moments = []
    while events:
        size = rng.choice([1, 1, 2, 5, 20, 100])
        batch, events = events[:size], events[size:]
        assert send(specification, batch) == send(store, batch), seed
        moments.append(drive(store.sequence_at(None)))
    assert drive(store.verify()) == [], seed
    keys = sorted(specification._graph(specification.records).lives)
    for moment in {*rng.sample(moments, min(2, len(moments))), moments[-1]}:
        chosen = rng.sample(keys, min(2, len(keys)))
        assert everything(store, moment, chosen) == everything(specification, moment, chosen), (seed, moment, chosen)
    if seed % 8 == 0:
        drive(store.rebuild())
        assert drive(store.verify()) == [], seed
        chosen = rng.sample(keys, min(2, len(keys)))
        for moment in moments[-2:]:
            assert everything(store, moment, chosen) == everything(specification, moment, chosen), (seed, moment)
