"""How many a connection has in all."""

from __future__ import annotations

from service.api.context import Moment
from service.api.item import Info
from service.ports import EventFilter, ItemFilter, OrganizationFilter

AT_ONCE = 100
"""So many a store counts by itself for what it takes to look at one of them through a viewer's sight."""


async def counted(info: Info, moment: Moment, where: ItemFilter | EventFilter | OrganizationFilter) -> int:
    """How many a filter finds; counted is once for the same filter. Raises GraphQLError where that is beyond the
    budget."""
    count = await info.context.load.counts.load((moment, where))
    charge(info, count, "totalCount")
    return count


def charge(info: Info, count: int, what: str) -> None:
    """Charge what was counted: 1 each where a viewer's sight was asked of each. Raises GraphQLError beyond the
    budget."""
    cost = -(-count // AT_ONCE) if info.context.asker.viewer.sees_all else count
    info.context.spending.charge(cost, what, hint=f"leave {what} out")
