"""The schema of a Neo4j database as numbered migrations: Cypher files, `NNNN_name.cypher`, applied in order."""

from __future__ import annotations

import re
from collections.abc import Iterable
from importlib.resources import files
from typing import NamedTuple

_NAME = re.compile(r"^(\d{4})_(\w+)\.cypher$")


class Migration(NamedTuple):
    """One step of the schema: its number from 1, its name, and its statements, each of which may be run again.

    One that goes through all there is commits as it goes: `IN TRANSACTIONS OF $rows ROWS`.
    """

    number: int
    name: str
    statements: tuple[str, ...]


class Rule(NamedTuple):
    """A constraint (`unique`) or an index that the migrations make: its name, the label or type of what it is of, the
    properties, in order, and the statement that makes it."""

    name: str
    of: str
    properties: tuple[str, ...]
    unique: bool
    statement: str


_MADE = re.compile(
    r"CREATE (CONSTRAINT|INDEX) (\w+) IF NOT EXISTS FOR (?:\(\w+:(\w+)\)|\(\)-\[\w+:(\w+)\]-\(\)) (?:REQUIRE|ON) (.+)"
)
_DROPPED = re.compile(r"DROP INDEX (\w+) IF EXISTS")


def rules(steps: Iterable[Migration]) -> dict[str, Rule]:
    """What is there of constraints and indexes after migrations, by name."""
    found: dict[str, Rule] = {}
    for statement in (statement for step in steps for statement in step.statements):
        if made := _MADE.fullmatch(statement):
            sort, name, label, edge, properties = made.groups()
            of = tuple(re.findall(r"\w+\.(\w+)", properties))
            found[name] = Rule(name, label or edge, of, sort == "CONSTRAINT", statement)
        elif dropped := _DROPPED.fullmatch(statement):
            found.pop(dropped[1], None)
    return found


def migrations() -> list[Migration]:
    """All migrations, in order."""
    found = []
    for file in files(__name__).iterdir():
        match = _NAME.match(file.name)
        if match is not None:
            lines = [line for line in file.read_text("utf-8").splitlines() if not line.startswith("//")]
            statements = [statement.strip() for statement in "\n".join(lines).split(";")]
            found.append(Migration(int(match[1]), match[2].replace("_", " "), tuple(filter(None, statements))))
    return sorted(found)
