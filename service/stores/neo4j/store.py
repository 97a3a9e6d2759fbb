"""A Neo4j database as a store: many services may read and write it at once."""

from __future__ import annotations

import asyncio
import logging
import math
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from contextvars import Context
from datetime import datetime
from typing import Any

import neo4j
from neo4j.exceptions import DriverError, Neo4jError

from graph_schema.order import instant_us
from service.causality import encode
from service.findings import Revision
from service.flow_rows import FlowRevision
from service.ports import Fault, T, Writer
from service.stores.checking import check
from service.stores.errors import StoreError
from service.stores.neo4j.checking import Neo4jGraph, check_foreign, rebuild
from service.stores.neo4j.connection import (
    READ_TIMEOUT_S,
    RETRY_TIMEOUT_S,
    WRITE_TIMEOUT_S,
    Away,
    Connection,
    Login,
    MaybeRecorded,
    Reads,
)
from service.stores.neo4j.findings import keep
from service.stores.neo4j.flows import keep_flows
from service.stores.neo4j.migrating import migrate, outstanding
from service.stores.neo4j.shown import check_end, check_shown
from service.stores.neo4j.snapshot import Neo4jSnapshot
from service.stores.neo4j.state import LogLost, State, Unready, read_state, refuse_rebuilt, state_of
from service.stores.neo4j.writer import Neo4jWriter

