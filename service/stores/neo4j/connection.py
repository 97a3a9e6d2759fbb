"""Sessions of a Neo4j database: a driver for each event loop, causal bookmarks, errors in our own words."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from typing import Any, NamedTuple, TypeVar
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

import neo4j
from neo4j.exceptions import (
    AuthError,
    ConfigurationError,
    DriverError,
    IncompleteCommit,
    Neo4jError,
    ServiceUnavailable,
)

from service.causality import FOLLOWED, HEADER
from service.stores.errors import StoreError, UnknownBookmark
from service.stores.neo4j.patient import Patient
from service.warming import PATIENCE_S

T = TypeVar("T")

READ_TIMEOUT_S = 30.0
WRITE_TIMEOUT_S = 120.0
"""How long a transaction of a write may take; the server itself ends it then, if it still answers."""
REBUILD_TIMEOUT_S = 600.0
"""The same for a transaction of a rebuild, which folds or forgets much at once."""
RETRY_TIMEOUT_S = 60.0
CONNECT_TIMEOUT_S = 15.0
IDLE_S = 10.0
"""How long a connection may have been idle without being tried before it is used."""
RETRY_AFTER_S = (0.0, 0.2, 1.0)
"""When a read is begun again."""
GRACE_S = 2.0
"""How long after its timeout a read is waited for, since the server itself ends it then, if it still answers."""
BOOKMARKS = ("Neo.TransientError.Transaction.BookmarkTimeout", "Neo.ClientError.Transaction.InvalidBookmark")
"""What a server says that never had the state of a bookmark: a backup was loaded, or it is another database's."""
TIMED_OUT = (
    "Neo.ClientError.Transaction.TransactionTimedOut",
    "Neo.ClientError.Transaction.TransactionTimedOutClientConfiguration",
)
DEADLOCK = "Neo.TransientError.Transaction.DeadlockDetected"
FEWER = "record fewer events at once (--batch of `voltrace ingest`), or give "
WAYS_OUT = {
    "Neo.ClientError.Database.DatabaseNotFound": "name one that is there with VOLTRACE_NEO4J_DATABASE",
    **dict.fromkeys(
        TIMED_OUT, "VOLTRACE_READ_TIMEOUT_S and VOLTRACE_WRITE_TIMEOUT_S are how long a read and a write may take"
    ),
    "Neo.DatabaseError.Schema.ConstraintCreationFailed": "delete one of the two, and run `voltrace migrate` again",
    "Neo.ClientError.Security.Forbidden": "grant the user of VOLTRACE_NEO4J_USER reading, writing and the schema",
    "Neo.TransientError.General.MemoryPoolOutOfMemoryError": FEWER
    + "transactions more memory (db.memory.transaction.total.max, dbms.memory.transaction.total.max)",
    "Neo.TransientError.General.TransactionMemoryLimit": FEWER + "transactions more memory (db.memory.transaction.max)",
    DEADLOCK: "another transaction held what this one wanted, and the other "
    "way round; nothing of this one was done: send it again, and end what holds nodes of voltrace for long",
    BOOKMARKS[0]: "it was set back to an earlier state, or a replica lags; ask again, without an old Voltrace-Bookmark",
    BOOKMARKS[1]: "ask again, without that Voltrace-Bookmark",
}
"""What helps, by the code of a server's error."""
SAID = {DEADLOCK: "deadlock", **dict.fromkeys(TIMED_OUT, "it took longer than it may, and was ended")}
"""What is told in place of what a server says, which advises its own clients."""


_PARAMETER = re.compile(r"\$(\w+)")


class Login(NamedTuple):
    """Who logs in to a Neo4j, and to which of its databases (None: its default). Nobody where `user` is None."""

    user: str | None = None
    password: str = ""
    database: str | None = None


class MaybeRecorded(StoreError):
    """A write of which nobody knows whether it was done: its server was lost while it confirmed it."""


class Unanswered(TimeoutError):
    """A write to which the server did not answer in time."""


class _OfTheWork(Exception):
    """Carries what went wrong outside of the server past what tells of servers."""

    def __init__(self, error: Exception) -> None:
        super().__init__()
        self.error = error


@contextmanager
def _of_the_work() -> Iterator[None]:
    """What the work between questions raises is none of the server."""
    try:
        yield
    except (StoreError, Neo4jError, DriverError, TimeoutError, _OfTheWork):
        raise
    except Exception as error:
        raise _OfTheWork(error) from error


@contextmanager
def _untouched() -> Iterator[None]:
    """Raise what the work raised as it was."""
    try:
        yield
    except _OfTheWork as carried:
        raise carried.error from carried.error.__cause__


