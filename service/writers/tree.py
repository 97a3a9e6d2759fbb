"""The trace as a tree that a person reads in the terminal."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import datetime

from rich.console import Group, RenderableType
from rich.markup import escape
from rich.padding import Padding
from rich.table import Table
from rich.text import Text
from rich.tree import Tree

from graph_schema.answer import Direction, Role, Trace, TraceEdge, TraceNode
from graph_schema.days import day_at

GROUP_ABOVE = 5
_STYLES = {
    Role.ROOT: "bold",
    Role.SUBSTANCE: "green",
    Role.HOST: "cyan",
    Role.EVENT: "dim",
    Role.CUSTODIAN: "magenta",
}
_TITLES = {Direction.FORWARD: "Where it went", Direction.BACKWARD: "Where it came from", Direction.BOTH: "Both ways"}


def render(trace: Trace, unfold: bool = False) -> RenderableType:
    """A trace in one direction: a tree, the balance, and what stands open. `unfold` shows every one of a group."""
    return Group(*_parts(TraceTree(trace, unfold), trace))


def _parts(tree: TraceTree, trace: Trace) -> Iterable[RenderableType]:
    yield tree.build()
    if trace.balance:
        yield _balance(trace)
    if trace.unsettled:
        shown = ", ".join(trace.unsettled[:5]) + (", ..." if len(trace.unsettled) > 5 else "")
        yield Text(f"{len(trace.unsettled)} pending or contested event(s) name items of this trace: {shown}", "yellow")
    if trace.truncated:
        rest = sum(node.unexplored_edges for node in trace.frontier)
        yield Text(f"Cut off at a bound: {len(trace.frontier)} node(s) with up to {rest} more edges.", "yellow")


class TraceTree:
    """Places every node below the one that it was reached from."""

    def __init__(self, trace: Trace, unfold: bool) -> None:
        self.trace = trace
        self.unfold = unfold
        self.nodes = {_identity(node): node for node in trace.nodes}
        self.custody: dict[str, list[TraceEdge]] = defaultdict(list)
        self.names = {node.key: node.label for node in trace.nodes if node.role is Role.CUSTODIAN}
        self.kilograms: dict[str, list[str]] = defaultdict(list)
        self.children: dict[tuple[bool, str], list[tuple[TraceNode, TraceEdge]]] = defaultdict(list)
        for row in trace.attribution:
            if row.direction is trace.direction or trace.direction is Direction.BOTH:
                self.kilograms[row.key].append(f"{row.mass_kg:.4g} kg{' ' + row.element if row.element else ''}")
        self._place()

    def _place(self) -> None:
        placed = set()
        edges = sorted(self.trace.edges, key=lambda edge: edge.contested)
        for edge in edges:
            if edge.kind == "HELD_BY":
                self.custody[edge.source].append(edge)
        links: dict[tuple[bool, str], list[tuple[tuple[bool, str], TraceEdge]]] = defaultdict(list)
        for edge in edges:
            if edge.kind != "HELD_BY":
                source = (edge.kind == "YIELDED", edge.source)
                target = (edge.kind == "CONSUMED_IN", edge.target)
                forward = self.trace.direction is not Direction.BACKWARD
                backward = self.trace.direction is not Direction.FORWARD
                if edge.kind == "PART_OF" or forward:
                    links[source].append((target, edge))
                if edge.kind == "PART_OF" or backward:
                    links[target].append((source, edge))
        for identity, node in self.nodes.items():
            for other, edge in links[identity]:
                reached = self.nodes.get(other)
                if reached is not None and reached.depth == node.depth + 1 and other not in placed:
                    placed.add(other)
                    self.children[identity].append((reached, edge))

    def build(self) -> Tree:
        """The tree, from the root."""
        root = next(node for node in self.trace.nodes if node.role is Role.ROOT)
        title = Text(_TITLES[self.trace.direction], style="bold underline")
        tree = Tree(Group(title, self._line(root, None)), guide_style="dim")
        self._grow(tree, (False, root.key))
        return tree

    def _grow(self, tree: Tree, identity: tuple[bool, str]) -> None:
        groups: dict[tuple[object, ...], list[tuple[TraceNode, TraceEdge]]] = defaultdict(list)
        for node, edge in self.children.get(identity, ()):
            leaf = not any(self._leads_on(child) for child, _ in self.children.get(_identity(node), ()))
            groups[(node.kind, node.label, node.role, edge.contested) if leaf else (node.kind, node.key)].append(
                (node, edge)
            )
        for members in groups.values():
            if len(members) > GROUP_ABOVE and not self.unfold:
                tree.add(self._group(members))
                continue
            for node, edge in members:
                self._grow(tree.add(self._line(node, edge)), _identity(node))

    def _leads_on(self, node: TraceNode) -> bool:
        """Whether something beyond its bare birth is to be told of a node below."""
        return node.role is not Role.EVENT or bool(self.children.get(_identity(node)))

    def _group(self, members: list[tuple[TraceNode, TraceEdge]]) -> Text:
        node = members[0][0]
        text = Text(f"{len(members)} x {node.kind.lower()} {node.label}", style=_STYLES[node.role])
        return text.append(f"  {members[0][0].key} ... {members[-1][0].key}  (--all shows each)", style="dim")

    def _line(self, node: TraceNode, edge: TraceEdge | None) -> RenderableType:
        if node.role is Role.EVENT:
            text = Text(f"{node.label.lower()} {_day(node.at)}", style="yellow")
            text.append(f"  {node.key}", style="dim")
        else:
            text = Text(node.kind.lower(), style=_STYLES[node.role])
            text.append(f" {node.key}", style="bold" if node.role is Role.ROOT else "")
            if node.label != node.key:
                text.append(f"  {node.label}", style="italic")
            text.append(f"  {(node.status or '').lower().replace('_', ' ')}", style="dim")
            if self.kilograms[node.key]:
                text.append(f"  {', '.join(self.kilograms[node.key])}", style="blue")
        if edge is not None and edge.kind == "PART_OF":
            text.append(f"  {'inside ' if edge.source == node.key else 'host '}{_interval(edge)}", style="dim")
        elif edge is not None and edge.mass_kg is not None:
            text.append(f"  {edge.mass_kg:g} kg", style="dim")
        if edge is not None and edge.contested:
            text.append("  contested", style="bold red")
        held = self.custody.get(node.key) if node.role is not Role.EVENT else None
        if not held:
            return text
        line = "; ".join(f"{self.names.get(one.target, one.target)} {_interval(one)}" for one in held[:4])
        told = Text(f"held by {line}{'; ...' if len(held) > 4 else ''}", style="magenta")
        return Group(text, Padding(told, (0, 0, 0, 2), expand=False))


def _identity(node: TraceNode) -> tuple[bool, str]:
    return node.role is Role.EVENT, node.key


def _day(moment: datetime | None) -> str:
    return "" if moment is None else str(day_at(moment))


def _interval(edge: TraceEdge) -> str:
    return f"{_day(edge.from_)} to {_day(edge.to) or 'now'}"


def _balance(trace: Trace) -> Table:
    table = Table(title="Balance, kg", title_justify="left", box=None, pad_edge=False)
    for name in ("", "root", "recovered", "in use", "in new products", "disposed of", "lost"):
        table.add_column(name, justify="right" if name else "left")
    for row in trace.balance:
        table.add_row(escape(row.element or "total mass"), *(f"{kg:.6g}" for kg in row[1:]))
    return table
