"""The balance of a trace as a flow of an element: a column for each stage, from the root to what became of it."""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass, field
from graphlib import TopologicalSorter
from typing import NamedTuple

from graph_schema.answer import Trace, TraceNode
from graph_schema.days import day_at
from graph_schema.flows.transformations import is_intermediate, is_residue
from service.explorer.fates import FATES, ROOT, Band, bands_of

STAGES = ("root", "blackMass", "intermediates", "metals", "products", "fates")
"""What a column holds: the root with its parts, black mass, what is refined again, salts and metals, what was made of
them, and what became of it all."""
TOLD = (FATES[0], "unrefined", "left", *FATES[1:])
"""What is told to have become of it. What a balance counts as recovered is so of materials alone: black mass that
nobody refined is not yet, slag is lost, and what is left of a lot that the trace begins at never was in anything
else."""
COLUMN_MAX = 8
"""So many places of a column stand alone; the smallest beyond are one."""
_LEAST = 1e-6
"""A band of less than this share of what is in the root is too small to be seen."""


@dataclass
class Place:
    """A bar of the flow: items that are told together, or a fate. `kg` is what came there, `out` what went on."""

    name: str
    stage: int
    nodes: list[TraceNode]
    fate: str = ""
    column: int = 0
    kg: float = 0.0
    out: float = 0.0


@dataclass
class Flow:
    """An element's flow: places in columns, each with the stages that are in it, and bands between places by name.
    `followed`: from item to item; else only what became of it is told."""

    element: str
    places: dict[str, Place]
    bands: list[Band]
    columns: list[list[Place]] = field(default_factory=list)
    followed: bool = True

    @property
    def root_kg(self) -> float:
        """What is in the root."""
        return self.places[ROOT].kg

    @property
    def fates(self) -> list[tuple[str, float]]:
        """What became of it, in the order of TOLD, kg."""
        found = {place.fate: place.kg for place in self.places.values()}
        return [(fate, found[fate]) for fate in TOLD if fate in found]


class _Known(NamedTuple):
    """Nodes of a trace by key, how many steps each is from the root at most, and the types of the events that made and
    took them."""

    nodes: dict[str, TraceNode]
    steps: dict[str, int]
    made: dict[str, str]
    taken: dict[str, set[str]]


def flow_of(trace: Trace, element: str) -> Flow | None:
    """The flow of an element (`""`: of mass) of the root; None where nothing is known of it."""
    bands, followed = bands_of(trace, element)
    least = _LEAST * sum(band.kg for band in bands if band.source == ROOT)
    if least <= 0:
        return None
    known = _known(trace, bands)
    places: dict[str, Place] = {}
    kg: dict[tuple[str, str, bool], float] = defaultdict(float)
    for band in bands:
        source = _put(places, known, trace.root, band.source)
        target = _fate(band.target, source) if band.is_fate else band.target
        end = _put(places, known, trace.root, target, band.is_fate)
        kg[source.name, end.name, band.is_fate] += band.kg
    seen = {ends: amount for ends, amount in kg.items() if amount > least}
    ends = {end for source, target, _ in seen for end in (source, target)}
    flow = Flow(element, {name: places[name] for name in places if name in ends}, _as_bands(seen), followed=followed)
    _place(flow)
    _merge(flow)
    return flow


def _put(places: dict[str, Place], known: _Known, root: str, key: str, is_fate: bool = False) -> Place:
    """The place of a fate, of the root or of an item, which is put there where it is new."""
    if is_fate:
        return places.setdefault(f"fate {key}", Place(f"fate {key}", len(STAGES) - 1, [], fate=key))
    if key == ROOT:
        return places.setdefault(ROOT, Place(ROOT, 0, [known.nodes[root]]))
    node = known.nodes[key]
    name = _together(node, known.steps[key])
    place = places.setdefault(name, Place(name, _stage(node, known), []))
    if node not in place.nodes:
        place.nodes.append(node)
    return place


