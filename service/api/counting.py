"""How many a connection has in all."""

from __future__ import annotations

from service.api.context import Moment
from service.api.item import Info
from service.ports import EventFilter, ItemFilter, OrganizationFilter

AT_ONCE = 100
"""So many a store counts by itself for what it takes to look at one of them through a viewer's sight."""
AN_EVENT = 12
"""What it takes to find one event that a viewer sees, as measured, in fields of an answer: others' are looked through,
too."""
TOTAL, LEAVE_OUT = "totalCount", "leave %s out"


async def counted(info: Info, moment: Moment, where: ItemFilter | EventFilter | OrganizationFilter) -> int:
    """How many a filter finds; counted is once for the same filter. Raises GraphQLError where that is beyond the
    budget."""
    context = info.context
    if context.asker.viewer.sees_all:
        count = await context.load.counts.load((moment, where))
        charge(info, count, TOTAL)
        return count
    async with context.counting:
        context.spending.check(1, TOTAL, LEAVE_OUT % TOTAL)
        count = await context.load.counts.load((moment, where))
        charge(info, count, TOTAL, AN_EVENT if isinstance(where, EventFilter) else 1)
        return count


def charge(info: Info, count: int, what: str, each: int = 1) -> None:
    """Charge what was counted: so much each where a viewer's sight was asked of each. Raises GraphQLError beyond the
    budget."""
    cost = -(-count // AT_ONCE) if info.context.asker.viewer.sees_all else each * count
    info.context.spending.charge(cost, what, LEAVE_OUT % what)
