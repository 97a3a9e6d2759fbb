"""Flows of metal over random histories, against a replay of the full fold that pours dyed kilograms about."""

import os
import random
import tempfile
from collections import defaultdict
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from graph_schema.flows.amounts import UNSTATED, Scope
from graph_schema.flows.batteries import BatteryRow, Fate
from graph_schema.flows.recovery import (
    CHAIN,
    recovery,
)
from graph_schema.flows.summaries import Fates, Market, Stages, Yearly
from graph_schema.graph import Graph
from graph_schema.order import type_of
from graph_schema.outcome import EventStatus
from service.gathering import Gathering
from service.ports import ItemFilter, Store
from service.running import drive
from service.stores.memory import MemoryStore
from service.stores.sqlite import SqliteStore
from tests.oracle.histories import clean_history, random_history
from tests.support import folded, send

HISTORIES = int(os.environ.get("VOLTRACE_TEST_HISTORIES", "1000"))
PARTS = 4
CHEMISTRIES = ["LFP", "NMC622", None]


def dressed(seed: int) -> list[dict[str, Any]]:
    """A random history whose lots are of materials, whose units are of chemistries, whose parties are in regions."""
    rng = random.Random(seed)
    size = 12 + seed % 29
    events = (clean_history if seed % 3 else random_history)(rng, size)
    dress: dict[str, tuple[str | None, str]] = defaultdict(
        lambda: (rng.choice(CHEMISTRIES), rng.choice(["black mass", "black mass", "nickel sulphate", "slag"]))
    )
    for event in events:
        for spec in list(_specs(event)):
            chemistry, material = dress[spec["key"]]
            spec |= {"material": material} if _is_lot(event, spec) else {"chemistry": chemistry}
        if event["type"] == "REGISTRATION":
            event["organization"]["region"] = {"A": "CN-31", "D": "CN-43"}.get(event["organization"]["key"], "CN-35")
    if rng.random() < 0.3:
        _broach(events)
    return events


def _broach(events: list[dict[str, Any]]) -> None:
    """Let the first draw on each lot state no mass, and the others more than there was."""
    draws: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for event in sorted(events, key=lambda one: str(one["occurredAt"])):
        for draw in event.get("inputs", ()):
            if "massKg" in draw:
                draws[draw["key"]].append(draw)
    for first, *others in draws.values():
        del first["massKg"]
        for draw in others:
            draw["massKg"] *= 4


def _is_lot(event: dict[str, Any], spec: dict[str, Any]) -> bool:
    return event["type"] in ("RECYCLING", "REFINING") or spec.get("kind") == "LOT"


def _specs(event: dict[str, Any]) -> Iterator[dict[str, Any]]:
    waiting = [*event.get("outputs", ()), *(one for one in event.get("items", ()) if isinstance(one, dict))]
    while waiting:
        spec = waiting.pop()
        waiting += [part for part in spec.get("parts", ()) if isinstance(part, dict) and "kind" in part]
        yield spec


class Tank:
    """A lot: how much there was, how much is left (None: nobody knows), the dyes in it, in kg, and whether there is
    surely no waste in it, however much it is."""

    def __init__(self, kg: float | None, dyes: dict[str, float] | None, pure: bool) -> None:
        self.created = self.left = kg
        self.dyes, self.pure = dyes, pure
        self.full = None if dyes is None else dict(dyes)


def is_broached(life: Any) -> bool:
    """Whether a lot was drawn on without a scale, though all of it went into draws that were weighed."""
    drawn = [used.mass_kg for used in life.consumptions if type_of(used.event) != "DISPOSAL"]
    weighed = sum(kg for kg in drawn if kg is not None)
    return None in drawn and bool(life.birth.mass_kg) and life.birth.mass_kg - weighed <= 1e-9 * life.birth.mass_kg