class Connection:
    """Makes sessions. Bookmarks are shared by all of them, so that each sees what this process wrote before."""

    def __init__(
        self,
        url: str,
        login: Login,
        read_timeout_s: float = READ_TIMEOUT_S,
        write_timeout_s: float = WRITE_TIMEOUT_S,
        retry_s: float = RETRY_TIMEOUT_S,
    ) -> None:
        path = urlsplit(url).path.strip("/")
        if path:
            raise StoreError(f"{url}: a database is not named in the address; set VOLTRACE_NEO4J_DATABASE={path}")
        if login.database == "system":
            raise StoreError(f"{url}: the database system holds no graph; name another with VOLTRACE_NEO4J_DATABASE")
        self.url = url
        self.retry_s = retry_s
        self.login = login
        self.read_timeout_s = read_timeout_s
        self.write_timeout_s = write_timeout_s
        self._bookmarks = neo4j.AsyncGraphDatabase.bookmark_manager()
        self.doubtful = False
        """Whether a read waited in vain: for a server that hangs, or for a bookmark that is never reached."""
        self._drivers: WeakKeyDictionary[asyncio.AbstractEventLoop, neo4j.AsyncDriver | None] = WeakKeyDictionary()
        """None: closed."""

    def driver(self) -> neo4j.AsyncDriver:
        """The driver of the running event loop. Raises StoreError once that is closed: nobody would close another."""
        loop = asyncio.get_running_loop()
        driver = self._drivers.get(loop)
        if driver is None:
            if loop in self._drivers:
                raise StoreError(f"{self.url} is closed here")
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
    async def session(self, writes: bool, follows: bool = True) -> AsyncIterator[neo4j.AsyncSession]:
        """A session; `writes` sends it to the leader of a cluster; without `follows` it waits for no bookmark."""
        mode = neo4j.WRITE_ACCESS if writes else neo4j.READ_ACCESS
        with self.errors():
            async with self.driver().session(
                database=self.login.database,
                default_access_mode=mode,
                bookmark_manager=self._bookmarks if follows else None,
                bookmarks=neo4j.Bookmarks.from_raw_values(FOLLOWED.get()) if follows else None,
            ) as session:
                yield session

    @asynccontextmanager
    async def checking(self) -> AsyncIterator[Patient]:
        """A transaction of reads, which may take long as a whole."""
        patience_s = self.read_timeout_s + GRACE_S
        with _untouched():
            async with self.session(writes=False) as session:
                async with asyncio.timeout(patience_s):
                    transaction = await session.begin_transaction()
                async with transaction:
                    with _of_the_work():
                        yield Patient(transaction, patience_s)

    @asynccontextmanager
    async def reading(self, leader: bool = False, follows: bool = True) -> AsyncIterator[Reads]:
        """Reads with a timeout, of one session."""
        with _untouched():
            async with self.session(leader, follows) as session:
                with _of_the_work():
                    yield Reads(session, max(self.read_timeout_s, PATIENCE_S.get()))

    async def written(
        self, unit: Callable[[neo4j.AsyncManagedTransaction], Awaitable[T]], timeout_s: float | None = None
    ) -> T:
        """Do a unit of work as one write, again where it may be; each try may take so long at the server.

        Raises StoreError where no answer comes in that time, and what the work itself raises.
        """
        timeout_s = self.write_timeout_s if timeout_s is None else timeout_s
        now = asyncio.get_running_loop().time
        with _untouched():
            async with self.session(writes=True) as session:
                try:
                    async with asyncio.timeout(timeout_s + GRACE_S) as patience:

                        async def tried(transaction: neo4j.AsyncManagedTransaction) -> T:
                            patience.reschedule(now() + timeout_s + GRACE_S)
                            try:
                                with _of_the_work():
                                    return await unit(transaction)
                            except Exception:
                                patience.reschedule(now() + timeout_s + self.retry_s + GRACE_S)
                                raise

                        return await session.execute_write(neo4j.unit_of_work(timeout=timeout_s)(tried))
                except TimeoutError as error:
                    if patience.expired():
                        raise Unanswered(f"{timeout_s:g}") from error
                    raise

    async def in_batches(self, query: str, timeout_s: float, **values: Any) -> None:
        """Run a query once that commits by itself again and again; it may take so long at the server."""
        async with self.session(writes=True) as session:
            try:
                async with asyncio.timeout(timeout_s + GRACE_S):
                    await (await session.run(neo4j.Query(query, timeout=timeout_s), values)).consume()
            except TimeoutError as error:
                raise Unanswered(f"{timeout_s:g}") from error

    async def bookmarks(self) -> frozenset[str]:
        """What a later read must see, also through another process."""
        return frozenset(await self._bookmarks.get_bookmarks())

    @contextmanager
    def errors(self) -> Iterator[None]:
        """Tell what went wrong at the server in our own words."""
        try:
            yield
        except AuthError as error:
            said = "it wants one, and none is set" if self.login.user is None else error.message
            raise StoreError(
                f"{self.url} refuses the login: {said}; set VOLTRACE_NEO4J_USER and VOLTRACE_NEO4J_PASSWORD"
            ) from error
        except IncompleteCommit as error:
            raise MaybeRecorded(
                f"{self.url} was lost while it confirmed a write, which may be recorded; send the same events again: "
                "each is recorded once"
            ) from error
        except ServiceUnavailable as error:
            raise StoreError(
                f"no Neo4j answers at {self.url}: {_line(error)}; is it started, is the address right?"
            ) from error
        except (ConfigurationError, ValueError) as error:
            raise StoreError(f"{self.url} is no address of a Neo4j: {_line(error)}") from error
        except Unanswered as error:
            self.doubtful = True
            raise StoreError(
                f"{self.url} does not answer: a write took longer than {error} s "
                "(VOLTRACE_WRITE_TIMEOUT_S); what was sent may be recorded: send the same events again, each is "
                "recorded once"
            ) from error
        except TimeoutError as error:
            self.doubtful = True
            raise StoreError(
                f"{self.url} does not answer: a read took longer than {self.read_timeout_s:g} s "
                "(VOLTRACE_READ_TIMEOUT_S)"
            ) from error
        except (Neo4jError, DriverError, OSError) as error:
            code = getattr(error, "code", None) or ""
            self.doubtful |= code in TIMED_OUT or (code in BOOKMARKS and not FOLLOWED.get())
            if code == BOOKMARKS[1] and FOLLOWED.get():
                raise UnknownBookmark(f"{HEADER}: no bookmark of this store; ask again without it") from error
            if code in BOOKMARKS and not FOLLOWED.get():
                self.forget_bookmarks()
            said = SAID.get(code) or getattr(error, "message", None) or str(error)
            raise StoreError("; ".join(filter(None, [f"{self.url}: {_line(said)}", WAYS_OUT.get(code)]))) from error

    def forget_bookmarks(self) -> None:
        """Follow what comes from here on: a server that was set back never reaches what was before."""
        self._bookmarks = neo4j.AsyncGraphDatabase.bookmark_manager()

    async def close(self) -> None:
        """Close the connections of the running event loop, in which nothing is asked from then on."""
        loop = asyncio.get_running_loop()
        driver, self._drivers[loop] = self._drivers.get(loop), None
        if driver is not None:
            await driver.close()


