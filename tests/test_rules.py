"""What docs/rules shows is what the rulebook finds, and every example raises what it is for."""

import runpy
from pathlib import Path

import pytest

from graph_schema.rules.examples import EXAMPLES

ROOT = Path(__file__).parents[1]
SCRIPT = runpy.run_path(str(ROOT / "scripts" / "rules.py"))


def test_the_pages_are_up_to_date() -> None:
    pages = SCRIPT["pages"]()
    assert sorted(pages) == sorted(path.name for path in (ROOT / "docs" / "rules").iterdir())
    for name, text in pages.items():
        assert (ROOT / "docs" / "rules" / name).read_text() == text, "run: python scripts/rules.py"


@pytest.mark.parametrize("code", EXAMPLES)
def test_the_example_raises_it_and_the_counterexample_does_not(code: str) -> None:
    assert code in [finding.code for finding in SCRIPT["judged"](EXAMPLES[code].raised)]
    assert code not in [finding.code for finding in SCRIPT["judged"](EXAMPLES[code].silent)]
