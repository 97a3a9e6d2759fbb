"""What the one node of the log says of the database: how far it goes, and whether the graph is whole."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Any, NamedTuple

from graph_schema.neo4j import migrations
from service.stores.errors import StoreError
from service.stores.neo4j.connection import Reads

STATE = (
    "MATCH (l:Log {name: 'voltrace'}) OPTIONAL MATCH (s:Schema {name: 'voltrace'})"
    " RETURN [l.sequence, coalesce(l.rebuilding, false), l.rebuilt, s.version]"
)
VERSION = migrations()[-1].number
MARK = f"CALL () {{ {STATE.replace('MATCH', 'OPTIONAL MATCH', 1)} AS state }}"
"""The state as the last thing that a larger query reads."""
_NAMED = re.compile(r" AS (\w+)\s*$")


@lru_cache(maxsize=4096)
def marked(query: str) -> str:
    """A query of one value, with the state of the log (`state`) beside it, read after it."""
    named = _NAMED.search(query)
    query, name = (query, named[1]) if named else (f"{query} AS answer", "answer")
    return f"CALL () {{ {query} }} {MARK} RETURN {name}, state"


class State(NamedTuple):
    """The last record of a log whose graph is whole, and the mark of the last rebuild, None before the first."""

    sequence: int
    rebuilt: str | None


class Unready(StoreError):
    """A database that is not, or no longer, what a store took it for."""


class LogLost(Unready):
    """A database that holds no log any more, though it did."""

    def __init__(self, url: str) -> None:
        super().__init__(
            f"{url} holds no log of voltrace any more: it was emptied or replaced; load a backup, or run "
            "`voltrace migrate` to begin an empty log"
        )


def refuse_other_schema(version: int | None, url: str) -> None:
    """Raises Unready where a database, since it was looked at, got another schema than this voltrace knows."""
    if version != VERSION:
        raise Unready(
            f"{url} has the schema version {version or 0} by now, this voltrace knows {VERSION}; "
            "run `voltrace migrate`, or start the voltrace that migrated it"
        )


def refuse_rebuilding(rebuilding: str | bool | None, url: str) -> None:
    """Raises StoreError during a rebuild: `rebuilding` is what the log says of one."""
    if rebuilding:
        raise StoreError(f"{url} is being rebuilt; wait, or run `voltrace rebuild` again if it was interrupted")


async def read_state(reads: Reads, url: str) -> State:
    """Raises LogLost, Unready for another schema, and StoreError during a rebuild."""
    return state_of(await reads.one(STATE), url)


def state_of(found: list[Any] | None, url: str) -> State:
    """What a query found of the state. Raises LogLost, Unready for another schema, and StoreError during a rebuild."""
    if found is None or found[0] is None:
        raise LogLost(url)
    sequence, rebuilding, rebuilt, version = found
    refuse_other_schema(version, url)
    refuse_rebuilding(rebuilding, url)
    return State(int(sequence), rebuilt)


def refuse_rebuilt(before: State, after: State, url: str) -> None:
    """Raises StoreError where a rebuild began between two states, so that what was read between is of half a graph."""
    if before.rebuilt != after.rebuilt:
        raise StoreError(f"{url} was rebuilt while it was read; ask again")
