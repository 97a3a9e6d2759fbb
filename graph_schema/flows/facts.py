"""What rows are computed from: the edges of items as of a cut, looked up by item. Filled by whoever reads a graph."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from graph_schema.attribution import decode
from graph_schema.contents import Portion
from graph_schema.order import Position
from graph_schema.reader import ConsumptionRow, CustodyRow, ItemRow, MarkRow, StayRow
from graph_schema.windows import END, START, Window, overlap


class Spec(NamedTuple):
    """What the event that brought an item in says of it; `producer` is None where it was enrolled."""

    producer: str | None
    model: str | None = None
    chemistry: str | None = None
    material: str | None = None


class Deed(NamedTuple):
    """What rows need of an event: who acted, the region stated for it, how a disposal was done."""

    actor: str
    region: str | None = None
    method: str | None = None


class Party(NamedTuple):
    """An organization as registered at a moment."""

    region: str | None
    roles: frozenset[str]


class Facts:
    """Edges as of a cut: what opened at or after it is not there, what closed at or after it is open."""

    def __init__(self, cut: Position = END) -> None:
        self.cut = cut
        self.items: dict[Any, ItemRow] = {}
        self.specs: dict[Any, Spec] = {}
        self.deeds: dict[Position, Deed] = {}
        self.hosts: dict[Any, list[StayRow]] = defaultdict(list)
        self.parts: dict[Any, list[StayRow]] = defaultdict(list)
        self.custody: dict[Any, list[CustodyRow]] = defaultdict(list)
        self.consumptions: dict[Any, list[ConsumptionRow]] = defaultdict(list)
        self.marks: dict[Any, list[tuple[Position, str]]] = defaultdict(list)
        self.registrations: dict[str, list[tuple[Position, dict[str, Any]]]] = defaultdict(list)
        self._stays: set[tuple[Any, Position]] = set()

    def add_stays(self, rows: Iterable[StayRow]) -> None:
        """Add stays, each once."""
        for part, host, opened, closed, _ in rows:
            if opened < self.cut and (part, opened) not in self._stays:
                self._stays.add((part, opened))
                row = (part, host, opened, END if closed is None or closed >= self.cut else closed)
                self.hosts[part].append(row)
                self.parts[host].append(row)

    def add_custody(self, rows: Iterable[CustodyRow]) -> None:
        """Add custody of items that had none yet."""
        for item, organization, opened, closed in rows:
            if opened < self.cut:
                until = END if closed is None or closed >= self.cut else closed
                self.custody[item].append((item, organization, opened, until))

    def add_consumptions(self, rows: Iterable[ConsumptionRow]) -> None:
        """Add draws and ends of items that had none yet."""
        for row in rows:
            if row[1] < self.cut:
                self.consumptions[row[0]].append(row)

    def add_marks(self, rows: Iterable[MarkRow]) -> None:
        """Add marks of items that had none yet."""
        for item, position, op in rows:
            if position < self.cut:
                self.marks[item].append((position, op))

    def party(self, organization: str | None, at: Position) -> Party | None:
        """An organization as registered at or before a moment (7.3), of what was stated only later as it was stated
        first: reference data come late, and rules read them so, too. None where nobody ever registered it."""
        fields: dict[str, Any] = {}
        for position, stated in self.registrations.get(organization or "", ()):
            known = position[:8] <= at[:8]
            fields |= {
                name: value for name, value in stated.items() if value is not None and (known or name not in fields)
            }
        if not fields:
            return None
        return Party(fields.get("region"), frozenset(fields.get("roles") or ()))

    def region_of(self, organization: str | None, at: Position) -> str | None:
        """The registered region of an organization, None where unknown."""
        party = self.party(organization, at)
        return None if party is None else party.region

    def body(self, item: Any) -> Portion:
        """A unit's own body, or a lot as created, as settled by the cut (8.6)."""
        row = self.items[item]
        if row.kind == "LOT":
            return Portion(row.mass_kg, decode(row.composition))
        mass = row.body_mass_kg if row.body_mass_at is None or row.body_mass_at < self.cut else None
        late = row.body_composition_at is not None and row.body_composition_at >= self.cut
        return Portion(mass, None if late else decode(row.body_composition))

    def end_of(self, item: Any) -> Position | None:
        """The event that ended an item, None where it has not ended."""
        return min((at for at, op in self.marks.get(item, ()) if op == "ended"), default=None)

    def inside(self, unit: Any, at: Position) -> Iterator[Any]:
        """A unit and everything inside it right before an event, at any depth."""
        yield unit
        for row in self.parts.get(unit, ()):
            if row[2] < at <= row[3]:
                yield from self.inside(row[0], at)

    def above(self, unit: Any, at: Position) -> list[StayRow]:
        """The stays of a unit in its host, of that in its own, and so on, right before an event."""
        chain = []
        here: Any = unit
        while (row := next((one for one in self.hosts.get(here, ()) if one[2] < at <= one[3]), None)) is not None:
            chain.append(row)
            here = row[1]
        return chain

    def holder(self, unit: Any, at: Position) -> str | None:
        """Who holds a unit right before an event; parts inherit their host's holder."""
        chain = self.above(unit, at)
        top = chain[-1][1] if chain else unit
        rows = [row for row in self.custody.get(top, ()) if row[2] < at <= row[3]]
        return rows[-1][1] if rows else None

    def holdings(self, unit: Any, window: Window = (START, END)) -> Iterator[tuple[Position, str]]:
        """Every organization that came to hold a unit or what it was in, each with the event from which it did."""
        for row in self.custody.get(unit, ()):
            common = overlap(window, row[2], row[3])
            if common is not None:
                yield common[0], row[1]
        for stay in self.hosts.get(unit, ()):
            common = overlap(window, stay[2], stay[3])
            if common is not None:
                yield from self.holdings(stay[1], common)

    def chemistry_of(self, unit: Any, at: Position) -> str | None:
        """A unit's stated chemistry, else that of the host that it is in, or was in last, right before an event, and
        that of the one before where nobody states one of that. Many ways may lead to a unit: it is looked at once."""
        looks, seen = [(unit, at)], set[tuple[Any, Position]]()
        while looks:
            here, before = look = looks.pop()
            if look in seen:
                continue
            seen.add(look)
            spec = self.specs.get(here)
            if spec is not None and spec.chemistry is not None:
                return spec.chemistry
            stays = sorted((row for row in self.hosts.get(here, ()) if row[2] < before), key=lambda row: row[2])
            looks += ((row[1], min(before, row[3])) for row in stays)
        return None
