"""`GET /organization/{key}`: who it is, what it may do, what it holds, what is found about it, and what it reported
last, as far as whoever asks may see that."""

from __future__ import annotations

from fastapi import APIRouter
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from service.explorer.asking import EVENT, NAMED, MakeContext, ask
from service.explorer.lists import address
from service.explorer.pages import event_page, organization_page, page

FIRST = 50
QUERY = f"""query ($key: String!, $first: Int, $after: String) {{
  organization(key: $key) {{
    key name roles region registered identifiers {{ scheme value }} authorizations {{ scope validFrom validTo }}
    holdings(first: $first, after: $after) {{
      totalCount pageInfo {{ hasNextPage endCursor }}
      edges {{ node {{ key kind status massKg {NAMED} ... on MaterialLot {{ material remainingKg }} }} }}
    }}
  }}
}}"""
ABOUT = f"""query ($key: String!) {{
  made: items(first: 0, filter: {{ producer: $key }}) {{ totalCount }}
  findings(first: 10, filter: {{ organization: $key }}) {{
    totalCount
    edges {{ node {{ code severity sentence since resolvedBy legalBasis evidence {{ eventId type occurredAt }} }} }}
  }}
  events(first: 10, filter: {{ actor: $key }}, orderBy: {{ direction: DESC }}) {{ edges {{ node {{ {EVENT} }} }} }}
}}"""


def routes(context: MakeContext) -> APIRouter:
    """The route."""
    router = APIRouter(include_in_schema=False)

    @router.get("/organization/{key:path}")
    async def shown(key: str, request: Request, after: str = "") -> Response:
        asking = await context(request)
        try:
            found = (await ask(asking, QUERY, key=key, first=FIRST, after=after or None))["organization"]
            if found is None:
                return page(request, "no-organization.html", 404, key=key)
            asking.forget()
            about = await ask(asking, ABOUT, key=found["key"])
        except GraphQLError as error:
            return page(request, "problem.html", 400, message=error.message, state=None)
        place = found["holdings"]["pageInfo"]
        return page(
            request,
            "organization.html",
            party=found,
            made=about["made"]["totalCount"],
            made_by=address("items", producer=found["key"]),
            findings=about["findings"],
            all_findings=address("findings", organization=found["key"]),
            leads=event_page,
            latest=[edge["node"] for edge in about["events"]["edges"]],
            more=f"{organization_page(found['key'])}{address('', after=place['endCursor'])[1:]}#holdings"
            if place["hasNextPage"]
            else None,
            traces=asking.sight.viewer.traces,
        )

    return router
