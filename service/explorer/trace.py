"""`GET /explore`: the trace of an item as a picture, lanes of custody, a balance, a table and a query."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from fastapi import APIRouter
from graphql import GraphQLError
from markupsafe import Markup
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from graph_schema.answer import Trace, TraceNode
from graph_schema.further import NAMED_MAX, STEP
from graph_schema.surroundings import Beyond
from graph_schema.trace import TraceQuestion
from service import tracing
from service.api.context import Context
from service.api.errors import too_long
from service.api.exports import Asked, charge, note_of, question_of, read_asked
from service.api.scalars import Claims
from service.explorer.asking import MakeContext, organization_of
from service.explorer.balance import flow_of
from service.explorer.fates import elements_of
from service.explorer.late import marked_events
from service.explorer.opened import opened, unsettled
from service.explorer.pages import identity_page, language_of, organization_page, page
from service.explorer.querying import NODES, queried
from service.explorer.sankey import described, said_of, sankey, titled, widest_of, width_of
from service.explorer.state import MOMENTS, VIEWS, State, checked, ignored, read_state, without_empty
from service.explorer.table import COLUMNS, rows_of, told
from service.explorer.timeline import lanes_of
from service.explorer.turned import turned
from service.languages import Language
from service.writers.formats import BY_NAME
from service.writers.layout import Box, Way, lay_out
from service.writers.svg import Links, legend_of, svg

BEYOND = {"picture": Beyond.HOLDERS, "timeline": Beyond.HOSTS}
"""What a view tells beyond the bounds: a box says who has it, a lane also what it is in."""
NODES_STEP = 10
"""So many times as many are asked for by a click."""
STEPPED = NODES_STEP * NODES


def routes(context: MakeContext) -> APIRouter:
    """The routes of the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/explore")
    async def traced(request: Request) -> Response:
        if (address := without_empty(request.query_params)) is not None:
            return RedirectResponse(address, 303)
        asking = await context(request)
        state = read_state(request.query_params)
        seconds, started = asking.settings.execution_timeout_s, time.monotonic()
        try:
            state = checked(state)
            async with asyncio.timeout(seconds):
                return await _page(request, asking, state)
        except GraphQLError as error:
            return page(request, "problem.html", 400, message=error.message, state=state)
        except TimeoutError:
            message = too_long(time.monotonic() - started, seconds).message
            return page(request, "problem.html", 503, message=message, state=state)

    return router


async def _page(request: Request, context: Context, state: State) -> Response:
    if not state.key:
        raise GraphQLError("key: which item? Give its key or another identifier of it")
    asked = _asked(state)
    question = replace(question_of(context, asked), beyond=BEYOND.get(state.view, Beyond.NOTHING))
    then = await context.moment(asked.as_of, asked.known_at)
    trace = await tracing.trace(context.store, question, then.sequence, context.sight)
    if trace is not None and trace.truncated and (wider_one := _for_balance(context, state, asked)):
        asked = _asked(state, STEPPED)
        trace = await tracing.trace(context.store, wider_one, then.sequence, context.sight)
    if trace is None and (party := await organization_of(context, state.key)) is not None:
        return RedirectResponse(organization_page(party["key"]), 303)
    if trace is None:
        return page(
            request,
            "unknown.html",
            404,
            key=state.key,
            state=state,
            then=note_of(asked._replace(claims=Claims.ACCEPTED), language_of(request)),
            traces=context.sight.viewer.traces,
        )
    charge(context, asked, trace)
    keys = {node.key for node in trace.nodes}
    left_out = ignored(request.query_params) + [f"group={one}" for one in state.groups if one not in keys]
    state = state._replace(groups=tuple(one for one in state.groups if one in keys))
    trace = await tracing.with_used_up(context.store, trace, asked.as_of, then.sequence, context.sight)
    wider = _wider(trace, asked, context.settings.nodes_max)
    more = None if wider is None else state.address(**wider)
    language = language_of(request)
    most = _names_max(asked, context.settings.nodes_max)
    content = await asyncio.to_thread(partial(_content, trace, state, asked, wider, most, language))
    if state.view == "timeline":
        content["lanes"] = content["lanes"].page(state.lanes)
        shown = [key for lane in content["lanes"].lanes for key in lane.keys]
        late = await marked_events(context, shown, asked.as_of, asked.known_at)
        untold = await tracing.untold_custody(context.store, trace, shown, asked.as_of, then.sequence, context.sight)
        content["lanes"] = content["lanes"].marked(late).cut_off(untold)
    if state.view == "query":
        content |= await queried(context, state, asked)
    return page(
        request,
        "explore.html",
        trace=trace,
        state=state,
        asked=asked,
        views=VIEWS,
        more=more,
        ignored=left_out,
        compare=state.leads_to("compare", "key", trace.root, "direction", *MOMENTS, "claims"),
        recall=state.leads_to("recall", "keys", trace.root, *MOMENTS),
        root=next(node for node in trace.nodes if node.key == trace.root and node.depth == 0),
        unsettled=await unsettled(context, trace, asked.known_at),
        opened=await opened(context, trace, state.open, asked.as_of, asked.known_at) if state.open else None,
        identity=identity_page(trace.root),
        note=note_of(asked, language),
        **content,
    )


