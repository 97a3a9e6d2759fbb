"""`GET /overview`: what is in the store, what came back by year, what is suspicious, and what happens."""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from fastapi import APIRouter
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from graph_schema.outcome import EventStatus
from service.api.context import Context
from service.api.scalars import EventType
from service.explorer.asking import EVENT, MakeContext, ask, organization_of
from service.explorer.failing import closed
from service.explorer.pages import language_of, page
from service.explorer.stage_flow import stage_flow
from service.explorer.years import Years, years_of
from service.languages import Language

KINDS = ("BATTERY", "MODULE", "CELL", "COMPONENT", "VEHICLE", "LOT")
STATUSES = ("AVAILABLE", "INSTALLED", "RETIRED", "IN_SECOND_LIFE", "ENDED")
LATEST = f"""latest: events(first: 15, orderBy: {{ direction: DESC }}) {{
    totalCount edges {{ node {{ {EVENT} }} }} }}"""
COUNTS = f"""query {{
  {" ".join(f"{kind}: items(first: 0, filter: {{ kind: {kind} }}) {{ totalCount }}" for kind in KINDS)}
  {
    " ".join(
        f"{status}: items(first: 0, filter: {{ kind: BATTERY, status: {status} }}) {{ totalCount }}"
        for status in STATUSES
    )
}
  {LATEST}
}}"""
FINDINGS = """query {
  findings(first: 0) {
    totalCount audited { upToDate at }
    codes: counts(by: CODE) { value count } regions: counts(by: REGION) { value count }
  }
}"""


LINKS = defaultdict(
    str,
    made="/items?kind=BATTERY",
    inUse="/items?kind=BATTERY&status=INSTALLED",
    inStock="/items?kind=BATTERY&status=RETIRED",
    secondLife="/items?kind=BATTERY&status=IN_SECOND_LIFE",
    blackMass="/items?kind=LOT&material=black+mass",
    metals="/items?kind=LOT",
)
"""What a stage leads to, where there is a list of that, or of what is there now of it."""


def routes(context: MakeContext) -> APIRouter:
    """The routes of the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/overview")
    async def overview(request: Request, years: str = "") -> Response:
        asking = await context(request)
        if (instead := closed(request, asking, "nav.overview", status=200)) is not None:
            return instead
        try:
            counts = await ask(asking, COUNTS)
            asking.forget()
            findings = (await ask(asking, FINDINGS))["findings"]
            asking.forget()
            batteries = counts["BATTERY"]["totalCount"]
            yearly = None if years == "none" else await years_of(asking, batteries, years == "show")
            own = await _own(asking, yearly)
        except GraphQLError as error:
            return page(request, "problem.html", 400, message=error.message, state=None)
        return page(
            request,
            "overview.html",
            kinds=_bars(counts, KINDS),
            statuses=_bars(counts, STATUSES),
            latest=[edge["node"] for edge in counts["latest"]["edges"]],
            events=counts["latest"]["totalCount"],
            findings=findings,
            yearly=yearly,
            own=own,
            flowing=stage_flow(yearly.stages, language_of(request)) if yearly and yearly.stages else None,
            links=LINKS,
            live_texts=_live_texts(language_of(request)),
            codes=_shares([(one["value"], one["count"]) for one in findings["codes"]]),
        )

    return router


async def _own(context: Context, yearly: Years | None) -> dict[str, Any] | None:
    """Whose numbers are shown, by name where it has one; None where they are those of all."""
    if yearly is None or yearly.organization is None:
        return None
    return await organization_of(context, yearly.organization) or {"key": yearly.organization, "name": ""}


def _live_texts(language: Language) -> dict[str, str]:
    """What the script of the page calls events that come in: types, statuses other than accepted, kinds of items."""
    groups = {"event.": [kind.value for kind in EventType], "eventStatus.": [one.value for one in EventStatus]}
    return {name: language.text(group + name) for group, names in (groups | {"kind.": KINDS}).items() for name in names}


def _bars(counts: dict[str, Any], names: tuple[str, ...]) -> list[tuple[str, int, float]]:
    return _shares([(name, counts[name]["totalCount"]) for name in names])


def _shares(counts: list[tuple[str, int]]) -> list[tuple[str, int, float]]:
    """Counts with the length of their bars, in per cent of the longest."""
    longest = max((count for _, count in counts), default=0) or 1
    return [(name, count, round(100 * count / longest, 2)) for name, count in counts]
