"""Rows of flows in Neo4j: nodes of their own, joined to nothing."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, TypeVar

from service.flow_rows import FlowKey, FlowKind, FlowRevision, FlowsKept
from service.stores.neo4j.connection import Connection, Reads, Transaction, done, one

T = TypeVar("T")

_KEPT = "[k.sequence, k.key, k.version, k.base, k.until]"
LOCK = f"""
MERGE (k:FlowsKept {{name: 'voltrace'}})
SET k.writers = coalesce(k.writers, 0) + 1
RETURN {_KEPT}
"""
"""Takes the lock of the rows: two cannot go on from one place."""
KEPT = f"OPTIONAL MATCH (k:FlowsKept {{name: 'voltrace'}}) RETURN {_KEPT}"
SOME = "MATCH (f:Flow) WITH f LIMIT $limit DELETE f RETURN count(f)"
GONE = "UNWIND $ids AS id MATCH (f:Flow {id: id}) USING INDEX SEEK f:Flow(id) DELETE f"
NEW = "UNWIND $rows AS row MERGE (f:Flow {id: row.id}) SET f = row"
NOTE = """
MATCH (k:FlowsKept {name: 'voltrace'})
SET k.sequence = $sequence, k.key = $key, k.version = $fingerprint, k.base = $base, k.until = $until
"""
PAGE = """
MATCH (f:Flow) USING INDEX SEEK f:Flow(kind, key) WHERE f.kind = $kind AND f.key > $after
WITH f ORDER BY f.key LIMIT $limit
RETURN collect([f.key, f.body])
"""
ROWS = 2_000
"""So many rows are sent at once."""
FORGOTTEN_AT_ONCE = 10_000


def _kept(found: list[Any] | None) -> FlowsKept:
    return FlowsKept() if found is None or found[0] is None else FlowsKept(*found)


def _id(at: FlowKey) -> str:
    return f"{at.kind} {at.key}"


async def flows_kept(reads: Reads) -> FlowsKept:
    """How far the rows are."""
    return _kept(await reads.one(KEPT))


async def keep_flows(connection: Connection, revision: FlowRevision) -> bool:
    """`Store.keep_flows`. To begin anew takes a write for each `FORGOTTEN_AT_ONCE` rows that are forgotten; the first
    notes it, so that nobody takes the rest for all there is, and whoever goes on after an interruption begins anew."""
    if revision.anew:
        begun = revision.after._replace(sequence=0, key="", base=0)

        async def forget(before: FlowsKept) -> int | None:
            return await connection.written(lambda transaction: _forget(transaction, before, begun))

        forgotten = await forget(revision.before)
        while forgotten:
            forgotten = await forget(begun)
        if forgotten is None:
            return False
        revision = revision._replace(before=begun)
    return await connection.written(lambda transaction: _keep(transaction, revision))


async def _forget(transaction: Transaction, before: FlowsKept, begun: FlowsKept) -> int | None:
    """Forget some of the rows, and note it; how many, None where another keeper was faster."""
    if _kept(await one(transaction, LOCK)) != before:
        return None
    await done(transaction, NOTE, **begun._asdict())
    return int(await one(transaction, SOME, limit=FORGOTTEN_AT_ONCE))


async def _keep(transaction: Transaction, revision: FlowRevision) -> bool:
    if _kept(await one(transaction, LOCK)) != revision.before:
        return False
    for gone in _some(revision.gone):
        await done(transaction, GONE, ids=[_id(at) for at in gone])
    for rows in _some(revision.rows):
        told = [{"id": _id(at), "kind": at.kind.value, "key": at.key, "body": body.decode()} for at, body in rows]
        await done(transaction, NEW, rows=told)
    await done(transaction, NOTE, **revision.after._asdict())
    return True


def _some(all_of: Sequence[T]) -> Iterator[Sequence[T]]:
    return (all_of[start : start + ROWS] for start in range(0, len(all_of), ROWS))


async def flow_page(reads: Reads, kind: FlowKind, after: str, limit: int) -> list[tuple[str, bytes]]:
    """Rows of a kind, by key."""
    rows = await reads.one(PAGE, kind=kind.value, after=after, limit=limit)
    return [(key, body.encode()) for key, body in rows]
