"""`GET /explore`: the trace of an item as a picture, lanes of custody, a balance, a table and a query.

Every state is in the address: `key`, the parameters of an export, `view` and `open` (what is looked at).
"""

from __future__ import annotations

import asyncio
import time
from functools import partial
from typing import Any, NamedTuple
from urllib.parse import quote, urlencode

import orjson
from fastapi import APIRouter
from graphql import GraphQLError
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from graph_schema.answer import Trace, TraceNode
from service import tracing
from service.api.context import Context
from service.api.errors import too_long
from service.api.exports import PARAMETERS, Asked, note_of, question_of, read_asked
from service.explorer.asking import MakeContext
from service.explorer.balance import BALANCE_PARTS, balance_picture
from service.explorer.late import late_reports
from service.explorer.opened import opened
from service.explorer.pages import explore, page
from service.explorer.timeline import lanes_of
from service.writers.formats import FORMATS
from service.writers.svg import svg

VIEWS = ("picture", "timeline", "balance", "table", "query")
NODES = "400"
"""How many nodes a page asks for where it does not say: more are a click away."""
NODES_MORE = "4000"
_FORMAT = {one.name: one for one in FORMATS}
QUERY = """query Trace($key: String!, $direction: TraceDirection!, $asOf: DateTime, $knownAt: DateTime,
  $claims: Claims = ACCEPTED, $maxDepth: Int, $maxNodes: Int) {
  trace(key: $key, direction: $direction, asOf: $asOf, knownAt: $knownAt,
    claims: $claims, maxDepth: $maxDepth, maxNodes: $maxNodes) {
    nodes { key kind role depth label status at redacted }
    edges { source target kind from to massKg openedBy closedBy contested }
    balance { element rootKg recoveredKg inUseKg usedInProductionKg disposedKg lossKg }
    truncated
    frontier { key unexploredEdges }
    unsettled { eventId status problems { code message } }
  }
}"""


class State(NamedTuple):
    """What an address of the page says."""

    key: str
    view: str
    open: str
    parameters: tuple[tuple[str, str], ...]

    def address(self, **other: str) -> str:
        """The address of the page in another state; an empty value is left out."""
        own = dict(self.parameters)
        stated = {"view": self.view, "open": self.open, **own} | other
        if stated.get("view") == VIEWS[0]:
            del stated["view"]
        return explore(stated.pop("key", self.key), **{name: value for name, value in stated.items() if value})

    def export(self, extension: str) -> str:
        """The address of the same trace as a file."""
        return f"/trace/{quote(self.key, safe='')}.{extension}?{urlencode(self.parameters)}"


def routes(context: MakeContext) -> APIRouter:
    """The routes of the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/explore")
    async def traced(request: Request) -> Response:
        asking = await context(request)
        state = _state(request.query_params)
        seconds, started = asking.settings.execution_timeout_s, time.monotonic()
        try:
            async with asyncio.timeout(seconds):
                return await _page(request, asking, state)
        except GraphQLError as error:
            return page(request, "problem.html", 400, message=error.message, state=state)
        except TimeoutError:
            message = too_long(time.monotonic() - started, seconds).message
            return page(request, "problem.html", 503, message=message, state=state)

    return router


def _state(stated: QueryParams) -> State:
    view = stated.get("view", "")
    parameters = tuple((name, stated[name].strip()) for name in PARAMETERS if stated.get(name, "").strip())
    return State(
        stated.get("key", "").strip(),
        view if view in VIEWS else VIEWS[0],
        stated.get("open", ""),
        parameters,
    )


async def _page(request: Request, context: Context, state: State) -> Response:
    if not state.key:
        raise GraphQLError("key: which item? Give its key or another identifier of it")
    weighed = state.view in ("balance", "query")
    asked = _asked(state, weighed)
    question = question_of(context, asked)
    moment = await context.moment(asked.as_of, asked.known_at)
    trace = await tracing.trace(context.store, question, moment.sequence, context.sight)
    if trace is None:
        return page(request, "unknown.html", 404, key=state.key, state=state, asked=asked)
    content = await asyncio.to_thread(partial(_content, trace, state, asked))
    if state.view == "timeline":
        keys = [lane.key for lane in content["lanes"].lanes]
        content["lanes"] = content["lanes"].marked(await late_reports(context, keys, asked.as_of, asked.known_at))
    return page(
        request,
        "explore.html",
        trace=trace,
        state=state,
        asked=asked,
        views=VIEWS,
        nodes_more=NODES_MORE,
        root=next(node for node in trace.nodes if node.key == trace.root and node.depth == 0),
        opened=await opened(context, trace, state.open, asked.as_of, asked.known_at) if state.open else None,
        identity=f"/id/{quote(trace.root, safe='')}",
        note=note_of(asked),
        **content,
    )


def _asked(state: State, weighed: bool) -> Asked:
    stated = {"maxNodes": NODES} | dict(state.parameters)
    return read_asked(state.key, _FORMAT["json" if weighed else "svg"], QueryParams(stated))


def _content(trace: Trace, state: State, asked: Asked) -> dict[str, Any]:
    """What the view at hand shows."""
    if state.view == "picture":
        return {"picture": lambda nonce: svg(trace, partial(_address, state), note_of(asked), nonce=nonce)}
    if state.view == "timeline":
        return {"lanes": lanes_of(trace, asked.as_of)}
    if state.view == "balance":
        return {"balance": lambda told: balance_picture(trace, told), "parts": BALANCE_PARTS}
    if state.view == "query":
        stated = {"direction": "BOTH"} | dict(state.parameters)
        numbers = {name: int(value) for name, value in stated.items() if name.startswith("max")}
        return {"query": QUERY, "variables": orjson.dumps({"key": state.key} | stated | numbers).decode()}
    return {"export": state.export("csv")}


def _address(state: State, node: TraceNode) -> str | None:
    """A box leads to what there is to say of it."""
    return None if node.redacted else state.address(open=node.key)
