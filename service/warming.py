"""A server plans a query when it is first asked, which for a trace takes seconds: a service asks at its start."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from contextvars import ContextVar

from graph_schema.answer import Direction
from service.ports import Store
from service.stores.errors import StoreError

LOGGER = logging.getLogger("voltrace")
WARMING_S = 300.0
"""How long each of them may take: nobody waits for it, and a server that just started may plan longer than a read
may take."""
PATIENCE_S: ContextVar[float] = ContextVar("patience_s", default=0.0)
"""How long a read may take at least, whatever the settings say of those that somebody waits for."""
NOBODY = ""
"""The key of no item."""


@asynccontextmanager
async def warmed(store: Store) -> AsyncIterator[None]:
    """The queries of a trace are planned meanwhile; embedded stores plan none that take long."""
    if store.blocking:
        yield
        return
    task = asyncio.create_task(warm(store))
    try:
        yield
    finally:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task


async def warm(store: Store) -> None:
    """Look for nothing, in both directions. A store that does not answer is told of by `/readyz`."""
    patient = PATIENCE_S.set(WARMING_S)
    try:
        async with store.snapshot() as snapshot:
            for direction in (Direction.FORWARD, Direction.BACKWARD):
                await snapshot.find(NOBODY, direction)
    except StoreError as error:
        LOGGER.warning("traces are not planned beforehand: %s", error)
    except Exception:  # What is done beforehand must not end the service.
        LOGGER.exception("traces are not planned beforehand")
    finally:
        PATIENCE_S.reset(patient)
