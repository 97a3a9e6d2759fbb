"""The trace: where an item's substance went, and where it came from (model sections 6 and 8)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from graph_schema import attribution as flows
from graph_schema.answer import Attribution, Balance, Direction, FrontierNode, Role, Trace, TraceEdge, TraceNode
from graph_schema.order import Position, cut_after, event_id_of, moment_of, type_of
from graph_schema.reader import ItemRow, StayRow, TraceReader
from graph_schema.status import statuses
from graph_schema.walk import Walk
from graph_schema.windows import END, overlap

NODES_MAX = 20_000
_STRENGTH = {role: rank for rank, role in enumerate(Role)}


@dataclass(frozen=True)
class TraceQuestion:
    """What to trace. `as_of` None is the end of time; the bounds are inclusive; `weigh` asks for attribution and
    balance, which are computed only where somebody wants them."""

    key: str
    direction: Direction
    as_of: datetime | None = None
    claims: bool = False
    depth_max: int | None = None
    nodes_max: int = NODES_MAX
    weigh: bool = True


async def trace(reader: TraceReader, question: TraceQuestion) -> Trace | None:
    """Answer a question over what the reader shows; None where the item is not known then."""
    cut = END if question.as_of is None else cut_after(question.as_of)
    root = await reader.find(question.key)
    if root is None:
        return None
    (row,) = await reader.items([root])
    born = (await reader.positions([row.born]))[row.born]
    if born >= cut:
        return None
    directions = [Direction.FORWARD, Direction.BACKWARD]
    answer = Assembly(reader, root, question)
    for direction in directions if question.direction is Direction.BOTH else [question.direction]:
        further = None if question.depth_max is None else question.depth_max + 1
        walk = Walk(reader, direction, cut, question.claims, further, question.nodes_max)
        walk.positions[row.born] = born
        await walk.run(row)
        answer.add(walk, direction)
    result = await answer.finish()
    if question.weigh and not result.truncated:
        for direction, walk in answer.walks.items():
            await _weigh(result, walk, direction, row)
    return result


async def _weigh(result: Trace, walk: Walk, direction: Direction, root: ItemRow) -> None:
    if walk.contested:
        walk = Walk(walk.reader, direction, walk.cut, False, None, walk.nodes_max)
        await walk.run(root)
    settled = [row.body_mass_at for row in walk.items.values()] + [
        row.body_composition_at for row in walk.items.values()
    ]
    missing = {event for event in settled if event is not None and event not in walk.positions}
    walk.positions.update(await walk.reader.positions(missing) if missing else {})
    mixings = {row.handle: row.mixing for row in await walk.reader.events(walk.events)}
    moved = flows.Flows(walk, mixings)
    rows: list[Attribution]
    balances: list[Balance] = []
    if direction is Direction.FORWARD:
        rows, balances = flows.forward(moved)
    else:
        rows = flows.backward(moved)
    result.attribution += sorted(rows, key=lambda row: (row.kind, row.key, row.element))
    result.balance += sorted(balances, key=lambda row: row.element)


class Assembly:
    """Joins the walks of a question into one answer."""

    def __init__(self, reader: TraceReader, root: Any, question: TraceQuestion) -> None:
        self.reader = reader
        self.root = root
        self.question = question
        self.walks: dict[Direction, Walk] = {}
        self.depths: dict[tuple[str, Any], int] = {}
        self.roles: dict[Any, Role] = {}
        self.degrees: dict[tuple[str, Any], list[tuple[str, Any]]] = {}

    def add(self, walk: Walk, direction: Direction) -> None:
        """Take one walk in."""
        self.walks[direction] = walk
        for item in walk.items:
            role = Role.SUBSTANCE if item in walk.carriers else Role.HOST
            if item == self.root:
                role = Role.ROOT
            known = self.roles.get(item)
            if known is None or _STRENGTH[role] < _STRENGTH[known]:
                self.roles[item] = role
        for node, depth in _depths(walk, self.root).items():
            self.depths[node] = min(depth, self.depths.get(node, depth))

    async def finish(self) -> Trace:
        """The answer, cut at the bounds."""
        question = self.question
        items = {handle: row for walk in self.walks.values() for handle, row in walk.items.items()}
        result = Trace(items[self.root].key, question.direction)
        ranked = sorted((depth, *self._kind_and_key(node, items), node) for node, depth in self.depths.items())
        depth_max = question.depth_max
        within = [row for row in ranked if depth_max is None or row[0] <= depth_max][: question.nodes_max]
        kept = {row[3] for row in within}
        result.nodes = await self._nodes(within, items)
        result.edges = self._edges(kept)
        result.unsettled = await self.reader.unsettled([node for kind, node in kept if kind == "item"])
        result.truncated = len(kept) < len(ranked)
        if result.truncated:
            result.frontier = await self._frontier(within, kept)
        return result

    def _kind_and_key(self, node: tuple[str, Any], items: dict[Any, Any]) -> tuple[str, str]:
        kind, handle = node
        if kind == "item":
            return items[handle].kind, items[handle].key
        if kind == "event":
            return "EVENT", event_id_of(self._position(handle))
        return "ORGANIZATION", handle

    def _position(self, event: Any) -> Position:
        for walk in self.walks.values():
            if event in walk.positions:
                return walk.positions[event]
        raise KeyError(event)

    async def _nodes(self, ranked: list[Any], items: dict[Any, Any]) -> list[TraceNode]:
        shown = {row[3][1]: items[row[3][1]] for row in ranked if row[3][0] == "item"}
        walk = next(iter(self.walks.values()))
        positions = {event: place for walk in self.walks.values() for event, place in walk.positions.items()}
        known_hosts = {
            item: rows
            for walk in self.walks.values()
            for item, rows in walk.host_rows.items()
            if not self.question.claims
        }
        born = {row.born for row in shown.values() if row.born not in positions}
        positions.update(await self.reader.positions(born) if born else {})
        status = await statuses(self.reader, shown, walk.cut, known_hosts, positions)
        holders = [row[3][1] for row in ranked if row[3][0] == "organization"]
        names = await self.reader.organizations(holders) if holders else {}
        nodes = []
        for depth, kind, key, (family, handle) in ranked:
            if family == "item":
                row = shown[handle]
                at = moment_of(positions[row.born])
                role, label = self.roles[handle], row.label or key
                nodes.append(TraceNode(key, kind, role, depth, label, status[handle].value, at, handle))
            elif family == "event":
                place = positions[handle]
                state = "CONTESTED" if self._is_contested(handle) else "ACCEPTED"
                nodes.append(TraceNode(key, kind, Role.EVENT, depth, type_of(place), state, moment_of(place), handle))
            else:
                nodes.append(TraceNode(key, kind, Role.CUSTODIAN, depth, names.get(key) or key, None, None, handle))
        return nodes

    def _is_contested(self, event: Any) -> bool:
        return any(event in walk.contested for walk in self.walks.values())

    def _edges(self, kept: set[tuple[str, Any]]) -> list[TraceEdge]:
        seen: dict[tuple[Any, ...], TraceEdge] = {}
        for walk in self.walks.values():
            make = EdgeMaker(walk)
            for identity, ends, edge in make.all():
                if identity not in seen and ends[0] in kept and ends[1] in kept:
                    seen[identity] = edge()
        return sorted(seen.values(), key=lambda edge: (edge.from_, edge.opened_by, edge.kind, edge.source, edge.target))

    async def _frontier(self, ranked: list[Any], kept: set[Node]) -> list[FrontierNode]:
        """The nodes with edges that are not shown, each with an upper bound of how many: what the index has of it."""
        shown: dict[Node, int] = {}
        hidden: dict[Node, int] = {}
        for edge in {
            identity: ends for walk in self.walks.values() for identity, ends, _ in EdgeMaker(walk).all()
        }.values():
            for here, there in (edge, edge[::-1]):
                if here in kept:
                    counts = shown if there in kept else hidden
                    counts[here] = counts.get(here, 0) + 1
        for node, degree in (await self._degrees(kept)).items():
            rest = degree - shown.get(node, 0)
            if rest > hidden.get(node, 0):
                hidden[node] = rest
        return [
            FrontierNode(key, hidden[node])
            for _, kind, key, node in ranked
            if node in hidden and kind != "ORGANIZATION"
        ]

    async def _degrees(self, kept: set[Node]) -> dict[Node, int]:
        """How many edges the index has of each item and event."""
        items = [handle for family, handle in kept if family == "item"]
        events = [handle for family, handle in kept if family == "event"]
        reader = self.reader
        counted: Counter[Node] = Counter(("item", row[0]) for row in await reader.hosts(items))
        counted.update(("item", row[1]) for row in await reader.parts(items))
        below = [item for item in items if item != self.root]
        used = items if Direction.FORWARD in self.walks else below  # forward has no birth of the root, backward no end
        made = items if Direction.BACKWARD in self.walks else below
        counted.update(("item", row[0]) for row in await reader.consumptions(used))
        counted.update(("item", row[1]) for row in await reader.births(made))
        counted.update(("item", row[0]) for row in await reader.custody(items))
        counted.update(("event", row[1]) for row in await reader.inputs(events))
        counted.update(("event", row[0]) for row in await reader.outputs(events))
        return counted


Node = tuple[str, Any]


class EdgeMaker:
    """The edges of a walk: (identity, (source node, target node), maker of the edge)."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk
        self._moments: dict[Any, tuple[datetime, str]] = {}

    def all(self) -> Iterable[tuple[tuple[Any, ...], tuple[Node, Node], Any]]:
        """Every edge."""
        walk = self.walk
        items = walk.items
        for stay in walk.stays:
            part, host, opened, closed, _ = stay
            ends = (("item", part), ("item", host))
            yield (
                ("PART_OF", part, host, opened),
                ends,
                lambda part=part, host=host, opened=opened, closed=closed: self._edge(
                    items[part].key, items[host].key, "PART_OF", opened, closed, None
                ),
            )
        for item, organization, opened, closed in walk.custody:
            yield (
                ("HELD_BY", item, organization, opened),
                (("item", item), ("organization", organization)),
                lambda item=item, organization=organization, opened=opened, closed=closed: self._edge(
                    items[item].key, organization, "HELD_BY", opened, closed, None
                ),
            )
        for item, event, kg in walk.consumptions:
            yield (
                ("CONSUMED_IN", item, event),
                (("item", item), ("event", event)),
                lambda item=item, event=event, kg=kg: self._edge(
                    items[item].key, None, "CONSUMED_IN", event, event, kg
                ),
            )
        for event, item in walk.yields:
            yield (
                ("YIELDED", event, item),
                (("event", event), ("item", item)),
                lambda item=item, event=event: self._edge(
                    None, items[item].key, "YIELDED", event, event, items[item].mass_kg
                ),
            )

    def _at(self, event: Any) -> tuple[datetime, str]:
        known = self._moments.get(event)
        if known is None:
            place = self.walk.positions[event]
            known = self._moments[event] = (moment_of(place), event_id_of(place))
        return known

    def _edge(
        self, source: str | None, target: str | None, kind: str, opened: Any, closed: Any, kg: float | None
    ) -> TraceEdge:
        from_, opened_by = self._at(opened)
        to: datetime | None = None
        closed_by: str | None = None
        if closed is not None and self.walk.positions[closed] < self.walk.cut:
            to, closed_by = self._at(closed)
        return TraceEdge(
            opened_by if source is None else source,
            opened_by if target is None else target,
            kind,
            from_,
            to,
            kg,
            opened_by,
            closed_by,
            opened in self.walk.contested,
        )


