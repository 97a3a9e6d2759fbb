"""Embedded stores by their file: to use one for a moment, and to change it behind its back."""

import asyncio
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from service.ports import Store
from service.stores.sqlite import SqliteStore


def tamper(path: Path, *statements: str) -> None:
    """Run SQL, each statement of which must change something."""
    connection = sqlite3.connect(path)
    for statement in statements:
        changed = connection.execute(statement).rowcount
        assert changed != 0, f"nothing to change: {statement}"
    connection.commit()
    connection.close()


def with_store(path: Path, use: Callable[[Store], Any]) -> Any:
    """What a coroutine over the store in a file answers."""

    async def run() -> Any:
        store = SqliteStore(path)
        try:
            return await use(store)
        finally:
            await store.close()

    return asyncio.run(run())
