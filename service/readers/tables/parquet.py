"""Parquet, through pyarrow, which is an extra: row group by row group, and only the columns that are used."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from os import SEEK_END
from types import ModuleType
from typing import Any

from service.readers.reading import Source, UnreadableFile
from service.readers.tables.groups import Row
from service.readers.tables.mapping import Table
from service.readers.tables.reader import TableReader

_MAGIC = b"PAR1"
_ROWS_AT_ONCE = 4_096


class Parquet(TableReader):
    """Parquet files; of the mapping's `[table]` only what is not about text concerns them."""

    name = "parquet"
    title = "a Parquet table (with --mapping)"

    def recognises(self, source: Source) -> bool:
        """The magic bytes."""
        return source.head.startswith(_MAGIC)

    def columns(self, source: Source, table: Table) -> Sequence[str]:
        """The columns at the top; what is nested in them is no cell."""
        return [str(name) for name in _opened(source).schema_arrow.names]

    def rows(self, source: Source, table: Table, width: int) -> Iterator[Row]:
        """The rows, numbered from 1. Raises UnreadableFile where it comes to a broken part."""
        file = _opened(source)
        size, count, number = source.whole().seek(0, SEEK_END), file.metadata.num_rows, 0
        for group in range(file.num_row_groups):
            batches = file.iter_batches(batch_size=_ROWS_AT_ONCE, row_groups=[group])
            while (batch := _next(batches, f"{source.name}: row group {group + 1}, after row {number}")) is not None:
                for cells in zip(*(_cells(column) for column in batch.columns), strict=True):
                    number += 1
                    yield Row(f"{source.name}: row {number}", cells, size * number // count)


def _next(batches: Iterator[Any], place: str) -> Any:
    pyarrow, _ = _pyarrow()
    try:
        return next(batches, None)
    except (pyarrow.ArrowException, OSError) as error:
        raise UnreadableFile(f"{place}: cannot be read: {error}") from None


def _pyarrow() -> tuple[ModuleType, ModuleType]:
    try:
        import pyarrow
        import pyarrow.parquet
    except ImportError:
        way_out = "pip install 'voltrace[parquet]'"
        raise UnreadableFile(f"Parquet is read by pyarrow, which is not installed: {way_out}") from None
    return pyarrow, pyarrow.parquet


def _opened(source: Source) -> Any:
    pyarrow, parquet = _pyarrow()
    try:
        return parquet.ParquetFile(source.whole())
    except (pyarrow.ArrowException, OSError) as error:
        raise UnreadableFile(f"{source.name}: is no Parquet file that can be read: {error}") from None


def _cells(column: Any) -> list[Any]:
    """Cells as Python has them; nanoseconds are cut to microseconds, which are the finest that an event knows."""
    pyarrow, _ = _pyarrow()
    if pyarrow.types.is_timestamp(column.type) and column.type.unit == "ns":
        column = column.cast(pyarrow.timestamp("us", tz=column.type.tz), safe=False)
    cells: list[Any] = column.to_pylist()
    return [cell.strip() if isinstance(cell, str) else cell for cell in cells]
