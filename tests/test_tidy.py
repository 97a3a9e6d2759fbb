"""Tidiness that a reader would miss."""

import ast
import re
import subprocess
import sys
import tomllib
from dataclasses import fields
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

from service.cli import COMMANDS
from service.settings import DESCRIPTIONS, Settings

ROOT = Path(__file__).parents[1]
SHIPPED = ("graph_schema", "service", "seed")
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


def test_what_ships_imports_only_what_is_installed_with_it() -> None:
    """Nothing that is there for developers alone: who installs voltrace does not have it."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    extras = {name: more for name, more in project["optional-dependencies"].items() if name != "dev"}
    waiting = [*project["dependencies"], *(one for more in extras.values() for one in more)]
    there: set[str] = set()
    while waiting:
        requirement = Requirement(waiting.pop())
        name = canonicalize_name(requirement.name)
        if name not in there:
            there.add(name)
            for one in metadata.requires(name) or () if _is_installed(name) else ():
                if "extra ==" not in one or any(f'"{extra}"' in one for extra in requirement.extras):
                    waiting.append(one)
    ships = [path for path in python_files() if path.relative_to(ROOT).parts[0] in SHIPPED]
    roots = {
        name.partition(".")[0]
        for path in ships
        for node in ast.walk(ast.parse(path.read_text()))
        for name in (
            [alias.name for alias in node.names]
            if isinstance(node, ast.Import)
            else [node.module or ""]
            if isinstance(node, ast.ImportFrom) and not node.level
            else []
        )
    }
    of = metadata.packages_distributions()
    foreign = {name for name in roots if name not in sys.stdlib_module_names and name not in SHIPPED}
    assert {"neo4j", "strawberry", "babel"} <= foreign
    missing = {name for name in foreign if there.isdisjoint(map(canonicalize_name, of.get(name, [])))}
    assert missing == set()


def _is_installed(name: str) -> bool:
    try:
        metadata.version(name)
    except metadata.PackageNotFoundError:
        return False
    return True
