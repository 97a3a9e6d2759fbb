"""`GET /id/{key}`: the public page behind the code on a battery; `GET /label/{key}.svg` and `.png`: the label with it;
`GET /01/{gtin}/21/{serial}` and the other GS1 Digital Links, which lead to that page.

Whoever asks sees what the public sees (EU battery passport, Annex XIII point 1), so that a printed code shows everybody
the same.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from datetime import UTC, datetime
from itertools import groupby
from typing import Any, NamedTuple
from urllib.parse import quote

import orjson
from fastapi import APIRouter
from graphql import GraphQLError
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from graph_schema.days import day_of_text
from graph_schema.rules.parties import covers
from service.access.asker import Asker
from service.access.viewer import PUBLIC
from service.api.context import Context
from service.explaining import explain
from service.explorer.asking import MakeContext, ask
from service.explorer.digital_links import KEYS, path_of, spellings
from service.explorer.failing import unanswered
from service.explorer.label import label
from service.explorer.pages import base_address, identity_page, page
from service.languages import chosen
from service.refusals import failed, refusal
from service.regions import PROVINCE_CODES
from service.stores.errors import StoreError
from service.writers.png import NO_FONT, has_font, rendered

ITEM = """query ($key: String!) {
  item(key: $key) {
    key kind status massKg producedAt identifiers { scheme value }
    producer { key name region roles authorizations { scope validFrom validTo } }
    ... on Battery { model chemistry energyKwh }
  }
}"""
OUTLETS = """query ($region: String, $first: Int, $after: String) {
  organizations(filter: { role: "OUTLET", region: $region }, first: $first, after: $after) {
    pageInfo { hasNextPage endCursor } edges { node { key name region authorizations { scope validFrom validTo } } }
  }
}"""
OUTLETS_FIRST = 60
"""So many outlets are on a page."""
COLLECTION = "COLLECTION"
"""The scope of an authorization to collect retired batteries."""
KEY = "query ($key: String!) { item(key: $key) { key } }"
STAGES = {
    "AVAILABLE": ("made", "original"),
    "INSTALLED": ("inUse", "original"),
    "RETIRED": ("retired", "waste"),
    "IN_SECOND_LIFE": ("secondLife", "repurposed"),
    "ENDED": ("ended", "waste"),
}
"""The life stage in China's vocabulary, and the status of the EU battery passport."""
PNG_SCALE = 4
"""Printed at its size, a label has then 384 dots an inch."""
LINKED_DATA = "application/ld+json"


def routes(context: MakeContext) -> APIRouter:
    """The routes of the page and of its label."""
    router = APIRouter(include_in_schema=False)

    @router.get("/id/{key:path}")
    async def identity(key: str, request: Request, region: str = "", after: str = "") -> Response:
        asking = await context(request)
        item = await _item(asking, key)
        if item is None:
            return _none(request, key, await _known(asking, key))
        linked = linked_data(item, identity_address(request, item["key"]))
        if LINKED_DATA in request.headers.get("accept", ""):
            return Response(orjson.dumps(linked), media_type=LINKED_DATA)
        stage, passport = STAGES[item["status"]]
        return page(
            request,
            "identity.html",
            item=item,
            explained=explain(item["key"]),
            found=True,
            stage=stage,
            passport=passport,
            outlets=None if stage == "ended" else await _outlets(asking, item["producer"], region.strip(), after),
            chosen=region.strip(),
            provinces=PROVINCE_CODES,
            label=f"/label/{quote(item['key'], safe='')}",
            link=_link(request, item["key"]),
            linked=Markup(orjson.dumps(linked).decode().replace("<", "\\u003c")),
        )

    async def linked_to(rest: str, request: Request) -> Response:
        path = request.scope.get("raw_path", b"").decode("ascii") or quote(request.url.path)
        asking = await context(request)
        own, *others = spellings(base_address(request), path)
        known = None
        for text in (own, *others):
            found = await _public(asking, KEY, key=text)
            if found is not None and found["item"] is not None:
                return RedirectResponse(identity_page(found["item"]["key"]), 307)
            known = known or await _known(asking, text)
        return _none(request, own, known)

    for first in KEYS:
        router.add_api_route(f"/{first}/{{rest:path}}", linked_to)

    @router.get("/label/{name:path}")
    async def labelled(name: str, request: Request) -> Response:
        key, _, extension = name.rpartition(".")
        if extension not in ("svg", "png"):
            return refusal(404, failed(f"{name}: a label is .svg or .png", "NOT_FOUND"))
        try:
            item = await _item(await context(request), key)
        except StoreError as error:
            return unanswered(request, error)
        if item is None:
            return refusal(404, failed(f"{key}: no item of that key or identifier is known", "NOT_FOUND"))
        address = _link(request, item["key"]) or identity_address(request, item["key"])
        language = chosen(request.query_params.get("lang"), None)
        drawn = label(item, address, PNG_SCALE if extension == "png" else 1, language)
        if extension == "svg":
            return Response(drawn, media_type="image/svg+xml", headers=_CACHED)
        if not await asyncio.to_thread(has_font, language):
            return refusal(503, failed(NO_FONT, "NO_FONT"))
        return Response(await asyncio.to_thread(rendered, drawn), media_type="image/png", headers=_CACHED)

    return router


