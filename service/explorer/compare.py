"""`GET /compare`: what of a trace was added, removed or changed between two moments, in sentences."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any, NamedTuple

from fastapi import APIRouter
from graphql import GraphQLError
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from graph_schema.days import day_of_text
from service.api.context import Context, global_id
from service.explorer.asking import MakeContext, ask
from service.explorer.failing import closed
from service.explorer.moments import moment
from service.explorer.pages import page

_NODE = "key kind label status at redacted"
_EDGE = "kind source target from to massKg openedBy closedBy contested"
QUERY = f"""query (
  $key: String!, $direction: TraceDirection!, $from: TraceMoment!, $to: TraceMoment!, $claims: Claims
) {{
  traceChanges(key: $key, direction: $direction, from: $from, to: $to, claims: $claims) {{
    nodesAdded {{ {_NODE} }} nodesRemoved {{ {_NODE} }}
    nodesChanged {{ before {{ {_NODE} }} after {{ {_NODE} }} fields }}
    edgesAdded {{ {_EDGE} }} edgesRemoved {{ {_EDGE} }}
    edgesChanged {{ before {{ {_EDGE} }} after {{ {_EDGE} }} fields }}
    truncated
  }}
}}"""
NAMES = """query ($ids: [ID!]!) {
  nodes(ids: $ids) {
    __typename ... on Organization { key name } ... on Event { eventId type occurredAt }
    ... on Item { key kind }
  }
}"""
LAST = """query ($key: String!) {
  events(first: 50, filter: { item: $key }, orderBy: { direction: DESC }) { edges { node { status occurredAt } } }
}"""
"""When the events of an item occurred that were recorded last."""
CLAIMS = ("ACCEPTED", "ALL")
DIRECTIONS = ("BOTH", "FORWARD", "BACKWARD")
WHAT = ("asOf", "knownAt")
SHOWN = 40
"""So many sentences of a kind are shown first; ten times as many by each click on."""
NAMES_MAX = 200
"""So many things are asked for by name at once."""


class Named(NamedTuple):
    """A node as a sentence calls it: its kind, its name or its type where it is an event, and when that was."""

    key: str
    kind: str
    label: str
    at: str | None = None
    redacted: bool = False


class Sentence(NamedTuple):
    """What is told: of a node (`edge` None) or of an edge between two; `before` is what it was, where it changed."""

    node: Named | None = None
    status: str | None = None
    edge: dict[str, Any] | None = None
    source: Named | None = None
    target: Named | None = None
    before: dict[str, Any] | None = None
    fields: tuple[str, ...] = ()


class Told(NamedTuple):
    """The sentences of a kind that are shown, how many there are, and how many more."""

    sentences: list[Sentence]
    all: int

    @property
    def more(self) -> int:
        """How many are not shown."""
        return self.all - len(self.sentences)


def routes(context: MakeContext) -> APIRouter:
    """The routes of the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/compare")
    async def compared(request: Request) -> Response:
        asked = request.query_params
        stated = _stated(asked)
        asking = await context(request)
        if (instead := closed(request, asking, "compare.title", stated["key"])) is not None:
            return instead
        shown = asked.get("shown", "")
        limit = int(shown) if shown.isascii() and shown.isdigit() and len(shown) < 7 else SHOWN
        told, wrong, truncated, proposed = None, "", False, False
        try:
            if stated["key"] and not stated["before"]:
                stated["before"], proposed = await _proposed(asking, stated)
            if stated["key"] and not stated["before"]:
                wrong = "compare.unknown" if stated["what"] == WHAT[0] else "compare.when"
            elif stated["key"]:
                changes = (await ask(asking, QUERY, **_variables(stated)))["traceChanges"]
                wrong = "" if changes is not None else "compare.unknown"
                if changes is not None:
                    told, truncated = await _told(asking, changes, max(limit, 1)), changes["truncated"]
        except GraphQLError as error:
            return _shown(request, stated, message=error.message, status=400)
        return _shown(request, stated, told=told, wrong=wrong, truncated=truncated, step=10 * limit, proposed=proposed)

    return router


def _stated(asked: QueryParams) -> dict[str, str]:
    """What an address says; of the two times the one that a trace is as of is compared, unless `what` says."""
    stated = {name: asked.get(name, "").strip() for name in ("key", "before", "after", *WHAT)}
    what = asked.get("what", "")
    if what not in WHAT:
        what = WHAT[1] if stated[WHAT[1]] and not stated[WHAT[0]] else WHAT[0]
    if not stated["before"]:
        stated["before"] = stated[what]
    stated[what] = ""
    for name, choices in (("direction", DIRECTIONS), ("claims", CLAIMS)):
        value = asked.get(name, "").upper()
        stated[name] = value if value in choices else choices[0]
    return stated | {"what": what}


