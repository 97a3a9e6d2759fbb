"""A Neo4j database as a store: many services may read and write it at once."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import datetime
from weakref import WeakKeyDictionary

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
        self._preparing: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    async def _prepare(self) -> None:
        """See to the schema, once; a lock for each event loop keeps those that come at once from doing it twice."""
        if self._ready:
            return
        async with self._preparing.setdefault(asyncio.get_running_loop(), asyncio.Lock()):
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
        found = await reads.one(SEQUENCE)
        if found is None:
            self._ready = False
            raise StoreError(
                f"{self.url} holds no log of voltrace any more: it was emptied or replaced; load a backup, or ask "
                "again to begin an empty log"
            )
        last, rebuilding = found
        if rebuilding:
            raise StoreError(
                f"{self.url} is being rebuilt; wait, or run `voltrace rebuild` again if it was interrupted"
            )
        return int(last)

    @asynccontextmanager
    async def snapshot(self, sequence: int | None = None) -> AsyncIterator[Neo4jSnapshot]:
        await self._prepare()
        async with self.connection.reading() as reads:
            yield Neo4jSnapshot(reads, await self._last(reads) if sequence is None else sequence, self._last)

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        await self._prepare()

        @neo4j.unit_of_work(timeout=WRITE_TIMEOUT_S)
        async def unit(transaction: neo4j.AsyncManagedTransaction) -> T:
            return await work(await Neo4jWriter.lock(transaction))

        async with self.connection.session(writes=True) as session:
            return await session.execute_write(unit)

    async def verify(self) -> list[Fault]:
        await self._prepare()
        async with self.connection.reading() as reads:
            before = await self._last(reads)
        faults: list[Fault] = []
        lost: LookupError | None = None
        async with self.connection.session(writes=False) as session, await session.begin_transaction() as transaction:
            try:
                faults = await check(Neo4jGraph(transaction))
            except LookupError as error:
                # Of two passes the later one saw an event that the earlier one did not.
                lost = error
        async with self.connection.reading() as reads:
            after = await self._last(reads)
        if before != after:
            raise StoreError(
                f"{self.url}: events were recorded while it was checked, from {before} to {after}; "
                "run `voltrace verify` again when nobody records"
            )
        if lost is not None:
            raise lost
        return faults

    async def rebuild(self) -> int:
        await self._prepare()
        return await rebuild(self.connection)

    async def bookmark(self) -> str | None:
        return encode(await self.connection.bookmarks())

    async def close(self) -> None:
        await self.connection.close()
