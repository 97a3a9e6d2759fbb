"""From a trace to what is drawn of it: vertices, which hold nodes and other vertices, and links between them."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import NamedTuple, TypeAlias

from graph_schema.answer import Role, Trace, TraceEdge, TraceNode
from service.writers.layout.likeness import Alike, Identity, ends, identity

BOXES_MAX = 48
"""Of more, like nodes become one, looking at less and less of them until there are no more."""
GROUP_MIN = 3
"""So many like nodes become a group."""
OPENED_MAX = 24
"""So many nodes of a group that is opened are drawn; the rest is a group, which can be opened again."""


class Likeness(NamedTuple):
    """What is looked at to tell what is alike; see `Alike.classes`."""

    rounds: int | None
    labelled: bool
    placed: bool


_LIKENESS = (
    Likeness(None, labelled=True, placed=False),
    Likeness(2, labelled=True, placed=False),
    Likeness(None, labelled=False, placed=False),
    Likeness(2, labelled=False, placed=False),
    Likeness(1, labelled=False, placed=False),
    Likeness(0, labelled=False, placed=True),
    Likeness(0, labelled=False, placed=False),
)
_EARLIEST = datetime.min.replace(tzinfo=UTC)


@dataclass(eq=False)
class Vertex:
    """A node or a group of like nodes, with what is drawn inside."""

    nodes: list[TraceNode]
    host: Vertex | None = None
    parts: list[Vertex] = field(default_factory=list)
    left: list[datetime] = field(default_factory=list)
    """When each node of it left the host that it is drawn in; empty where they are in it now."""

    @property
    def top(self) -> Vertex:
        """What it is drawn inside of at last, itself where it is inside of nothing."""
        vertex = self
        while vertex.host is not None:
            vertex = vertex.host
        return vertex

    @property
    def is_event(self) -> bool:
        """Whether it is an event."""
        return self.nodes[0].kind == "EVENT"

    @property
    def is_root(self) -> bool:
        """Whether it is the root of the trace."""
        return self.nodes[0].role is Role.ROOT

    @property
    def since(self) -> datetime:
        """When the first of it came into being."""
        return min((node.at for node in self.nodes if node.at is not None), default=_EARLIEST)


Vertices: TypeAlias = tuple[list[Vertex], dict[Identity, Vertex]]
"""Those that are inside of nothing, and that of each node."""


@dataclass
class Link:
    """Edges of one kind between two vertices. `backward`: the edges lead from the right vertex to the left one."""

    left: Vertex
    right: Vertex
    kind: str
    contested: bool
    backward: bool
    edges: list[TraceEdge]


Relations: TypeAlias = tuple[list[str], list[str]]


class Inside(NamedTuple):
    """Which parts are drawn inside of which host, when those left it that are no longer there, and what they came of
    and went into."""

    hosts: Mapping[Identity, Identity]
    left: Mapping[Identity, datetime]
    relations: Mapping[Identity, Relations]


@dataclass
class Gathered:
    """What is to be drawn: vertices that are inside of no other, links, and the edges that being inside shows."""

    tops: list[Vertex]
    links: list[Link]
    enclosed: list[TraceEdge]


Gathering: TypeAlias = Callable[[Collection[str]], Gathered]
"""What is to be drawn in one way of telling what is alike, with groups opened: by the keys of their first nodes."""


def gatherings(trace: Trace) -> Iterator[Gathering]:
    """The ways to draw a trace, the most detailed first: each node alone, where that is no more than `BOXES_MAX`, then
    like nodes as one, looking at less and less of them. There is at least one."""
    hosts = _hosts(trace)
    inside = Inside(hosts, _left(trace, hosts), _relations(trace))
    nodes = [node for node in trace.nodes if node.kind != "ORGANIZATION"]

    def gathered(alike: dict[Identity, int] | None, closed: Vertices, opened: Collection[str] = ()) -> Gathered:
        tops, vertices = _vertices(nodes, inside, alike, opened) if opened else closed
        links, enclosed = _links(trace, vertices)
        return Gathered(tops, links, enclosed)

    if len(nodes) <= BOXES_MAX:
        yield partial(gathered, None, _vertices(nodes, inside, None))
    told = Alike(trace)
    for likeness in _LIKENESS:
        last = likeness is _LIKENESS[-1]
        alike = told.classes(*likeness, most=None if last else BOXES_MAX)
        if alike is None:
            continue
        closed = _vertices(nodes, inside, alike)
        if last or len({id(vertex) for vertex in closed[1].values()}) <= BOXES_MAX:
            yield partial(gathered, alike, closed)


def _relations(trace: Trace) -> dict[Identity, Relations]:
    """What each item came of and went into, and what went into each event: those of which that is the same stand
    together where they are parts or of one group, so that lines from two lots to their cells do not cross."""
    drawn: dict[str, list[str]] = defaultdict(list)
    gone_into: dict[str, list[str]] = defaultdict(list)
    made_in: dict[str, str] = {}
    for edge in trace.edges:
        if edge.kind == "CONSUMED_IN" and not edge.contested:
            drawn[edge.target].append(edge.source)
            gone_into[edge.source].append(edge.target)
        elif edge.kind == "YIELDED" and not edge.contested:
            made_in[edge.target] = edge.source
    lots = {event: sorted(keys) for event, keys in drawn.items()}
    found: dict[Identity, Relations] = {(True, event): (keys, []) for event, keys in lots.items()}
    for item in made_in.keys() | gone_into.keys():
        found[False, item] = lots.get(made_in.get(item, ""), []), sorted(gone_into.get(item, ()))
    return found


def _hosts(trace: Trace) -> dict[Identity, Identity]:
    """The parts that are drawn inside of their host: those that were only ever in that one, which nobody contests."""
    found: dict[Identity, set[Identity]] = defaultdict(set)
    loose = set()
    for edge in trace.edges:
        if edge.kind == "PART_OF":
            part, host = ends(edge)
            found[part].add(host)
            if edge.contested:
                loose.add(part)
    hosts = {part: next(iter(ones)) for part, ones in found.items() if len(ones) == 1 and part not in loose}
    for part in list(hosts):
        seen: set[Identity | None] = {part}
        above = hosts.get(part)
        while above is not None and above not in seen:
            seen.add(above)
            above = hosts.get(above)
        if above is not None:  # one was in the other, and later the other in the one
            del hosts[part]
    return hosts


def _left(trace: Trace, hosts: Mapping[Identity, Identity]) -> dict[Identity, datetime]:
    """When parts left the host that they are drawn inside of: those all of whose stays there are over."""
    left: dict[Identity, datetime] = {}
    there = set()
    for edge in trace.edges:
        part, _ = ends(edge)
        if edge.kind != "PART_OF" or part not in hosts:
            continue
        if edge.to is None:
            there.add(part)
        else:
            left[part] = max(edge.to, left.get(part, edge.to))
    return {part: moment for part, moment in left.items() if part not in there}


def _vertices(
    nodes: list[TraceNode],
    within: Inside,
    alike: dict[Identity, int] | None,
    opened: Collection[str] = (),
) -> Vertices:
    """The vertices that are inside of nothing, and the vertex of each node; groups where classes are given."""
    inside: dict[Identity | None, list[int]] = defaultdict(list)
    for place, node in enumerate(nodes):
        inside[within.hosts.get(identity(node))].append(place)
    vertices: dict[Identity, Vertex] = {}

    def made(members: list[TraceNode], host: Vertex | None) -> list[Vertex]:
        grouped: dict[object, list[TraceNode]] = defaultdict(list)
        for node in members:
            one = identity(node)
            grouped[None if alike is None else (alike[one], one in within.left)].append(node)
        found = []
        for ones in grouped.values():
            if alike is not None or host is not None:
                ones.sort(key=lambda node: within.relations.get(identity(node), ([], [])))
            together = [[node] for node in ones] if alike is None else _parted(ones, opened)
            found += [Vertex(each, host) for each in together]
        for vertex in found:
            vertex.left = [within.left[one] for node in vertex.nodes if (one := identity(node)) in within.left]
        for vertex in found:
            vertices.update((identity(node), vertex) for node in vertex.nodes)
        return found

    tops = made([nodes[place] for place in inside[None]], None)
    rest = list(tops)
    while rest:
        vertex = rest.pop()
        parts = sorted(place for node in vertex.nodes for place in inside[identity(node)])
        vertex.parts = made([nodes[place] for place in parts], vertex)
        rest += vertex.parts
    return tops, vertices


def _parted(alike: list[TraceNode], opened: Collection[str]) -> Iterator[list[TraceNode]]:
    """Like nodes as a group, as far as it is not opened."""
    while len(alike) >= GROUP_MIN and alike[0].key in opened:
        yield from ([node] for node in alike[:OPENED_MAX])
        alike = alike[OPENED_MAX:]
    yield from [alike] if len(alike) >= GROUP_MIN else [[node] for node in alike]


def _links(trace: Trace, vertices: dict[Identity, Vertex]) -> tuple[list[Link], list[TraceEdge]]:
    edges = [edge for edge in trace.edges if edge.kind != "HELD_BY"]
    last = _last_stays(edges)
    direct, drawn = set(), []
    for edge in edges:
        from_, to = ends(edge)
        source, target = vertices[from_], vertices[to]
        drawn.append((edge, source, target))
        item, event = (target, source) if edge.kind == "YIELDED" else (source, target)
        direct.add((id(item), id(event), edge.kind, edge.contested))
    links: dict[tuple[int, int, str, bool], Link] = {}
    enclosed = []
    for edge, source, target in drawn:
        if edge.kind == "CONSUMED_IN":
            source = _going_along(source, target, edge, direct)
        elif edge.kind == "YIELDED":
            target = _going_along(target, source, edge, direct)
        if source.top is target.top:
            enclosed.append(edge)
            continue
        backward = edge.kind == "PART_OF" and not edge.contested and last[edge.source] != edge.target
        left, right = (target, source) if backward else (source, target)
        name = (id(left), id(right), edge.kind, edge.contested)
        if name in links:
            links[name].edges.append(edge)
        else:
            links[name] = Link(left, right, edge.kind, edge.contested, backward, [edge])
    return list(links.values()), enclosed


def _last_stays(edges: list[TraceEdge]) -> dict[str, str]:
    """The last host of each part: that is drawn to the right of the part, and those before to its left."""
    last: dict[str, str] = {}
    for edge in edges:
        if edge.kind == "PART_OF" and not edge.contested:
            last[edge.source] = edge.target
    return last


def _going_along(item: Vertex, event: Vertex, edge: TraceEdge, direct: set[tuple[int, int, str, bool]]) -> Vertex:
    """The outermost host that has the same edge: what is inside goes along."""
    found, host = item, item.host
    while host is not None:
        if (id(host), id(event), edge.kind, edge.contested) in direct:
            found = host
        host = host.host
    return found