async def _proposed(context: Context, stated: dict[str, str]) -> tuple[str, bool]:
    """The day before the last event of the item; empty where none is known."""
    if stated["what"] != WHAT[0]:
        return "", False
    edges = (await ask(context, LAST, key=stated["key"]))["events"]["edges"]
    context.forget_read()
    days = [edge["node"]["occurredAt"] for edge in edges if edge["node"]["status"] == "ACCEPTED"]
    if not days:
        return "", False
    day = day_of_text(max(days))
    return ((day - timedelta(days=1)).isoformat(), True) if day > date.min else ("", False)


def _variables(stated: dict[str, str]) -> dict[str, object]:
    """What is asked for: two moments of one of the two times, as of one moment of the other, where that is stated."""
    other = {name: moment(name, stated[name]) for name in WHAT if stated[name]}
    names = {"from": ("Before", "before"), "to": ("After", "after")}
    told = {
        one: other | ({stated["what"]: moment(name, stated[field])} if stated[field] else {})
        for one, (name, field) in names.items()
    }
    return {"key": stated["key"], "direction": stated["direction"], "claims": stated["claims"], **told}


async def _told(context: Context, changes: dict[str, Any], limit: int) -> dict[str, Told]:
    """What was added, changed and removed, in that order, so many sentences of each."""
    nodes = [*changes["nodesAdded"], *changes["nodesRemoved"], *(one["after"] for one in changes["nodesChanged"])]
    names = {(_family(one["kind"]), one["key"]): _named(one) for one in nodes}
    chosen: dict[str, tuple[list[Any], list[Any], int]] = {}
    for name in ("Added", "Changed", "Removed"):
        some, edges = changes[f"nodes{name}"], changes[f"edges{name}"]
        chosen[name.lower()] = some[:limit], edges[: max(0, limit - len(some))], len(some) + len(edges)
    shown = [one.get("after", one) for _, edges, _ in chosen.values() for one in edges]
    names |= await _names(context, {end for edge in shown for end in _ends(edge)} - set(names))
    return {
        name: Told([*map(_of_node, some), *(_of_edge(one, names) for one in edges)], count)
        for name, (some, edges, count) in chosen.items()
    }


async def _names(context: Context, wanted: set[tuple[str, str]]) -> dict[tuple[str, str], Named]:
    """What is called what, of what the viewer sees; families and keys."""
    found: dict[tuple[str, str], Named] = {}
    ids = [global_id(family, key) for family, key in sorted(wanted)]
    for start in range(0, len(ids), NAMES_MAX):
        context.forget()
        for one in (await ask(context, NAMES, ids=ids[start : start + NAMES_MAX]))["nodes"]:
            if one is None:
                continue
            if one["__typename"] == "Organization":
                found["Organization", one["key"]] = Named(one["key"], "ORGANIZATION", one["name"] or one["key"])
            elif one["__typename"] == "Event":
                found["Event", one["eventId"]] = Named(one["eventId"], "EVENT", one["type"], one["occurredAt"])
            else:
                found["Item", one["key"]] = Named(one["key"], one["kind"], one["key"])
    return found


def _family(kind: str) -> str:
    return {"EVENT": "Event", "ORGANIZATION": "Organization"}.get(kind, "Item")


def _ends(edge: dict[str, Any]) -> tuple[tuple[str, str], tuple[str, str]]:
    """Family and key of both ends of an edge."""
    source = "Event" if edge["kind"] == "YIELDED" else "Item"
    target = {"HELD_BY": "Organization", "CONSUMED_IN": "Event"}.get(edge["kind"], "Item")
    return (source, edge["source"]), (target, edge["target"])


def _named(node: dict[str, Any]) -> Named:
    return Named(node["key"], node["kind"], node["label"], node["at"], node["redacted"])


def _of_node(one: dict[str, Any]) -> Sentence:
    node, before = one.get("after", one), one.get("before")
    return Sentence(_named(node), node["status"], before=before, fields=tuple(one.get("fields", ())))


def _of_edge(one: dict[str, Any], names: dict[tuple[str, str], Named]) -> Sentence:
    edge = one.get("after", one)
    source, target = (names.get(end) or Named(end[1], "", end[1], redacted=True) for end in _ends(edge))
    return Sentence(
        edge=edge, source=source, target=target, before=one.get("before"), fields=tuple(one.get("fields", ()))
    )


def _shown(request: Request, stated: dict[str, str], status: int = 200, **values: Any) -> Response:
    plain: dict[str, Any] = {"told": None, "wrong": "", "message": "", "truncated": False, "step": 0, "proposed": False}
    return page(
        request,
        "compare.html",
        status,
        stated=stated,
        directions=DIRECTIONS,
        what=WHAT,
        claims=CLAIMS,
        more=str(request.url.include_query_params(shown=values.get("step", 0))).partition(request.url.netloc)[2],
        **(plain | values),
    )