class Replay:
    """Dyes `waste`, `entered` and `counted`, poured in the order of events. None of it is shares of anything."""

    def __init__(
        self,
        graph: Graph,
        material: dict[str, str],
        chemistries: dict[str, str | None],
        scope: Scope,
        element: str,
    ) -> None:
        self.graph, self.material, self.scope, self.element = graph, material, scope, element
        self.chemistries = chemistries
        self.unknown_inputs = 0
        self.tanks: dict[str, Tank] = {}
        self.input = self.lost = self.disposed = self.recovered = self.unknown = 0.0
        self.region: dict[str, str] = {}
        told = [event for event in graph.events.values() if event.type == "REGISTRATION" and event.organization.region]
        for event in sorted(told, key=lambda one: one.position, reverse=True):
            if graph.outcomes[event.event_id].status is EventStatus.ACCEPTED:
                self.region[event.organization.key] = event.organization.region  # the first counts before it, too
        for event in sorted(graph.events.values(), key=lambda one: one.position):
            outcome = graph.outcomes[event.event_id]
            if outcome.status is EventStatus.ACCEPTED:
                if event.type == "REGISTRATION" and event.organization.region:
                    self.region[event.organization.key] = event.organization.region
                self._pour(event, outcome)

    def _kg(self, key: str) -> float | None:
        birth = self.graph.life(key).birth
        assert birth is not None
        lot = birth.kind == "LOT"
        if not self.element:
            return birth.mass_kg if lot else birth.body_mass_kg
        content = birth.composition if lot else birth.body_composition
        return None if content is None else content.get(self.element, 0.0)

    def _is_meant(self, unit: str, at: Any) -> bool:
        """Whether a unit is of the chemistry: the one it states, else that of what it is in, or was in before."""
        return self.scope.chemistry in (None, self._chemistry(unit, at) or UNSTATED)

    def _chemistry(self, unit: str, at: Any) -> str | None:
        stated = self.chemistries.get(unit)
        hosts = {stay.opened: stay for stay in self.graph.life(unit).stays if stay.opened < at}
        while stated is None and hosts:
            last = hosts.pop(max(hosts))
            left = last.closed is not None and last.closed < at
            stated = self._chemistry(last.host, last.closed if left else at)
        return stated

    def _pour(self, event: Any, outcome: Any) -> None:
        chain = event.type in CHAIN
        pot = {"kg": 0.0, "waste": 0.0, "entered": 0.0, "counted": 0.0}
        clear = pure = True
        acting = self.scope.organization in (None, event.actor)
        acting = acting and self.scope.region in (None, self.region.get(event.actor))
        for key, effects in outcome.effects.items():
            for effect in effects:
                if effect[0] == "end" and event.type == "DISPOSAL" and key in self.tanks:
                    self._dispose(self.tanks[key])
                if effect[0] == "draw":
                    poured = self._draw(key, effect[1])
                    waste = not self.tanks[key].pure
                    fresh = self._is_fresh(self.tanks[key])
                    if event.type == "PRODUCTION":
                        self.recovered += 0.0 if poured is None else poured["counted"]
                elif effect[0] == "end" and chain and self.graph.life(key).birth.kind != "LOT":  # type: ignore[union-attr]
                    kg = self._kg(key)
                    waste = fresh = self._is_meant(key, event.position)
                    poured = None if kg is None else {"kg": kg, "waste": kg * waste, "entered": 0.0, "counted": 0.0}
                else:
                    continue
                if poured is None:
                    clear = False
                    pure = pure and not waste
                    self.unknown_inputs += acting and chain and fresh and self.scope.in_period(event.position)
                    continue
                pure = pure and poured["waste"] == 0
                if acting and chain:
                    self._enter(poured, event.position)
                for name, kg in poured.items():
                    pot[name] += kg
        if not chain:
            self._fill_new(outcome)
            return
        self._fill([key for key, effects in outcome.effects.items() if effects[0][0] == "born"], pot, clear, pure)

    def _enter(self, poured: dict[str, float], at: Any) -> None:
        new = poured["waste"] - poured["entered"]
        poured["entered"] = poured["waste"]
        if self.scope.in_period(at):
            self.input += new
            poured["counted"] += new

    def _dispose(self, tank: Tank) -> None:
        if tank.dyes is not None and tank.left is not None:
            self.disposed += tank.dyes["counted"]
            tank.dyes["counted"] = 0.0

    def _fill(self, born: list[str], pot: dict[str, float], clear: bool, pure: bool) -> None:
        """What comes out of a plant. Where no waste went in, none comes out, whatever is unknown."""
        contents = [self._kg(key) for key in born]
        if not pure and (not clear or None in contents):
            self.unknown += pot["counted"]
            self.tanks |= {key: Tank(kg, None, pure) for key, kg in zip(born, contents, strict=True)}
            return
        whole = max(pot["kg"], sum(kg or 0.0 for kg in contents))
        for key, kg in zip(born, contents, strict=True):
            part = (kg or 0.0) / whole if whole else 0.0
            dyes = {name: pot[name] * part for name in ("waste", "entered", "counted")}
            self.tanks[key] = Tank(kg, dyes, pure)
        self.lost += pot["counted"] - sum(self.tanks[key].dyes["counted"] for key in born)  # type: ignore[index, misc]

    def _fill_new(self, outcome: Any) -> None:
        for key, effects in outcome.effects.items():
            if effects[0][0] == "born" and effects[0][1] == "LOT":
                kg = self._kg(key)
                dirty = self.material[key] == "black mass" and self.scope.chemistry in (None, UNSTATED)
                self.tanks[key] = Tank(kg, {"waste": (kg or 0.0) * dirty, "entered": 0.0, "counted": 0.0}, not dirty)

    def _is_fresh(self, tank: Tank) -> bool:
        """Whether anything in a lot may not have entered yet."""
        if tank.full is None or tank.created is None:
            return not tank.pure
        return tank.full["waste"] > tank.full["entered"]

    def _draw(self, lot: str, kg: float | None) -> dict[str, float] | None:
        tank, mass = self.tanks[lot], self.graph.life(lot).birth.mass_kg  # type: ignore[union-attr]
        if is_broached(self.graph.life(lot)) or (self.element and (mass is None or kg is None or tank.created is None)):
            drawn = None
        else:
            drawn = kg if not self.element else (tank.created or 0.0) * kg / mass  # type: ignore[operator]
        if drawn == 0 or tank.created == 0:
            return {"kg": 0.0, "waste": 0.0, "entered": 0.0, "counted": 0.0}
        if not self.element and drawn is not None and tank.created is None and tank.dyes is not None:
            return {"kg": drawn, "waste": drawn * (not tank.pure), "entered": 0.0, "counted": 0.0}
        if drawn is None or tank.created is None:
            if tank.dyes is not None and drawn is None:
                tank.left = None
            return None
        if tank.dyes is None or tank.full is None:
            return None
        part = drawn / tank.created
        poured = {name: kg * part for name, kg in tank.full.items()}
        for name, amount in poured.items():
            tank.dyes[name] -= amount
        return poured | {"kg": drawn}

    def result(self) -> tuple[float, ...]:
        process = 0.0
        for key, tank in self.tanks.items():
            rest = 0.0 if tank.dyes is None else tank.dyes["counted"]
            if tank.left is None:
                self.unknown += rest
            elif self.material[key] == "black mass":
                process += rest
            elif self.material[key] == "slag":
                self.lost += rest
            else:
                self.recovered += rest
        return self.input, self.recovered, process, self.disposed, self.lost, self.unknown


