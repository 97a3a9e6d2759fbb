"""What the readers of tables share: a mapping that fits, and rows told as events, chunk by chunk."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterable, Iterator, Sequence

from service.ports import Store
from service.readers.reading import Chunk, LeftOut, Malformed, Reader, Source, UnreadableFile
from service.readers.tables.fitting import Fitting
from service.readers.tables.groups import Groups, Outcome, Row, Told, single
from service.readers.tables.mapping import MappingFile, Table
from service.readers.tables.plan import Plan

GUIDE = "docs/interchange.md shows how to write one"


class TableReader(Reader):
    """A table of flat events."""

    @abstractmethod
    def columns(self, source: Source, table: Table) -> Sequence[str]:
        """The names of the columns. Raises UnreadableFile."""

    @abstractmethod
    def rows(self, source: Source, table: Table, width: int) -> Iterator[Row]:
        """The rows, with `width` cells each."""

    def check(self, source: Source) -> None:
        """Hold the mapping against the columns."""
        self._fitting(source).plan()

    async def read(self, source: Source, store: Store) -> Iterator[Chunk]:
        """Row by row; nothing is asked of the store."""
        fitting = self._fitting(source)
        plan = fitting.plan()
        return _chunks(source, plan, self.rows(source, fitting.mapping.table, len(fitting.columns)), fitting.reported())

    def _fitting(self, source: Source) -> Fitting:
        if source.options.mapping is None:
            raise UnreadableFile(
                f"{source.name}: a table says nothing without a mapping of its columns: --mapping FILE ({GUIDE})"
            )
        file = MappingFile(source.options.mapping)
        return Fitting(file, self.columns(source, file.mapping.table), source.name)


def _chunks(source: Source, plan: Plan, rows: Iterable[Row], reported: list[LeftOut]) -> Iterator[Chunk]:
    """Raises UnreadableFile, after the chunk of what was read before: an event of several rows only where all were."""
    chunk = Chunk([], [], left_out=reported, malformed=[], field_name=plan.field_name)
    yield chunk
    told: list[Told] = []
    left_out: list[LeftOut] = []
    malformed: list[Malformed] = []
    read = 0
    try:
        for read, outcome in _outcomes(plan, rows):
            if isinstance(outcome, Told):
                told.append(outcome)
            elif isinstance(outcome, Malformed):
                malformed.append(outcome)
            else:
                left_out.append(outcome)
            if len(told) + len(malformed) + len(left_out) >= source.batch:
                yield _chunk(plan, told, left_out, malformed, read)
                told, left_out, malformed = [], [], []
    except UnreadableFile:
        yield _chunk(plan, told, left_out, malformed, read)
        raise
    yield _chunk(plan, told, left_out, malformed, read)


def _chunk(plan: Plan, told: list[Told], left_out: list[LeftOut], malformed: list[Malformed], read: int) -> Chunk:
    places, events = [one.place for one in told], [one.event for one in told]
    return Chunk(events, places, read, left_out=left_out, malformed=malformed, field_name=plan.field_name)


def _outcomes(plan: Plan, rows: Iterable[Row]) -> Iterator[tuple[int, Outcome]]:
    if plan.group is None:
        for row in rows:
            yield row.bytes_read, single(row, plan)
        return
    groups = Groups(plan)
    read = 0
    for row in rows:
        read = row.bytes_read
        for outcome in groups.add(row):
            yield read, outcome
    for outcome in groups.finish():
        yield read, outcome
