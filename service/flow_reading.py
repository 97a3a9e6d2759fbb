"""The rows that reports are added up from: kept ones, or fresh ones. Both are in the order of keys."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterable
from typing import Protocol

from graph_schema.flows.batteries import BatteryRow
from graph_schema.flows.content import NewBattery
from graph_schema.flows.transformations import LotRow, TransformationRow
from service import flow_rows
from service.flow_rows import FlowKind
from service.gathering import Gathering
from service.ports import ItemFilter, StoreSnapshot

PAGE = 10_000
"""So many kept rows are read at once."""


class Rows(Protocol):
    """Where reports find their rows."""

    def batteries(self) -> AsyncIterator[Iterable[BatteryRow]]:
        """The rows of batteries, page by page; of others than are asked for, too."""

    def new_batteries(self) -> AsyncIterator[Iterable[NewBattery]]:
        """Batteries as they were made, page by page; others than are asked for, too."""

    async def transformations(self) -> tuple[list[TransformationRow], dict[str, LotRow]]:
        """All transformations in their order, and the lots that they touch."""


class FreshRows:
    """Rows that are worked out now."""

    def __init__(self, gathering: Gathering, where: ItemFilter) -> None:
        self._gathering, self._where = gathering, where

    async def batteries(self) -> AsyncIterator[Iterable[BatteryRow]]:
        """As `Rows`."""
        async for page in self._gathering.batteries(self._where):
            yield await self._gathering.battery_rows(page)

    async def new_batteries(self) -> AsyncIterator[Iterable[NewBattery]]:
        """As `Rows`."""
        async for page in self._gathering.batteries(self._where):
            yield await self._gathering.new_batteries(page)

    async def transformations(self) -> tuple[list[TransformationRow], dict[str, LotRow]]:
        """As `Rows`."""
        return await self._gathering.transformations()


class KeptRows:
    """Rows as the store keeps them."""

    def __init__(self, snapshot: StoreSnapshot) -> None:
        self._snapshot = snapshot

    async def _bodies(self, kind: FlowKind) -> AsyncIterator[list[bytes]]:
        after = ""
        while page := await self._snapshot.flow_page(kind, after, PAGE):
            after = page[-1][0]
            yield [body for _, body in page]

    async def batteries(self) -> AsyncIterator[Iterable[BatteryRow]]:
        """As `Rows`."""
        async for bodies in self._bodies(FlowKind.BATTERY):
            yield map(flow_rows.battery, bodies)

    async def new_batteries(self) -> AsyncIterator[Iterable[NewBattery]]:
        """As `Rows`."""
        async for bodies in self._bodies(FlowKind.NEW_BATTERY):
            yield map(flow_rows.new_battery, bodies)

    async def transformations(self) -> tuple[list[TransformationRow], dict[str, LotRow]]:
        """As `Rows`."""
        found = [flow_rows.transformation(one) async for some in self._bodies(FlowKind.TRANSFORMATION) for one in some]
        lots = {row.key: row async for some in self._bodies(FlowKind.LOT) for row in map(flow_rows.lot, some)}
        return found, lots
