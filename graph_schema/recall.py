"""Recall: what carries substance of suspects, where that is now, and who has it; read off their forward traces."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from graph_schema.answer import Role, Trace, TraceNode


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
        """The units that an item is in now, from the inside out; a bound may have cut some off."""
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
