"""The facts that rows of flows are computed from, read from a snapshot: page by page, a few questions for each."""

from __future__ import annotations

from collections.abc import AsyncIterator, Collection, Iterable, Sequence
from typing import Any, TypeVar

import orjson

from graph_schema.attribution import mixing_from
from graph_schema.contents import Portion
from graph_schema.flows.amounts import total_of
from graph_schema.flows.batteries import BatteryRow, battery_row
from graph_schema.flows.content import Made, NewBattery, made
from graph_schema.flows.facts import Deed, Facts, Spec
from graph_schema.flows.transformations import LotRow, TransformationRow, lot_row, transformation_row
from graph_schema.fold import drawn_portion
from graph_schema.order import Position, event_id_of, instant_of, type_of
from graph_schema.outcome import EventStatus
from graph_schema.reader import ConsumptionRow, ItemRow
from graph_schema.windows import END
from service.ports import EventFilter, ItemFilter, ItemOrder, ItemPlace, Snapshot, StoredEvent

T = TypeVar("T")

BATTERIES = 2_000
"""So many batteries are read at once, with all that is in them."""
EVENTS = 500
TRANSFORMATIONS = ("RECYCLING", "REFINING", "REPURPOSING")
TOLD = {"RETIREMENT", "DISPOSAL", "DISMANTLING", "RECYCLING", "REPURPOSING"}
"""Types of events of which a row of a battery needs more than the edges say."""


