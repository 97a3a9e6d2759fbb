"""The relationships as the Neo4j store keeps them, superseded ones too, read off the embedded store one by one."""

from __future__ import annotations

import sqlite3
from typing import Any

from graph_schema.canonical import parse_event
from graph_schema.events import Registration
from graph_schema.order import Position, moment_of
from service.stores.neo4j.facts import registered
from service.stores.neo4j.rows import who
from service.stores.sqlite.schema import FOREVER
from service.writers.neo4j_admin.nodes import ORGANIZATION_ID, identifiers, judgements
from service.writers.neo4j_admin.sheet import Rows, Sheet

_TO = f"NULLIF(known_to, {FOREVER})"
_SPAN = (
    "from:datetime",
    "openedBy:string",
    "opened:byte[]",
    "to:datetime",
    "closedBy:string",
    "closed:byte[]",
    "closedKnown:long",
    "knownFrom:long",
    "knownTo:long",
)
_KNOWN = ("knownFrom:long", "knownTo:long")


def _ends(start: str, end: str) -> tuple[str, str]:
    return f":START_ID({start})", f":END_ID({end})"


def _span(opened: Position, closed: Position | None, *known: int | None) -> tuple[Any, ...]:
    to = None if closed is None else moment_of(closed)
    return moment_of(opened), who(opened), opened, to, who(closed), closed, *known


def _stays(connection: sqlite3.Connection) -> Rows:
    for part, host, place, *span in connection.execute(
        f"SELECT part, host, position, o.pos, c.pos, closed_known, known_from, {_TO} FROM part_of"
        " CROSS JOIN log o ON o.seq = opened LEFT JOIN log c ON c.seq = closed ORDER BY part"
    ):
        yield part, host, place, *_span(*span)


def _custody(connection: sqlite3.Connection) -> Rows:
    for item, organization, *span in connection.execute(
        f"SELECT item, organization, o.pos, c.pos, closed_known, known_from, {_TO} FROM held_by"
        " CROSS JOIN log o ON o.seq = opened LEFT JOIN log c ON c.seq = closed ORDER BY item"
    ):
        yield item, organization, *_span(*span)


def _yields(connection: sqlite3.Connection) -> Rows:
    for *row, spec, known_from, known_to in connection.execute(
        "SELECT event, item, e.pos, kind, mass_kg, composition, second_life, body_mass_kg, m.pos, body_composition,"
        f" c.pos, label, spec, known_from, {_TO} FROM yielded CROSS JOIN log e ON e.seq = event"
        " LEFT JOIN log m ON m.seq = body_mass_at LEFT JOIN log c ON c.seq = body_composition_at ORDER BY item"
    ):
        yield *row, spec.decode(), known_from, known_to


def _uses(connection: sqlite3.Connection) -> Rows:
    return connection.execute(
        f"SELECT item, event, pos, mass_kg, ends, known_from, {_TO} FROM consumed"
        " CROSS JOIN log ON seq = event ORDER BY item"
    )


def _marks(connection: sqlite3.Connection) -> Rows:
    return connection.execute(
        f"SELECT event, item, pos, op, known_from, {_TO} FROM mark CROSS JOIN log ON seq = event ORDER BY item"
    )


def _mentions(connection: sqlite3.Connection) -> Rows:
    return connection.execute(
        "SELECT event, item, pos, named FROM mention CROSS JOIN log ON seq = event ORDER BY item"
    )  # fmt: skip


def _registrations(connection: sqlite3.Connection) -> Rows:
    for seq, number, body in connection.execute(
        f"SELECT r.seq, {ORGANIZATION_ID}, body FROM registration r JOIN payload p ON p.seq = r.seq"
    ):
        event, _ = parse_event(body)
        assert isinstance(event, Registration)
        facts = registered(event)
        yield seq, number, facts["regulator"], facts["name"], facts["region"]


def _identified(connection: sqlite3.Connection) -> Rows:
    for number, _, rows in identifiers(connection):
        for _, scheme, item, known_from, known_to in rows:
            yield number, item, scheme, known_from, None if known_to == FOREVER else known_to


def _judged(connection: sqlite3.Connection) -> Rows:
    return ((row[-1], row[0]) for row in judgements(connection))


_YIELDED = (
    "position:byte[]",
    "kind:string",
    "massKg:double",
    "composition:string",
    "secondLife:boolean",
    "bodyMassKg:double",
    "bodyMassAt:byte[]",
    "bodyComposition:string",
    "bodyCompositionAt:byte[]",
    "label:string",
    "spec:string",
    *_KNOWN,
)
_USE = ("position:byte[]", "massKg:double", "ends:boolean", *_KNOWN)

RELATIONSHIPS = (
    Sheet("relationships", "WAS_JUDGED", _ends("Event", "Judgement"), "judgement", _judged),
    Sheet("relationships", "YIELDED", (*_ends("Event", "Item"), *_YIELDED), "yielded", _yields),
    Sheet("relationships", "PART_OF", (*_ends("Item", "Item"), "place:string", *_SPAN), "part_of", _stays),
    Sheet("relationships", "HELD_BY", (*_ends("Item", "Organization"), *_SPAN), "held_by", _custody),
    Sheet("relationships", "CONSUMED_IN", (*_ends("Item", "Event"), *_USE), "consumed", _uses),
    Sheet("relationships", "MARKED", (*_ends("Event", "Item"), "position:byte[]", "mark:string", *_KNOWN), "mark",
          _marks),
    Sheet("relationships", "MENTIONS", (*_ends("Event", "Item"), "position:byte[]", "named:boolean"), "mention",
          _mentions),
    Sheet("relationships", "REGISTERS", (*_ends("Event", "Organization"), "regulator:boolean", "name:string",
                                         "region:string"), "registration", _registrations),
    Sheet("relationships", "IDENTIFIES", (*_ends("Identifier", "Item"), "scheme:string", *_KNOWN), "identifier",
          _identified),
)  # fmt: skip
