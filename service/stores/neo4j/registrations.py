"""What the nodes of organizations show: what their registrations that count state, the last one in the total order.

So whatever is recorded late, voided, or not voided any more leaves them as a fold of the whole log does.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable
from typing import Any

import orjson

from graph_schema.events import Registration
from graph_schema.order import Position
from graph_schema.outcome import EventStatus
from graph_schema.refold import Judged
from service.stores.neo4j.connection import Transaction, one
from service.stores.neo4j.rows import shown_by, shown_of_organization

STORED = """
UNWIND $keys AS key
MATCH (o:Organization {key: key})<-[:REGISTERS]-(e) USING INDEX SEEK o:Organization(key)
RETURN collect([key, e.position, e.status, e.payload])
"""
Shown = dict[str, Any]


class Registrations:
    """What was registered, by organization and position: None where it does not count.

    `settled` is awaited before anything is read: the transaction does one thing at a time.
    """

    def __init__(self, transaction: Transaction, settled: Callable[[], Awaitable[None]]) -> None:
        self._transaction = transaction
        self._settled = settled
        self._of: dict[str, dict[Position, Shown | None]] = {}

    async def shown(self, judged: Iterable[Judged]) -> dict[str, Shown]:
        """What the organizations show of which a fold judged registrations."""
        changed = [(one.event, one.outcome.status) for one in judged if isinstance(one.event, Registration)]
        keys = {event.organization.key for event, _ in changed}
        await self._read(keys - self._of.keys())
        for event, status in changed:
            stated = event.organization
            self._of[stated.key][event.position] = _counted(status, stated.model_dump())
        return {key: shown_by(said for _, said in sorted(self._of[key].items()) if said is not None) for key in keys}

    async def _read(self, keys: set[str]) -> None:
        self._of.update((key, {}) for key in keys)
        if keys:
            await self._settled()
            for key, at, status, payload in await one(self._transaction, STORED, keys=sorted(keys)):
                self._of[key][at] = _counted(status, orjson.loads(payload)["organization"])


def _counted(status: str, stated: Shown) -> Shown | None:
    return shown_of_organization(stated) if status == EventStatus.ACCEPTED else None
