"""Cells as JSON: texts, numbers with units, times with offsets, lists. A cell is text, or what Parquet makes of it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime, timezone
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from math import isfinite
from typing import Any, NamedTuple

from graph_schema.plain_json import HIGHEST, LOWEST

Convert = Callable[[Any], Any]

UNITS = {"kg": "1", "g": "0.001", "mg": "0.000001", "t": "1000", "lb": "0.45359237"}
"""Kilograms in one."""

TIMES_KEPT = 10_000
"""Days and minutes repeat in a table, and reading one takes longer than all else in a row."""

_BOOLEANS = {"true": True, "1": True, "yes": True, "是": True, "false": False, "0": False, "no": False, "否": False}


class BadCell(ValueError):
    """A cell that is not what its field needs: the columns, and why."""

    def __init__(self, column: str, reason: str) -> None:
        super().__init__(reason)
        self.column = column
        self.reason = reason


class Numbers(NamedTuple):
    """How numbers are written: the decimal mark, and the mark between thousands (empty: none)."""

    decimal: str = "."
    grouping: str = ""


class Times(NamedTuple):
    """How times are written: as in ISO 8601, or by a `strptime` format; `offset` is of those that state none."""

    format: str | None = None
    offset: timezone | None = None


def shown(cell: Any) -> str:
    """A cell as an error shows it."""
    text = repr(cell)
    return text if len(text) <= 60 else text[:57] + "..."


def text_of(cell: Any) -> Any:
    """A text; whole numbers are codes written as such."""
    if isinstance(cell, str):
        return cell
    if isinstance(cell, int) and not isinstance(cell, bool):
        return str(cell)
    raise ValueError(f"{shown(cell)} is no text")


def number_with(numbers: Numbers, factor: Decimal | None = None) -> Convert:
    """A converter to a number, times a factor in decimal arithmetic, so that 0.145 g is 0.000145 kg."""
    plain = numbers == Numbers()

    def number(cell: Any) -> float:
        try:
            if isinstance(cell, bool):
                raise ValueError
            if isinstance(cell, str) and not plain:
                cell = cell.replace(numbers.grouping, "") if numbers.grouping else cell
                if numbers.decimal != "." and "." in cell:
                    raise ValueError
                cell = cell.replace(numbers.decimal, ".")
            _refuse_underscores(cell)
            value = float(cell) if factor is None else float(_decimal(cell) * factor)
        except (ValueError, TypeError, InvalidOperation, OverflowError):
            mark = "" if plain else f" with {numbers.decimal!r} as its decimal mark"
            raise ValueError(f"{shown(cell)} is no number{mark}") from None
        if not isfinite(value):
            raise ValueError(f"{shown(cell)} is no finite number")
        return value

    return number


def _refuse_underscores(cell: Any) -> None:
    """Raise ValueError for what is a number to Python alone."""
    if isinstance(cell, str) and "_" in cell:
        raise ValueError


def _decimal(cell: Any) -> Decimal:
    return Decimal(cell.strip()) if isinstance(cell, str) else Decimal(str(cell))


def integer_of(cell: Any) -> int:
    """A whole number."""
    try:
        _refuse_underscores(cell)
        value = Decimal(str(cell))
        if isinstance(cell, bool) or not value.is_finite() or value != value.to_integral_value():
            raise ValueError
    except (ValueError, InvalidOperation, OverflowError):
        raise ValueError(f"{shown(cell)} is no whole number") from None
    if not LOWEST <= value <= HIGHEST:
        raise ValueError(f"{shown(cell)} is a whole number beyond 64 bits, which would not be kept exactly")
    return int(value)


def boolean_of(cell: Any) -> bool:
    """True or false, in the usual words."""
    try:
        return _BOOLEANS[str(cell).lower()]
    except KeyError:
        raise ValueError(f"{shown(cell)} is neither true nor false ({', '.join(_BOOLEANS)})") from None


def time_with(times: Times) -> Convert:
    """A converter to an RFC 3339 time; a day is its first instant."""
    form, offset = times

    def time(cell: Any) -> str:
        moment = _moment(cell, form)
        if moment.tzinfo is None:
            if offset is None:
                raise ValueError(f"{shown(cell)} has no offset, and [time] in the mapping gives none (offset)")
            moment = moment.replace(tzinfo=offset)
        return moment.isoformat().replace("+00:00", "Z")

    repeated = lru_cache(TIMES_KEPT)(time)
    return lambda cell: repeated(cell) if isinstance(cell, str) else time(cell)


def _moment(cell: Any, form: str | None) -> datetime:
    if isinstance(cell, datetime):
        return cell
    if isinstance(cell, date):
        return datetime(cell.year, cell.month, cell.day)
    if isinstance(cell, str):
        try:
            return datetime.fromisoformat(cell) if form is None else datetime.strptime(cell, form)
        except ValueError:
            pass
    expected = "such as 2026-04-01T08:30:00+08:00 or 2026-04-01" if form is None else f"of the format {form}"
    raise ValueError(f"{shown(cell)} is no time {expected}")


def list_with(convert: Convert, separator: str) -> Convert:
    """A converter to a list, of a text with separators or of a list; empty entries are left out."""

    def entries(cell: Any) -> list[Any]:
        parts = cell.split(separator) if isinstance(cell, str) else cell if isinstance(cell, list) else [cell]
        stripped = [part.strip() if isinstance(part, str) else part for part in parts]
        return [convert(part) for part in stripped if part not in (None, "")]

    return entries
