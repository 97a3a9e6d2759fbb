"""What the README prints is what the program prints."""

import runpy
from pathlib import Path

ROOT = Path(__file__).parents[1]


def test_the_readme_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "readme.py"))
    text = (ROOT / "README.md").read_text()
    assert script["filled"](text) == text, "run: python scripts/readme.py"
