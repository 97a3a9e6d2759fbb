"""What all items have in common; their kinds are in `units.py`."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import strawberry
from strawberry.scalars import JSON

from graph_schema.attribution import decode
from graph_schema.order import moment_of, type_of
from graph_schema.reader import ItemRow
from service import searching
from service.api.connection import page_size
from service.api.context import Context, Moment, global_id
from service.api.custody import CustodyConnection, custody_page
from service.api.scalars import Claims, ItemKind, ItemStatus, TraceDirection
from service.items import born_before
from service.ports import ItemDetails

if TYPE_CHECKING:
    from service.api.event import Event, EventConnection
    from service.api.finding import Finding
    from service.api.organization import Organization
    from service.api.trace import Trace

Info = strawberry.Info[Context, None]
LazyOrganization = Annotated["Organization", strawberry.lazy("service.api.organization")]
LazyEvent = Annotated["Event", strawberry.lazy("service.api.event")]
LazyEventConnection = Annotated["EventConnection", strawberry.lazy("service.api.event")]
LazyFinding = Annotated["Finding", strawberry.lazy("service.api.finding")]
LazyTrace = Annotated["Trace", strawberry.lazy("service.api.trace")]


@strawberry.interface(description="Anything with a global id.")
class Node:
    """Relay's node."""

    @strawberry.field(description="Opaque and stable; `node(id)` finds the thing again.")
    def id(self) -> strawberry.ID:
        """The global id."""
        raise NotImplementedError


@strawberry.type(description="Kilograms of a chemical element.")
class ElementMass:
    """One entry of a composition."""

    element: str = strawberry.field(description="The element's symbol.")
    mass_kg: float = strawberry.field(description="Kilograms.")


@strawberry.type(description="Another name of the same thing, by which it is found.")
class Identifier:
    """One identifier."""

    scheme: str = strawberry.field(description="What kind of identifier it is.")
    value: str = strawberry.field(description="The identifier.")


