"""Tidiness that a reader would miss."""

import re
import subprocess
from dataclasses import fields
from pathlib import Path

from service.cli import COMMANDS
from service.settings import DESCRIPTIONS, Settings

ROOT = Path(__file__).parents[1]
README = (ROOT / "README.md").read_text()


def python_files() -> list[Path]:
    """All but what is generated or installed."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "--deduplicate", "*.py"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()
    return [ROOT / name for name in names if (ROOT / name).exists()]


def test_no_file_is_longer_than_400_lines() -> None:
    assert [path.name for path in python_files() if len(path.read_text().splitlines()) > 400] == []


def test_no_test_is_skipped() -> None:
    word = re.compile(r"pytest\.(skip|xfail|importorskip)|mark\.(skip|xfail)")
    here = Path(__file__)
    assert [path.name for path in python_files() if path != here and word.search(path.read_text())] == []


def test_every_make_target_has_a_help_line() -> None:
    targets = re.findall(r"^([a-z-]+):(.*)$", (ROOT / "Makefile").read_text(), re.MULTILINE)
    assert targets
    assert [name for name, rest in targets if "## " not in rest] == []


def test_every_command_is_in_the_readme() -> None:
    assert [name for name in COMMANDS if f"voltrace {name}" not in README] == []


def test_every_setting_is_described() -> None:
    assert sorted(DESCRIPTIONS) == sorted(entry.name for entry in fields(Settings))
    assert "docs/settings.md" in README


def test_no_path_of_a_machine_is_named() -> None:
    found = subprocess.run(
        ["git", "grep", "-nE", r"/(work|root)/", "--", ".", ":!tests/test_tidy.py", ":!*.json", ":!requirements.lock"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert found.stdout == ""