def read(store: Store) -> Any:
    """All rows of a store."""

    async def ask() -> Any:
        async with store.snapshot() as snapshot:
            gathering = Gathering(snapshot)
            await gathering.all_registrations()
            batteries = [row async for page in gathering.batteries(ItemFilter()) for row in await rows(gathering, page)]
            return batteries, await gathering.transformations()

    async def rows(gathering: Gathering, page: list[Any]) -> list[BatteryRow]:
        return await gathering.battery_rows(page)

    return drive(ask())


def added(report: Any, batteries: list[BatteryRow]) -> Any:
    """The lines of a report over rows."""
    for row in batteries:
        report.add(row)
    return report.lines()


def scopes(rng: random.Random) -> list[Scope]:
    start = datetime(2024, 1, 1, tzinfo=UTC) + timedelta(days=rng.randrange(20))
    return [
        Scope(),
        Scope(organization=rng.choice("ABCDE")),
        Scope(region=rng.choice(["CN-31", "CN-43", "CN-35"])),
        Scope(since=start, until=start + timedelta(days=rng.randrange(1, 30))),
    ]


def check_recovery(seed: int) -> None:
    events = dressed(seed)
    graph = folded(events)
    store = MemoryStore()
    send(store, events)
    _, (rows, lots) = read(store)
    material = {key: lot.material or "" for key, lot in lots.items()} | _stated(events, "material")
    chemistries = _stated(events, "chemistry")
    rng = random.Random(seed)
    for scope in [
        *scopes(rng),
        *(one._replace(chemistry=rng.choice(["LFP", "NMC622", UNSTATED])) for one in scopes(rng)),
    ]:
        for flow in recovery(rows, lots, scope, ["", "Li", "Ni", "Co"]).flows:
            replay = Replay(graph, material, chemistries, scope, flow.element)
            expected = *replay.result(), replay.unknown_inputs
            assert tuple(flow)[1:] == pytest.approx(expected, rel=1e-9, abs=1e-9), (seed, scope, flow.element)
            parts = flow.recovered_kg + flow.in_process_kg + flow.disposed_kg + flow.lost_kg + flow.unknown_kg
            assert parts == pytest.approx(flow.input_kg, rel=1e-9, abs=1e-9), (seed, scope, flow.element)
            assert flow.rate is None or not flow.unknown_inputs
            assert min(tuple(flow)[1:]) >= -1e-9 * max(1.0, flow.input_kg), (seed, scope, flow)
            assert flow.rate is None or flow.rate <= 1 + 1e-9, (seed, scope, flow)


