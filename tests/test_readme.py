"""What the README prints is what the program prints; the reference of settings is that of the code."""

import runpy
from pathlib import Path

from service.settings import reference

ROOT = Path(__file__).parents[1]


def test_the_readme_is_up_to_date() -> None:
    script = runpy.run_path(str(ROOT / "scripts" / "readme.py"))
    text = (ROOT / "README.md").read_text()
    assert script["filled"](text) == text, "run: python scripts/readme.py"


def test_the_reference_of_settings_is_up_to_date() -> None:
    assert (ROOT / "docs" / "settings.md").read_text() == reference(), "run: python scripts/readme.py"
