"""The floor: a bare level-by-level traversal of the same file, which fetches the same nodes and edges as tuples.

No physics, no custody windows, no objects: the sets of nodes are those of the answer, the reads are those that any
traversal of this file needs - facts of the items of a level, stays both ways, consumptions, yields, custody, events.
"""

from __future__ import annotations

import sqlite3

import orjson

from graph_schema.answer import Trace

EACH = "FROM json_each(?) j CROSS JOIN"
READS = (
    f"SELECT item, i.key, y.kind, y.event, y.mass_kg, label {EACH} yielded y ON item = j.value"
    " JOIN item i ON i.id = item",
    f"SELECT part, t.host, opened, closed {EACH} part_of t ON part = j.value",
    f"SELECT part, t.host, opened, closed {EACH} part_of t ON t.host = j.value",
    f"SELECT item, event, mass_kg {EACH} consumed ON item = j.value",
    f"SELECT item, o.key, opened, closed {EACH} held_by ON item = j.value JOIN organization o ON o.id = organization",
    f"SELECT item, event, op {EACH} mark ON item = j.value",
)
EVENTS = (
    f"SELECT seq, pos, actor {EACH} log ON seq = j.value",
    f"SELECT event, item {EACH} yielded ON event = j.value",
)


def levels(trace: Trace) -> list[tuple[list[object], list[object]]]:
    """The items and events of an answer by depth."""
    found: dict[int, tuple[list[object], list[object]]] = {}
    for node in trace.nodes:
        if node.kind != "ORGANIZATION":
            found.setdefault(node.depth, ([], []))[node.kind == "EVENT"].append(node.handle)
    return [found[depth] for depth in sorted(found)]


def traverse(connection: sqlite3.Connection, plan: list[tuple[list[object], list[object]]]) -> int:
    """Fetch every level; the number of rows."""
    rows = 0
    openers: set[object] = set()
    for items, events in plan:
        if items:
            ids = orjson.dumps(items).decode()
            for position, sql in enumerate(READS):
                fetched = connection.execute(sql, (ids,)).fetchall()
                rows += len(fetched)
                if position in (1, 2, 4):
                    openers.update(row[2] for row in fetched)
        if events:
            ids = orjson.dumps(events).decode()
            for sql in EVENTS:
                rows += len(connection.execute(sql, (ids,)).fetchall())
    rows += len(connection.execute(EVENTS[0], (orjson.dumps(list(openers)).decode(),)).fetchall())
    return rows
