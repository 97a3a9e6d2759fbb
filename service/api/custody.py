"""Custody: who had an item, when."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import strawberry

from graph_schema.order import event_id_of, moment_of
from service.api.connection import PageInfo, cursor, from_cursor, page_info
from service.api.context import Moment
from service.items import CustodySpan

if TYPE_CHECKING:
    from service.api.organization import Organization

CUSTODY = "a custody"
"""What its cursors are of."""
LazyOrganization = Annotated["Organization", strawberry.lazy("service.api.organization")]


@strawberry.type(description="An organization held an item from one event to another.")
class Custody:
    """One span of custody."""

    holder: LazyOrganization = strawberry.field(description="Who held it.")
    from_: datetime = strawberry.field(name="from", description="Since when.")
    to: datetime | None = strawberry.field(description="Until when; null: still.")
    opened_by: str = strawberry.field(description="The id of the event that began it.")
    closed_by: str | None = strawberry.field(description="The id of the event that ended it.")


@strawberry.type(description="An edge of a connection.")
class CustodyEdge:
    """One edge."""

    cursor: str = strawberry.field(description="Go on `after` it.")
    node: Custody = strawberry.field(description="The span.")


@strawberry.type(description="Who held an item, in the order of time.")
class CustodyConnection:
    """A page of custody."""

    edges: list[CustodyEdge] = strawberry.field(description="The page.")
    page_info: PageInfo = strawberry.field(description="Where it lies.")
    total_count: int = strawberry.field(description="How many there are in all.")


def custody_page(spans: list[CustodySpan], moment: Moment, size: int, after: str | None) -> CustodyConnection:
    """A page of an item's custody, all of which is given. Raises GraphQLError naming the argument."""
    from service.api.organization import Organization

    behind = from_cursor(after, "after", CUSTODY)
    rest = [span for span in spans if behind is None or span.opened.hex() > behind]
    edges = [
        CustodyEdge(
            cursor=cursor(span.opened.hex(), CUSTODY),
            node=Custody(
                holder=Organization(key_text=span.organization, moment=moment),
                from_=moment_of(span.opened),
                to=None if span.closed is None else moment_of(span.closed),
                opened_by=event_id_of(span.opened),
                closed_by=None if span.closed is None else event_id_of(span.closed),
            ),
        )
        for span in rest[:size]
    ]
    place = page_info([edge.cursor for edge in edges], len(rest) > size, behind is not None)
    return CustodyConnection(edges=edges, page_info=place, total_count=len(spans))
