"""The embedded store: one file, WAL, every acknowledged write on disk; many readers, one writer, several processes."""

from __future__ import annotations

import sqlite3
import threading
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from queue import Empty, SimpleQueue

from graph_schema.order import instant_us
from service.findings import Revision
from service.flow_rows import FlowRevision
from service.ports import Fault, T, Writer
from service.running import check_wanted, unwanted
from service.stores.checking import check
from service.stores.errors import StoreError
from service.stores.sqlite.checking import SqliteGraph, rebuild
from service.stores.sqlite.findings import keep
from service.stores.sqlite.flows import keep_flows
from service.stores.sqlite.schema import FINDINGS, FLOWS, GRAPH, LOG, UPGRADES, VERSION
from service.stores.sqlite.snapshot import SqliteSnapshot
from service.stores.sqlite.writer import SqliteWriter

BUSY_TIMEOUT_S = 60.0
CACHE_KIB = 64 * 1024
STEPS_BETWEEN_LOOKS = 100_000
"""SQLite's steps, about a millisecond, after which a read looks whether it is still wanted."""


class SqliteStore:
    """A `Store` in the file `path`, which is made where there is none.

    Raises StoreError where the file cannot be opened, is no voltrace store, or was written by a newer version.
    """

    blocking = True

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)
        self.url = f"sqlite:{path}"
        self._readers: SimpleQueue[sqlite3.Connection] = SimpleQueue()
        self._open: list[sqlite3.Connection] = []
        self._writing = threading.Lock()
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            self._write = self._connect()
            self._prepare()
            self._write.set_progress_handler(unwanted, STEPS_BETWEEN_LOOKS)
        except (sqlite3.Error, OSError, StoreError) as error:
            for connection in self._open:
                connection.close()
            if isinstance(error, StoreError):
                raise
            way_out = "name another file, in a directory that can be written"
            if getattr(error, "sqlite_errorcode", None) == sqlite3.SQLITE_BUSY:
                way_out = "another process holds it; try again when that is done"
            raise StoreError(f"cannot open the store {self.path}: {error}; {way_out}") from error

    def _connect(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self.path, timeout=BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False, cached_statements=256
        )
        self._open.append(connection)
        self._refuse_others(connection)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute(f"PRAGMA cache_size = -{CACHE_KIB}")
        connection.execute("PRAGMA temp_store = MEMORY")
        connection.create_function("unicode_lower", 1, str.lower, deterministic=True)
        return connection

    def _refuse_others(self, connection: sqlite3.Connection) -> None:
        """Refuse a file of another program or version before anything in it is changed."""
        names = {name for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        if names and "meta" not in names:
            raise StoreError(f"{self.path} is a SQLite file, but no voltrace store; name another file")
        row = connection.execute("SELECT value FROM meta WHERE name = 'version'").fetchone() if names else None
        if row is not None and row[0] != VERSION and row[0] not in UPGRADES:
            raise StoreError(
                f"{self.path} has the schema version {row[0]}, this voltrace knows {VERSION}; "
                "use the voltrace that wrote it"
            )

    def _prepare(self) -> None:
        self._write.execute("BEGIN IMMEDIATE")
        try:
            self._refuse_others(self._write)
            for statement in (LOG + GRAPH + FINDINGS + FLOWS).split(";"):
                if statement.strip():
                    self._write.execute(statement)
            self._write.execute("INSERT OR IGNORE INTO meta VALUES ('version', ?)", (VERSION,))
            (version,) = self._write.execute("SELECT value FROM meta WHERE name = 'version'").fetchone()
            for older in range(version, VERSION):
                self._write.execute(UPGRADES[older])
                self._write.execute("UPDATE meta SET value = ? WHERE name = 'version'", (older + 1,))
        except BaseException:
            self._write.execute("ROLLBACK")
            raise
        self._write.execute("COMMIT")

    async def sequence_at(self, known_at: datetime | None) -> int:
        with self.reading() as connection:
            if known_at is None:
                (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM log").fetchone()
            else:
                row = connection.execute(
                    "SELECT last FROM batch WHERE recorded_us <= ? ORDER BY recorded_us DESC LIMIT 1",
                    (instant_us(known_at),),
                ).fetchone()
                last = 0 if row is None else row[0]
        return int(last)

    def reading(self) -> _Reading:
        """A connection inside a read transaction, for a block: `with store.reading() as connection`."""
        return _Reading(self)

    def borrow(self) -> sqlite3.Connection:
        """A connection to read with, to be given back. A read that nobody waits for any more is interrupted."""
        try:
            return self._readers.get_nowait()
        except Empty:
            connection = self._connect()
            connection.set_progress_handler(unwanted, STEPS_BETWEEN_LOOKS)
            return connection

    def give_back(self, connection: sqlite3.Connection) -> None:
        """Give a reading connection back."""
        self._readers.put(connection)

    @asynccontextmanager
    async def snapshot(self, sequence: int | None = None) -> AsyncIterator[SqliteSnapshot]:
        with self.reading() as connection:
            (last,) = connection.execute("SELECT coalesce(max(seq), 0) FROM log").fetchone()
            yield SqliteSnapshot(connection, last if sequence is None else min(sequence, last), last)

    @contextmanager
    def _changing(self) -> Iterator[sqlite3.Connection]:
        """A write transaction, of which there is one at a time: undone where the block raises, else durable."""
        with self._writing:
            check_wanted()
            try:
                self._write.execute("BEGIN IMMEDIATE")
            except sqlite3.Error as error:
                raise StoreError(f"cannot write to the store {self.path}: {error}") from error
            try:
                yield self._write
                check_wanted()
            except BaseException:
                if self._write.in_transaction:  # an interrupted statement has undone it by itself
                    self._write.execute("ROLLBACK")
                raise
            self._write.execute("COMMIT")

    async def write(self, work: Callable[[Writer], Awaitable[T]]) -> T:
        with self._changing() as connection:
            return await work(SqliteWriter(connection))

    async def keep(self, revision: Revision) -> bool:
        with self._changing() as connection:
            return keep(connection, revision)

    async def keep_flows(self, revision: FlowRevision) -> bool:
        with self._changing() as connection:
            return keep_flows(connection, revision)

    async def verify(self) -> list[Fault]:
        with self.reading() as connection:
            graph = SqliteGraph(connection)
            return await check(graph) or await graph.check_known()

    async def rebuild(self) -> int:
        with self._changing() as connection:
            return await rebuild(connection)

    async def bookmark(self) -> str | None:
        return None

    async def close(self) -> None:
        for connection in self._open:
            connection.close()
        self._open.clear()


class _Reading:
    """A read transaction on a borrowed connection."""

    def __init__(self, store: SqliteStore) -> None:
        self._store = store

    def __enter__(self) -> sqlite3.Connection:
        self._connection = self._store.borrow()
        self._connection.execute("BEGIN")
        return self._connection

    def __exit__(self, *error: object) -> None:
        self._connection.execute("ROLLBACK")
        self._store.give_back(self._connection)
