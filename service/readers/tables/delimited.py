"""CSV: a line is a row, unless the mapping says that quoted cells may hold line ends."""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from io import BytesIO
from itertools import islice

from service.readers.reading import BOM, Source, UnreadableFile
from service.readers.tables.groups import Row
from service.readers.tables.mapping import Table
from service.readers.tables.reader import TableReader

LINES_MAX = 100
"""Of one row, where rows may take several lines; what is longer has a quote that does not end."""


class Delimited(TableReader):
    """CSV, whatever its delimiter."""

    name = "csv"
    title = "a CSV table (with --mapping)"

    def recognises(self, source: Source) -> bool:
        """Any text, where there is a mapping: nothing in a table says that it is one."""
        return source.options.mapping is not None and not source.head.lstrip().startswith(b"{")

    def columns(self, source: Source, table: Table) -> Sequence[str]:
        """The header, or what the mapping says in its place."""
        if table.columns is not None:
            return table.columns
        lines = list(BytesIO(source.head.removeprefix(BOM)))[table.skip_lines :]
        for start in range(len(lines)):
            if lines[start].strip():
                cells, reason = _assembled(_Lines(iter(lines[start:])), lines[start], table)
                if cells is None:
                    raise UnreadableFile(f"{source.name}:{table.skip_lines + start + 1}: the header {reason}")
                return cells
        raise UnreadableFile(f"{source.name}: has no header; [table] columns in the mapping may name the columns")

    def rows(self, source: Source, table: Table, width: int) -> Iterator[Row]:
        """Line by line; a line that is no row is told as such, and stops nothing."""
        lines = _Lines(source.lines())
        for _ in islice(lines, table.skip_lines):
            pass
        header = table.columns is None
        for line in lines:
            if not line.strip():
                continue
            place = f"{source.name}:{lines.number}"
            cells, reason = _assembled(lines, line, table)
            if header and cells is not None:
                header = False
            elif cells is None:
                yield Row(place, None, lines.read, reason)
            elif len(cells) != width:
                yield Row(place, None, lines.read, f"has {len(cells)} cells; there are {width} columns")
            elif any(cells):
                yield Row(place, cells, lines.read)


class _Lines:
    """Lines with their numbers, to which some may be given back."""

    def __init__(self, lines: Iterator[bytes]) -> None:
        self.number = 0
        self.read = 0
        self._lines = lines
        self._back: list[bytes] = []

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        line = self._back.pop() if self._back else next(self._lines)
        self.number += 1
        self.read += len(line)
        return line

    def give_back(self, lines: list[bytes]) -> None:
        self.number -= len(lines)
        self.read -= sum(map(len, lines))
        self._back += reversed(lines)


def _assembled(lines: _Lines, line: bytes, table: Table) -> tuple[list[str] | None, str]:
    """The cells of the row that begins with a line, or why it is none."""
    cells, reason = _split(line, table)
    if cells is not None or not table.multiline or _QUOTE_OPEN not in reason:
        return cells, reason
    more: list[bytes] = []
    for following in islice(lines, LINES_MAX - 1):
        more.append(following)
        cells, _ = _split(line + b"".join(more), table)
        if cells is not None:
            return cells, ""
    lines.give_back(more)
    return None, f"{_QUOTE_OPEN} within {LINES_MAX} lines"


_QUOTE_OPEN = "has a quote that does not end"
_LONE_CR = "has a CR without an LF outside of quotes: lines are to end in LF or CRLF"


def _split(data: bytes, table: Table) -> tuple[list[str] | None, str]:
    try:
        text = data.decode(table.encoding)
    except UnicodeDecodeError as error:
        byte = data[error.start]
        return (
            None,
            f"is no {table.encoding.upper()}: byte {byte:#04x} at {error.start + 1}; see encoding in the mapping",
        )
    text = text.rstrip("\r\n")
    if "\0" in text:
        return (
            None,
            "has a NUL byte: text in UTF-8 or GB 18030 has none; a workbook or UTF-16 is to be saved as CSV UTF-8",
        )
    if table.quote not in text:
        if "\r" in text:
            return None, _LONE_CR
        return [cell.strip() for cell in text.split(table.delimiter)], ""
    try:
        (cells,) = csv.reader([text], delimiter=table.delimiter, quotechar=table.quote, strict=True)
    except (csv.Error, ValueError) as error:
        if "unexpected end of data" in str(error):
            hint = "" if table.multiline else "; where cells hold line ends, say multiline = true in the mapping"
            return None, _QUOTE_OPEN + hint
        if "new-line character" in str(error):
            return None, _LONE_CR
        return None, f"is no row: {error}"
    return [cell.strip() for cell in cells], ""