LOGGER = logging.getLogger("voltrace")
LOOK_AGAIN_S = 60.0
"""How long the schema is taken to be as it was seen: constraints and indexes may be dropped while a service runs."""
LOOK_BACK_AGAIN_S = 5.0
"""How long the leader of a cluster, which alone knows whether the database was set back, is taken to be away."""
LAST = "MATCH (l:Log {name: 'voltrace'}) RETURN l.sequence"
SEQUENCE_AT = """
MATCH (b:Batch) USING INDEX SEEK b:Batch(recordedUs) WHERE b.recordedUs <= $us
RETURN b.last ORDER BY b.recordedUs DESC LIMIT 1
"""


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
        write_timeout_s: float = WRITE_TIMEOUT_S,
        retry_s: float = RETRY_TIMEOUT_S,
    ) -> None:
        self.url = url
        self.connection = Connection(url, login, read_timeout_s, write_timeout_s, retry_s)
        self._ready = False
        self._looked_at = 0.0
        self._away_at = -math.inf
        self._begun = False
        """Whether there was a log: a database that lost it is not begun again without being told to."""
        self._seen: State | None = None
        self._furthest = 0
        """The last record that was ever seen here."""
        self._looking: dict[asyncio.AbstractEventLoop, asyncio.Task[None]] = {}

    async def _prepare(self) -> None:
        """See to the schema, once: those that come at once to an event loop wait for the same look at it, and get its
        error, so that none waits for a server that hangs longer than the first."""
        if self._ready and not self._doubts() and time.monotonic() - self._looked_at < LOOK_AGAIN_S:
            return
        loop = asyncio.get_running_loop()
        looking = self._looking.get(loop)
        if looking is None:
            looking = self._looking[loop] = loop.create_task(self._look(), context=Context())
            looking.add_done_callback(self._looked)
        await asyncio.shield(looking)

    def _looked(self, looking: asyncio.Task[None]) -> None:
        self._looking.pop(looking.get_loop(), None)
        if not looking.cancelled():
            looking.exception()  # else one that nobody waits for any more is logged as lost

    def _doubts(self) -> bool:
        """Whether it is to be found out now whether the database was set back."""
        return self.connection.doubtful and time.monotonic() - self._away_at >= LOOK_BACK_AGAIN_S

    async def _look(self) -> None:
        if self._doubts():
            await self._look_back()
        if not self._ready or time.monotonic() - self._looked_at >= LOOK_AGAIN_S:
            if await outstanding(self.connection):
                if self._begun:
                    raise LogLost(self.url)
                await migrate(self.connection)
            self._ready = self._begun = True
            self._looked_at = time.monotonic()

    async def _look_back(self) -> None:
        """Find out whether the database was set back, after a read that waited in vain.

        Then no bookmark of before is ever reached, and its schema may be older, too. Where the leader of a cluster is
        away, it is found out some seconds later, and others may answer meanwhile.
        """
        try:
            async with self.connection.reading(leader=True, follows=False) as reads:
                last = await reads.one(LAST)
        except Away:
            self._away_at = time.monotonic()
            return
        self.connection.doubtful = False
        if last is None or last < self._furthest:
            LOGGER.warning("%s was set back from record %d to %s, and is followed", self.url, self._furthest, last)
            self.connection.forget_bookmarks()
            self._lose()

    def _lose(self) -> None:
        """Take nothing for granted any more."""
        self._ready, self._seen, self._furthest = False, None, 0

    async def sequence_at(self, known_at: datetime | None) -> int:
        await self._prepare()
        async with self.connection.reading() as reads:
            last = await self._last(reads)
            return last if known_at is None else int(await reads.one(SEQUENCE_AT, us=instant_us(known_at)) or 0)

    async def _state(self, reads: Reads, found: list[Any] | None = None) -> State:
        try:
            self._seen = await read_state(reads, self.url) if found is None else state_of(found, self.url)
        except Unready:
            self._lose()
            raise
        self._furthest = max(self._furthest, self._seen.sequence)
        return self._seen

    async def _last(self, reads: Reads) -> int:
        return (await self._state(reads)).sequence

    @asynccontextmanager
    async def snapshot(self, sequence: int | None = None) -> AsyncIterator[Neo4jSnapshot]:
        """As `Store.snapshot`. Raises StoreError when it is left, too: where a rebuild began before the last read,
        since what was read may be of half a graph."""
        await self._prepare()
        async with self.connection.reading() as reads:
            before = self._seen
            if before is None or sequence is None:
                before = await self._state(reads)
            snapshot = Neo4jSnapshot(reads, before.sequence if sequence is None else sequence, self._last)
            try:
                yield snapshot
            except (StoreError, Neo4jError, DriverError, TimeoutError):
                raise
            except Exception:
                # Half a graph may also be one that readers stumble over.
                refuse_rebuilt(before, await self._state(reads), self.url)
                raise
            refuse_rebuilt(before, await self._state(reads, reads.state), self.url)

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        await self._prepare()

        async def unit(transaction: neo4j.AsyncManagedTransaction) -> tuple[T, int]:
            writer = await Neo4jWriter.lock(transaction, self.url)
            async with writer.writing():
                answer = await work(writer)
            return answer, (await writer.head()).sequence

        async def sent() -> tuple[T, int]:
            try:
                return await self.connection.written(unit)
            except MaybeRecorded as error:
                LOGGER.warning("%s: it is sent again now", error)
            return await self.connection.written(unit)

        try:
            done, last = await sent()
        except Unready:
            self._lose()
            raise
        self._furthest = max(self._furthest, last)
        return done

    async def keep(self, revision: Revision) -> bool:
        await self._prepare()
        return await self.connection.written(lambda transaction: keep(transaction, revision))

    async def keep_flows(self, revision: FlowRevision) -> bool:
        await self._prepare()
        return await keep_flows(self.connection, revision)

    async def verify(self) -> list[Fault]:
        await self._prepare()
        async with self.connection.reading() as reads:
            before = await self._state(reads)
        faults: list[Fault] = []
        lost: Exception | None = None
        async with self.connection.checking() as transaction:
            try:
                graph = Neo4jGraph(transaction)
                faults = await check_foreign(graph) or await check_end(graph)
                faults = faults or await check(graph) or await check_shown(graph)
            except (StoreError, Neo4jError, DriverError, TimeoutError):
                raise
            except Exception as error:
                # Of two passes the later one saw an event that the earlier one did not, or half a graph.
                lost = error
        async with self.connection.reading() as reads:
            after = await self._state(reads)
        refuse_rebuilt(before, after, self.url)
        if before != after:
            raise StoreError(
                f"{self.url}: events were recorded while it was checked, from {before.sequence} to {after.sequence}; "
                "run `voltrace verify` again when nobody records"
            )
        if lost is not None:
            raise lost
        return faults

    async def rebuild(self) -> int:
        await self._prepare()
        try:
            return await rebuild(self.connection)
        finally:
            self._seen = None

    async def bookmark(self) -> str | None:
        return encode(await self.connection.bookmarks())

    async def close(self) -> None:
        looking = self._looking.get(asyncio.get_running_loop())
        if looking is not None:  # those who waited for it are gone, and it would open a connection that nobody closes
            looking.cancel()
            await asyncio.wait([looking])
        await self.connection.close()
