"""The schema of a Neo4j database as numbered migrations: Cypher files, `NNNN_name.cypher`, applied in order."""

from __future__ import annotations

import re
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
