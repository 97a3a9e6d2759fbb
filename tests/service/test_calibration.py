"""The synthetic nation, scaled to the real one, against published figures: as a check of its calibration."""

from collections import Counter

import pytest

from graph_schema.flows.summaries import YearLine
from seed.nation import generate
from seed.nation.tables import VEHICLES_MILLIONS
from service.reporting import Question, Reports
from service.stores.memory import MemoryStore
from tests.support import RUNNER, send

UTILIZED_2025_T = 400_000
"""Over 400,000 t were utilized in 2025, 32.9 % more than in 2024 (MIIT, 2026-01-16)."""
UTILIZED_2024_T = UTILIZED_2025_T / 1.329


def test_utilized_tonnes_are_those_that_were_published() -> None:
    events = list(generate(3000, seed=5))
    store = MemoryStore()
    send(store, events)
    lines: list[YearLine] = RUNNER.run(Reports(store, Question()).yearly())
    built = sum(
        spec["kind"] == "BATTERY" and event["occurredAt"].startswith("2025")
        for event in events
        if event["type"] == "PRODUCTION"
        for spec in event["outputs"]
        if "kind" in spec
    )
    real_per_synthetic = VEHICLES_MILLIONS[2025] * 1e6 / built
    utilized: Counter[int] = Counter()
    retired: Counter[int] = Counter()
    for line in lines:
        utilized[line.year] += line.utilized_mass.known_kg * real_per_synthetic / 1000
        retired[line.year] += line.retired_mass.known_kg * real_per_synthetic / 1000
    assert utilized[2025] == pytest.approx(UTILIZED_2025_T, rel=0.25), utilized
    share_2024 = utilized[2024] / UTILIZED_2024_T
    assert 0.5 < share_2024 < 1, (
        "packs of before September 2018 are missing, and most of what came back then were these"
    )
    assert utilized[2023] < utilized[2024] < utilized[2025] < retired[2025], (utilized, retired)
