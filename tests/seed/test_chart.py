"""The chart of docs/generator.md shows what is generated."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[2]


def test_the_chart_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "generator_chart.py"))
    drawn = script["chart"]()
    assert (ROOT / "docs" / "generator.svg").read_text() == drawn, "run: python scripts/generator_chart.py"
