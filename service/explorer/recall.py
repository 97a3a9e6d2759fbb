"""`GET /recall`: what suspects are in now, and who has it; `GET /recall.csv`: all of it as a list."""

from __future__ import annotations

import asyncio
import time
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from service.api.context import Context
from service.api.errors import too_long
from service.explorer.asking import MakeContext, ask
from service.explorer.failing import closed, unanswered
from service.explorer.moments import moment
from service.explorer.pages import page
from service.languages import Language, chosen
from service.refusals import refused
from service.stores.errors import StoreError
from service.writers.csv import written

FIRST = 100
HOLDERS = 50
"""So many holders are on a page; all of them are in the file."""
QUERY = """query ($keys: [String!]!, $asOf: DateTime, $knownAt: DateTime, $first: Int, $after: String) {
  affected(keys: $keys, asOf: $asOf, knownAt: $knownAt, first: $first, after: $after) {
    counts {
      kinds { kind count } vehicles holders ended byHolder { count holder { key label redacted } }
    }
    unknown truncated
    items {
      totalCount pageInfo { hasNextPage endCursor }
      edges { node {
        node { key kind redacted } suspects outermost { key redacted } vehicle { key } ended
        holder { key label redacted }
      } }
    }
  }
}"""
COLUMNS = ("key", "kind", "suspects", "outermost", "vehicle", "holder", "holderName", "ended")


def routes(context: MakeContext) -> APIRouter:
    """The routes of the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/recall")
    async def recall(request: Request, keys: str = "", after: str = "") -> Response:
        moments = _moments(request)
        asking = await context(request)
        if (instead := closed(request, asking, "recall.title")) is not None:
            return instead
        found, message = None, ""
        if named := keys.split():
            try:
                found = await _asked(asking, named, _read(moments), after)
            except GraphQLError as error:
                message = error.message
        status = 400 if message else 200
        stated = {"keys": keys.strip()} | {name: text for name, text in moments.items() if text}
        return page(
            request,
            "recall.html",
            status,
            keys=keys.strip(),
            moments=moments,
            found=found,
            message=message,
            shown=HOLDERS,
            file=f"/recall.csv?{urlencode(stated)}",
            next=f"/recall?{urlencode(stated)}",
        )

    @router.get("/recall.csv")
    async def listed(request: Request, keys: str = "") -> Response:
        asking = await context(request)
        rows: list[list[str]] = []
        after, language = "", chosen(request.query_params.get("lang"), None)
        seconds, started = asking.settings.execution_timeout_s, time.monotonic()
        try:
            moments = _read(_moments(request))
            async with asyncio.timeout(seconds):
                while True:
                    items = (await _asked(asking, keys.split(), moments, after, asking.settings.page_max))["items"]
                    rows += [_row(edge["node"], language) for edge in items["edges"]]
                    if not items["pageInfo"]["hasNextPage"]:
                        break
                    after = items["pageInfo"]["endCursor"]
                    asking.forget_read()
        except GraphQLError as error:
            return refused(400, error)
        except StoreError as error:
            return unanswered(request, error)
        except TimeoutError:
            return refused(503, too_long(time.monotonic() - started, seconds, ", ask for fewer keys"))
        headers = {"Content-Disposition": 'attachment; filename="recall.csv"', "Cache-Control": "private, no-cache"}
        return Response(written(COLUMNS, rows, language), media_type="text/csv; charset=utf-8", headers=headers)

    return router


def _moments(request: Request) -> dict[str, str]:
    """The moments that an address states, as they were written."""
    return {name: request.query_params.get(name, "").strip() for name in ("asOf", "knownAt")}


def _read(moments: dict[str, str]) -> dict[str, str | None]:
    """Moments as GraphQL takes them. Raises GraphQLError naming the one that is none."""
    return {name: moment(name, text) or None for name, text in moments.items()}


async def _asked(
    context: Context, keys: list[str], moments: dict[str, str | None], after: str, first: int = FIRST
) -> dict[str, Any]:
    found = await ask(context, QUERY, keys=keys, first=first, after=after or None, **moments)
    return found["affected"]  # type: ignore[no-any-return]


def _row(one: dict[str, Any], language: Language) -> list[str]:
    def key(name: str) -> str:
        return one[name]["key"] if one[name] else ""

    holder = one["holder"]
    ended = "" if one["ended"] is None else str(one["ended"]).lower()
    return [
        one["node"]["key"],
        one["node"]["kind"] if language.is_english else language.named("kind", one["node"]["kind"]),
        " ".join(one["suspects"]),
        key("outermost"),
        key("vehicle"),
        key("holder"),
        holder["label"] if holder else "",
        ended,
    ]