def _for_balance(context: Context, state: State, asked: Asked) -> TraceQuestion | None:
    """A trace that is cut off has no balance: of one whose bounds nobody stated a wider one, where it may be asked."""
    if state.view != "balance" or asked.max_depth is not None or "maxNodes" in dict(state.parameters):
        return None
    try:
        return question_of(context, _asked(state, STEPPED))
    except GraphQLError:
        return None


def _asked(state: State, nodes: int = NODES) -> Asked:
    weighed = state.view in ("balance", "query")
    stated = {"maxNodes": str(nodes)} | dict(state.parameters)
    further = [("further", name) for name in state.further]
    return read_asked(state.key, BY_NAME["json" if weighed else "svg"], QueryParams([*stated.items(), *further]))


def _wider(trace: Trace, asked: Asked, ceiling: int) -> dict[str, str] | None:
    """Bounds with which there is more of a trace that was cut off; None where there are no wider ones."""
    if not trace.truncated:
        return None
    nodes = min((asked.max_nodes or ceiling) * NODES_STEP, ceiling)
    if nodes == asked.max_nodes and asked.max_depth is None:
        return None
    return {"maxNodes": str(nodes), "maxDepth": "" if asked.max_depth is None else str(2 * asked.max_depth + 1)}


def _names_max(asked: Asked, ceiling: int) -> int:
    """Of how many names there may be further neighbours."""
    return min(NAMED_MAX, (ceiling - (asked.max_nodes or ceiling)) // STEP)


def _content(
    trace: Trace, state: State, asked: Asked, wider: dict[str, str] | None, most: int, language: Language
) -> dict[str, Any]:
    """What the view at hand shows."""
    if state.view == "picture":
        laid_out = lay_out(trace, frozenset(state.groups), language)
        further = partial(_beyond_box, state, wider, most)
        links = Links(partial(_opened, state), lambda node: state.with_group(node.key), further)
        return {
            "legend": [(Markup(sign), text) for sign, text in legend_of(laid_out, language)],
            "picture": lambda nonce: svg(
                trace,
                links,
                note_of(asked, language),
                picture=laid_out,
                nonce=nonce,
                marked=state.looked_at,
                language=language,
                headed=False,
            ),
        }
    if state.view == "timeline":
        further = partial(_further, state, wider, most)
        return {"lanes": lanes_of(trace, asked.as_of, state.groups), "further": lambda lane: further(lane.keys)}
    if state.view == "balance":
        return _balance(trace, state, language)
    return {
        "export": state.export("csv"),
        "columns": COLUMNS,
        "rows": rows_of(trace.nodes, state.sort, state.rows, language),
        "cell": lambda node, column: told(node, column, language),
    }


def _balance(trace: Trace, state: State, language: Language) -> dict[str, Any]:
    """The flow of the element that is asked for, of what elements there is one, and of which the balance closes."""
    flow = flow_of(trace, state.element)
    rows = [] if flow is None else sorted(flow.bands, key=lambda band: (flow.places[band.source].column, -band.kg))
    return {
        "flow": flow,
        "bands": rows,
        "picture": Markup("") if flow is None else sankey(flow, language),
        "wide": 0 if flow is None else width_of(flow),
        "widest": 0 if flow is None else widest_of(flow),
        "narrow": Markup("") if flow is None else turned(flow, said_of(flow, language)),
        "elements": elements_of(trace),
        "closed": {row.element for row in trace.balance},
        "titled": lambda place: ", ".join(filter(None, [titled(place, language), described(place, language)])),
    }


def _opened(state: State, node: TraceNode) -> str | None:
    """A box leads to what there is to say of it."""
    return None if node.redacted else state.address(open=node.key)


def _further(state: State, wider: dict[str, str] | None, most: int, keys: Sequence[str]) -> str | None:
    """What a bound cut off at nodes comes into the view, of which the picture begins there again; where that would be
    of more names than there may be (`most`), with a wider bound. None where there is none."""
    names = (*state.further, *keys)
    if len(names) <= most:
        return state.address(further=names, near=keys[0], open="")
    return None if wider is None else state.address(near=keys[0], open="", **wider)


def _beyond_box(state: State, wider: dict[str, str] | None, most: int, box: Box) -> str | None:
    """What a bound cut off at a box; where no more nodes are allowed, it is in the item's own trace, the way that it
    was going."""
    further = _further(state, wider, most, [node.key for node in box.nodes if not node.redacted])
    if further is not None or box.node.kind == "EVENT" or box.way is Way.ROOT or len(box.nodes) > 1:
        return further
    ways = {Way.TO: "FORWARD", Way.FROM: "BACKWARD"}
    onward = {"direction": ways[box.way]} if box.way in ways else {}
    return state.address(key=box.node.key, open="", near="", group=(), **onward)
