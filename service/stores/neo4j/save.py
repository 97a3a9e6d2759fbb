"""Writing what folds found to Neo4j, a statement for each sort of node or edge."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any

from service.stores.neo4j import statements
from service.stores.neo4j.connection import Transaction, done
from service.stores.neo4j.facts import without_none
from service.stores.neo4j.rows import who
from service.stores.neo4j.unsaved import Rows, Unsaved

Statement = tuple[str, list[Any]]
ROWS_AT_ONCE = 1000


class _Untold(list[Any]):
    """Rows that a log does not tell: the driver puts the text of all values together, whoever listens."""

    def __repr__(self) -> str:
        return f"[{len(self)} rows]"


async def save(transaction: Transaction, statements: Iterable[Statement]) -> None:
    """Write rows, and forget them; so many at once that neither holds the event loop."""
    for query, rows in statements:
        while rows:
            await done(transaction, query, rows=_Untold(rows[:ROWS_AT_ONCE]))
            del rows[:ROWS_AT_ONCE]


def statements_of(unsaved: Unsaved) -> Iterator[Statement]:
    """What writes all rows: first events and items, then what changes in the graph as it was, then what is added."""
    yield statements.NEW_EVENTS, [without_none(row) for row in unsaved.events.values()]
    for rows in unsaved.rejudged.rounds:
        yield statements.REJUDGED, rows
    yield statements.WAS_JUDGED, unsaved.judgements
    yield statements.REGISTERS, unsaved.registers
    yield statements.SHOWN, [{"key": key, **shown} for key, shown in unsaved.shown.items()]
    yield from _items(unsaved)
    yield from _changed(unsaved)
    yield from _added(unsaved)


def _items(unsaved: Unsaved) -> Iterator[Statement]:
    created: dict[str, Rows] = defaultdict(list)
    renamed: dict[str, Rows] = defaultdict(list)
    states: Rows = []
    for key, node in unsaved.items.items():
        row = node.row(key)
        if node.created:
            created[node.label].append(without_none({**(node.stated or {}), **row}))
        elif node.stated is not None:
            renamed[node.label].append(without_none({**node.stated, **row}))
        else:
            states.append(row)
    for label, rows in created.items():
        yield statements.NEW_ITEMS % label, rows
    for label, rows in renamed.items():
        yield statements.RENAMED % (f", i{label}" if label else ""), rows
    yield statements.STATES, states


def _changed(unsaved: Unsaved) -> Iterator[Statement]:
    for rows in unsaved.settled.rounds:
        yield statements.SETTLED, rows
    yield statements.CLOSE % "PART_OF", unsaved.stays.closed
    yield statements.CLOSE % "HELD_BY", unsaved.custody.closed
    for kind, gone in unsaved.gone.items():
        statement = statements.GONE_SPAN if kind in ("PART_OF", "HELD_BY") else statements.GONE_EVENT
        yield statement % kind, gone.rows
    yield statements.UNNAMED, [{"key": key, "known": known} for key, known in unsaved.unnamed.items()]


def _added(unsaved: Unsaved) -> Iterator[Statement]:
    yield statements.ORGANIZATIONS, list(unsaved.organizations)
    yield statements.BORN, unsaved.births.rows
    yield statements.STAYS, unsaved.stays.rows
    yield statements.CUSTODY, unsaved.custody.rows
    yield statements.USES, unsaved.uses.rows
    yield statements.MARKS, unsaved.marks.rows
    yield (
        statements.MENTIONS,
        [
            {"key": key, "event": who(at), "position": at, "named": named}
            for (key, at), named in unsaved.mentions.items()
        ],
    )
    yield statements.IDENTIFIERS, unsaved.names.rows