def _stated(events: list[dict[str, Any]], field: str) -> dict[str, Any]:
    return {spec["key"]: spec[field] for event in events for spec in _specs(event) if field in spec}


@pytest.mark.parametrize("part", range(PARTS))
def test_recovery_equals_a_replay_and_closes(part: int) -> None:
    @settings(max_examples=max(1, HISTORIES // (4 * PARTS)), deadline=None, print_blob=True)
    @given(st.integers(0, 2**32 - 1))
    def check(seed: int) -> None:
        check_recovery(seed)

    check()


@settings(max_examples=max(1, HISTORIES // 20), deadline=None, print_blob=True)
@given(st.integers(0, 2**32 - 1))
def test_rows_do_not_depend_on_arrival_or_store(seed: int) -> None:
    events = dressed(seed)
    specification = MemoryStore()
    send(specification, events)
    expected = read(specification)
    first = {event["eventId"]: event for event in reversed(events)}
    shuffled = list(first.values())
    random.Random(seed).shuffle(shuffled)
    with tempfile.TemporaryDirectory() as folder:
        store = SqliteStore(Path(folder) / "voltrace.db")
        try:
            for start in range(0, len(shuffled), 7):
                send(store, shuffled[start : start + 7])
            batteries, (rows, lots) = read(store)
        finally:
            drive(store.close())
    assert batteries == expected[0]
    assert sorted(rows, key=lambda row: row.position) == sorted(expected[1][0], key=lambda row: row.position)
    assert lots == expected[1][1]


@settings(max_examples=max(1, HISTORIES // 20), deadline=None, print_blob=True)
@given(st.integers(0, 2**32 - 1))
def test_batteries_are_counted_once(seed: int) -> None:
    events = dressed(seed)
    graph = folded(events)
    store = MemoryStore()
    send(store, events)
    batteries, (rows, _) = read(store)
    lives = {key: graph.life(key) for key in graph.timelines}
    births = {key: life.birth for key, life in lives.items() if life.birth is not None}
    first = {key for key, birth in births.items() if birth.kind == "BATTERY" and not birth.second_life}
    gone = {
        key
        for key in first
        if any(mark.op == "retired" for mark in lives[key].marks)
        or lives[key].consumptions
        or any(births[stay.host].second_life for stay in lives[key].stays)
    }
    lines = added(Market(Scope()), batteries)
    assert sum(line.retired for line in lines) == len(gone)
    assert sum(line.in_use for line in lines) <= len(first - gone)
    told = added(Fates(Scope()), batteries)
    assert sum(line.batteries for line in told) == len(gone)
    total = sum(row.mass_kg or 0.0 for row in batteries if row.key in gone and row.mass_kg is not None)
    if all(row.mass_kg is not None for row in batteries if row.key in gone):
        assert sum(line.mass.known_kg for line in told) == pytest.approx(total, rel=1e-9, abs=1e-9)
    recycled = sum(
        births[key].body_mass_kg or 0.0
        for key, life in lives.items()
        for used in life.consumptions
        if births[key].kind != "LOT" and type_of(used.event) == "RECYCLING"
    )
    years = added(Yearly(Scope(), rows), batteries)
    assert sum(line.recycled_mass.known_kg for line in years) == pytest.approx(recycled, rel=1e-9, abs=1e-9)
    assert sum(line.retired for line in years) == len(gone)
    assert (
        sum(line.utilized_mass.known_kg for line in years)
        <= sum(line.recycled_mass.known_kg + line.repurposed_mass.known_kg for line in years) + 1e-9
    )
    stages = [line for line in added(Stages(Scope()), batteries) if line.stage != "IN_USE"]
    assert all(line.mean_days is None or line.mean_days >= 0 for line in stages)
    assert all((row.fate is None) == (row.retired_us is None) for row in batteries)
    assert {row.fate for row in batteries} <= {None, *Fate}
