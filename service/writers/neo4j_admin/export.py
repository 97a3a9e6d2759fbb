"""Writing the files and the arguments of the import, in one pass over one moment of an embedded store."""

from __future__ import annotations

import gzip
import sqlite3
from collections.abc import Callable, Iterable, Iterator
from io import BufferedWriter
from pathlib import Path
from typing import NamedTuple

from service.ports import Store
from service.stores.errors import StoreError
from service.stores.sqlite import SqliteStore
from service.writers.neo4j_admin.fields import IN_LIST, lines
from service.writers.neo4j_admin.nodes import NODES
from service.writers.neo4j_admin.relationships import RELATIONSHIPS
from service.writers.neo4j_admin.sheet import Sheet

ARGUMENTS = "import.args"
CHARACTERS_AT_ONCE = 1_000_000
GZIP_LEVEL = 3
LONGEST_LINE = 2_000_000
"""Characters of a line that fit the importer's buffer as it is by default."""


class Exported(NamedTuple):
    """What was written."""

    nodes: int
    relationships: int
    sequence: int


Progress = Callable[[int, int, str], None]
"""Told of (rows so far, rows in all, the sheet in work)."""


class Export:
    """Writes an embedded store's log and graph, with all that was known before, to files in an empty directory.

    Memory stays the same whatever the size. `compressed` files have the ending `.csv.gz`, which the importer reads.
    """

    def __init__(
        self, store: Store, directory: Path, compressed: bool = False, progress: Progress = lambda *_: None
    ) -> None:
        self._store = store
        self._directory = directory
        self._ending = ".csv.gz" if compressed else ".csv"
        self._progress = progress
        self._written = 0
        self._total = 0
        self._several_lines = False
        self._longest = 0

    def run(self) -> Exported:
        """Write everything; the arguments come last, so that they are there only when all is.

        Raises StoreError where the store is no embedded one or empty, or the directory not empty or not writable.
        """
        store = self._store
        if not isinstance(store, SqliteStore):
            raise StoreError(f"{store.url} is no sqlite: store, the only kind that is exported; copy it into one first")
        with store.reading() as connection:
            (sequence,) = connection.execute("SELECT coalesce(max(seq), 0) FROM log").fetchone()
            if not sequence:
                raise StoreError(f"{store.url} holds no events: there is nothing to export")
            try:
                self._make_directory()
                nodes = self._write_all(connection, NODES)
                relationships = self._write_all(connection, RELATIONSHIPS)
                self._write_arguments()
            except OSError as error:
                raise StoreError(f"cannot write to {self._directory}: {error}; name another directory") from error
        return Exported(nodes, relationships, sequence)

    def _make_directory(self) -> None:
        self._directory.mkdir(parents=True, exist_ok=True)
        if any(self._directory.iterdir()):
            raise StoreError(f"{self._directory} is not empty; name a directory that is, or that is not there yet")

    def _write_all(self, connection: sqlite3.Connection, sheets: Iterable[Sheet]) -> int:
        if not self._total:
            every = (*NODES, *RELATIONSHIPS)
            self._total = sum(connection.execute(f"SELECT count(*) FROM {it.source}").fetchone()[0] for it in every)
        before = self._written
        for sheet in sheets:
            columns = [*sheet.columns, *sheet.further(connection)]
            (self._directory / f"{sheet.name}-header.csv").write_text(",".join(columns) + "\n")
            with self._open(sheet) as file:
                for chunk in _chunks(lines(columns, sheet.rows(connection))):
                    self._write(sheet, file, chunk)
        return self._written - before

    def _open(self, sheet: Sheet) -> BufferedWriter | gzip.GzipFile:
        path = self._directory / (sheet.name + self._ending)
        return gzip.open(path, "wb", GZIP_LEVEL) if path.suffix == ".gz" else path.open("wb")

    def _write(self, sheet: Sheet, file: BufferedWriter | gzip.GzipFile, chunk: list[str]) -> None:
        text = "\n".join(chunk) + "\n"
        self._several_lines |= text.count("\n") != len(chunk) or "\r" in text
        self._longest = max(self._longest, max(map(len, chunk)))
        file.write(text.encode())
        self._written += len(chunk)
        self._progress(self._written, self._total, sheet.of)

    def _write_arguments(self) -> None:
        told = [
            f"--{sheet.kind}={sheet.of}=./{sheet.name}-header.csv,./{sheet.name}{self._ending}"
            for sheet in (*NODES, *RELATIONSHIPS)
        ]
        told += [f"--array-delimiter=U+{ord(IN_LIST):04X}", "--id-type=integer", "--bad-tolerance=0"]
        if self._several_lines:
            told.append("--multiline-fields=true")
        if self._longest > LONGEST_LINE:
            told.append(f"--read-buffer-size={2 * self._longest}")
        (self._directory / ARGUMENTS).write_text("\n".join(told) + "\n")


def _chunks(every: Iterable[str]) -> Iterator[list[str]]:
    chunk: list[str] = []
    size = 0
    for line in every:
        chunk.append(line)
        size += len(line)
        if size > CHARACTERS_AT_ONCE:
            yield chunk
            chunk, size = [], 0
    if chunk:
        yield chunk
