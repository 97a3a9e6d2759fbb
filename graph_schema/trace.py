"""The trace: where an item's substance went, and where it came from (model sections 6 and 8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from operator import attrgetter
from typing import Any, NamedTuple

from graph_schema import attribution as flows
from graph_schema.answer import Attribution, Balance, Direction, FrontierNode, Role, Trace, TraceEdge, TraceNode
from graph_schema.contents import Mixing
from graph_schema.depths import Rank, depths_with_holders, family
from graph_schema.elements import TOTAL_MASS
from graph_schema.further import WALKED_MIN, Among, handles_of, with_neighbours
from graph_schema.order import Position, cut_after, event_id_of, moment_of, type_of
from graph_schema.reader import Counted, ItemRow, TraceReader
from graph_schema.status import statuses
from graph_schema.surroundings import Beyond, add_hosts, holders_of, host_node
from graph_schema.walk import Walk
from graph_schema.windows import END

NODES_MAX = 20_000


@dataclass(frozen=True)
class TraceQuestion:
    """What to trace. `as_of` None is the end of time; the bounds are inclusive; `weigh` asks for attribution and
    balance, which are computed only where somebody wants them. `further`: keys of items and ids of events of which
    neighbours are told beyond the bounds, `STEP` each time that one is named."""

    key: str
    direction: Direction
    as_of: datetime | None = None
    claims: bool = False
    depth_max: int | None = None
    nodes_max: int = NODES_MAX
    weigh: bool = True
    further: tuple[str, ...] = ()
    among: Among = None
    """The items and events that the names of `further` count for; several may have one name."""
    rank: Rank | None = None
    """By what a bound of nodes cuts among those of one depth and kind; their keys where it is None."""
    beyond: Beyond = Beyond.NOTHING
    """What is told beyond the bounds of what is within them."""


async def trace(reader: TraceReader, question: TraceQuestion) -> Trace | None:
    """Answer a question over what the reader shows; None where the item is not known then."""
    cut = END if question.as_of is None else cut_after(question.as_of)
    both = question.direction is Direction.BOTH
    directions = [Direction.FORWARD, Direction.BACKWARD] if both else [question.direction]
    root = await reader.find(question.key, directions[0], question.nodes_max)
    if root is None:
        return None
    onward = await handles_of(reader, question.further, question.among)
    depth_max = None if question.depth_max is None or question.further else question.depth_max + 1
    nodes_max = max(question.nodes_max, WALKED_MIN) if question.further else question.nodes_max
    answer = Assembly(reader, root, question)
    for direction in directions:
        walk = Walk(reader, direction, cut, question.claims, depth_max, nodes_max, not both, onward, question.rank)
        if not await walk.run(root):
            return None
        answer.add(walk, direction)
    result = await answer.finish()
    if question.weigh and not result.truncated:
        for direction, walk in answer.walks.items():
            await _weigh(result, walk, direction, root)
    return result


async def _weigh(result: Trace, walk: Walk, direction: Direction, root: Any) -> None:
    if walk.contested:
        walk = Walk(walk.reader, direction, walk.cut, False, None, walk.nodes_max)
        await walk.run(root)
    rows_of_events = await walk.reader.events(walk.events) if walk.events else []
    mixings = {row.position: flows.mixing_from(row.mixing) for row in rows_of_events if row.mixing is not None}
    siblings = None if walk.forward else await _siblings(walk, mixings)
    moved = flows.Flows(walk, mixings, siblings)
    rows: list[Attribution]
    balances: list[Balance] = []
    if direction is Direction.FORWARD:
        rows, balances = flows.forward(moved)
    else:
        rows = flows.backward(moved)
    result.attribution += sorted(rows, key=_ATTRIBUTION_ORDER)
    result.balance += sorted(balances, key=_BALANCE_ORDER)


async def _siblings(walk: Walk, mixings: dict[Position, Mixing]) -> dict[Position, list[ItemRow]]:
    """All that those events brought into being whose divisors still depend on it (8.7)."""
    wanted = [at for at, mixing in mixings.items() if not mixing.complete and mixing.divisor(TOTAL_MASS)[0] != "COUNT"]
    yields = await walk.reader.outputs(wanted) if wanted else []
    missing = {item for _, item in yields if item not in walk.items}
    rows = {row.handle: row for row in await walk.reader.items(missing)} if missing else {}
    found: dict[Position, list[ItemRow]] = {}
    for at, item in yields:
        found.setdefault(at, []).append(walk.items[item] if item in walk.items else rows[item])
    return found


_ATTRIBUTION_ORDER = attrgetter("kind", "key", "element")
_BALANCE_ORDER = attrgetter("element")
_NODE_ORDER = attrgetter("depth", "kind", "key")
_EDGE_ORDER = attrgetter("from_", "opened_by", "kind", "source", "target")


class Node(NamedTuple):
    """A node of the answer in the order of the answer: depth, kind, key. Items by handle, events by position,
    organizations by their key in a tuple of their own, so that no two are the same."""

    depth: int
    kind: str
    key: str
    handle: Any


def _rank(rank: Rank, node: Node) -> tuple[int, str, str]:
    return node.depth, node.kind, rank(family(node.kind), node.key)


class Assembly:
    """Joins the walks of a question into one answer."""

    def __init__(self, reader: TraceReader, root: Any, question: TraceQuestion) -> None:
        self.reader = reader
        self.root = root
        self.question = question
        self.walks: dict[Direction, Walk] = {}
        self.items: dict[Any, ItemRow] = {}
        self.depths: dict[Any, int] = {}
        self.roles: dict[Any, Role] = {}

    def add(self, walk: Walk, direction: Direction) -> None:
        """Take one walk in."""
        self.walks[direction] = walk
        self.items.update(walk.items)
        carriers, roles = walk.carriers, self.roles
        for item in walk.items:
            if item in carriers:
                roles[item] = Role.SUBSTANCE
            else:
                roles.setdefault(item, Role.HOST)
        roles[self.root] = Role.ROOT
        depths = depths_with_holders(walk, self.root)
        if not self.depths:
            self.depths = depths
            return
        for node, depth in depths.items():
            self.depths[node] = min(depth, self.depths.get(node, depth))

    async def finish(self) -> Trace:
        """The answer, cut at the bounds."""
        question, items = self.question, self.items
        result = Trace(items[self.root].key, question.direction)
        ranked = []
        for handle, depth in self.depths.items():
            row = items.get(handle)
            if row is not None:
                ranked.append(Node(depth, row.kind, row.key, handle))
            elif isinstance(handle, bytes):
                ranked.append(Node(depth, "EVENT", event_id_of(handle), handle))
            else:
                ranked.append(Node(depth, "ORGANIZATION", handle[0], handle))
        ranked.sort()
        depth_max = question.depth_max
        within = ranked if depth_max is None else [node for node in ranked if node.depth <= depth_max]
        if question.rank is not None and len(within) > question.nodes_max:
            within.sort(key=partial(_rank, question.rank))
        within = within[: question.nodes_max]
        result.truncated = len(within) < len(ranked)
        complete: set[Any] = set()
        if question.further and result.truncated:
            near = {node.handle for node in within}
            pairs = ((here[0], there[0]) for walk in self.walks.values() for here, there in _all_ends(walk))
            nearest = ranked if question.rank is None else sorted(ranked, key=partial(_rank, question.rank))
            told, whole = with_neighbours(nearest, near, question.further, pairs, question.among)
            complete = set() if any(walk.stopped for walk in self.walks.values()) else whole
            within = [node for node in ranked if node.handle in told]
        result.nodes = await self._nodes(within)
        cut = next(iter(self.walks.values())).cut
        unsettled = await self._unsettled(within, result.truncated)
        result.unsettled = [event_id_of(event) for event in unsettled if event < cut]
        if result.truncated:
            kept = {node.handle for node in within}
            ends = kept | await self._surround(result, ranked, kept)
            result.edges = self._edges(kept, ends)
            result.frontier = await self._frontier(within, kept, ends, complete)
        else:
            result.edges = self._edges(None, None)
        return result

    async def _surround(self, result: Trace, ranked: list[Node], kept: set[Any]) -> set[Any]:
        """Add the nodes that are told beyond a bound, and no more of these than that; their handles."""
        beyond, items, walks = self.question.beyond, [one for one in kept if one in self.items], self.walks.values()
        if beyond is Beyond.NOTHING:
            return set()
        ends = holders_of(walks, set(items)) - kept
        result.nodes += await self._nodes([node for node in ranked if node.handle in ends])
        if beyond is Beyond.HOSTS:
            self.items.update(await add_hosts(self.reader, walks, items))
            hosts = {row[1]: row[0] for walk in walks for row in walk.stays if row[0] in kept and row[1] not in kept}
            result.nodes += [host_node(self.items[host], self.depths[part] + 1) for host, part in hosts.items()]
            ends.update(hosts)
        result.nodes.sort(key=_NODE_ORDER)
        return ends

    async def _unsettled(self, nodes: list[Node], truncated: bool) -> list[Position]:
        if truncated:
            return await self.reader.unsettled([node.handle for node in nodes if node.handle in self.items])
        return sorted({event for walk in self.walks.values() for event in walk.about.unsettled})

    async def _nodes(self, nodes: list[Node]) -> list[TraceNode]:
        items, walks = self.items, self.walks.values()
        shown = {node.handle: items[node.handle] for node in nodes if node.handle in items}
        walk = next(iter(walks))
        host_rows = walk.host_rows if len(walks) == 1 else {k: v for each in walks for k, v in each.host_rows.items()}
        marks = [row for each in walks for row in each.about.marks]
        status = await statuses(self.reader, shown, walk.cut, {} if self.question.claims else host_rows, marks)
        names = {key: name for each in walks for key, name in each.about.names.items()}
        contested = set().union(*(each.contested for each in walks))
        found = []
        for depth, kind, key, handle in nodes:
            row = shown.get(handle)
            if row is not None:
                state = status[handle].value
                role, label = self.roles[handle], row.label or key
                found.append(TraceNode(key, kind, role, depth, label, state, moment_of(row.born), handle))
            elif kind == "EVENT":
                state = "CONTESTED" if handle in contested else "ACCEPTED"
                at = moment_of(handle)
                found.append(TraceNode(key, kind, Role.EVENT, depth, type_of(handle), state, at, handle))
            else:
                label = names.get(key) or key
                found.append(TraceNode(key, kind, Role.CUSTODIAN, depth, label, None, None, key))
        return found

    def _edges(self, kept: set[Any] | None, ends: set[Any] | None) -> list[TraceEdge]:
        """The edges from nodes that are kept to their `ends` (None: all are)."""
        edges: list[TraceEdge] = []
        seen: set[Any] = set()
        for walk in self.walks.values():
            if len(self.walks) == 1:
                EdgeMaker(walk, self.items, kept, ends).add_to(edges)
            else:
                EdgeMaker(walk, self.items, kept, ends, seen).add_to(edges)
        edges.sort(key=_EDGE_ORDER)
        return edges

    async def _frontier(
        self, ranked: list[Node], kept: set[Any], ends: set[Any], complete: set[Any]
    ) -> list[FrontierNode]:
        """The nodes with edges that are not shown, each with an upper bound of how many: what the index has of it. Of a
        `complete` one all are known."""
        shown: Counter[Any] = Counter()
        hidden: Counter[Any] = Counter()
        for here, there in {ends for walk in self.walks.values() for ends in _all_ends(walk)}:
            for one, other in ((here[0], there[0]), (there[0], here[0])):
                if one in kept:
                    (shown if other in ends else hidden)[one] += 1
        for node, degree in (await self._degrees(kept)).items():
            rest = 0 if node in complete else degree - shown[node]
            if rest > hidden[node]:
                hidden[node] = rest
        return [
            FrontierNode(node.key, hidden[node.handle], node.kind == "EVENT")
            for node in ranked
            if hidden[node.handle] and node.kind != "ORGANIZATION"
        ]

    async def _degrees(self, kept: set[Any]) -> Counter[Any]:
        """How many edges the index has of each item and event."""
        items = [handle for handle in kept if handle in self.items]
        events = [handle for handle in kept if isinstance(handle, bytes)]
        below = [item for item in items if item != self.root]
        used = items if Direction.FORWARD in self.walks else below  # forward has no birth of the root, backward no end
        made = items if Direction.BACKWARD in self.walks else below
        return await self.reader.degrees(Counted(items, used, made, events))


Ends = tuple[tuple[Any, ...], tuple[Any, ...]]


def _all_ends(walk: Walk) -> Iterable[Ends]:
    """Both ends of every edge of a walk: (node, what tells parallel edges apart)."""
    for part, host, opened, _, _ in walk.stays:
        yield (part, opened), (host,)
    for item, organization, opened, _ in walk.custody:
        yield (item, opened), ((organization,),)
    for item, event, _ in walk.consumptions:
        yield (item,), (event,)
    for event, item in walk.yields:
        yield (event,), (item,)


class EdgeMaker:
    """Makes the edges of a walk, those in `seen` left out."""

    def __init__(
        self,
        walk: Walk,
        items: dict[Any, ItemRow],
        kept: set[Any] | None,
        ends: set[Any] | None,
        seen: set[Any] | None = None,
    ) -> None:
        self._walk = walk
        self._items = items
        self._kept = kept
        self._ends = ends
        self._seen = seen
        self._told: dict[Position, tuple[datetime, str]] = {}

    def add_to(self, edges: list[TraceEdge]) -> None:
        """Append the walk's edges."""
        walk, items, at, add = self._walk, self._items, self._at, edges.append
        contested = walk.contested
        for row in self._wanted("PART_OF", walk.stays, 0, 1, 2):
            from_, opened_by = at(row[2])
            to, closed_by = self._end(row[3])
            ends = items[row[0]].key, items[row[1]].key
            add(TraceEdge(*ends, "PART_OF", from_, to, None, opened_by, closed_by, row[2] in contested))
        for row in self._wanted("HELD_BY", walk.custody, 0, None, 2):
            from_, opened_by = at(row[2])
            to, closed_by = self._end(row[3])
            add(
                TraceEdge(
                    items[row[0]].key, row[1], "HELD_BY", from_, to, None, opened_by, closed_by, row[2] in contested
                )
            )
        for item, event, kg in self._wanted("CONSUMED_IN", walk.consumptions, 0, 1, 1):
            when, name = at(event)
            add(TraceEdge(items[item].key, name, "CONSUMED_IN", when, when, kg, name, name, event in contested))
        for event, item in self._wanted("YIELDED", walk.yields, 0, 1, 0):
            when, name = at(event)
            row = items[item]
            add(TraceEdge(name, row.key, "YIELDED", when, when, row.mass_kg, name, name, event in contested))

    def _wanted(
        self, kind: str, rows: Iterable[tuple[Any, ...]], source: int, target: int | None, opened: int
    ) -> Iterable[tuple[Any, ...]]:
        kept, ends, seen = self._kept, self._ends, self._seen
        if kept is not None and ends is not None:
            rows = [
                row for row in rows if row[source] in kept and ((row[1],) if target is None else row[target]) in ends
            ]
        if seen is not None:
            fresh = []
            for row in rows:
                identity = (kind, row[0], row[1], row[opened])
                if identity not in seen:
                    seen.add(identity)
                    fresh.append(row)
            rows = fresh
        return rows

    def _at(self, event: Position) -> tuple[datetime, str]:
        known = self._told.get(event)
        if known is None:
            known = self._told[event] = (moment_of(event), event_id_of(event))
        return known

    def _end(self, event: Position | None) -> tuple[datetime | None, str | None]:
        return (None, None) if event is None or event >= self._walk.cut else self._at(event)