def _depths(walk: Walk, root: Any) -> dict[Node, int]:
    """One per edge, level by level from the root (8.4); a custodian is one more than its nearest item."""
    nexts: dict[Node, list[Node]] = {}
    for stay in walk.stays:
        part, host = ("item", stay[0]), ("item", stay[1])
        nexts.setdefault(part, []).append(host)
        if _went_down(walk, stay):
            nexts.setdefault(host, []).append(part)
    for item, event, _ in walk.consumptions:
        source, target = ("item", item), ("event", event)
        nexts.setdefault(*((source, [])) if walk.forward else (target, [])).append(target if walk.forward else source)
    for event, item in walk.yields:
        source, target = ("event", event), ("item", item)
        nexts.setdefault(*((source, [])) if walk.forward else (target, [])).append(target if walk.forward else source)
    for item, organization, _, _ in walk.custody:
        nexts.setdefault(("item", item), []).append(("organization", organization))
    depths: dict[Node, int] = {("item", root): 0}
    level: list[Node] = [("item", root)]
    depth = 0
    while level:
        depth += 1
        reached = []
        for node in level:
            for other in nexts.get(node, ()):
                if other not in depths:
                    depths[other] = depth
                    reached.append(other)
        level = reached
    return depths


def _went_down(walk: Walk, stay: StayRow) -> bool:
    """Whether a stay was inside the root, so that the walk went down along it."""
    part, host, opened, closed, _ = stay
    if part not in walk.inside_root or host not in walk.inside_root:
        return False
    high = END if closed is None else walk.positions[closed]
    return any(overlap(window, walk.positions[opened], high) for window in walk.inside_root[host])
