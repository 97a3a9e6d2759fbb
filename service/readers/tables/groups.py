"""Rows that tell one event together: one after another, with the same value in one column."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from service.readers.reading import LeftOut, Malformed
from service.readers.tables.cells import BadCell
from service.readers.tables.plan import Cells, Json, Plan, identified


class Row(NamedTuple):
    """A row with its place and how far into the file it ends; without cells where it could not be split into them."""

    place: str
    cells: Cells | None
    bytes_read: int
    bad: str = ""


class Told(NamedTuple):
    """An event with its place."""

    place: str
    event: Json


Outcome = Told | Malformed | LeftOut


def single(row: Row, plan: Plan) -> Outcome:
    """What a row tells by itself."""
    if row.cells is None:
        return Malformed(row.place, "", row.bad)
    if plan.leave_out and (left := plan.left_out(row.cells)) is not None:
        return LeftOut(row.place, f"row with {left[1]!r} in column {left[0]}", "the mapping leaves it out")
    try:
        return Told(row.place, identified(plan.event(row.cells)))
    except BadCell as error:
        return Malformed(row.place, error.column, error.reason)


class Groups:
    """Puts rows together. An event of which a row is bad, or stands beside a line that is none, is not told at all:
    recorded without it, it could not be corrected by the same file mended."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._value: Any = None
        self._place = ""
        self._event: Json | None = None
        self._broken = ""
        self._stray = ""

    def add(self, row: Row) -> Iterator[Outcome]:
        """Take a row; what it completes."""
        if row.cells is None:
            self._broken, self._stray = self._broken or row.place, row.place
            yield Malformed(row.place, "", row.bad)
            return
        if (left := self._plan.left_out(row.cells)) is not None:
            yield LeftOut(row.place, f"row with {left[1]!r} in column {left[0]}", "the mapping leaves it out")
            return
        assert self._plan.group is not None
        value = row.cells[self._plan.group]
        if self._event is None or value in (None, "") or value != self._value:
            yield from self.finish()
            self._value, self._place, self._event, self._broken = value, row.place, {}, self._stray
        self._stray = ""
        try:
            _merge(self._event, self._plan.event(row.cells), "")
        except BadCell as error:
            self._broken = row.place
            yield Malformed(row.place, self._plan.field_name(error.column), error.reason)

    def finish(self) -> Iterator[Outcome]:
        """The last event."""
        event, self._event = self._event, None
        if event is not None and self._broken:
            yield Malformed(self._place, "", f"is not recorded, because {self._broken}, of the same event, is rejected")
        elif event is not None:
            yield Told(self._place, identified(event))
        self._broken = ""


def _merge(one: Json, other: Json, above: str) -> None:
    """Put what two rows say into one. They may differ in notes and attributes, which then have what both say; else
    raises BadCell."""
    for name, value in other.items():
        path = f"{above}{name}"
        known = one.setdefault(name, value)
        if known is value or known == value:
            continue
        if isinstance(known, dict) and isinstance(value, dict):
            _merge(known, value, f"{path}.")
        elif isinstance(known, list) and isinstance(value, list):
            _extend(known, value, path)
        elif path == "note":
            one[name] = f"{known}; {value}"
        elif "attributes" in above.split("."):
            told = known if isinstance(known, list) else [known]
            one[name] = told if value in told else [*told, value]
        else:
            raise BadCell(path, f"{value!r}, but the rows of this event before it say {known!r}")


def _extend(known: list[Any], more: list[Any], path: str) -> None:
    """Entries with one key are one, with what both rows say; the same entry twice is one."""
    for entry in more:
        key = entry.get("key") if isinstance(entry, dict) else None
        same = [one for one in known if isinstance(one, dict) and one.get("key") == key] if key is not None else []
        if same:
            _merge(same[0], entry, f"{path}.{known.index(same[0])}.")
        elif entry not in known:
            known.append(entry)
