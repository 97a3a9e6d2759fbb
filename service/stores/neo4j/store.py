"""A Neo4j database as a store: many services may read and write it at once."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime

import neo4j

from graph_schema.order import instant_us
from service.causality import encode
from service.ports import Fault, T, Writer
from service.stores.checking import check
from service.stores.errors import StoreError
from service.stores.neo4j.checking import Neo4jGraph, rebuild
from service.stores.neo4j.connection import (
    READ_TIMEOUT_S,
    RETRY_TIMEOUT_S,
    WRITE_TIMEOUT_S,
    Connection,
    Login,
    Reads,
)
from service.stores.neo4j.migrating import migrate, outstanding
from service.stores.neo4j.snapshot import Neo4jSnapshot
from service.stores.neo4j.writer import Neo4jWriter

SEQUENCE = "MATCH (l:Log {name: 'voltrace'}) RETURN [l.sequence, coalesce(l.rebuilding, false)]"
SEQUENCE_AT = "MATCH (b:Batch) WHERE b.recordedUs <= $us RETURN b.last ORDER BY b.recordedUs DESC LIMIT 1"


class Neo4jStore:
    """A `Store` in a Neo4j database.

    An empty database gets its schema at the first use; one with an older schema raises StoreError until it is
    migrated. Reads may go to replicas; each sees what this process wrote before.
    """

    blocking = False

    def __init__(
        self,
        url: str,
        login: Login = Login(),
        read_timeout_s: float = READ_TIMEOUT_S,
        retry_s: float = RETRY_TIMEOUT_S,
    ) -> None:
        self.url = url
        self.connection = Connection(url, login, read_timeout_s, retry_s)
        self._ready = False

    async def _prepare(self) -> None:
        if not self._ready:
            if await outstanding(self.connection):
                await migrate(self.connection)
            self._ready = True

    async def sequence_at(self, known_at: datetime | None) -> int:
        await self._prepare()
        async with self.connection.reading() as reads:
            last = await self._last(reads)
            return last if known_at is None else int(await reads.one(SEQUENCE_AT, us=instant_us(known_at)) or 0)

    async def _last(self, reads: Reads) -> int:
        last, rebuilding = await reads.one(SEQUENCE)
        if rebuilding:
            raise StoreError(
                f"{self.url} is being rebuilt; wait, or run `voltrace rebuild` again if it was interrupted"
            )
        return int(last)

    @asynccontextmanager
    async def snapshot(self, sequence: int | None = None) -> AsyncIterator[Neo4jSnapshot]:
        await self._prepare()
        async with self.connection.reading() as reads:
            yield Neo4jSnapshot(reads, await self._last(reads) if sequence is None else sequence)

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        await self._prepare()

        @neo4j.unit_of_work(timeout=WRITE_TIMEOUT_S)
        async def unit(transaction: neo4j.AsyncManagedTransaction) -> T:
            return await work(await Neo4jWriter.lock(transaction))

        async with self.connection.session(writes=True) as session:
            return await session.execute_write(unit)

    async def verify(self) -> list[Fault]:
        await self._prepare()
        async with self.connection.session(writes=False) as session, await session.begin_transaction() as transaction:
            return await check(Neo4jGraph(transaction))

    async def rebuild(self) -> int:
        await self._prepare()
        return await rebuild(self.connection)

    async def bookmark(self) -> str | None:
        return encode(await self.connection.bookmarks())

    async def close(self) -> None:
        await self.connection.close()