_CACHED = {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


def identity_address(request: Request, key: str) -> str:
    """The whole address of the page of an item."""
    return base_address(request) + identity_page(key)


def _link(request: Request, key: str) -> str | None:
    """The GS1 Digital Link of an item at our address, which leads to its page; None where its key is none."""
    path = path_of(key)
    return None if path is None else base_address(request) + path


class Outlets(NamedTuple):
    """The maker, where it is an outlet itself, the other ones by region, and the cursor of the last one where there are
    more."""

    own: dict[str, Any] | None
    regions: list[tuple[str, list[Any]]]
    after: str | None


async def _known(asking: Context, key: str) -> str | None:
    """The key of an item that who asks may see, though it has no public page."""
    try:
        found = (await ask(asking, KEY, key=key))["item"] if asking.sight.viewer.traces else None
    except GraphQLError:
        return None
    return found and found["key"]


def _none(request: Request, key: str, known: str | None) -> Response:
    """That there is no page; `known`: what it is the key of, where who asks may see that."""
    return page(request, "no-identity.html", 404, key=key, explained=explain(key), found=False, known=known)


async def _item(asking: Context, key: str) -> dict[str, Any] | None:
    """An item as the public sees it; None where there is nothing to see."""
    found = await _public(asking, ITEM, key=key)
    return found and found["item"]


async def _outlets(asking: Context, maker: dict[str, Any] | None, region: str, after: str) -> Outlets:
    """A page of the outlets that are registered in a region, or anywhere, the maker first where it is one; of a cursor
    that is none the first page."""
    for place in (after or None, None):
        found = await _public(asking, OUTLETS, region=region or None, first=OUTLETS_FIRST, after=place)
        if found is not None:
            break
    else:
        return Outlets(None, [], None)
    now = datetime.now(UTC)
    some = [edge["node"] for edge in found["organizations"]["edges"] if may_collect(edge["node"], now)]
    own = maker if maker and "OUTLET" in maker["roles"] and may_collect(maker, now) else None
    some = [one for one in some if own is None or one["key"] != own["key"]]
    own = own if own and not place and region in ("", own["region"]) else None
    some.sort(key=lambda one: (one["region"] or "", one["name"] or one["key"]))
    info = found["organizations"]["pageInfo"]
    regions = [(name, list(those)) for name, those in groupby(some, lambda one: one["region"] or "")]
    return Outlets(own, regions, info["endCursor"] if info["hasNextPage"] else None)


def may_collect(outlet: Mapping[str, Any], moment: datetime) -> bool:
    """Whether an outlet may collect at a moment: one whose authorizations are stated must have one for it that is
    valid then; else the role is enough, as for the rule UNAUTHORIZED_RECIPIENT."""
    stated = outlet["authorizations"]
    return not stated or any(one["scope"] == COLLECTION and covers(one, moment) for one in stated)


async def _public(asking: Context, query: str, **variables: Any) -> dict[str, Any] | None:
    """What a query tells the public; None where it is refused."""
    context = Context(asking.store, asking.settings, Asker(asking.asker.identity, PUBLIC), asking.feed, asking.metrics)
    context.request = asking.request
    try:
        return await ask(context, query, **variables)
    except GraphQLError:
        return None


def linked_data(item: dict[str, Any], address: str) -> dict[str, Any]:
    """The item for machines: JSON-LD in the vocabulary of schema.org."""
    producer = item["producer"]
    properties = {
        "life stage": STAGES[item["status"]][0],
        "battery status (EU 2023/1542)": STAGES[item["status"]][1],
        "chemistry": item.get("chemistry"),
        "energy": item.get("energyKwh"),
    }
    units = {"energy": "KWH"}
    told = {
        "@context": "https://schema.org",
        "@type": "Product",
        "@id": address,
        "identifier": item["key"],
        "category": item["kind"].lower(),
        "model": item.get("model"),
        "productionDate": item["producedAt"] and day_of_text(item["producedAt"]).isoformat(),
        "manufacturer": producer and {"@type": "Organization", "identifier": producer["key"], "name": producer["name"]},
        "weight": item["massKg"] and {"@type": "QuantitativeValue", "value": item["massKg"], "unitCode": "KGM"},
        "additionalProperty": [
            {"@type": "PropertyValue", "name": name, "value": value}
            | ({"unitCode": units[name]} if name in units else {})
            for name, value in properties.items()
            if value is not None
        ],
    }
    return {name: value for name, value in told.items() if value}
