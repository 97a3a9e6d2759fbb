"""Recall: what carries substance of suspects, where that is now, and who has it; read off their forward traces."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from typing import Any, NamedTuple

from graph_schema.answer import Role, Trace, TraceEdge, TraceNode
from graph_schema.order import Position, event_id_of, moment_of
from graph_schema.reader import TraceReader
from graph_schema.status import statuses


class Affected(NamedTuple):
    """An item that substance of suspects is in.

    `suspects` are their keys; `outermost` is the unit it is in now, at any depth, that is in no other (None: it is in
    none); `vehicle` is the vehicle that it is or is in; `holder` the organization that has it, of a part its host's.
    `ended` is None where that is withheld.
    """

    node: TraceNode
    suspects: tuple[str, ...]
    outermost: TraceNode | None
    vehicle: TraceNode | None
    holder: TraceNode | None

    @property
    def ended(self) -> bool | None:
        """Whether it has ended: what was in it went on into something else, or was lost."""
        return None if self.node.status is None else self.node.status == "ENDED"


async def surrounded(reader: TraceReader, trace: Trace, cut: Position) -> Trace:
    """A forward trace that a bound cut, and what the bound cut off of where its carriers are at the cut: the units that
    they are in, at any depth, and who holds those."""
    whole = replace(trace, nodes=list(trace.nodes), edges=list(trace.edges))
    known = {node.handle: node for node in trace.nodes if node.role not in (Role.EVENT, Role.CUSTODIAN)}
    told = {(edge.kind, edge.source, edge.target, edge.opened_by) for edge in trace.edges}

    def is_open(row: tuple[Any, ...]) -> bool:
        return bool(row[2] < cut and (row[3] is None or row[3] >= cut))

    def add(kind: str, source: str, target: str, opened: Position) -> None:
        event = event_id_of(opened)
        if (kind, source, target, event) not in told:
            whole.edges.append(TraceEdge(source, target, kind, moment_of(opened), None, None, event, None, False))

    chain: dict[Any, None] = {}
    level = [node.handle for node in known.values() if node.role in (Role.ROOT, Role.SUBSTANCE)]
    while level:
        chain.update(dict.fromkeys(level))
        stays = [row for row in await reader.hosts(level) if is_open(row)]
        beyond = {row[1]: row[0] for row in stays if row[1] not in known}
        facts = {row.handle: row for row in await reader.items(list(beyond))} if beyond else {}
        states = await statuses(reader, facts, cut) if facts else {}
        for handle, row in facts.items():
            known[handle] = TraceNode(
                row.key, row.kind, Role.HOST, known[beyond[handle]].depth + 1, row.label or row.key,
                states[handle].value, moment_of(row.born), handle,
            )  # fmt: skip
            whole.nodes.append(known[handle])
        for part, host, opened, _, _ in stays:
            add("PART_OF", known[part].key, known[host].key, opened)
        level = list({row[1]: None for row in stays if row[1] not in chain})
    held = [row for row in await reader.custody(list(chain)) if is_open(row)]
    shown = {node.key for node in trace.nodes if node.role is Role.CUSTODIAN}
    missing = {row[1]: row[0] for row in held if row[1] not in shown}
    names = await reader.organizations(list(missing)) if missing else {}
    for key, item in missing.items():
        depth, label = known[item].depth + 1, names.get(key) or key
        whole.nodes.append(TraceNode(key, "ORGANIZATION", Role.CUSTODIAN, depth, label, None, None, key))
    for item, organization, opened, _ in held:
        add("HELD_BY", known[item].key, organization, opened)
    return whole


def affected(traces: Iterable[Trace]) -> list[Affected]:
    """What the roots of forward traces are in, each item once, in the order of the keys."""
    found: dict[str, Affected] = {}
    for trace in traces:
        for one in _Now(trace).affected():
            known = found.get(one.node.key)
            found[one.node.key] = one if known is None else known._replace(suspects=known.suspects + one.suspects)
    return sorted(found.values(), key=lambda one: one.node.key)


class _Now:
    """What a trace says of the moment that it is about."""

    def __init__(self, trace: Trace) -> None:
        self.root = trace.root
        self.items = {node.key: node for node in trace.nodes if node.kind not in ("EVENT", "ORGANIZATION")}
        self.organizations = {node.key: node for node in trace.nodes if node.kind == "ORGANIZATION"}
        edges = [edge for edge in trace.edges if edge.to is None and not edge.contested]
        self.host = {edge.source: edge.target for edge in edges if edge.kind == "PART_OF"}
        self.holder = {edge.source: edge.target for edge in edges if edge.kind == "HELD_BY"}

    def affected(self) -> list[Affected]:
        """The carriers, and the units that those are in now."""
        carriers = [node for node in self.items.values() if node.role in (Role.ROOT, Role.SUBSTANCE)]
        among = {node.key: node for carrier in carriers for node in [carrier, *self._around(carrier)]}
        return [self._standing(node) for node in among.values()]

    def _around(self, node: TraceNode) -> list[TraceNode]:
        """The units that an item is in now, from the inside out."""
        found = []
        key = self.host.get(node.key)
        while key in self.items:
            found.append(self.items[key])
            key = self.host.get(key)
        return found

    def _standing(self, node: TraceNode) -> Affected:
        around = self._around(node)
        chain = [node, *around]
        holders = [self.holder[one.key] for one in reversed(chain) if one.key in self.holder]
        return Affected(
            node,
            (self.root,),
            around[-1] if around else None,
            next((one for one in chain if one.kind == "VEHICLE"), None),
            self.organizations.get(holders[0]) if holders else None,
        )