def _line(error: Exception | str) -> str:
    return " ".join(str(error).split())


@lru_cache(maxsize=1000)
def _in_lists(query: str, names: frozenset[str]) -> str:
    return _PARAMETER.sub(lambda found: f"{found[0]}[0]" if found[1] in names else found[0], query)


def planned_once(query: str, values: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """A query that takes each value in a list of one, but for numbers.

    A server plans a query again for another length of a text or a list, and for nothing in place of a time.
    """
    names = frozenset(name for name, value in values.items() if not isinstance(value, (int, float)))
    if not names:
        return query, values
    return _in_lists(query, names), {name: [value] if name in names else value for name, value in values.items()}


class Reads:
    """Reads of one session, each a round trip of its own.

    A transaction around them would add two round trips and no consistency: Neo4j reads what is committed, query by
    query, and each of our queries names the moment of knowledge that it means. A read is begun again where a server
    was lost.
    """

    def __init__(self, session: neo4j.AsyncSession, timeout_s: float) -> None:
        self._session = session
        self.timeout_s = timeout_s
        self.asked = 0
        """How many queries were asked."""
        self.said: tuple[int, list[Any]] | None = None
        """The state of the log that a query read at last, and which one that was."""

    @property
    def state(self) -> list[Any] | None:
        """The state of the log, where that is the last thing that was read."""
        return self.said[1] if self.said is not None and self.said[0] == self.asked else None

    async def answer(self, query: str, values: dict[str, Any]) -> tuple[neo4j.Record | None, neo4j.ResultSummary]:
        """The only record of a query, None where there is none; and what the server says beside."""
        self.asked += 1
        query, values = planned_once(query, values)
        async with asyncio.timeout(self.timeout_s + GRACE_S):
            for wait_s in (*RETRY_AFTER_S, None):
                try:
                    result = await self._session.run(neo4j.Query(query, timeout=self.timeout_s), values)
                    return await result.single(), await result.consume()
                except ValueError as error:
                    raise ConfigurationError(str(error)) from error
                except (Neo4jError, DriverError) as error:
                    if wait_s is None or not error.is_retryable() or getattr(error, "code", None) in BOOKMARKS:
                        raise
                await asyncio.sleep(wait_s)
        raise AssertionError("the last try answers or raises")

    async def record(self, query: str, values: dict[str, Any]) -> Any:
        """The only record of a query, None where there is none."""
        return (await self.answer(query, values))[0]

    async def one(self, query: str, **values: Any) -> Any:
        """The only value of the only record of a query; None where there is no record."""
        record = await self.record(query, values)
        return None if record is None else record[0]


async def one(transaction: Transaction, query: str, /, **values: Any) -> Any:
    """The only value of the only record of a query; None where there is no record."""
    record = await (await transaction.run(*planned_once(query, values))).single()
    return None if record is None else record[0]


async def done(transaction: Transaction, query: str, /, **values: Any) -> None:
    """Run a query to its end, whatever it answers."""
    await (await transaction.run(*planned_once(query, values))).consume()


Transaction = neo4j.AsyncTransaction | neo4j.AsyncManagedTransaction | Patient
