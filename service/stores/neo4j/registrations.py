"""What the nodes of organizations show: what was registered last; of one moment of recording, last in the total order.

Several appends may be recorded at one moment, in one write or in many, and a rebuild folds them as one batch. So what
an append registers is put in order with what was registered at its moment before.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import orjson

from graph_schema.events import AnyEvent, Registration
from graph_schema.order import Position
from service.stores.neo4j.connection import Transaction, one
from service.stores.neo4j.rows import shown_of_organization

OF_MOMENT = """
UNWIND $keys AS key
MATCH (o:Organization {key: key})<-[:REGISTERS]-(e) USING INDEX SEEK o:Organization(key) WHERE e.recordedUs = $moment
RETURN collect([key, e.position, e.payload])
"""
Shown = dict[str, Any]


class Registrations:
    """What was registered at the last moment of a log, by organization and position.

    `settled` is awaited before anything is read: the transaction does one thing at a time.
    """

    def __init__(self, transaction: Transaction, settled: Callable[[], Awaitable[None]], moment: int) -> None:
        self._transaction = transaction
        self._settled = settled
        self._stored = moment
        """The moment at the end of the log before this write."""
        self._moment = moment
        self._of: dict[str, dict[Position, Shown]] = {}

    async def shown(self, events: Iterable[AnyEvent], moment: int) -> dict[str, Shown]:
        """What new events of one moment have the organizations show that they register."""
        new = [event for event in events if isinstance(event, Registration)]
        if moment != self._moment:
            self._moment = moment
            self._of.clear()
        await self._read({event.organization.key for event in new} - self._of.keys())
        for event in new:
            organization = event.organization
            self._of[organization.key][event.position] = shown_of_organization(organization.model_dump())
        return {event.organization.key: _in_order(self._of[event.organization.key]) for event in new}

    async def _read(self, keys: set[str]) -> None:
        self._of.update((key, {}) for key in keys)
        if keys and self._moment == self._stored:
            await self._settled()
            for key, at, payload in await one(self._transaction, OF_MOMENT, keys=sorted(keys), moment=self._moment):
                self._of[key][at] = shown_of_organization(orjson.loads(payload)["organization"])


def _in_order(said: dict[Position, Shown]) -> Shown:
    return {name: value for _, shown in sorted(said.items()) for name, value in shown.items()}
