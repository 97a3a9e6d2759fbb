"""Organizations, and lists of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

import strawberry

from graph_schema.flows.amounts import Scope
from graph_schema.rules.limits import ROLES, SCOPES
from service.api.connection import Page, PageInfo, cursor, from_cursor, not_of_this_list, page_info
from service.api.context import Moment, global_id
from service.api.counting import counted
from service.api.errors import check_text
from service.api.item import Identifier, Info, Node
from service.api.item_list import ItemConnection, ItemOrder, items_page
from service.api.order import OrderDirection
from service.api.report import Recovery, question_of, recovery_of
from service.api.scalars import ItemKind
from service.places import (
    OrganizationOrder as Field,
)
from service.places import (
    OrganizationPlace,
)
from service.ports import ItemFilter as Filter
from service.ports import OrganizationFilter as Organizations
from service.ports import (
    Snapshot,
)


@strawberry.type(description="What an organization may do, and when.")
class Authorization:
    """One authorization."""

    scope: str = strawberry.field(description=f"What it covers: {', '.join(SCOPES)}, or what else was stated.")
    valid_from: datetime | None = strawberry.field(description="Since when. Null: since ever.")
    valid_to: datetime | None = strawberry.field(
        description="Until when, that moment included. Null: for good. Before `validFrom` it never holds."
    )


@strawberry.type(description="Who produces, holds, repairs, collects, reuses or recycles.")
class Organization(Node):
    """An organization at a moment."""

    key_text: strawberry.Private[str]
    moment: strawberry.Private[Moment]

    @strawberry.field(description="Opaque and stable; `node(id)` finds the thing again.")
    async def id(self, info: Info) -> strawberry.ID:
        """The global id; of one that the viewer finds only since it was shown, with the proof of that."""
        sight, key = info.context.sight, self.key_text
        if not sight.viewer.sees_all and not await info.context.load.organizations.load((self.moment.known, key)):
            key = f"{key} {sight.proof(key)}".rstrip()
        return strawberry.ID(global_id("Organization", key))

    @strawberry.field(description="Unified social credit code, BPN, GLN or any other key.")
    def key(self) -> str:
        """The key."""
        return self.key_text

    @strawberry.field(description="Its name; null where nobody registered it.")
    async def name(self, info: Info) -> str | None:
        """The name."""
        return (await self._stated(info)).get("name")

    @strawberry.field(description=f"Its roles as stated, such as {', '.join(ROLES)}.")
    async def roles(self, info: Info) -> list[str]:
        """The roles."""
        return (await self._stated(info)).get("roles", [])  # type: ignore[no-any-return]

    @strawberry.field(description="The region where it is, such as CN-44.")
    async def region(self, info: Info) -> str | None:
        """The region."""
        return (await self._stated(info)).get("region")

    @strawberry.field(description="Other names of it.")
    async def identifiers(self, info: Info) -> list[Identifier]:
        """The identifiers."""
        stated = (await self._stated(info)).get("identifiers", [])
        return [Identifier(scheme=one["scheme"], value=one["value"]) for one in stated]

    @strawberry.field(description="What it may do, and when.")
    async def authorizations(self, info: Info) -> list[Authorization]:
        """The authorizations."""

        def moment(text: str | None) -> datetime | None:
            return None if text is None else datetime.fromisoformat(text)

        stated = (await self._stated(info)).get("authorizations", [])
        return [
            Authorization(
                scope=one["scope"], valid_from=moment(one.get("validFrom")), valid_to=moment(one.get("validTo"))
            )
            for one in stated
        ]

    @strawberry.field(description="Whether a registration holds at this moment.")
    async def registered(self, info: Info) -> bool:
        """Whether it is registered."""
        return bool(await self._stated(info))

    @strawberry.field(description="What it holds itself, not as a part of something: units and lots (by key).")
    async def holdings(
        self,
        info: Info,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
        kind: ItemKind | None = None,
        first: int | None = None,
        after: str | None = None,
        order_by: ItemOrder | None = None,
        last: int | None = None,
        before: str | None = None,
    ) -> ItemConnection:
        """A page of what it holds at a moment."""
        moment = await info.context.moment(as_of, known_at, self.moment)
        where = Filter(custodian=self.key_text, kind=None if kind is None else kind.value, as_of=moment.as_of)
        return await items_page(info, where, moment, Page(first, after, last, before), order_by)

    @strawberry.field(description="Recovery from what entered its plants, over the whole chain; its own report.")
    async def recovery(
        self,
        info: Info,
        from_: Annotated[
            datetime | None, strawberry.argument(name="from", description="The start of the period.")
        ] = None,
        to: Annotated[datetime | None, strawberry.argument(description="Its end, inclusive. Default: asOf.")] = None,
        as_of: datetime | None = None,
        known_at: datetime | None = None,
    ) -> Recovery:
        """Recovery."""
        moment = await info.context.moment(as_of, known_at, self.moment)
        return await recovery_of(info, question_of(moment, Scope(self.key_text, since=from_, until=to)))

    async def _stated(self, info: Info) -> dict[str, Any]:
        """The fields that registrations up to the moment state."""
        return await info.context.load.stated.load((self.moment, self.key_text))


@strawberry.type(description="An edge of a connection.")
class OrganizationEdge:
    """One edge."""

    cursor: str = strawberry.field(description="Go on `after` it.")
    node: Organization = strawberry.field(description="The organization.")


@strawberry.type(description="A page of organizations.")
class OrganizationConnection:
    """A page."""

    edges: list[OrganizationEdge] = strawberry.field(description="The page.")
    page_info: PageInfo = strawberry.field(description="Where it lies.")
    where: strawberry.Private[Organizations]
    moment: strawberry.Private[Moment]

    @strawberry.field(description="How many there are in all; counted only where it is asked for.")
    async def total_count(self, info: Info) -> int:
        """The count."""
        return await counted(info, self.moment, self.where)


@strawberry.input(
    description="Which organizations: all that are given must hold, as registered then. Texts must be the same to the"
    " letter, but for `text`."
)
class OrganizationFilter:
    """A filter."""

    role: str | None = strawberry.field(
        default=None, description=f"With exactly this role. The rulebook knows {', '.join(ROLES)}."
    )
    region: str | None = strawberry.field(default=None, description="In exactly this region, such as CN-44.")
    text: str | None = strawberry.field(
        default=None, description="With this text in the key, the name or an identifier, in any case."
    )


strawberry.enum(Field, name="OrganizationOrderField", description="By key, or by the name that was registered.")


@strawberry.input(
    description="An order of organizations; those of one name are in the order of their keys, those without come last."
)
class OrganizationOrder:
    """An order."""

    field: Field = strawberry.field(default=Field.KEY, description="By what.")
    direction: OrderDirection = strawberry.field(
        default=OrderDirection.ASC, description="Which way; DESC turns all of it round."
    )


async def organizations_page(
    info: Info,
    moment: Moment,
    where: OrganizationFilter | None,
    page: Page,
    order: OrganizationOrder | None,
) -> OrganizationConnection:
    """A page of organizations, in an order (by key)."""
    order = order or OrganizationOrder()
    size = page.size(info.context.settings.page_max)
    edge = _place(*page.edge, order.field)
    reverse = page.backward is not (order.direction is OrderDirection.DESC)
    if where is not None and where.text is not None:
        check_text(info.context.settings, where.text)
    chosen = Organizations(**({} if where is None else vars(where)), as_of=moment.as_of)

    async def ask(snapshot: Snapshot) -> list[OrganizationPlace]:
        keys = await snapshot.organization_page(chosen, edge, size + 1, reverse, order.field)
        fields = await snapshot.registered(keys, chosen.cut) if order.field is Field.NAME else {}
        return [OrganizationPlace(key, fields.get(key, {}).get("name")) for key in keys]

    found = await info.context.read(moment, ask)
    shown = found[:size][::-1] if page.backward else found[:size]
    edges = [
        OrganizationEdge(cursor=_cursor(one, order.field), node=Organization(key_text=one.key, moment=moment))
        for one in shown
    ]
    place = page_info([one.cursor for one in edges], len(found) > size, edge is not None, page.backward)
    return OrganizationConnection(edges=edges, page_info=place, where=chosen, moment=moment)


def _cursor(place: OrganizationPlace, field: Field) -> str:
    """By key the key alone; by name the key, a space, which no key has, and the name, if there is one, after a sign."""
    if field is Field.KEY:
        return cursor(place.key, _of(field))
    return cursor(f"{place.key} " + ("" if place.name is None else f"={place.name}"), _of(field))


def _of(field: Field) -> str:
    return f"organizations by {field.value}"


def _place(text: str | None, argument: str, field: Field) -> OrganizationPlace | None:
    value = from_cursor(text, argument, _of(field))
    if value is None:
        return None
    key, space, stated = value.partition(" ")
    if bool(space) is not (field is Field.NAME) or (stated and not stated.startswith("=")):
        raise not_of_this_list(text, argument, _of(field))
    return OrganizationPlace(key, stated[1:] if stated else None)