@strawberry.interface(description="A unit or a lot: something whose substance can be traced.")
class Item(Node):
    """An item at a moment."""

    row: strawberry.Private[ItemRow]
    moment: strawberry.Private[Moment]

    @strawberry.field(description="Opaque and stable; `node(id)` finds the thing again.")
    def id(self) -> strawberry.ID:
        """The global id."""
        return strawberry.ID(global_id("Item", self.row.key))

    @strawberry.field(description="GB/T 34014 code, VIN, lot number or any other key.")
    def key(self) -> str:
        """The key."""
        return self.row.key

    @strawberry.field(description="What it is.")
    def kind(self) -> ItemKind:
        """The kind."""
        return ItemKind(self.row.kind)

    @strawberry.field(description="Its status: the first that holds of ENDED, RETIRED, IN_SECOND_LIFE, INSTALLED, "
                      "AVAILABLE. Of what you do not see in full, the present one. Where the item was not "
                      "there at `asOf`, nothing before AVAILABLE holds yet, so it is that; on the list or lookup "
                      "above, `asOf` leaves such out.")  # fmt: skip
    async def status(self, info: Info, as_of: datetime | None = None, known_at: datetime | None = None) -> ItemStatus:
        """The status at a moment."""
        context = info.context
        moment = await context.moment(as_of, known_at, self.moment)
        if not context.sight.viewer.sees_all and not await context.load.in_full.load((moment.known, self.row.handle)):
            moment = await context.moment(None, None)
        return await context.load.status.load((moment, self.row.handle))

    @strawberry.field(description="Kilograms as stated: a unit gross as built, a lot as created. Null: unknown.")
    def mass_kg(self) -> float | None:
        """The stated mass."""
        return self.row.mass_kg

    @strawberry.field(description="Kilograms per element as stated. Null: unknown; an element not listed: 0.")
    def composition(self) -> list[ElementMass] | None:
        """The stated composition."""
        content = decode(self.row.composition)
        if content is None:
            return None
        return [ElementMass(element=element, mass_kg=kg) for element, kg in sorted(content.items())]

    @strawberry.field(description="Other names of it.")
    async def identifiers(self, info: Info) -> list[Identifier]:
        """The identifiers."""
        spec = await self._spec(info)
        return [Identifier(scheme=one["scheme"], value=one["value"]) for one in spec.get("identifiers", ())]

    @strawberry.field(description="What else was stated of it, as it came.")
    async def attributes(self, info: Info) -> JSON | None:
        """Free attributes."""
        return (await self._spec(info)).get("attributes")

    @strawberry.field(description="Who made it; null for an item enrolled without a production record.")
    async def producer(self, info: Info) -> LazyOrganization | None:
        """The maker."""
        from service.api.organization import Organization

        if type_of(self.row.born) == "ENROLMENT":
            return None
        details = await self._details(info)
        return Organization(key_text=details.producer, moment=self.moment)

    @strawberry.field(description="When it was made; null for an item enrolled without a production record.")
    def produced_at(self) -> datetime | None:
        """The time of its bringing-in."""
        return None if type_of(self.row.born) == "ENROLMENT" else moment_of(self.row.born)

    @strawberry.field(description="The event that ended it.")
    async def ended_by(self, info: Info) -> LazyEvent | None:
        """The ending event."""
        from service.api.event import load_event

        event_id = await info.context.load.ends.load((self.moment, self.row.handle))
        return None if event_id is None else await load_event(info.context, self.moment, event_id)

    @strawberry.field(description="Who holds it; parts inherit their host's holder.")
    async def holder(
        self, info: Info, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> LazyOrganization | None:
        """The holder at a moment."""
        from service.api.organization import Organization

        moment = await info.context.moment(as_of, known_at, self.moment)
        key = await info.context.load.holders.load((moment, self.row.handle))
        return None if key is None else Organization(key_text=key, moment=moment)

    @strawberry.field(description="Who had it in their own custody, when. Parts in a host inherit the host's.")
    async def custody(self, info: Info, first: int | None = None, after: str | None = None) -> CustodyConnection:
        """A page of custody."""
        size = page_size(first, info.context.settings.page_max)
        spans = await info.context.load.custody.load((self.moment, self.row.handle))
        return custody_page(spans, self.moment, size, after)

    @strawberry.field(description="Every event about it, whatever became of it, with its receipts and voidings, in "
                      "the total order.")  # fmt: skip
    async def history(self, info: Info, first: int | None = None, after: str | None = None) -> LazyEventConnection:
        """A page of its events."""
        from service.api.event import history_page

        return await history_page(info.context, self.moment, self.row.handle, first, after)

    @strawberry.field(description="What the rulebook finds wrong with it, in the order of `since` (docs/rules).")
    async def findings(self, info: Info, at: datetime | None = None) -> list[LazyFinding]:
        """The findings that hold at a moment."""
        from service.api.finding import holding_findings

        return await holding_findings(info, self.row, self.moment, at)

    @strawberry.field(
        description="Where its substance went, or came from; `withheld` and empty where the item is not known then, or"
        " not seen in full."
    )
    async def trace(
        self,
        info: Info,
        direction: TraceDirection,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        claims: Claims | None = Claims.ACCEPTED,
        max_depth: int | None = None,
        max_nodes: int | None = None,
        further: list[str] | None = None,
    ) -> LazyTrace:
        """The trace."""
        from service.api.trace import ask_trace, untold

        moment = await info.context.moment(as_of, known_at, self.moment)
        found = await ask_trace(info, self.row.key, direction, moment, claims, max_depth, max_nodes, further)
        return untold(self, direction, moment) if found is None else found

    async def _details(self, info: Info) -> ItemDetails:
        found = await info.context.load.details.load((self.moment.known, self.row.handle))
        assert found is not None
        return found

    async def _spec(self, info: Info) -> dict[str, Any]:
        spec: dict[str, Any] = orjson.loads((await self._details(info)).spec)
        return spec


def item_of(row: ItemRow, moment: Moment) -> Item:
    """The typed object of an item."""
    from service.api.units import TYPES

    return TYPES[row.kind](row=row, moment=moment)


async def key_named(context: Context, text: str, moment: Moment) -> str:
    """The key of the item that a key or another identifier names; the text itself where none is known: it may be a key
    that only pending events name."""

    async def ask(snapshot: Any) -> str:
        handle = await searching.find(snapshot, text)
        rows = [] if handle is None else await snapshot.items([handle])
        return str(rows[0].key) if rows else text

    return await context.read(moment.known, ask)


async def find_item(context: Context, key: str, moment: Moment) -> Item | None:
    """An item by key or identifier, None where it is not known then."""

    details: list[ItemDetails] = []

    async def ask(snapshot: Any) -> ItemRow | None:
        handle = await searching.find(snapshot, key)
        rows = await born_before(snapshot, [handle], moment.cut) if handle is not None else []
        if rows and context.store.blocking:  # another thread would take longer for them than the store
            details.extend(await snapshot.details([handle]))
        return rows[0] if rows else None

    row = await context.read(moment, ask)
    for one in details:
        context.load.details.prime((moment.known, one.handle), one)
    return None if row is None else item_of(row, moment)
