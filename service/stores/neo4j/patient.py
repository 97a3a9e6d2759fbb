"""A transaction that may be long, not hung."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import neo4j


class Patient:
    """A transaction that waits only so long for each answer, and for each row of it: it may be long, not hung.

    Time that is spent between two rows does not count.
    """

    def __init__(self, transaction: neo4j.AsyncTransaction, timeout_s: float) -> None:
        self._transaction = transaction
        self._timeout_s = timeout_s

    async def run(self, query: str, values: dict[str, Any] | None = None) -> PatientResult:
        """As that of a transaction. Raises TimeoutError."""
        async with asyncio.timeout(self._timeout_s):
            return PatientResult(await self._transaction.run(query, values), self._timeout_s)


class PatientResult:
    """What a `Patient` transaction was answered."""

    def __init__(self, result: neo4j.AsyncResult, timeout_s: float) -> None:
        self._result = result
        self._timeout_s = timeout_s

    async def __aiter__(self) -> AsyncIterator[neo4j.Record]:
        rows = aiter(self._result)
        while True:
            async with asyncio.timeout(self._timeout_s):
                row = await anext(rows, None)
            if row is None:
                return
            yield row

    async def single(self) -> neo4j.Record | None:
        """The only record, None where there is none. Raises TimeoutError."""
        async with asyncio.timeout(self._timeout_s):
            return await self._result.single()

    async def consume(self) -> neo4j.ResultSummary:
        """What the server says beside. Raises TimeoutError."""
        async with asyncio.timeout(self._timeout_s):
            return await self._result.consume()
