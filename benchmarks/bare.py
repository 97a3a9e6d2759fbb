"""The floor: a bare level-by-level traversal of the same file, which fetches the same nodes and edges as tuples.

No physics, no custody windows, no objects: the sets of nodes are those of the answer, the reads are those that any
traversal of this file needs - facts of the items of a level, stays both ways, consumptions, yields, custody, events.
"""

from __future__ import annotations

import sqlite3

import orjson

from graph_schema.answer import Direction, Trace

EACH = "FROM json_each(?) j CROSS JOIN"
FACTS = (
    f"SELECT item, i.key, y.kind, y.event, y.mass_kg, label {EACH} yielded y ON item = j.value"
    " JOIN item i ON i.id = item",
    f"SELECT item, event, op {EACH} mark ON item = j.value",
)
INTERVALS = (
    f"SELECT part, t.host, opened, closed {EACH} part_of t ON part = j.value",
    f"SELECT part, t.host, opened, closed {EACH} part_of t ON t.host = j.value",
    f"SELECT item, o.key, opened, closed {EACH} held_by ON item = j.value JOIN organization o ON o.id = organization",
)
EVENTS = f"SELECT seq, pos, actor {EACH} log ON seq = j.value"
ALONG = {
    Direction.FORWARD: (
        f"SELECT item, event, mass_kg {EACH} consumed ON item = j.value",
        f"SELECT event, item {EACH} yielded ON event = j.value",
    ),
    Direction.BACKWARD: (
        f"SELECT event, item {EACH} yielded ON item = j.value",
        f"SELECT item, event, mass_kg {EACH} consumed ON event = j.value",
    ),
}
"""Over the transformations: from items to events, and from events to items."""


def levels(connection: sqlite3.Connection, trace: Trace) -> list[tuple[list[object], list[object]]]:
    """The items and events of an answer by depth, as the file numbers them."""
    found: dict[int, tuple[list[object], list[object]]] = {}
    for node in trace.nodes:
        items, events = found.setdefault(node.depth, ([], []))
        if node.kind == "EVENT":
            events += connection.execute("SELECT seq FROM log WHERE event_id = ?", (node.key,)).fetchone()
        elif node.kind != "ORGANIZATION":
            items.append(node.handle)
    return [found[depth] for depth in sorted(found)]


def traverse(
    connection: sqlite3.Connection, plan: list[tuple[list[object], list[object]]], direction: Direction
) -> int:
    """Fetch every level; the number of rows."""
    rows = 0
    openers: set[object] = set()
    from_items, from_events = ALONG[direction]
    for items, events in plan:
        if items:
            ids = orjson.dumps(items).decode()
            for sql in (*FACTS, from_items):
                rows += len(connection.execute(sql, (ids,)).fetchall())
            for sql in INTERVALS:
                fetched = connection.execute(sql, (ids,)).fetchall()
                rows += len(fetched)
                openers.update(row[2] for row in fetched)
        if events:
            ids = orjson.dumps(events).decode()
            for sql in (EVENTS, from_events):
                rows += len(connection.execute(sql, (ids,)).fetchall())
    return rows + len(connection.execute(EVENTS, (orjson.dumps(list(openers)).decode(),)).fetchall())
