"""Lists of items: filters, orders, pages."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import strawberry

from graph_schema.order import instant_of
from graph_schema.reader import ItemRow
from service.api.codes import check_codes
from service.api.connection import DIGITS_MAX, Page, PageInfo, cursor, from_cursor, not_of_this_list, page_info
from service.api.context import Context, Moment
from service.api.counting import counted
from service.api.errors import check_text
from service.api.item import Info, Item, item_of
from service.api.order import OrderDirection
from service.api.scalars import ItemKind, ItemStatus
from service.ports import ItemFilter as Filter
from service.ports import ItemOrder as Field
from service.ports import ItemPlace


@strawberry.type(description="An edge of a connection.")
class ItemEdge:
    """One edge."""

    cursor: str = strawberry.field(description="Go on `after` it.")
    node: Item = strawberry.field(description="The item.")


@strawberry.type(description="A page of items.")
class ItemConnection:
    """A page."""

    edges: list[ItemEdge] = strawberry.field(description="The page.")
    page_info: PageInfo = strawberry.field(description="Where it lies.")
    where: strawberry.Private[Filter]
    moment: strawberry.Private[Moment]

    @strawberry.field(description="How many there are in all; counted only where it is asked for.")
    async def total_count(self, info: Info) -> int:
        """The count."""
        return await counted(info, self.moment, self.where)


@strawberry.input(
    description="Which items: all that are given must hold. Texts must be the same to the letter, but for `text`."
)
class ItemFilter:
    """A filter."""

    kind: ItemKind | None = strawberry.field(default=None, description="Of a kind.")
    text: str | None = strawberry.field(
        default=None, description="With this text in the key or in any identifier, in any case."
    )
    chemistry: str | None = strawberry.field(default=None, description="Of a cell chemistry, such as NMC622.")
    model: str | None = strawberry.field(default=None, description="Of a maker's model.")
    material: str | None = strawberry.field(default=None, description="A lot of a material.")
    producer: str | None = strawberry.field(default=None, description="Made by an organization, its key.")
    holder: str | None = strawberry.field(
        default=None, description="Held by an organization, its key; parts inherit their host's holder."
    )
    region: str | None = strawberry.field(
        default=None, description="Held in a region, such as CN-44: that which the holder registered."
    )
    status: ItemStatus | None = strawberry.field(default=None, description="With a status.")
    produced_from: datetime | None = strawberry.field(default=None, description="Made at that time or later.")
    produced_to: datetime | None = strawberry.field(default=None, description="Made at that time or earlier.")
    party: str | None = strawberry.field(
        default=None,
        description="Made, or ever held, by an organization, its key: in its own custody, or as a part of something "
        "while that was in its custody. Whatever `asOf`.",
    )
    findings: list[str] | None = strawberry.field(
        default=None,
        description="With a finding of any of these codes (docs/rules), as they are kept now, whatever `asOf`.",
    )


strawberry.enum(Field, name="ItemOrderField", description="By key, or by the time when it was made (or enrolled).")


@strawberry.input(description="An order of items; those of one time are in the order of their keys.")
class ItemOrder:
    """An order."""

    field: Field = strawberry.field(default=Field.KEY, description="By what.")
    direction: OrderDirection = strawberry.field(default=OrderDirection.ASC, description="Which way.")


def filter_of(where: ItemFilter | None, moment: Moment, context: Context) -> Filter:
    """The filter that a store understands. Raises GraphQLError for a code of findings that is none."""
    if where is None:
        return Filter(as_of=moment.as_of)
    stated: dict[str, Any] = {name: value for name, value in vars(where).items() if value is not None}
    if where.kind is not None:
        stated["kind"] = where.kind.value
    if where.text is not None:
        check_text(context.settings, where.text)
    if where.findings is not None:
        check_codes(context, "findings", where.findings)
        stated["findings"] = tuple(where.findings)
    return Filter(**stated, as_of=moment.as_of)


async def items_page(
    info: Info, where: Filter, moment: Moment, page: Page, order: ItemOrder | None = None
) -> ItemConnection:
    """A page of items at a moment. Raises GraphQLError naming the argument that makes no sense."""
    size = page.size(info.context.settings.page_max)
    order = order or ItemOrder()
    of = f"items by {order.field.value}"
    backward, edge = page.backward, _place(*page.edge, of)
    reverse = backward is not (order.direction is OrderDirection.DESC)

    async def ask(snapshot: Any) -> list[ItemRow]:
        found = await snapshot.item_page(where, edge, size + 1, reverse, order.field)
        rows = {row.handle: row for row in await snapshot.items([handle for handle, _ in found])}
        return [rows[handle] for handle, _ in found]

    rows = await info.context.read(moment, ask)
    shown = rows[:size][::-1] if backward else rows[:size]
    edges = [
        ItemEdge(cursor=cursor(f"{instant_of(row.born)}:{row.key}", of), node=item_of(row, moment)) for row in shown
    ]
    place = page_info([one.cursor for one in edges], len(rows) > size, edge is not None, backward)
    return ItemConnection(edges=edges, page_info=place, where=where, moment=moment)


def _place(text: str | None, argument: str, of: str) -> ItemPlace | None:
    value = from_cursor(text, argument, of)
    if value is None:
        return None
    born, colon, key = value.partition(":")
    digits = born.removeprefix("-")
    if not (colon and digits.isascii() and digits.isdigit() and len(digits) <= DIGITS_MAX):
        raise not_of_this_list(text, argument, of)
    return ItemPlace(key, int(born))