class Gathering:
    """Facts of a snapshot as of a cut. `all_registrations` comes first."""

    def __init__(self, snapshot: Snapshot, cut: Position = END) -> None:
        self.snapshot = snapshot
        self.cut = cut
        self.registrations: dict[str, list[tuple[Position, dict[str, Any]]]] = {}

    async def all_registrations(self) -> None:
        """Read what every organization registered, whatever its time: registrations hold from then on (7.3)."""
        where = EventFilter(types=("REGISTRATION",), status=EventStatus.ACCEPTED)
        found: dict[str, list[tuple[Position, dict[str, Any]]]] = {}
        async for page in self._events(where):
            for event in page:
                if event.payload is not None:
                    stated = orjson.loads(event.payload)["organization"]
                    found.setdefault(stated["key"], []).append((event.position, stated))
        self.registrations = {key: sorted(rows, key=lambda row: row[0]) for key, rows in found.items()}

    async def _events(self, where: EventFilter) -> AsyncIterator[list[StoredEvent]]:
        after: int | None = None
        while page := await self.snapshot.event_page(where, after, EVENTS):
            after = page[-1].sequence
            yield page

    async def batteries(self, where: ItemFilter, order: ItemOrder = ItemOrder.KEY) -> AsyncIterator[list[Any]]:
        """Pages of handles of batteries."""
        after: ItemPlace | None = None
        wanted = where._replace(kind="BATTERY")
        while page := await self.snapshot.item_page(wanted, after, BATTERIES, order=order):
            handle, key = page[-1]
            (last,) = await self.snapshot.items([handle])
            after = ItemPlace(key, instant_of(last.born))
            yield [handle for handle, _ in page]

    def _facts(self) -> Facts:
        facts = Facts(self.cut)
        facts.registrations.update(self.registrations)
        return facts

    async def _add(self, facts: Facts, seeds: Iterable[Any], inside: bool) -> list[Any]:
        """Add items, their hosts upward and (`inside`) their parts downward; those that are new, the seeds first."""
        added: list[Any] = []
        down = set(seeds)
        level = [item for item in down if item not in facts.items]
        below = set(down) if inside else set[Any]()
        while level or below:
            rows = [row for row in await self.snapshot.items(level) if row.born < self.cut] if level else []
            facts.items |= {row.handle: row for row in rows}
            added += [row.handle for row in rows]
            units = [row.handle for row in rows if row.kind != "LOT"]
            up = await self.snapshot.hosts(units) if units else []
            parts = await self.snapshot.parts(list(below)) if below else []
            facts.add_stays([*up, *parts])
            below = {row[0] for row in parts if row[2] < self.cut} - down
            down |= below
            reached = below | {row[1] for row in up if row[2] < self.cut}
            level = [item for item in reached if item not in facts.items]
        if added:
            facts.add_custody(await self.snapshot.custody(added))
            facts.add_marks(await self.snapshot.marks(added))
        return added

    async def _specify(self, facts: Facts, items: Collection[Any]) -> None:
        for one in await self.snapshot.details(items):
            spec = orjson.loads(one.spec)
            producer = None if type_of(one.born) == "ENROLMENT" else one.producer
            facts.specs[one.handle] = Spec(producer, spec.get("model"), spec.get("chemistry"), spec.get("material"))

    async def _tell(self, facts: Facts, positions: Collection[Position]) -> None:
        ids = {event_id_of(position) for position in positions}
        for event in await self.snapshot.stored(ids) if ids else []:
            facts.deeds[event.position] = deed_of(event)

    async def battery_rows(self, items: Sequence[Any]) -> list[BatteryRow]:
        """The rows of batteries, in the order given."""
        facts = self._facts()
        await self._add(facts, items, inside=True)
        await self._specify(facts, items)
        marks = {position for item in facts.items for position, _ in facts.marks.get(item, ())}
        taken = {row[2] for item in items for row in facts.hosts.get(item, ()) if facts.items[row[1]].second_life}
        await self._tell(facts, [position for position in marks | taken if type_of(position) in TOLD])
        return [battery_row(facts, item) for item in items]

    async def transformations(self) -> tuple[list[TransformationRow], dict[str, LotRow]]:
        """The rows of all recyclings, refinings and repurposings before the cut, in their order, and of the lots that
        they touch."""
        rows: list[TransformationRow] = []
        lots: dict[str, LotRow] = {}
        async for some, touched in self.transformation_pages():
            rows += some
            lots |= touched
        return sorted(rows, key=lambda row: row.position), lots

    async def transformation_pages(self) -> AsyncIterator[tuple[list[TransformationRow], dict[str, LotRow]]]:
        """The same, some at a time."""
        where = EventFilter(types=TRANSFORMATIONS, status=EventStatus.ACCEPTED)
        async for page in self._events(where):
            yield await self.transformed(page)

    async def transformed(self, events: list[StoredEvent]) -> tuple[list[TransformationRow], dict[str, LotRow]]:
        """The rows of those events that are transformations, accepted and before the cut, and of lots that they
        touch."""
        facts = self._facts()
        facts.deeds = {
            event.position: deed_of(event)
            for event in events
            if event.position < self.cut and event.type in TRANSFORMATIONS and event.status is EventStatus.ACCEPTED
        }
        if not facts.deeds:
            return [], {}
        positions = list(facts.deeds)
        inputs = await self._inputs(positions)
        outputs = _grouped(await self.snapshot.outputs(positions))
        made = [item for event, items in outputs.items() if type_of(event) == "REPURPOSING" for item in items]
        await self._add(facts, made, inside=True)
        for event, items in outputs.items():
            if type_of(event) == "REPURPOSING":
                inputs[event] = [(part, None) for part in _taken(facts, items, event)]
        seeds = {item for pairs in inputs.values() for item, _ in pairs}
        seeds |= {item for items in outputs.values() for item in items}
        await self._add(facts, seeds, inside=False)
        await self._specify(facts, list(facts.items))
        lots = await self._lots(facts)
        return [transformation_row(facts, at, inputs.get(at, []), outputs.get(at, [])) for at in positions], lots

    async def lots(self, items: Sequence[Any]) -> dict[str, LotRow]:
        """The rows of those items that are lots which a transformation touches."""
        facts = self._facts()
        await self._add(facts, items, inside=False)
        await self._specify(facts, list(facts.items))
        found = await self._lots(facts)
        touched = {facts.items[lot].key for lot, rows in facts.consumptions.items() if any(map(_transforms, rows))}
        touched |= {row.key for row in facts.items.values() if type_of(row.born) in TRANSFORMATIONS}
        return {key: row for key, row in found.items() if key in touched}

    async def _lots(self, facts: Facts) -> dict[str, LotRow]:
        lots = [item for item, row in facts.items.items() if row.kind == "LOT"]
        facts.add_consumptions(await self.snapshot.consumptions(lots) if lots else [])
        return {facts.items[lot].key: lot_row(facts, lot) for lot in lots}

    async def _inputs(self, positions: list[Position]) -> dict[Position, list[tuple[Any, float | None]]]:
        found: dict[Position, list[tuple[Any, float | None]]] = {}
        for item, event, kg in await self.snapshot.inputs(positions):
            found.setdefault(event, []).append((item, kg))
        return found

    async def new_batteries(self, items: Sequence[Any]) -> list[NewBattery]:
        """First-life batteries that were produced, as they were made: with the draws that went into each body."""
        facts = self._facts()
        items = [row.handle for row in await self.snapshot.items(items) if _is_new(row) and row.born < self.cut]
        if not items:
            return []
        await self._add(facts, items, inside=True)
        await self._specify(facts, items)
        bodies = {item: list(facts.inside(item, facts.items[item].born + b"\x00")) for item in items}
        births = {facts.items[body].born for within in bodies.values() for body in within}
        inputs = await self._inputs(list(births))
        outputs = _grouped(await self.snapshot.outputs(list(births)))
        await self._add(facts, {item for items in outputs.values() for item in items}, inside=False)
        await self._add(facts, {item for pairs in inputs.values() for item, _ in pairs}, inside=False)
        mixings = {row.position: row.mixing for row in await self.snapshot.events(list(births))}

        def how(birth: Position) -> Made:
            stored = mixings.get(birth)
            drawn = sorted(inputs.get(birth, ()), key=lambda pair: facts.items[pair[0]].key)
            draws = ((facts.items[lot].key, _drawn(facts, lot, kg)) for lot, kg in drawn)
            yielded = sorted(outputs.get(birth, ()), key=lambda item: facts.items[item].key)
            mixing = None if stored is None else mixing_from(stored)
            return Made(Portion(None, None), tuple(draws), mixing, total_of(facts.body(item) for item in yielded))

        ways = {birth: how(birth) for birth in births}
        found = []
        for item in sorted(items, key=lambda item: facts.items[item].key):
            row, spec = facts.items[item], facts.specs[item]
            within = sorted((facts.items[body] for body in bodies[item]), key=lambda body: body.key)
            parts = made((facts.body(body.handle), ways[body.born]) for body in within)
            region = facts.region_of(spec.producer, row.born)
            names = row.key, spec.producer, spec.model, spec.chemistry
            found.append(NewBattery(*names, instant_of(row.born), region, parts))
        return found


