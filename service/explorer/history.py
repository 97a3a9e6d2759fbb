"""`GET /history`: all events of an item and everybody who ever held it, page by page."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from service.explorer.asking import MakeContext, ask
from service.explorer.failing import closed
from service.explorer.lists import address
from service.explorer.moments import moment
from service.explorer.pages import page

FIRST = 100
QUERY = """query ($key: String!, $asOf: DateTime, $knownAt: DateTime, $first: Int, $events: String, $custody: String) {
  item(key: $key, asOf: $asOf, knownAt: $knownAt) {
    key kind status ... on MaterialLot { remainingKg }
    history(first: $first, after: $events) {
      totalCount pageInfo { hasNextPage endCursor }
      edges { node { eventId type status occurredAt recordedAt hash actor { key name } } }
    }
    custody(first: $first, after: $custody) {
      totalCount pageInfo { hasNextPage endCursor }
      edges { node { holder { key name region } from to openedBy closedBy } }
    }
  }
}"""
MOMENTS = ("asOf", "knownAt")
CURSORS = ("events", "custody")


def routes(context: MakeContext) -> APIRouter:
    """The routes of the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/history")
    async def history(request: Request) -> Response:
        stated = {name: request.query_params.get(name, "").strip() for name in ("key", *MOMENTS, *CURSORS)}
        cursors = {name: stated[name] or None for name in CURSORS}
        asking = await context(request)
        if (instead := closed(request, asking, "item.custody", stated["key"])) is not None:
            return instead
        try:
            moments = {name: moment(name, stated[name]) or None for name in MOMENTS}
            found = await ask(asking, QUERY, key=stated["key"], first=FIRST, **moments, **cursors)
        except GraphQLError as error:
            return page(request, "problem.html", 400, message=error.message, state=None)
        item: dict[str, Any] | None = found["item"]
        if item is None:
            return page(request, "no-identity.html", 404, key=stated["key"], explained=None, found=False, known=None)
        return page(
            request,
            "history.html",
            item=item,
            moments={name: stated[name] for name in MOMENTS if stated[name]},
            more={
                "events": _more("events", stated, item["history"]["pageInfo"]),
                "custody": _more("custody", stated, item["custody"]["pageInfo"]),
            },
        )

    return router


def _more(name: str, stated: dict[str, str], place: dict[str, Any]) -> str | None:
    """The address of the next page of one of the two lists; the other begins anew."""
    kept = {one: stated[one] for one in ("key", *MOMENTS)} | {name: place["endCursor"] or ""}
    return f"{address('history', **kept)}#{name}" if place["hasNextPage"] else None
