"""What a reader is given, and what it makes of a file that others wrote."""

from __future__ import annotations

import io
import shutil
import tempfile
import zlib
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

import orjson

from service.ports import Store
from service.recording import Submission

HEAD_BYTES = 65_536
BATCH = 2_000
BOM = b"\xef\xbb\xbf"


class UnreadableFile(ValueError):
    """A file that cannot be read at all; says why, and the way out."""


class LeftOut(NamedTuple):
    """Something that is no history, and why it was not turned into events."""

    where: str
    what: str
    reason: str


class Assumed(NamedTuple):
    """Something that the file does not say and an event needs, and what was taken instead."""

    where: str
    what: str
    reason: str


class Malformed(NamedTuple):
    """Something that could not be read."""

    where: str
    field: str
    reason: str


@dataclass
class Reading:
    """The events of a file as JSON objects, in a fixed order; what was left out, assumed, malformed. `kept` counts, by
    name, fields that no field of the model takes as they are, which stand in the attributes of the event.

    `foreign_uses` are draws (user, batch, kg or None) on batches of this file by assets of another: the draw is told
    with the production of the user, by the file that holds it.
    """

    events: list[dict[str, Any]] = field(default_factory=list)
    left_out: list[LeftOut] = field(default_factory=list)
    assumed: list[Assumed] = field(default_factory=list)
    malformed: list[Malformed] = field(default_factory=list)
    kept: Counter[str] = field(default_factory=Counter)
    foreign_uses: list[tuple[str, str, float | None]] = field(default_factory=list)


class Options(NamedTuple):
    """What the one who ingests says of the files: who acts where nobody is named, what the columns of tables mean."""

    actor: str | None = None
    mapping: Path | None = None


class Source:
    """A file to read: its name, its first bytes, and ways to the rest, of which one is taken, once."""

    def __init__(
        self, name: str, file: BinaryIO, options: Options = Options(), batch: int = BATCH, stated_batch: int = BATCH
    ) -> None:
        self.name = name
        self.head = file.read(HEAD_BYTES)
        self.options = options
        self.batch = batch
        self.stated_batch = max(batch, stated_batch)
        """How many events of one stated moment are a batch, which becomes known as one."""
        self._file = file

    @cached_property
    def first_line(self) -> Any:
        """The first line as JSON, None where it is none (or longer than the head)."""
        try:
            return orjson.loads(self.head.lstrip(BOM + b" \t\r\n").split(b"\n", 1)[0])
        except orjson.JSONDecodeError:
            return None

    def data(self) -> bytes:
        """All of it."""
        return self.head + self._file.read()

    def lines(self) -> Iterator[bytes]:
        """Line by line, with the ends of lines, without a byte order mark. Raises UnreadableFile, with the place."""
        number = 0
        try:
            for line in self._lines():
                number += 1
                yield line
        except (OSError, EOFError, zlib.error) as error:
            raise UnreadableFile(f"{self.name}:{number + 1}: cannot be read: {error}") from error

    def _lines(self) -> Iterator[bytes]:
        for line in io.BytesIO(self.head.removeprefix(BOM)):
            yield line if line.endswith(b"\n") else line + self._file.readline()
        yield from self._file

    def whole(self) -> BinaryIO:
        """A file to seek in; what comes through a pipe is copied to a temporary one."""
        if not self._file.seekable():
            spooled = tempfile.TemporaryFile()  # noqa: SIM115 - it outlives this call, and ends with its last reader
            spooled.write(self.head)
            shutil.copyfileobj(self._file, spooled)
            self._file = spooled
        self._file.seek(0)
        return self._file


@dataclass
class Chunk:
    """Events to record together, each with its place in the file, and what was reported up to them.

    `bytes_read` is how far into the file this is. `duplicates` counts events that the reader knows to be recorded.
    `field_name` says in the terms of the file which field of an event a problem is about. `recorded_at` is what the
    file says, as it says it, of when another log recorded these events.
    """

    events: Sequence[Submission] = ()
    places: Sequence[str] = ()
    bytes_read: int = 0
    duplicates: int = 0
    left_out: Sequence[LeftOut] = ()
    assumed: Sequence[Assumed] = ()
    malformed: Sequence[Malformed] = ()
    kept: Mapping[str, int] = field(default_factory=dict)
    field_name: Callable[[str], str] = str
    recorded_at: Any = None


class Reader(ABC):
    """A format, in: recognised by its content, and told as events chunk by chunk."""

    name: str
    """As `--format` names it."""
    title: str
    """What it is, in a few words."""

    @abstractmethod
    def recognises(self, source: Source) -> bool:
        """Whether the first bytes look like this format; `READERS` says in which order they are asked."""

    def check(self, source: Source) -> None:
        """Raise UnreadableFile where it can be told beforehand that the file cannot be read as it was asked for.

        All files are checked before anything of the first is recorded.
        """
        return

    @abstractmethod
    async def read(self, source: Source, store: Store) -> Iterator[Chunk]:
        """The events. What the store must be asked for is asked before this returns. Raises UnreadableFile."""
