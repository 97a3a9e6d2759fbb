"""Applying the schema to a database: numbered steps, each once, in order."""

from __future__ import annotations

import asyncio
import random
import re
import time
from collections.abc import Callable
from typing import Any

from neo4j.exceptions import DriverError, Neo4jError

from graph_schema.neo4j import Migration, Rule, migrations, rules
from service.stores.errors import StoreError
from service.stores.neo4j.connection import Connection, one
from service.stores.neo4j.guarding import lost, made_in, refuse_foreign_nodes, refuse_in_the_way
from service.stores.neo4j.ways_out import NEEDED, OLDEST

APPLIED = "MATCH (s:Schema {name: 'voltrace'}) RETURN s.version"
OCCUPIED = "RETURN EXISTS { MATCH (e:Event) } OR EXISTS { MATCH (i:Item) }"
LOADED = "RETURN EXISTS { MATCH (l:Log {name: 'voltrace'}) }"
MARK = """
MATCH (l:Log {name: 'voltrace'}) SET l.writers = coalesce(l.writers, 0) + 1
MERGE (s:Schema {name: 'voltrace'})
SET s.version = CASE WHEN s.version > $version THEN s.version ELSE $version END
"""
"""Under the lock of the log, so that there is one such node."""
PAUSES_S = (0.1, 2.0)
"""How long is waited after the first try, and at most after later ones; each at random, so that two part."""
CROSSED = (
    "Neo.ClientError.Schema.EquivalentSchemaRuleAlreadyExists",
    "Neo.ClientError.Schema.ConstraintAlreadyExists",
    "Neo.ClientError.Schema.ConstraintWithNameAlreadyExists",
    "Neo.ClientError.Schema.IndexAlreadyExists",
    "Neo.ClientError.Schema.IndexWithNameAlreadyExists",
    "Neo.ClientError.Schema.ConstraintValidationFailed",
)
"""How the server turns one away of two that make a constraint, or the log, at the same time."""
IN_BATCHES = "IN TRANSACTIONS OF $rows ROWS"
"""Which a statement says that goes through all there is, so that none holds all of it in memory."""
ROWS = 10_000
"""How much such a statement commits at once; where it is interrupted, it is run again."""
STEP_S = 24 * 3600
"""How long a step may take, such as the indexes of a database that was imported."""


async def version(connection: Connection, leader: bool = True) -> int:
    """The number of the last migration that was applied; 0 for none."""
    async with connection.reading(leader) as reads:
        record, summary = await reads.answer(APPLIED, {})
        refuse_older(connection.url, summary.server.agent)
        return 0 if record is None else int(record[0])


def refuse_older(url: str, agent: str) -> None:
    """Raises StoreError where a server, as it calls itself (`Neo4j/5.26.20`), is older than what is needed."""
    told = re.match(r"Neo4j/(\d+)\.(\d+)", agent)
    if told and (int(told[1]), int(told[2])) < OLDEST:
        raise StoreError(f"{url} is {agent}; {NEEDED}")


async def outstanding(connection: Connection) -> list[Migration]:
    """The migrations of an empty database. Raises StoreError for one that is newer, older, not ours, or lost some of
    its constraints and indexes.

    That is looked for where reads go, and again at the leader only where something is amiss: a replica may lag.
    """
    try:
        if not await _outstanding(connection, leader=False):
            return []
    except StoreError as error:
        if error.__cause__ is not None:  # nothing was found out
            raise
    return await _outstanding(connection, leader=True)


async def _outstanding(connection: Connection, leader: bool) -> list[Migration]:
    applied, again, missing = await _steps(connection, leader)
    if applied and missing:
        raise StoreError(
            f"{connection.url} has the schema version {applied}, this voltrace needs "
            f"{missing[-1].number}; run `voltrace migrate`"
        )
    if again:
        raise StoreError(f"{connection.url}: {again[0].name}; run `voltrace migrate`, which makes it again")
    if missing:
        async with connection.reading(leader) as reads:
            if await reads.one(OCCUPIED):
                raise StoreError(
                    f"{connection.url} holds a log of voltrace without its indexes, as an import leaves it; "
                    "run `voltrace migrate`"
                )
    return missing


async def _steps(connection: Connection, leader: bool = True) -> tuple[int, list[Migration], list[Migration]]:
    """The last migration that was applied, a step that makes again what was lost since, if anything was, and the
    migrations that are missing. Raises StoreError where nothing can be made."""
    applied, known = await version(connection, leader), migrations()
    if applied > known[-1].number:
        raise StoreError(
            f"{connection.url} has the schema version {applied}, this voltrace knows {known[-1].number}; "
            "use the voltrace that wrote it, or a newer one"
        )
    missing = [migration for migration in known if migration.number > applied]
    wanted = rules(known)
    async with connection.reading(leader) as reads:
        if not applied and not await reads.one(LOADED):
            await refuse_foreign_nodes(reads, connection.url)
        made = await made_in(reads)
    before = rules(step for step in known if step.number <= applied).keys() - rules(missing).keys()
    gone = lost(made, [rule for name, rule in wanted.items() if name in before])
    if missing or gone:
        refuse_in_the_way(made, list(wanted.values()), connection.url, begun=bool(applied))
    again = Migration(applied, f"what was dropped: {', '.join(rule.name for rule in gone)}", _statements(gone))
    return applied, [again] if gone else [], missing


def _statements(gone: list[Rule]) -> tuple[str, ...]:
    return tuple(rule.statement for rule in gone)


async def migrate(
    connection: Connection, dry_run: bool = False, clock: Callable[[], float] = time.monotonic
) -> list[Migration]:
    """Apply what is missing, and make again what was dropped; the steps that were (dry run: would be) applied.

    May be run again at any time, also by several services at once: the version is set when all is there. Where they
    cross each other, it is tried again until the time of the connection for tries is over by `clock`, in seconds.
    """
    _, again, missing = await _steps(connection)
    steps = again + missing
    if dry_run or not steps:
        return steps
    began, pause_s = clock(), PAUSES_S[0]
    while True:
        try:
            await _apply(connection, steps)
            return steps
        except StoreError as error:
            if clock() - began >= connection.retry_s or not _passes(error):
                raise
        await asyncio.sleep(pause_s * random.uniform(0.5, 1))
        pause_s = min(2 * pause_s, PAUSES_S[1])


def _passes(error: StoreError) -> bool:
    """Whether what went wrong is worth another try."""
    cause = error.__cause__
    if not isinstance(cause, Neo4jError | DriverError):
        return False
    return cause.is_retryable() or getattr(cause, "code", None) in CROSSED


async def _apply(connection: Connection, missing: list[Migration]) -> None:
    async def write(statement: str, **values: Any) -> None:
        await connection.written(lambda transaction: one(transaction, statement, **values), STEP_S)

    for migration in missing:
        for statement in migration.statements:
            if IN_BATCHES in statement:
                await connection.in_batches(statement, STEP_S, rows=ROWS)
            else:
                await write(statement)
    await write("CALL db.awaitIndexes($seconds)", seconds=STEP_S)
    await write(MARK, version=missing[-1].number)
