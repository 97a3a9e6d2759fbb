"""How many a connection has in all."""

from __future__ import annotations

from service.api.context import Moment
from service.api.item import Info
from service.ports import EventFilter, ItemFilter, OrganizationFilter


async def counted(info: Info, moment: Moment, where: ItemFilter | EventFilter | OrganizationFilter) -> int:
    """How many a filter finds. They are looked at one by one where a store or a viewer's sight must, so each costs 1;
    counted is once for the same filter. Raises GraphQLError where that is beyond the budget."""
    count = await info.context.load.counts.load((moment, where))
    info.context.spending.charge(count, "totalCount")
    return count
