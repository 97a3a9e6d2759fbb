"""A trace as a viewer may see it: its structure, with what is withheld in its place under a pseudonym."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator
from datetime import UTC, datetime
from operator import attrgetter, itemgetter

from graph_schema.answer import Attribution, Trace, TraceEdge, TraceNode
from graph_schema.order import event_id_of
from service.access.guard import Guarded

Pseudonym = Callable[[str, str], str]
"""From a kind (ITEM, EVENT, ORGANIZATION) and a key to what it is called."""

LABEL = "withheld"


async def redacted(trace: Trace, guard: Guarded, pseudonym: Pseudonym) -> Trace:
    """Withhold what the viewer may not see. The root must be in full sight.

    In sight are the items that the guard shows in full, the events that they went into or came out of or that the
    viewer reported, and who held them, though not as who held something else: an organization that did both is there
    twice, by name and withheld. Of everything else masses are rounded to two digits, and times to the day.
    """
    items = [node for node in trace.nodes if node.kind not in ("EVENT", "ORGANIZATION")]
    full = await guard.full([node.handle for node in items])
    seen = Sight(pseudonym, {node.key for node in items if node.handle in full}, guard.viewer.organization)
    positions = [node.handle for node in trace.nodes if isinstance(node.handle, bytes)]
    seen.events = {event_id_of(row.position) for row in await guard.events(positions)}
    for edge in trace.edges:
        seen.note(edge)
    visible = {event.event_id for event in await guard.stored(trace.unsettled)} if trace.unsettled else set()
    edges = list(map(seen.edge, trace.edges))
    ends = {end for edge in edges for end in (edge.source, edge.target)}
    nodes = sorted((one for node in trace.nodes for one in seen.nodes(node, ends)), key=itemgetter(3, 1, 0))
    place = {node.key: number for number, node in enumerate(nodes)}
    frontier = [one._replace(key=seen.name("EVENT" if one.is_event else "ITEM", one.key)) for one in trace.frontier]
    return Trace(
        trace.root,
        trace.direction,
        nodes,
        sorted(edges, key=attrgetter("from_", "opened_by", "kind", "source", "target")),
        sorted(map(seen.attribution, trace.attribution), key=attrgetter("kind", "key", "element")),
        trace.balance,
        [event_id for event_id in trace.unsettled if event_id in visible],
        trace.truncated,
        sorted(frontier, key=lambda one: place[one.key]),
    )


class Sight:
    """What is in sight of a trace, by kind and key."""

    def __init__(self, pseudonym: Pseudonym, items: set[str], organization: str | None) -> None:
        self._pseudonym = pseudonym
        self._organization = organization
        self.items = items
        self.events: set[str] = set()
        self.organizations = set() if organization is None else {organization}

    def note(self, edge: TraceEdge) -> None:
        """Take in what an edge shows beside an item in sight."""
        if edge.kind == "HELD_BY" and edge.source in self.items:
            self.organizations.add(edge.target)
        elif edge.kind == "CONSUMED_IN" and edge.source in self.items:
            self.events.add(edge.target)
        elif edge.kind == "YIELDED" and edge.target in self.items:
            self.events.add(edge.source)

    def name(self, kind: str, key: str) -> str:
        """The key of a thing where it is in sight, else its pseudonym."""
        known = {"ITEM": self.items, "EVENT": self.events, "ORGANIZATION": self.organizations}[kind]
        return key if key in known else self._withheld(kind, key)

    def _withheld(self, kind: str, key: str) -> str:
        return f"{LABEL}:{self._pseudonym(kind, key)}"

    def nodes(self, node: TraceNode, ends: Collection[str]) -> Iterator[TraceNode]:
        """A node, or its outline, or both: as what the ends of the edges name it."""
        kind = node.kind if node.kind in ("EVENT", "ORGANIZATION") else "ITEM"
        withheld = self._withheld(kind, node.key)
        if self.name(kind, node.key) == node.key and (node.key in ends or withheld not in ends):
            yield node
        if self.name(kind, node.key) == withheld or withheld in ends:
            yield node._replace(key=withheld, label=LABEL, status=None, at=None, handle=None, redacted=True)

    def edge(self, edge: TraceEdge) -> TraceEdge:
        """An edge; who reported it is shown where its item is in sight, who held it there or where that is the viewer
        itself, and when to the day unless what it opened or closed is in sight."""
        ends = {"HELD_BY": ("ITEM", "ORGANIZATION"), "PART_OF": ("ITEM", "ITEM"), "CONSUMED_IN": ("ITEM", "EVENT")}
        from_, to = ends.get(edge.kind, ("EVENT", "ITEM"))
        items = [key for kind, key in ((from_, edge.source), (to, edge.target)) if kind == "ITEM"]
        renamed = edge._replace(source=self.name(from_, edge.source), target=self.name(to, edge.target))
        if all(key in self.items for key in items):
            return renamed
        if edge.kind == "HELD_BY" and edge.target != self._organization:
            renamed = renamed._replace(target=self._withheld("ORGANIZATION", edge.target))
        return renamed._replace(
            from_=edge.from_ if edge.opened_by in self.events else day(edge.from_),
            to=edge.to if edge.to is None or edge.closed_by in self.events else day(edge.to),
            mass_kg=None if edge.mass_kg is None else rounded(edge.mass_kg),
            opened_by=self.name("EVENT", edge.opened_by),
            closed_by=None if edge.closed_by is None else self.name("EVENT", edge.closed_by),
        )

    def attribution(self, row: Attribution) -> Attribution:
        """A row of the attribution."""
        if row.key in self.items:
            return row
        return row._replace(
            key=self.name("ITEM", row.key), mass_kg=rounded(row.mass_kg), share=rounded(row.share)
        )  # fmt: skip


def day(moment: datetime) -> datetime:
    """The beginning of the day of a moment (UTC)."""
    return moment.astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)


def rounded(value: float) -> float:
    """A number with two significant digits."""
    return float(f"{value:.1e}")
