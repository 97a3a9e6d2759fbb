"""The kinds of items: cells, modules, batteries, components, vehicles and material lots."""

from __future__ import annotations

from datetime import datetime

import strawberry

from service.api.item import Info, Item, item_of


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
        row = await info.context.load.hosts.load((moment, self.row.handle))
        return None if row is None else item_of(row, moment)

    @strawberry.field(description="The units that are directly inside it.")
    async def parts(self, info: Info, as_of: datetime | None = None) -> list[Item]:
        """The parts at a moment."""
        return await self._parts(info, as_of)

    @strawberry.field(description="The vehicle that it is in, at any depth.")
    async def vehicle(self, info: Info, as_of: datetime | None = None) -> Vehicle | None:
        """The vehicle at a moment."""
        moment = await info.context.moment(as_of, None, self.moment)
        row = await info.context.load.vehicles.load((moment, self.row.handle))
        return None if row is None else Vehicle(row=row, moment=moment)

    @strawberry.field(
        description="The last state of health that an accepted inspection measured, in percent: the number from 0 to"
        " 150 in its `stateOfHealthPercent`. What else stands there is not read."
    )
    async def state_of_health(self, info: Info) -> float | None:
        """Percent."""
        return await info.context.load.state_of_health.load((self.moment, self.row.handle))

    async def _parts(self, info: Info, as_of: datetime | None) -> list[Item]:
        moment = await info.context.moment(as_of, None, self.moment)
        return [item_of(row, moment) for row in await info.context.load.parts.load((moment, self.row.handle))]


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
        return [item for item in await self._parts(info, as_of) if isinstance(item, Module)]


@strawberry.type(description="Any other discrete part.")
class Component(Unit):
    """A component."""


@strawberry.type(description="A vehicle: a unit that hosts batteries.")
class Vehicle(Unit):
    """A vehicle."""

    @strawberry.field(description="The batteries that are directly in it.")
    async def batteries(self, info: Info, as_of: datetime | None = None) -> list[Battery]:
        """The batteries at a moment."""
        return [item for item in await self._parts(info, as_of) if isinstance(item, Battery)]


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

    @strawberry.field(description="Kilograms not drawn yet; null: unknown, or the lot was not there yet.")
    async def remaining_kg(self, info: Info, as_of: datetime | None = None) -> float | None:
        """The remainder at a moment."""
        moment = await info.context.moment(as_of, None, self.moment)
        return await info.context.load.remaining_kg.load((moment, self.row.handle))


TYPES: dict[str, type[Item]] = {
    "CELL": Cell,
    "MODULE": Module,
    "BATTERY": Battery,
    "COMPONENT": Component,
    "VEHICLE": Vehicle,
    "LOT": MaterialLot,
}
