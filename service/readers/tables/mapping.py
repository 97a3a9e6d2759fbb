"""The mapping file: TOML that says which column gives which field of an event."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from datetime import datetime, timezone
from decimal import Decimal
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator

from graph_schema.order import TYPE_ORDER
from service.readers.reading import UnreadableFile
from service.readers.tables.cells import UNITS, Numbers, Times
from service.readers.tables.lines import line_of, lines_of, split

Scalar = str | bool | int | float
Character = Annotated[str, Field(min_length=1, max_length=1)]
As = Literal["text", "number", "integer", "time", "boolean"]
MISFITS_SHOWN = 10


class MisfitError(UnreadableFile):
    """A mapping that is wrong, or does not fit a file: each misfit with the line in the mapping."""


def _offset(text: str) -> str:
    try:
        datetime.strptime(text, "%z")
    except ValueError:
        raise ValueError(f"{text!r} is no offset such as +08:00 or Z") from None
    return text


Offset = Annotated[str, AfterValidator(_offset)]


class Part(BaseModel):
    """What every part of the file is: nothing in it that has no meaning."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Table(Part):
    """How the table is written; all but `unmapped`, `ignore` and `group_by` concern CSV alone."""

    encoding: Literal["utf-8", "gb18030"] = "utf-8"
    delimiter: Character = ","
    quote: Character = '"'
    multiline: bool = False
    skip_lines: Annotated[int, Field(ge=0)] = 0
    columns: list[str] | None = None
    decimal: Literal[".", ","] = "."
    grouping: Literal["", ".", ",", " ", "'", "\u00a0", "\u202f"] = ""
    list_separator: Annotated[str, Field(min_length=1)] = ";"
    group_by: str | None = None
    unmapped: Literal["report", "note", "attributes"] = "report"
    ignore: list[str] = []

    @model_validator(mode="after")
    def _marks_differ(self) -> Table:
        if self.grouping == self.decimal:
            raise ValueError(f"decimal and grouping are both {self.decimal!r}")
        return self

    @property
    def numbers(self) -> Numbers:
        """How its numbers are written."""
        return Numbers(self.decimal, self.grouping)


class Clock(Part):
    """How its times are written."""

    format: str | None = None
    offset: Offset | None = None


class FieldSource(Part):
    """Where a field comes from: a column, several that are joined, or a constant; and what is done to it."""

    column: str | None = None
    columns: Annotated[list[str], Field(min_length=1)] | None = None
    constant: Scalar | None = None
    join: str = " "
    values: dict[str, Scalar] | None = None
    default: Scalar | None = None
    prefix: str = ""
    as_: Annotated[As | None, Field(alias="as")] = None
    unit: Literal["kg", "g", "mg", "t", "lb"] | None = None
    factor: Annotated[float, Field(gt=0, allow_inf_nan=False)] | None = None
    list_: Annotated[bool, Field(alias="list")] = False
    separator: Annotated[str, Field(min_length=1)] | None = None
    format: str | None = None
    offset: Offset | None = None

    @model_validator(mode="after")
    def _one_origin(self) -> FieldSource:
        if sum(origin is not None for origin in (self.column, self.columns, self.constant)) != 1:
            raise ValueError("takes one of column, columns and constant")
        if self.unit is not None and self.factor is not None:
            raise ValueError("takes one of unit and factor")
        return self

    @property
    def named(self) -> tuple[str, ...]:
        """The columns that it reads."""
        return (self.column,) if self.column is not None else tuple(self.columns or ())

    @property
    def multiplier(self) -> Decimal | None:
        """What a number is multiplied by."""
        if self.factor is not None:
            return Decimal(repr(self.factor))
        return None if self.unit is None or self.unit == "kg" else Decimal(UNITS[self.unit])

    def times(self, clock: Clock) -> Times:
        """How its times are written, here or for the whole table."""
        offset = self.offset or clock.offset
        zone = None if offset is None else datetime.strptime(offset, "%z").tzinfo
        assert zone is None or isinstance(zone, timezone)
        return Times(self.format or clock.format, zone)


_ORIGINS = {"column", "columns", "constant"}


def _flat(value: Any) -> Any:
    """Nested tables as paths; `outputs.0.key = "code"` is short for a column."""
    return dict(_leaves(value, "")) if isinstance(value, dict) else value


def _leaves(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, str):
        yield path, {"column": value}
    elif not isinstance(value, dict) or _ORIGINS & value.keys() or not value:
        yield path, value
    else:
        for key, inner in value.items():
            yield from _leaves(inner, f"{path}.{key}" if path else key)


Fields = Annotated[dict[str, FieldSource], BeforeValidator(_flat)]
EventType = Annotated[str, Field(pattern=rf"^({'|'.join(TYPE_ORDER)})$")]


class Mapping(Part):
    """The file. `fields` are of every event, `types` of those of one type besides; paths are dotted."""

    table: Table = Table()
    time: Clock = Clock()
    leave_out: dict[str, list[str]] = {}
    fields: Fields
    types: dict[EventType, Fields] = {}


class MappingFile:
    """A mapping with its name and its lines, to say where something in it is wrong."""

    def __init__(self, path: Path) -> None:
        """Read and check it. Raises MisfitError, and OSError where it cannot be opened."""
        self.name = str(path)
        try:
            text = path.read_bytes().decode("utf-8-sig")
            parsed = tomllib.loads(text)
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise MisfitError(f"{self.name}: is no TOML: {error}") from None
        self._lines = lines_of(text)
        try:
            self.mapping = Mapping.model_validate(parsed)
        except ValidationError as error:
            raise self.misfits([(_place(detail), _said(detail)) for detail in error.errors()]) from None

    def line(self, path: tuple[Any, ...]) -> int:
        """The line that sets what is at a path, such as `("fields", "outputs.0.key")`."""
        return line_of(self._lines, split(path))

    def misfits(self, found: list[tuple[tuple[str, ...], str]]) -> MisfitError:
        """An error for misfits, (path, reason) each, in the order of lines."""
        told = sorted({(self.line(path), ".".join(path), reason) for path, reason in found})
        lines = [f"{self.name}:{line}: {path}: {reason}" for line, path, reason in told[:MISFITS_SHOWN]]
        more = [f"... and {len(told) - MISFITS_SHOWN} more"] if len(told) > MISFITS_SHOWN else []
        return MisfitError("\n".join([*lines, *more]))


def _place(detail: Any) -> tuple[str, ...]:
    return split([key for key in detail["loc"] if key != "[key]"])


def _said(detail: Any) -> str:
    match detail["type"]:
        case "missing":
            return "is missing"
        case "extra_forbidden":
            return "is nothing that a mapping knows"
        case "string_pattern_mismatch":
            return f"is no event type; there are {', '.join(TYPE_ORDER)}"
        case "value_error":
            return str(detail["ctx"]["error"])
        case _:
            return f"{detail['msg'][0].lower()}{detail['msg'][1:]}, not {detail['input']!r}"[:300]
