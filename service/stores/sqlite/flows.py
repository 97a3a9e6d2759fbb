"""Rows of flows in the embedded store."""

from __future__ import annotations

import sqlite3

from service.flow_rows import FlowKind, FlowRevision, FlowsKept
from service.stores.values import dumps, loads


def flows_kept(connection: sqlite3.Connection) -> FlowsKept:
    """How far the rows are."""
    row = connection.execute("SELECT value FROM meta WHERE name = 'flows'").fetchone()
    return FlowsKept() if row is None else FlowsKept(*loads(row[0]))


def keep_flows(connection: sqlite3.Connection, revision: FlowRevision) -> bool:
    """`Store.keep_flows`, inside a write transaction."""
    if flows_kept(connection) != revision.before:
        return False
    if revision.anew:
        connection.execute("DELETE FROM flow")
    connection.executemany("DELETE FROM flow WHERE kind = ? AND key = ?", revision.gone)
    connection.executemany(
        "INSERT OR REPLACE INTO flow VALUES (?, ?, ?)", [(*row.at, row.body) for row in revision.rows]
    )
    connection.execute("INSERT OR REPLACE INTO meta VALUES ('flows', ?)", (dumps(tuple(revision.after)),))
    return True


def flow_page(connection: sqlite3.Connection, kind: FlowKind, after: str, limit: int) -> list[tuple[str, bytes]]:
    """Rows of a kind, by key."""
    return connection.execute(
        "SELECT key, body FROM flow WHERE kind = ? AND key > ? ORDER BY key LIMIT ?", (kind, after, limit)
    ).fetchall()
