"""`GET /compare`: what of a trace was added, removed or changed between two moments."""

from __future__ import annotations

from fastapi import APIRouter
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from service.explorer.asking import MakeContext, ask
from service.explorer.moments import moment
from service.explorer.pages import page

_NODE = "key kind label status redacted"
_EDGE = "kind source target from to massKg"
QUERY = f"""query ($key: String!, $direction: TraceDirection!, $from: TraceMoment!, $to: TraceMoment!) {{
  traceChanges(key: $key, direction: $direction, from: $from, to: $to) {{
    nodesAdded {{ {_NODE} }} nodesRemoved {{ {_NODE} }}
    nodesChanged {{ before {{ {_NODE} }} after {{ {_NODE} }} fields }}
    edgesAdded {{ {_EDGE} }} edgesRemoved {{ {_EDGE} }}
    edgesChanged {{ before {{ {_EDGE} }} after {{ {_EDGE} }} fields }}
    truncated
  }}
}}"""
DIRECTIONS = ("FORWARD", "BACKWARD", "BOTH")
WHAT = ("asOf", "knownAt")


def routes(context: MakeContext) -> APIRouter:
    """The routes of the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/compare")
    async def compared(
        request: Request, key: str = "", direction: str = "BOTH", what: str = "asOf", before: str = "", after: str = ""
    ) -> Response:
        stated = {"key": key.strip(), "direction": direction if direction in DIRECTIONS else "BOTH"}
        stated |= {"what": what if what in WHAT else WHAT[0], "before": before.strip(), "after": after.strip()}
        changes, wrong = None, ""
        if stated["key"] and stated["before"]:
            try:
                changes = (await ask(await context(request), QUERY, **_variables(stated)))["traceChanges"]
                wrong = "" if changes is not None else "compare.unknown"
            except GraphQLError as error:
                return _shown(request, stated, None, "", error.message, 400)
        return _shown(request, stated, changes, wrong)

    return router


def _variables(stated: dict[str, str]) -> dict[str, object]:
    moments = {"from": stated["before"], "to": stated["after"]}
    told = {name: {stated["what"]: moment(text)} if text else {} for name, text in moments.items()}
    return {"key": stated["key"], "direction": stated["direction"], **told}


def _shown(
    request: Request, stated: dict[str, str], changes: object, wrong: str, message: str = "", status: int = 200
) -> Response:
    return page(
        request,
        "compare.html",
        status,
        stated=stated,
        changes=changes,
        wrong=wrong,
        message=message,
        directions=DIRECTIONS,
        what=WHAT,
    )