def _fate(name: str, source: Place) -> str:
    """What is told of a fate, by what it is the fate of."""
    if name != FATES[0] or len(source.nodes) != 1:
        return name
    if source.name == ROOT:
        return "left" if source.nodes[0].kind == "LOT" else name
    if source.nodes[0].kind == "LOT" and is_residue(source.nodes[0].label):
        return "loss"
    return "unrefined" if STAGES[source.stage] == "blackMass" else name


def _known(trace: Trace, bands: list[Band]) -> _Known:
    types = {node.key: node.label for node in trace.nodes if node.kind == "EVENT"}
    made = {edge.target: types.get(edge.source, "") for edge in trace.edges if edge.kind == "YIELDED"}
    taken: dict[str, set[str]] = defaultdict(set)
    for edge in trace.edges:
        if edge.kind == "CONSUMED_IN":
            taken[edge.source].add(types.get(edge.target, ""))
    nodes = {node.key: node for node in trace.nodes if node.kind not in ("EVENT", "ORGANIZATION")}
    return _Known(nodes, _steps(bands), made, taken)


def _steps(bands: list[Band]) -> dict[str, int]:
    """The length of the longest way from the root to each item: what went from one to another is of two lengths."""
    sources: dict[str, set[str]] = defaultdict(set)
    for band in bands:
        if not band.is_fate:
            sources[band.target].add(band.source)
    steps = {ROOT: 0}
    for key in TopologicalSorter(sources).static_order():
        steps[key] = max((steps[source] + 1 for source in sources[key]), default=0)
    return steps


def _together(node: TraceNode, steps: int) -> str:
    """The name of the place of an item: lots stand alone, units with those of their kind and number of steps that came
    the same day."""
    if node.kind == "LOT":
        return f"lot {node.key}"
    return f"{node.kind} {node.label if node.label != node.key else ''} {steps} {node.at and day_at(node.at)}"


def _stage(node: TraceNode, known: _Known) -> int:
    if node.kind != "LOT" or known.made.get(node.key) == "PRODUCTION":
        return STAGES.index("products")
    if is_intermediate(node.label):
        return STAGES.index("blackMass")
    return STAGES.index("intermediates" if "REFINING" in known.taken[node.key] else "metals")


def _as_bands(kg: dict[tuple[str, str, bool], float]) -> list[Band]:
    return [Band(source, target, amount, is_fate) for (source, target, is_fate), amount in kg.items()]


def _place(flow: Flow) -> None:
    """A column for each place: that of its stage, or one further right than all that it came from."""
    for place in flow.places.values():
        place.column, place.kg, place.out = place.stage, 0.0, 0.0
    for _ in flow.places:  # the longest path has at most so many steps
        moved = False
        for band in flow.bands:
            source, target = flow.places[band.source], flow.places[band.target]
            if not target.fate and target.column <= source.column and source.column < 2 * len(flow.places):
                target.column, moved = source.column + 1, True
        if not moved:
            break
    for band in flow.bands:
        flow.places[band.source].out += band.kg
        flow.places[band.target].kg += band.kg
    flow.places[ROOT].kg = flow.places[ROOT].out
    last = max(place.column for place in flow.places.values() if not place.fate) + 1
    for place in flow.places.values():
        place.column = last if place.fate else place.column
    used = sorted({place.column for place in flow.places.values()})
    flow.columns = [[place for place in flow.places.values() if place.column == column] for column in used]


def _merge(flow: Flow) -> None:
    """Of a column with many places the smallest are one."""
    names = {name: name for name in flow.places}
    for column in flow.columns[:-1]:
        small = sorted(column, key=lambda place: -place.kg)[COLUMN_MAX - 1 :]
        if len(column) > COLUMN_MAX:
            stage = Counter(place.stage for place in small).most_common(1)[0][0]
            name = f"more {small[0].column}"
            together = Place(name, stage, [node for place in small for node in place.nodes], column=small[0].column)
            flow.places[name] = together
            names |= {name: name} | {place.name: name for place in small}
    if any(name != other for name, other in names.items()):
        kg: dict[tuple[str, str, bool], float] = defaultdict(float)
        for band in flow.bands:
            kg[names[band.source], names[band.target], band.is_fate] += band.kg
        flow.bands = _as_bands(kg)
        flow.places = {name: place for name, place in flow.places.items() if names[name] == name}
        _place(flow)
