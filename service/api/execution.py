"""strawberry's execution, with the fast road (`flat.py`), turns for others, and a price for what turns out longer."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable
from typing import Any

from graphql.execution.collect_fields import collect_fields
from strawberry.schema.schema import StrawberryGraphQLCoreExecutionContext

from service.api import flat
from service.api.errors import too_long
from service.api.limits.sizes import LIST_SIZE
from service.api.limits.spending import Step
from service.api.turns import turns

ROWS = 500
"""So many rows are completed in one loop before others have their turn."""
FEW = 20
"""Lists as short as this are completed at once, as long as the turn is not over."""
PIECE = 100
"""So many entries are awaited at once; so many share what is read for them in bulk."""


class FastExecutionContext(StrawberryGraphQLCoreExecutionContext):
    """The execution of one operation; of an event of a subscription only for so long."""

    _of_event = False

    def __init__(self, *arguments: Any, **named: Any) -> None:
        super().__init__(*arguments, **named)
        self._terms: dict[tuple[Any, ...], tuple[int, int]] = {}

    def build_per_event_executor(self, payload: Any) -> Any:
        """The execution of one event of a subscription, which has the whole budget."""
        self.context_value.spending.begin()
        made = super().build_per_event_executor(payload)
        made._of_event = True  # type: ignore[attr-defined]
        return made

    def execute_operation(self, serially: bool | None = None) -> Any:
        """Execute it. Raises the error of the limit where one event takes too long: the subscription ends."""
        done = super().execute_operation(serially)
        return self._bounded(done) if self._of_event and self.is_awaitable(done) else done

    async def _bounded(self, done: Awaitable[Any]) -> Any:
        seconds, started = self.context_value.settings.execution_timeout_s, time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                return await done
        except TimeoutError as error:
            raise too_long(time.monotonic() - started, seconds) from error

    def complete_list_value(
        self, return_type: Any, field_details_list: Any, info: Any, path: Any, result: Any, *more: Any
    ) -> Any:
        """Complete a list: in one loop where that is possible, and in turns where it is long or others wait."""
        if not isinstance(result, list) or not result or getattr(self.middleware_manager, "middlewares", None):
            return super().complete_list_value(return_type, field_details_list, info, path, result, *more)
        self._charge(path, len(result))
        try:
            roads = flat.roads(self, return_type.of_type, field_details_list, result)
        except flat.SlowRoad:
            roads = None
        if roads is not None and len(result) <= ROWS:
            try:
                return flat.complete(roads, result)
            except flat.SlowRoad:
                roads = None
        if roads is None and len(result) <= FEW and not turns().over():
            return super().complete_list_value(return_type, field_details_list, info, path, result, *more)
        return self._in_turns(roads, return_type.of_type, field_details_list, info, path, result, *more)

    async def _in_turns(
        self,
        roads: flat.Roads | None,
        item_type: Any,
        field_details_list: Any,
        info: Any,
        path: Any,
        rows: Any,
        *more: Any,
    ) -> list[Any]:
        """Complete a list piece by piece: what is awaited of one is awaited before the next begins."""
        done: list[Any] = []
        while roads is not None and len(done) < len(rows):
            await turns().wait()
            try:
                done += flat.complete(roads, rows[len(done) : len(done) + ROWS])
            except flat.SlowRoad:
                roads = None
        while len(done) < len(rows):
            start = len(done)
            awaited: list[int] = []
            try:
                for index in range(start, min(start + PIECE, len(rows))):
                    await turns().wait()
                    item_path = path.add_key(index, None)
                    if self.complete_list_item_value(
                        rows[index], done, item_type, field_details_list, info, item_path, *more
                    ):
                        awaited.append(index)
            except BaseException:
                self.settle_in_background([done[index] for index in awaited])
                raise
            for index, value in zip(awaited, await asyncio.gather(*(done[index] for index in awaited)), strict=True):
                done[index] = value
        return done

    def _charge(self, path: Any, length: int) -> None:
        """Charge the entries of a list that the estimate did not assume. Raises GraphQLError beyond the budget."""
        if length <= LIST_SIZE:
            return
        steps = []
        while path is not None:
            if isinstance(path.key, str):
                steps.append((path.typename, path.key))
            path = path.prev
        names = tuple(reversed(steps))
        if names not in self._terms:
            self._terms[names] = self.context_value.spending.terms(self._way(names))
        assumed, each = self._terms[names]
        if length > assumed:
            self.context_value.spending.charge((length - assumed) * each, names[-1][1])

    def _way(self, names: tuple[tuple[str, str], ...]) -> list[Step]:
        """The fields that lead to a place in the answer."""
        way: list[Step] = []
        details: Any = None
        for type_name, name in names:
            kind: Any = self.schema.get_type(type_name)
            if details is None:
                collected = collect_fields(
                    self.schema, self.fragments, self.variable_values, kind, self.operation, self.hide_suggestions
                )
                grouped = collected.grouped_field_set
            else:
                grouped = self.collect_subfields(kind, details).grouped_field_set
            details = grouped[name]
            nodes = [one.node for one in details]
            field = self.schema.get_field(kind, nodes[0].name.value)
            assert field is not None
            way.append((nodes, field))
        return way
