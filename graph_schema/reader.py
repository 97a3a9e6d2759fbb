"""What a trace reads: a few bulk questions to a store, over the graph at one moment of knowledge.

Every method takes many items or events and answers with a flat list of tuples, in any order, so that a level of a
trace costs one round trip for each kind of edge. Items and events are named by the store's own handles. Nothing is cut
by `asOf` here: the trace does that by positions, for all stores alike.
"""

from __future__ import annotations

from collections.abc import Collection
from typing import Any, NamedTuple, Protocol

from graph_schema.answer import Handle
from graph_schema.order import Position

StayRow = tuple[Any, ...]
"""(part, host, opened, closed or None, position or None): handles of items and events."""
CustodyRow = tuple[Any, ...]
"""(item, organization key, opened, closed or None)."""
ConsumptionRow = tuple[Any, ...]
"""(item, event, kg or None)."""
YieldRow = tuple[Any, ...]
"""(event, item)."""


class ItemRow(NamedTuple):
    """An item's facts. `composition` and `body_composition` are a dict or its JSON text; `spec` is JSON text.

    For a lot, mass and composition are as created; `body_*` is a unit's own body, `body_*_at` the event that settled
    it where that is not its birth.
    """

    handle: Any
    key: str
    kind: str
    born: Any
    mass_kg: float | None
    composition: Any
    second_life: bool
    body_mass_kg: float | None
    body_mass_at: Any
    body_composition: Any
    body_composition_at: Any
    label: str | None


class EventRow(NamedTuple):
    """A transformation or other event node; `mixing` is the tuple of `Mixing` or its JSON text."""

    handle: Any
    position: Position
    actor: str
    mixing: Any


class ClaimRow(NamedTuple):
    """An edge that a contested event claims; `closed` is the event that ends a claimed stay, if any.

    `source` and `target` are handles of items (organization keys for HELD_BY), None at the event's end of the edge;
    `item_key` and `item_kind` say what a claimed yield would bring into being.
    """

    event: Any
    kind: str
    source: Any
    target: Any
    mass_kg: float | None
    closed: Any
    item_key: str | None = None
    item_kind: str | None = None


class TraceReader(Protocol):
    """Reads for the trace, all at one moment of knowledge. Errors of the store pass through."""

    async def find(self, key: str) -> Handle | None:
        """The item of that key or identifier (the key wins), None where it is not known then."""

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

    async def inputs(self, events: Collection[Handle]) -> list[ConsumptionRow]:
        """All that the events used up or drew on."""

    async def outputs(self, events: Collection[Handle]) -> list[YieldRow]:
        """All that the events brought into being."""

    async def births(self, items: Collection[Handle]) -> list[YieldRow]:
        """The events that brought the items into being."""

    async def positions(self, events: Collection[Handle]) -> dict[Any, Position]:
        """The places of events in the total order."""

    async def events(self, events: Collection[Handle]) -> list[EventRow]:
        """The facts of events."""

    async def marks(self, items: Collection[Handle]) -> list[tuple[Any, Any, str]]:
        """What decides an item's status: (item, event, op), op `retired`, `taken_up` or `ended`."""

    async def organizations(self, keys: Collection[str]) -> dict[str, str]:
        """The names of registered organizations."""

    async def unsettled(self, items: Collection[Handle]) -> list[str]:
        """The ids of the pending and contested events that name any of the items, in the total order."""

    async def claims(self, items: Collection[Handle]) -> list[ClaimRow]:
        """The edges that contested events claim and that touch any of the items."""
