"""Search by any name or a part of one."""

from __future__ import annotations

import strawberry
from graphql import GraphQLError

from graph_schema.reader import ItemRow
from service import searching
from service.api.connection import PageInfo, cursor, from_cursor, not_of_this_list, page_info, page_size
from service.api.context import Moment
from service.api.errors import check_text
from service.api.item import Info, Node, item_of
from service.api.organization import Organization
from service.places import (
    EXACT,
    WITHIN,
    Found,
    FoundPlace,
)
from service.ports import (
    Snapshot,
)

EVERY = 1 << 31
_ITEM, _ORGANIZATION = "item", "organization"
SEARCH = "a search"
"""What its cursors are of."""


@strawberry.type(description="An edge of a connection.")
class SearchEdge:
    """One edge."""

    cursor: str = strawberry.field(description="Go on `after` it.")
    node: Node = strawberry.field(description="The item or organization.")


@strawberry.type(description="A page of what a search finds, the best first.")
class SearchConnection:
    """A page."""

    edges: list[SearchEdge] = strawberry.field(description="The page.")
    page_info: PageInfo = strawberry.field(description="Where it lies.")
    text: strawberry.Private[str]
    moment: strawberry.Private[Moment]

    @strawberry.field(description="How many there are in all; counted only where it is asked for.")
    async def total_count(self, info: Info) -> int:
        """The count."""
        found = await info.context.read(
            self.moment, lambda snapshot: searching.search(snapshot, self.text, None, EVERY, self.moment.as_of)
        )
        info.context.spending.charge(len(found), "totalCount")
        return len(found)


async def search(
    info: Info, text: str, moment: Moment, first: int | None, after: str | None = None
) -> SearchConnection:
    """Items and organizations, the best first. Raises GraphQLError for a text that cannot be looked for."""
    size = page_size(first, info.context.settings.page_max)
    wanted = text.strip()
    if not wanted:
        raise GraphQLError("text: it is empty; give a key, an identifier, a name, or a part of one")
    check_text(info.context.settings, wanted)
    place = _place(after)

    async def ask(snapshot: Snapshot) -> tuple[list[Found], dict[object, ItemRow]]:
        found = await searching.search(snapshot, wanted, place, size + 1, moment.as_of)
        rows = await snapshot.items([one.handle for one in found if one.handle is not None])
        return found, {row.handle: row for row in rows}

    found, rows = await info.context.read(moment, ask)
    edges = [SearchEdge(cursor=_cursor(one.place), node=_node(one, rows, moment)) for one in found[:size]]
    where = page_info([edge.cursor for edge in edges], len(found) > size, place is not None)
    return SearchConnection(edges=edges, page_info=where, text=wanted, moment=moment)


def _node(one: Found, rows: dict[object, ItemRow], moment: Moment) -> Node:
    return Organization(key_text=one.key, moment=moment) if one.handle is None else item_of(rows[one.handle], moment)


def _cursor(place: FoundPlace) -> str:
    return cursor(f"{place.rank}:{_ORGANIZATION if place.organization else _ITEM}:{place.key}", SEARCH)


def _place(after: str | None) -> FoundPlace | None:
    value = from_cursor(after, "after", SEARCH)
    if value is None:
        return None
    rank, kind, key = (*value.split(":", 2), "", "")[:3]
    if rank not in {str(one) for one in range(EXACT, WITHIN + 1)} or kind not in (_ITEM, _ORGANIZATION):
        raise not_of_this_list(after, "after", SEARCH)
    return FoundPlace(int(rank), key, kind == _ORGANIZATION)
