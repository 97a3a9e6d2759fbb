"""docs/identifiers.md says what is so."""

import re
from pathlib import Path

from graph_schema.identifiers import Scheme, identify_as
from tests.service.cli.test_cli import run

TEXT = (Path(__file__).parents[3] / "docs" / "identifiers.md").read_text()


def test_every_scheme_has_a_valid_example() -> None:
    rows = re.findall(r"^\| `(\w+)` \| `([^`]+)` \| .+ \|$", TEXT, re.MULTILINE)
    assert [name for name, _ in rows] == list(Scheme)
    assert {text: identify_as(Scheme(name), text).faults for name, text in rows} == {text: () for _, text in rows}


def test_what_the_command_prints() -> None:
    command, _, printed = re.search(r"^\$ voltrace (.+?)(\n)(.+?)^```$", TEXT, re.MULTILINE | re.DOTALL).groups()  # type: ignore[union-attr]
    lines = [line.rstrip() for line in run(*command.split()).output.rstrip().splitlines()]
    assert lines == printed.rstrip().splitlines()


def test_every_scheme_but_gtin_can_be_claimed() -> None:
    section = TEXT.partition("## When a text claims a scheme")[2]
    assert [scheme for scheme in Scheme if f"`{scheme}`" not in section] == [Scheme.GTIN]
