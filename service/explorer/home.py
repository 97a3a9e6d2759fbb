"""`GET /`: a search by any code or part of one, and where to begin."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from fastapi import APIRouter
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from seed.story import PACK_A, PACK_RECYCLED
from service.api.context import Context
from service.explaining import explain
from service.explorer.addresses import pasted
from service.explorer.asking import EVENT, MakeContext, ask
from service.explorer.pages import base_address, event_page, explore, identity_page, organization_page, page

EXAMPLES = (PACK_A, PACK_RECYCLED, "urn:uuid:386da648-326a-4855-84c1-13597c1f2f09")
"""Of the story and of the real file, where they are loaded."""
RECYCLED = 3
"""So many batteries that were recycled last are examples where the story is not loaded."""
FOUND = 30
_ITEM = "__typename id ... on Item { key kind status } ... on Battery { model producer { name key } }"
SEARCH = f"""query ($text: String!, $first: Int) {{
  search(text: $text, first: $first) {{ {_ITEM} ... on Organization {{ key name region }} }}
}}"""
START = f"""query {{
  recent: events(first: 8, orderBy: {{ direction: DESC }}) {{
    totalCount edges {{ node {{ {EVENT} }} }} }}
  batteries: items(filter: {{ kind: BATTERY }}, first: 8, orderBy: {{ field: PRODUCED_AT, direction: DESC }}) {{
    totalCount edges {{ node {{ {_ITEM} }} }} }}
  {" ".join(f'example{number}: item(key: "{key}") {{ {_ITEM} }}' for number, key in enumerate(EXAMPLES))}
}}"""
RECYCLINGS = f"""query ($first: Int) {{
  events(first: $first, filter: {{ type: [RECYCLING], status: ACCEPTED }}, orderBy: {{ direction: DESC }}) {{
    edges {{ node {{ items {{ {_ITEM} }} }} }} }}
}}"""


def routes(context: MakeContext) -> APIRouter:
    """The routes of the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/")
    async def home(request: Request, q: str = "") -> Response:
        text = q.strip()
        if (leads := pasted(text, _hosts(request))) is not None:
            return RedirectResponse(leads, 303)
        asking = await context(request)
        return await _found(request, asking, text) if text else await _start(request, asking)

    return router


def _hosts(request: Request) -> frozenset[str]:
    """The hosts of addresses that are ours: as it is asked now, and as the public finds it."""
    return frozenset(urlsplit(one).netloc.lower() for one in (str(request.base_url), base_address(request)))


async def _found(request: Request, context: Context, text: str) -> Response:
    opens = explore if context.sight.viewer.traces else identity_page
    try:
        found = (await ask(context, SEARCH, text=text, first=FOUND))["search"]
    except GraphQLError as error:
        return page(request, "found.html", 400, q=text, found=[], explained=None, error=error.message, opens=opens)
    if not found and await _is_event(context, text):
        return RedirectResponse(event_page(text), 303)
    if len(found) == 1:
        return RedirectResponse((opens if "kind" in found[0] else organization_page)(found[0]["key"]), 303)
    return page(request, "found.html", q=text, found=found, explained=explain(text), error="", opens=opens)


async def _is_event(context: Context, text: str) -> bool:
    """Whether a text is the id of an event that who asks may see."""
    context.forget_read()
    return (await ask(context, "query ($id: String!) { event(eventId: $id) { eventId } }", id=text))[
        "event"
    ] is not None


async def _start(request: Request, context: Context) -> Response:
    start = await ask(context, START)
    examples = [item for number in range(len(EXAMPLES)) if (item := start[f"example{number}"]) is not None]
    if all(item["key"] != PACK_RECYCLED for item in examples):
        examples += await _recycled(context)
    return page(
        request,
        "home.html",
        examples=examples,
        latest=[edge["node"] for edge in start["recent"]["edges"]],
        events=start["recent"]["totalCount"],
        batteries=[edge["node"] for edge in start["batteries"]["edges"]],
        battery_count=start["batteries"]["totalCount"],
        traces=context.sight.viewer.traces,
    )


async def _recycled(context: Context) -> list[dict[str, Any]]:
    """A battery of each of the latest recyclings that who asks may see: what became of it is worth a look."""
    context.forget_read()
    edges = (await ask(context, RECYCLINGS, first=RECYCLED))["events"]["edges"]
    found = [next((item for item in edge["node"]["items"] if item.get("kind") == "BATTERY"), None) for edge in edges]
    return list({item["key"]: item for item in found if item is not None}.values())
