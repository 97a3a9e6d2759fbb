"""What a trace reads: a few bulk questions to a store, over the graph at one moment of knowledge.

Every method takes many items or events and answers with flat lists of tuples, in any order; `around` reads a whole
level of a trace at once. Items are named by the store's own handles, events by their positions. Nothing is cut by
`asOf` here: the trace does that by positions, for all stores alike.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection
from typing import Any, NamedTuple, Protocol

from graph_schema.answer import Direction, Handle
from graph_schema.order import Position

StayRow = tuple[Any, ...]
"""(part, host, opened, closed or None, position or None): handles of items, positions of the events; the last is the
place in the host."""
CustodyRow = tuple[Any, ...]
"""(item, organization key, opened, closed or None)."""
ConsumptionRow = tuple[Any, ...]
"""(item, event, kg or None)."""
YieldRow = tuple[Any, ...]
"""(event, item)."""
MarkRow = tuple[Any, Position, str]
"""(item, event, op), op `retired`, `taken_up` or `ended`."""


class ItemRow(NamedTuple):
    """An item's facts. `composition` and `body_composition` are a dict or its JSON text.

    For a lot, mass and composition are as created; `body_*` is a unit's own body, `body_*_at` the event that settled
    it where that is not its birth.
    """

    handle: Any
    key: str
    kind: str
    born: Position
    mass_kg: float | None
    composition: Any
    second_life: bool
    body_mass_kg: float | None
    body_mass_at: Position | None
    body_composition: Any
    body_composition_at: Position | None
    label: str | None


class EventRow(NamedTuple):
    """A transformation or other event node; `mixing` is the tuple of `Mixing` or its JSON text."""

    position: Position
    actor: str
    mixing: Any


class ClaimRow(NamedTuple):
    """An edge that a contested event claims; `closed` is the event that ends a claimed stay, if any.

    `source` and `target` are handles of items (organization keys for HELD_BY), None at the event's end of the edge;
    `item_key` and `item_kind` say what a claimed yield would bring into being.
    """

    event: Position
    kind: str
    source: Any
    target: Any
    mass_kg: float | None
    closed: Position | None
    item_key: str | None = None
    item_kind: str | None = None


class Around(NamedTuple):
    """What `TraceReader.around` reads: of `new` items their facts and hosts, of `inside` their parts.

    Forward, `consumptions` are those of the items `along`, and `yields` what the events of these brought into being;
    backward, `yields` are the births of the items `along`, and `consumptions` what went into those events.
    """

    items: list[ItemRow]
    hosts: list[StayRow]
    parts: list[StayRow]
    consumptions: list[ConsumptionRow]
    yields: list[YieldRow]


class About(NamedTuple):
    """What `TraceReader.about` reads of items: custody, marks, names of registered holders, unsettled events."""

    custody: list[CustodyRow]
    marks: list[MarkRow]
    names: dict[str, str]
    unsettled: list[Position]


class Counted(NamedTuple):
    """Whose edges are counted: stays and custody of `items`, consumptions of those `used`, births of those `made`, and
    what went into `events` and came out of them."""

    items: list[Handle]
    used: list[Handle]
    made: list[Handle]
    events: list[Position]


class TraceReader(Protocol):
    """Reads for the trace, all at one moment of knowledge. Errors of the store pass through."""

    async def find(self, key: str, towards: Direction | None = None, nodes_max: int | None = None) -> Handle | None:
        """The item of that key or identifier (the key wins), None where it is not known then.

        `towards` says that a walk in this direction follows, and `nodes_max` how many nodes it may tell, for a reader
        that can read ahead.
        """

    async def items(self, items: Collection[Handle]) -> list[ItemRow]:
        """The facts of items."""

    async def parts(self, hosts: Collection[Handle]) -> list[StayRow]:
        """Everything that was ever directly inside the hosts."""

    async def hosts(self, parts: Collection[Handle]) -> list[StayRow]:
        """Every host that the parts were ever directly inside."""

    async def custody(self, items: Collection[Handle]) -> list[CustodyRow]:
        """Who ever held the items."""

    async def consumptions(self, items: Collection[Handle]) -> list[ConsumptionRow]:
        """The events that used the items up or drew on them."""

    async def inputs(self, events: Collection[Position]) -> list[ConsumptionRow]:
        """All that the events used up or drew on."""

    async def outputs(self, events: Collection[Position]) -> list[YieldRow]:
        """All that the events brought into being."""

    async def births(self, items: Collection[Handle]) -> list[YieldRow]:
        """The events that brought the items into being."""

    async def around(
        self,
        new: Collection[Handle],
        inside: Collection[Handle],
        along: Collection[Handle],
        forward: bool,
        known: Collection[Position],
    ) -> Around:
        """A level of a trace, at once. Rows of `consumptions` (backward) and `yields` (forward) may be left out where
        the event is among the `known`."""

    async def events(self, events: Collection[Position]) -> list[EventRow]:
        """The facts of events."""

    async def marks(self, items: Collection[Handle]) -> list[MarkRow]:
        """What decides an item's status."""

    async def organizations(self, keys: Collection[str]) -> dict[str, str]:
        """The names of registered organizations."""

    async def unsettled(self, items: Collection[Handle]) -> list[Position]:
        """The pending and contested events that name any of the items, each once, in the total order."""

    async def about(self, items: Collection[Handle]) -> About:
        """Custody, marks, names of holders and unsettled events of items, at once."""

    async def degrees(self, counted: Counted) -> Counter[Any]:
        """How many edges there are of each item and event."""

    async def claims(self, items: Collection[Handle]) -> list[ClaimRow]:
        """The edges that contested events claim and that touch any of the items."""


async def around_by_kind(
    reader: TraceReader,
    new: Collection[Handle],
    inside: Collection[Handle],
    along: Collection[Handle],
    forward: bool,
    known: Collection[Position],
) -> Around:
    """`TraceReader.around` put together from one read for each kind of edge."""
    items = await reader.items(new) if new else []
    hosts = await reader.hosts(new) if new else []
    parts = await reader.parts(inside) if inside else []
    consumptions: list[ConsumptionRow] = []
    yields: list[YieldRow] = []
    if along and forward:
        consumptions = await reader.consumptions(along)
        events = {row[1] for row in consumptions}.difference(known)
        yields = await reader.outputs(events) if events else []
    elif along:
        yields = await reader.births(along)
        events = {row[0] for row in yields}.difference(known)
        consumptions = await reader.inputs(events) if events else []
    return Around(items, hosts, parts, consumptions, yields)


async def about_by_kind(reader: TraceReader, items: Collection[Handle]) -> About:
    """`TraceReader.about` put together from one read for each kind."""
    custody = await reader.custody(items)
    names = await reader.organizations({row[1] for row in custody}) if custody else {}
    return About(custody, await reader.marks(items), names, await reader.unsettled(items))


async def degrees_by_kind(reader: TraceReader, counted: Counted) -> Counter[Any]:
    """`TraceReader.degrees` put together from one read for each kind of edge."""
    found: Counter[Any] = Counter(row[0] for row in await reader.hosts(counted.items))
    found.update(row[1] for row in await reader.parts(counted.items))
    found.update(row[0] for row in await reader.consumptions(counted.used))
    found.update(row[1] for row in await reader.births(counted.made))
    found.update(row[0] for row in await reader.custody(counted.items))
    found.update(row[1] for row in await reader.inputs(counted.events))
    found.update(row[0] for row in await reader.outputs(counted.events))
    return found