def deed_of(event: StoredEvent) -> Deed:
    """What rows need of an event; of an erased payload nothing but the actor is left."""
    payload = {} if event.payload is None else orjson.loads(event.payload)
    return Deed(event.actor, (payload.get("place") or {}).get("region"), payload.get("method"))


def _is_new(row: ItemRow) -> bool:
    return row.kind == "BATTERY" and not row.second_life and type_of(row.born) == "PRODUCTION"


def _drawn(facts: Facts, lot: Any, kg: float | None) -> Portion:
    content = facts.body(lot)
    return drawn_portion(kg, content.mass_kg, content.composition)


def _transforms(row: ConsumptionRow) -> bool:
    return type_of(row[1]) in TRANSFORMATIONS


def _grouped(rows: Iterable[tuple[Any, ...]]) -> dict[Any, list[Any]]:
    found: dict[Any, list[Any]] = {}
    for event, item in rows:
        found.setdefault(event, []).append(item)
    return found


def _taken(facts: Facts, units: list[Any], event: Position) -> list[Any]:
    """What a repurposing took up: units that were there before, with all that was in them."""
    parts = [row[0] for unit in units for row in facts.parts.get(unit, ()) if row[2] == event]
    before = [part for part in parts if facts.items[part].born < event]
    return [item for part in before for item in facts.inside(part, event)]
