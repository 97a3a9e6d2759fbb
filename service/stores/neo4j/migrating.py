"""Applying the schema to a database: numbered steps, each once, in order."""

from __future__ import annotations

import re

from graph_schema.neo4j import Migration, migrations
from service.stores.errors import StoreError
from service.stores.neo4j.connection import Connection, one

OLDEST = (5, 26)
"""The oldest Neo4j that knows all that is asked of it."""
APPLIED = "MATCH (s:Schema {name: 'voltrace'}) RETURN s.version"
OCCUPIED = "RETURN EXISTS { MATCH (e:Event) } OR EXISTS { MATCH (i:Item) }"
LOADED = "RETURN EXISTS { MATCH (l:Log {name: 'voltrace'}) }"
MARK = "MERGE (s:Schema {name: 'voltrace'}) SET s.version = $version"
INDEXES_S = 24 * 3600
"""How long the indexes of a database that was imported may take."""


async def version(connection: Connection) -> int:
    """The number of the last migration that was applied; 0 for none."""
    async with connection.session(writes=True) as session, await session.begin_transaction() as transaction:
        result = await transaction.run(APPLIED)
        record = await result.single()
        refuse_older(connection.url, (await result.consume()).server.agent)
        return 0 if record is None else int(record[0])


def refuse_older(url: str, agent: str) -> None:
    """Raises StoreError where a server, as it calls itself (`Neo4j/5.26.20`), is older than what is needed."""
    told = re.match(r"Neo4j/(\d+)\.(\d+)", agent)
    if told and (int(told[1]), int(told[2])) < OLDEST:
        raise StoreError(f"{url} is {agent}; voltrace needs Neo4j {OLDEST[0]}.{OLDEST[1]} or newer")


async def outstanding(connection: Connection) -> list[Migration]:
    """The migrations of an empty database. Raises StoreError for one that is newer, older, or not ours."""
    missing = await _missing(connection)
    if not missing:
        return []
    if missing[0].number > 1:
        raise StoreError(
            f"{connection.url} has the schema version {missing[0].number - 1}, this voltrace needs "
            f"{missing[-1].number}; run `voltrace migrate`"
        )
    async with connection.session(writes=True) as session, await session.begin_transaction() as transaction:
        if await one(transaction, OCCUPIED):
            if await one(transaction, LOADED):
                raise StoreError(
                    f"{connection.url} holds a log of voltrace without its indexes, as an import leaves it; "
                    "run `voltrace migrate`"
                )
            raise StoreError(f"{connection.url} holds events or items that are not of voltrace; name another database")
    return missing


async def _missing(connection: Connection) -> list[Migration]:
    applied, known = await version(connection), migrations()
    if applied > known[-1].number:
        raise StoreError(
            f"{connection.url} has the schema version {applied}, this voltrace knows {known[-1].number}; "
            "use the voltrace that wrote it, or a newer one"
        )
    return [migration for migration in known if migration.number > applied]


async def migrate(connection: Connection, dry_run: bool = False) -> list[Migration]:
    """Apply what is missing; the migrations that were (dry run: would be) applied. May be run again at any time."""
    missing = await _missing(connection)
    if not dry_run:
        async with connection.session(writes=True) as session:
            for migration in missing:
                for statement in migration.statements:
                    await (await session.run(statement)).consume()
                await (await session.run(MARK, version=migration.number)).consume()
            await (await session.run("CALL db.awaitIndexes($seconds)", seconds=INDEXES_S)).consume()
    return missing
