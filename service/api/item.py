"""Items: cells, modules, batteries, components, vehicles and material lots."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated, Any

import orjson
import strawberry
from graphql import GraphQLError
from strawberry.scalars import JSON

from graph_schema.attribution import decode
from graph_schema.order import event_id_of, moment_of, type_of
from graph_schema.reader import ItemRow
from service import items as questions
from service.api.connection import PageInfo, cursor, from_cursor, page_info, page_size
from service.api.context import Context, Moment, global_id
from service.api.scalars import Claims, ItemKind, ItemStatus, TraceDirection
from service.ports import ItemDetails

if TYPE_CHECKING:
    from service.api.event import Event, EventConnection
    from service.api.organization import Organization
    from service.api.trace import Trace

Info = strawberry.Info[Context, None]
LazyOrganization = Annotated["Organization", strawberry.lazy("service.api.organization")]
LazyEvent = Annotated["Event", strawberry.lazy("service.api.event")]
LazyEventConnection = Annotated["EventConnection", strawberry.lazy("service.api.event")]
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


@strawberry.type(description="An organization held an item from one event to another.")
class Custody:
    """One span of custody."""

    holder: LazyOrganization = strawberry.field(description="Who held it.")
    from_: datetime = strawberry.field(name="from", description="Since when.")
    to: datetime | None = strawberry.field(description="Until when; null: still.")
    opened_by: str = strawberry.field(description="The id of the event that began it.")
    closed_by: str | None = strawberry.field(description="The id of the event that ended it.")


@strawberry.type(description="An edge of a connection.")
class CustodyEdge:
    """One edge."""

    cursor: str = strawberry.field(description="Go on `after` it.")
    node: Custody = strawberry.field(description="The span.")


@strawberry.type(description="Who held an item, in the order of time.")
class CustodyConnection:
    """A page of custody."""

    edges: list[CustodyEdge] = strawberry.field(description="The page.")
    page_info: PageInfo = strawberry.field(description="Where it lies.")
    total_count: int = strawberry.field(description="How many there are in all.")


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
                      "AVAILABLE.")  # fmt: skip
    async def status(self, info: Info, as_of: datetime | None = None, known_at: datetime | None = None) -> ItemStatus:
        """The status at a moment."""
        moment = await info.context.moment(as_of, known_at, self.moment)
        return await info.context.status.load((moment, self.row.handle))

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

        event_id = await info.context.read(
            self.moment, lambda snapshot: questions.end_of(snapshot, self.row.handle, self.moment.cut)
        )
        return None if event_id is None else await load_event(info.context, self.moment, event_id)

    @strawberry.field(description="Who holds it; parts inherit their host's holder.")
    async def holder(
        self, info: Info, as_of: datetime | None = None, known_at: datetime | None = None
    ) -> LazyOrganization | None:
        """The holder at a moment."""
        from service.api.organization import Organization

        moment = await info.context.moment(as_of, known_at, self.moment)
        key = await info.context.read(
            moment, lambda snapshot: questions.holder_of(snapshot, self.row.handle, moment.cut)
        )
        return None if key is None else Organization(key_text=key, moment=moment)

    @strawberry.field(description="Who had it in their own custody, when. Parts in a host inherit the host's.")
    async def custody(self, info: Info, first: int | None = None, after: str | None = None) -> CustodyConnection:
        """A page of custody."""
        from service.api.organization import Organization

        size = page_size(first, info.context.settings.page_max)
        behind = from_cursor(after, "after")
        spans = await info.context.read(
            self.moment, lambda snapshot: questions.custody_of(snapshot, self.row.handle, self.moment.cut)
        )
        rest = [span for span in spans if behind is None or span.opened.hex() > behind]
        edges = [
            CustodyEdge(
                cursor=cursor(span.opened.hex()),
                node=Custody(
                    holder=Organization(key_text=span.organization, moment=self.moment),
                    from_=moment_of(span.opened),
                    to=None if span.closed is None else moment_of(span.closed),
                    opened_by=event_id_of(span.opened),
                    closed_by=None if span.closed is None else event_id_of(span.closed),
                ),
            )
            for span in rest[:size]
        ]
        info_ = page_info([edge.cursor for edge in edges], len(rest) > size, behind is not None)
        return CustodyConnection(edges=edges, page_info=info_, total_count=len(spans))

    @strawberry.field(description="Every event about it, whatever became of it, in the total order.")
    async def history(self, info: Info, first: int | None = None, after: str | None = None) -> LazyEventConnection:
        """A page of its events."""
        from service.api.event import history_page

        return await history_page(info.context, self.moment, self.row.handle, first, after)

    @strawberry.field(description="Where its substance went, or came from.")
    async def trace(
        self,
        info: Info,
        direction: TraceDirection,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        claims: Claims | None = Claims.ACCEPTED,
        max_depth: int | None = None,
        max_nodes: int | None = None,
    ) -> LazyTrace:
        """The trace."""
        from service.api.trace import ask_trace

        moment = await info.context.moment(as_of, known_at, self.moment)
        found = await ask_trace(info, self.row.key, direction, moment, claims, max_depth, max_nodes)
        if found is None:
            raise GraphQLError(f"trace: {self.row.key} is not known then, or withheld from you")
        return found

    async def _details(self, info: Info) -> ItemDetails:
        found = await info.context.details.load((self.moment.sequence, self.row.handle))
        assert found is not None
        return found

    async def _spec(self, info: Info) -> dict[str, Any]:
        spec: dict[str, Any] = orjson.loads((await self._details(info)).spec)
        return spec

    async def _items(self, info: Info, moment: Moment, handles: list[Any]) -> list[Item]:
        rows = await info.context.read(moment, lambda snapshot: snapshot.items(handles))
        return [item_of(row, moment) for row in sorted(rows, key=lambda row: row.key)]


@strawberry.interface(description="A discrete thing that can be inside another.")
class Unit(Item):
    """A unit."""

    @strawberry.field(description="The maker's model.")
    async def model(self, info: Info) -> str | None:
        """The model."""
        return (await self._spec(info)).get("model")

    @strawberry.field(description="The unit that it is directly inside.")
    async def host(self, info: Info, as_of: datetime | None = None) -> Item | None:
        """The host at a moment."""
        moment = await info.context.moment(as_of, None, self.moment)
        handle = await info.context.read(
            moment, lambda snapshot: questions.host_of(snapshot, self.row.handle, moment.cut)
        )
        return None if handle is None else (await self._items(info, moment, [handle]))[0]

    @strawberry.field(description="The units that are directly inside it.")
    async def parts(self, info: Info, as_of: datetime | None = None) -> list[Item]:
        """The parts at a moment."""
        moment = await info.context.moment(as_of, None, self.moment)
        handles = await info.context.read(
            moment, lambda snapshot: questions.parts_of(snapshot, self.row.handle, moment.cut)
        )
        return await self._items(info, moment, handles)

    @strawberry.field(description="The vehicle that it is in, at any depth.")
    async def vehicle(self, info: Info, as_of: datetime | None = None) -> Vehicle | None:
        """The vehicle at a moment."""
        moment = await info.context.moment(as_of, None, self.moment)
        row = await info.context.read(
            moment, lambda snapshot: questions.vehicle_of(snapshot, self.row.handle, moment.cut)
        )
        return None if row is None else Vehicle(row=row, moment=moment)

    @strawberry.field(description="The last state of health that an accepted inspection measured, in percent.")
    async def state_of_health(self, info: Info) -> float | None:
        """Percent."""
        return await info.context.read(
            self.moment, lambda snapshot: questions.state_of_health(snapshot, self.row.handle, self.moment.cut)
        )


@strawberry.interface(description="A unit that stores energy.")
class EnergyUnit(Unit):
    """A cell, module or battery."""

    @strawberry.field(description="The cell chemistry, such as LFP or NMC622.")
    async def chemistry(self, info: Info) -> str | None:
        """The chemistry."""
        return (await self._spec(info)).get("chemistry")

    @strawberry.field(description="The nominal energy in kilowatt-hours.")
    async def energy_kwh(self, info: Info) -> float | None:
        """Kilowatt-hours."""
        return (await self._spec(info)).get("energyKwh")


@strawberry.type(description="A battery cell.")
class Cell(EnergyUnit):
    """A cell."""


@strawberry.type(description="A battery module.")
class Module(EnergyUnit):
    """A module."""


@strawberry.type(description="A traction battery pack, first-life or second-life.")
class Battery(EnergyUnit):
    """A pack."""

    @strawberry.field(description="The modules that are directly in it.")
    async def modules(self, info: Info, as_of: datetime | None = None) -> list[Module]:
        """The modules at a moment."""
        moment = await info.context.moment(as_of, None, self.moment)
        handles = await info.context.read(
            moment, lambda snapshot: questions.parts_of(snapshot, self.row.handle, moment.cut)
        )
        return [item for item in await self._items(info, moment, handles) if isinstance(item, Module)]


@strawberry.type(description="Any other discrete part.")
class Component(Unit):
    """A component."""


@strawberry.type(description="A vehicle: a unit that hosts batteries.")
class Vehicle(Unit):
    """A vehicle."""

    @strawberry.field(description="The batteries that are directly in it.")
    async def batteries(self, info: Info, as_of: datetime | None = None) -> list[Battery]:
        """The batteries at a moment."""
        moment = await info.context.moment(as_of, None, self.moment)
        handles = await info.context.read(
            moment, lambda snapshot: questions.parts_of(snapshot, self.row.handle, moment.cut)
        )
        return [item for item in await self._items(info, moment, handles) if isinstance(item, Battery)]


@strawberry.type(description="Divisible material: recovered or primary.")
class MaterialLot(Item):
    """A lot."""

    @strawberry.field(description="What it is: black mass, lithium carbonate, ...")
    async def material(self, info: Info) -> str | None:
        """The material."""
        return (await self._spec(info)).get("material")

    @strawberry.field(description="Its grade.")
    async def grade(self, info: Info) -> str | None:
        """The grade."""
        return (await self._spec(info)).get("grade")

    @strawberry.field(description="Kilograms not drawn yet; null: unknown.")
    async def remaining_kg(self, info: Info, as_of: datetime | None = None) -> float | None:
        """The remainder at a moment."""
        moment = await info.context.moment(as_of, None, self.moment)
        return await info.context.read(moment, lambda snapshot: questions.remaining_kg(snapshot, self.row, moment.cut))


TYPES: dict[str, type[Item]] = {
    "CELL": Cell,
    "MODULE": Module,
    "BATTERY": Battery,
    "COMPONENT": Component,
    "VEHICLE": Vehicle,
    "LOT": MaterialLot,
}


def item_of(row: ItemRow, moment: Moment) -> Item:
    """The typed object of an item."""
    return TYPES[row.kind](row=row, moment=moment)


async def find_item(context: Context, key: str, moment: Moment) -> Item | None:
    """An item by key or identifier, None where it is not known then."""

    async def ask(snapshot: Any) -> ItemRow | None:
        handle = await snapshot.find(key)
        rows = await questions.born_before(snapshot, [handle], moment.cut) if handle is not None else []
        return rows[0] if rows else None

    row = await context.read(moment, ask)
    return None if row is None else item_of(row, moment)
