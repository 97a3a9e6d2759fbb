"""Sessions of a Neo4j database: a driver for each event loop, causal bookmarks, errors in our own words."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary

import neo4j
from neo4j.exceptions import AuthError, ConfigurationError, DriverError, Neo4jError, ServiceUnavailable

from service.causality import FOLLOWED
from service.stores.errors import StoreError

READ_TIMEOUT_S = 30.0
WRITE_TIMEOUT_S = 600.0
RETRY_TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 15.0
IDLE_S = 10.0
"""How long a connection may have been idle without being tried before it is used."""
RETRY_AFTER_S = (0.0, 0.2, 1.0)
"""When a read is begun again."""


class Login(NamedTuple):
    """Who logs in to a Neo4j, and to which of its databases (None: its default). Nobody where `user` is None."""

    user: str | None = None
    password: str = ""
    database: str | None = None


class Connection:
    """Makes sessions. Bookmarks are shared by all of them, so that each sees what this process wrote before."""

    def __init__(
        self, url: str, login: Login, read_timeout_s: float = READ_TIMEOUT_S, retry_s: float = RETRY_TIMEOUT_S
    ) -> None:
        self.url = url
        self.retry_s = retry_s
        self.login = login
        self.read_timeout_s = read_timeout_s
        self._bookmarks = neo4j.AsyncGraphDatabase.bookmark_manager()
        self._drivers: WeakKeyDictionary[asyncio.AbstractEventLoop, neo4j.AsyncDriver] = WeakKeyDictionary()

    @property
    def routes(self) -> bool:
        """Whether reads may go to other servers of a cluster than writes."""
        return self.url.startswith("neo4j")

    def driver(self) -> neo4j.AsyncDriver:
        """The driver of the running event loop."""
        loop = asyncio.get_running_loop()
        driver = self._drivers.get(loop)
        if driver is None:
            auth = None if self.login.user is None else (self.login.user, self.login.password)
            with self.errors():
                driver = neo4j.AsyncGraphDatabase.driver(
                    self.url,
                    auth=auth,
                    max_transaction_retry_time=self.retry_s,
                    connection_timeout=CONNECT_TIMEOUT_S,
                    liveness_check_timeout=IDLE_S,
                    connection_acquisition_timeout=CONNECT_TIMEOUT_S * 2,
                    notifications_min_severity="OFF",
                    user_agent="voltrace",
                )
            self._drivers[loop] = driver
        return driver

    @asynccontextmanager
    async def session(self, writes: bool) -> AsyncIterator[neo4j.AsyncSession]:
        """A session; `writes` sends it to the leader of a cluster."""
        mode = neo4j.WRITE_ACCESS if writes else neo4j.READ_ACCESS
        with self.errors():
            async with self.driver().session(
                database=self.login.database,
                default_access_mode=mode,
                bookmark_manager=self._bookmarks,
                bookmarks=neo4j.Bookmarks.from_raw_values(FOLLOWED.get()),
            ) as session:
                yield session

    @asynccontextmanager
    async def reading(self) -> AsyncIterator[Reads]:
        """Reads with a timeout, of one session."""
        async with self.session(writes=False) as session:
            yield Reads(session, self.read_timeout_s)

    async def bookmarks(self) -> frozenset[str]:
        """What a later read must see, also through another process."""
        return frozenset(await self._bookmarks.get_bookmarks())

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Tell what went wrong at the server in our own words."""
        try:
            yield
        except AuthError as error:
            raise StoreError(
                f"{self.url} refuses the login: {error.message}; set VOLTRACE_NEO4J_USER and VOLTRACE_NEO4J_PASSWORD"
            ) from error
        except (ServiceUnavailable, ConfigurationError) as error:
            raise StoreError(
                f"no Neo4j answers at {self.url}: {_line(error)}; is it started, is the address right?"
            ) from error
        except (Neo4jError, DriverError, OSError) as error:
            raise StoreError(f"{self.url}: {_line(error)}") from error

    async def close(self) -> None:
        """Close the connections of the running event loop."""
        driver = self._drivers.pop(asyncio.get_running_loop(), None)
        if driver is not None:
            await driver.close()


def _line(error: Exception) -> str:
    return " ".join(str(error).split())


class Reads:
    """Reads of one session, each a round trip of its own.

    A transaction around them would add two round trips and no consistency: Neo4j reads what is committed, query by
    query, and each of our queries names the moment of knowledge that it means. A read is begun again where a server
    was lost.
    """

    def __init__(self, session: neo4j.AsyncSession, timeout_s: float) -> None:
        self._session = session
        self._timeout_s = timeout_s

    async def record(self, query: str, values: dict[str, Any]) -> Any:
        """The only record of a query, None where there is none."""
        for wait_s in (*RETRY_AFTER_S, None):
            try:
                return await (await self._session.run(neo4j.Query(query, timeout=self._timeout_s), values)).single()
            except (Neo4jError, DriverError) as error:
                if wait_s is None or not error.is_retryable():
                    raise
            await asyncio.sleep(wait_s)
        raise AssertionError("the last try answers or raises")

    async def one(self, query: str, **values: Any) -> Any:
        """The only value of the only record of a query; None where there is no record."""
        record = await self.record(query, values)
        return None if record is None else record[0]


async def one(transaction: neo4j.AsyncTransaction | neo4j.AsyncManagedTransaction, query: str, **values: Any) -> Any:
    """The only value of the only record of a query; None where there is no record."""
    record = await (await transaction.run(query, values)).single()
    return None if record is None else record[0]


Transaction = neo4j.AsyncTransaction | neo4j.AsyncManagedTransaction
