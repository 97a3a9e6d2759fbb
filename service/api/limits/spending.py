"""What an operation costs beyond its estimate: lists that turn out longer than it assumed, charged as they come."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from graphql import FieldNode, GraphQLError, GraphQLField, get_named_type

from service.api.errors import limit_error
from service.api.limits.measuring import Measuring
from service.api.limits.sizes import LIST_SIZE

LESS = "select less, or ask for less at once"
Step = tuple[Sequence[FieldNode], GraphQLField]
"""A field on the way to a list: its nodes, which are merged, and its definition."""


class Spending:
    """What may be spent while an operation is executed: its budget less the estimate.

    Nothing is charged where no operation was measured.
    """

    def __init__(self, measuring: Measuring | None = None, cost: int = 0, budget: int = 0, setting: str = "") -> None:
        self._measuring = measuring
        self.cost = cost
        self.budget = budget
        self._setting = setting
        self.spent = 0

    def begin(self) -> None:
        """Begin anew, as for each event of a subscription."""
        self.spent = 0

    def check(self, more: int, what: str, hint: str = LESS) -> None:
        """Raise GraphQLError where so much more would be beyond the budget; the hint is the way out."""
        total = self.cost + self.spent + more
        if self._measuring is not None and total > self.budget:
            raise self._error(what, total, hint)

    def charge(self, more: int, what: str, hint: str = LESS) -> None:
        """Charge so much. Raises GraphQLError where that is beyond the budget."""
        self.spent += max(more, 0)
        self.check(0, what, hint)

    def _error(self, what: str, total: int, hint: str) -> GraphQLError:
        message = f"{what}: with what turned out longer than it was estimated, the operation costs {total} so far"
        return limit_error(f"{message}; {hint}", self._setting, self.budget, total)

    def terms(self, way: Sequence[Step]) -> tuple[int, int]:
        """How long the estimate assumed that the last list of a way is, and what each further entry costs."""
        if self._measuring is None:
            return 0, 0
        nodes, field = way[-1]
        kind = get_named_type(field.type)
        each = sum(
            self._measuring.selections(node.selection_set, kind).sized(LIST_SIZE)
            for node in nodes
            if node.selection_set is not None
        )
        return self._assumed(way), each

    def _assumed(self, way: Sequence[Step]) -> int:
        assert self._measuring is not None
        for number, (nodes, field) in enumerate(reversed(way)):
            size: Any = self._measuring.sizes.of(nodes[0], field)[0]
            if size is not None:
                return int(size)
            if number and not get_named_type(field.type).name.endswith("Connection"):
                break
        return LIST_SIZE
