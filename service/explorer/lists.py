"""`GET /items` and `GET /findings`: the lists behind the counts of the overview, page by page, by the filters of the
API."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from graph_schema.rules import Severity
from service.explorer.asking import MakeContext, ask
from service.explorer.failing import closed
from service.explorer.overview import KINDS, STATUSES
from service.explorer.pages import FINDINGS, event_page, explore, page
from service.regions import PROVINCE_CODES

FIRST = 50
ITEMS = """query ($filter: ItemFilter, $first: Int, $after: String) {
  items(filter: $filter, first: $first, after: $after) {
    totalCount pageInfo { hasNextPage endCursor }
    edges { node {
      key kind status massKg producedAt producer { key name } holder { key name region }
      ... on Battery { model chemistry } ... on MaterialLot { material remainingKg }
    } }
  }
}"""
FOUND = """query ($filter: FindingFilter, $first: Int, $after: String) {
  findings(filter: $filter, first: $first, after: $after) {
    totalCount audited { upToDate } pageInfo { hasNextPage endCursor }
    edges { node {
      code severity sentence since resolvedBy legalBasis evidence { eventId type occurredAt }
      subject { __typename ... on Item { key } ... on Organization { key name } }
    } }
  }
}"""


class Field(NamedTuple):
    """A filter of a list: its name in the address, how the API calls it, the choices where there are some and the group
    of their texts; `several`: the API takes a list of them."""

    name: str
    argument: str
    choices: Sequence[str] = ()
    texts: str = ""
    several: bool = False


ITEM_FIELDS = (
    Field("kind", "kind", KINDS, "kind"),
    Field("status", "status", STATUSES, "status"),
    Field("text", "text"),
    Field("chemistry", "chemistry"),
    Field("model", "model"),
    Field("material", "material"),
    Field("producer", "producer"),
    Field("holder", "holder"),
    Field("region", "region"),
    Field("finding", "findings", tuple(FINDINGS), "finding", several=True),
)
FINDING_FIELDS = (
    Field("code", "codes", tuple(FINDINGS), "finding", several=True),
    Field("severity", "severities", tuple(Severity), "severity", several=True),
    Field("key", "key"),
    Field("organization", "organization"),
    Field("region", "region"),
)


def routes(context: MakeContext) -> APIRouter:
    """The routes of the pages."""
    router = APIRouter(include_in_schema=False)

    @router.get("/items")
    async def items(request: Request) -> Response:
        return await _list(request, "items", ITEMS, ITEM_FIELDS)

    @router.get("/findings")
    async def findings(request: Request) -> Response:
        return await _list(request, "findings", FOUND, FINDING_FIELDS)

    async def _list(request: Request, name: str, query: str, fields: Sequence[Field]) -> Response:
        stated = {one.name: request.query_params.get(one.name, "").strip() for one in fields}
        asking = await context(request)
        if (instead := closed(request, asking, f"lists.{name}")) is not None:
            return instead
        found, message = None, ""
        try:
            variables = {"filter": filter_of(fields, stated), "after": request.query_params.get("after") or None}
            found = (await ask(asking, query, first=FIRST, **variables))[name]
        except GraphQLError as error:
            message = error.message
        return page(
            request,
            f"{name}.html",
            400 if message else 200,
            list=name,
            fields=fields,
            stated=stated,
            found=found,
            message=message,
            leads_from=_leads_from,
            provinces=PROVINCE_CODES,
            more=more(name, stated, found["pageInfo"]) if found else None,
        )

    return router


def _leads_from(subject: Mapping[str, Any]) -> Callable[[str], str]:
    """Where the events of a finding are shown: beside the trace of the item that it is about, if it is about one."""
    if subject["__typename"] == "Organization":
        return event_page
    return lambda event: explore(subject["key"], open=event)


def filter_of(fields: Sequence[Field], stated: Mapping[str, str]) -> dict[str, Any]:
    """The filter as the API takes it: what is stated."""
    return {one.argument: [value] if one.several else value for one in fields if (value := stated[one.name])}


def more(name: str, stated: Mapping[str, str], place: Mapping[str, Any]) -> str | None:
    """The address of the next page; None on the last one."""
    if not place["hasNextPage"]:
        return None
    return address(name, **stated, after=place["endCursor"])


def address(name: str, **stated: str) -> str:
    """The address of a list; what is empty is left out."""
    told = urlencode({one: value for one, value in stated.items() if value})
    return f"/{name}?{told}" if told else f"/{name}"
