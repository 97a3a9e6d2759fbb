"""The trace by dye: every event is replayed through the containers, and one looks where the colours end up.

Everything is coloured at once. The matter of a body or lot carries
  ("in", x)    once it has been inside x (x itself or anything in it, at any depth),
  ("own", x)   if it was x's own body or lot,
  ("edge", n)  once it has been inside the source of edge n while that edge was open.
Colours stay on the matter and flow through transformations. So y is in forward(x), and x in backward(y), where
("in", x) was ever seen inside y: the definition (8.1) word for word.
"""

from .attribution import Attribution
from .state import Edge
from .world import World, fold

Colour = tuple[str, object]
ARROW = {"CONSUMED_IN", "YIELDED"}


class Dye:
    """All traces of one world."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.tags: dict[str, set[Colour]] = {key: set() for key in world.items}  # own body or lot -> colours
        self.seen: dict[str, set[Colour]] = {key: set() for key in world.items}  # ever inside it
        self.on_edge: list[set[Colour]] = [set() for _ in world.edges]
        for position in range(len(world.frames)):
            self._replay(position)

    def _replay(self, position: int) -> None:
        frame, edges = self.world.frames[position], self.world.edges
        here = [number for number, edge in enumerate(edges) if edge.opened_at == position and edge.kind in ARROW]
        flowing = set().union(*(self.tags[flow.key] for flow in frame.inflow))
        for number in here:
            edge = edges[number]
            self.on_edge[number] |= self.tags[edge.source] if edge.kind == "CONSUMED_IN" else flowing
        for key in frame.born:
            self.tags[key] |= flowing | {("own", key)}
        for key, bodies in frame.inside.items():
            for body in bodies:
                self.tags[body].add(("in", key))
        lasting = [n for n, edge in enumerate(edges) if edge.kind not in ARROW and edge.open_at(position)]
        for number in lasting:
            for body in frame.inside[edges[number].source]:
                self.tags[body].add(("edge", number))
        content = {key: set().union(*(self.tags[body] for body in bodies)) for key, bodies in frame.inside.items()}
        for key, colours in content.items():
            self.seen[key] |= colours
        for number in lasting:
            self.on_edge[number] |= content[edges[number].source]

    def forward_roles(self, root: str) -> dict[str, str]:
        reached = {key for key, colours in self.seen.items() if ("in", root) in colours}
        roles = {key: "SUBSTANCE" if ("in", root) in self.tags[key] else "HOST" for key in reached}
        return roles | {root: "ROOT"}

    def backward_roles(self, root: str) -> dict[str, str]:
        colours = self.seen[root]
        reached = {key for kind, key in colours if kind == "in"}
        roles = {key: "SUBSTANCE" if ("own", key) in colours else "HOST" for key in reached}
        return roles | {root: "ROOT"}

    def forward_edges(self, root: str) -> list[Edge]:
        return [edge for edge, colours in zip(self.world.edges, self.on_edge, strict=True) if ("in", root) in colours]

    def backward_edges(self, root: str) -> list[Edge]:
        roles = self.backward_roles(root)
        origins = {self.world.items[key].born_in for key, role in roles.items() if role != "HOST"}
        shown = []
        for number, edge in enumerate(self.world.edges):
            passed = ("edge", number) in self.seen[root]
            used = edge.kind == "CONSUMED_IN" and edge.target in origins
            made = edge.kind == "YIELDED" and edge.source in origins and edge.target in roles
            if passed or used or made:
                shown.append(edge)
        return shown

    def trace(self, key: str, direction: str) -> dict | None:
        """The answer of the trace, None where the item is not known."""
        if key not in self.world.items:
            return None
        forward = direction == "FORWARD"
        roles = self.forward_roles(key) if forward else self.backward_roles(key)
        edges = self.forward_edges(key) if forward else self.backward_edges(key)
        attribution = Attribution(self.world, key)
        return {
            "items": roles,
            "edges": {edge.row() for edge in edges},
            "attribution": attribution.forward_rows() if forward else attribution.backward_rows(),
            "balance": attribution.balance() if forward else {},
            "nodes": depths(key, roles, edges, forward=forward),
        }


def depths(root: str, roles: dict[str, str], edges: list[Edge], *, forward: bool) -> dict[tuple[str, str], int]:
    """("item" | "event" | "organization", key) -> depth (8.4): level by level along the ways of section 6."""
    steps = [(here, there) for edge in edges for here, there in _ways(edge, roles, forward=forward)]
    depth = {("item", root): 0}
    level = [("item", root)]
    while level:
        reached = dict.fromkeys(there for here, there in steps if here in level and there not in depth)
        depth |= dict.fromkeys(reached, depth[level[0]] + 1)
        level = list(reached)
    holders: dict[tuple[str, str], int] = {}
    for edge in edges:
        if edge.kind == "HELD_BY":
            near = depth[("item", edge.source)] + 1
            holder = ("organization", edge.target)
            holders[holder] = min(near, holders.get(holder, near))
    return depth | holders


def _ways(edge: Edge, roles: dict[str, str], *, forward: bool) -> list[tuple]:
    """The directions in which a trace follows an edge: up to hosts always, down into parts of substance only."""
    if edge.kind == "HELD_BY":
        return []
    if edge.kind == "PART_OF":
        part, host = ("item", edge.source), ("item", edge.target)
        return [(part, host)] + ([(host, part)] if roles[edge.target] != "HOST" else [])
    consumed = edge.kind == "CONSUMED_IN"
    source = ("item" if consumed else "event", edge.source)
    target = ("event" if consumed else "item", edge.target)
    return [(source, target) if forward else (target, source)]


def trace(events: list[dict], key: str, direction: str, as_of: str | None = None) -> dict | None:
    """One trace, FORWARD or BACKWARD; for many on one history use Dye(fold(events)).trace."""
    return Dye(fold(events, as_of)).trace(key, direction)
