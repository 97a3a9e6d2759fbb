"""`GET /id/{key}`: the public page behind the code on a battery; `GET /label/{key}.svg` and `.png`: the label with it;
`GET /01/{gtin}/21/{serial}` and the other GS1 Digital Links, which lead to that page.

Whoever asks sees what the public sees (EU battery passport, Annex XIII point 1), so that a printed code shows everybody
the same.
"""

from __future__ import annotations

import asyncio
from itertools import groupby
from typing import Any
from urllib.parse import quote

import orjson
from fastapi import APIRouter
from graphql import GraphQLError
from markupsafe import Markup
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.access.asker import Asker
from service.access.viewer import PUBLIC
from service.api.context import Context
from service.explaining import explain
from service.explorer.asking import MakeContext, ask
from service.explorer.digital_links import KEYS, path_of, spellings
from service.explorer.label import label
from service.explorer.pages import identity_page, page
from service.refusals import failed, refusal
from service.writers.png import NoFont, has_font, rendered

ITEM = """query ($key: String!) {
  item(key: $key) {
    key kind status massKg producedAt producer { key name region } identifiers { scheme value }
    ... on Battery { model chemistry energyKwh }
  }
  organizations(filter: { role: "OUTLET" }, first: 100) { edges { node { key name region } } }
}"""
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
    async def identity(key: str, request: Request) -> Response:
        found = await _identity(await context(request), key)
        if found is None:
            return page(request, "no-identity.html", 404, key=key, explained=explain(key), found=False)
        item, outlets = found
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
            outlets=outlets,
            label=f"/label/{quote(item['key'], safe='')}",
            link=_link(request, item["key"]),
            linked=Markup(orjson.dumps(linked).decode().replace("<", "\\u003c")),
        )

    async def linked_to(rest: str, request: Request) -> Response:
        path = request.scope.get("raw_path", b"").decode("ascii") or quote(request.url.path)
        asking = await context(request)
        own, *others = spellings(base_address(request), path)
        for text in (own, *others):
            found = await _public(asking, text, KEY)
            if found is not None:
                return RedirectResponse(identity_page(found["item"]["key"]), 307)
        return page(request, "no-identity.html", 404, key=own, explained=explain(own), found=False)

    for first in KEYS:
        router.add_api_route(f"/{first}/{{rest:path}}", linked_to)

    @router.get("/label/{name:path}")
    async def labelled(name: str, request: Request) -> Response:
        key, _, extension = name.rpartition(".")
        if extension not in ("svg", "png"):
            return refusal(404, failed(f"{name}: a label is .svg or .png", "NOT_FOUND"))
        found = await _identity(await context(request), key)
        if found is None:
            return refusal(404, failed(f"{key}: no item of that key or identifier is known", "NOT_FOUND"))
        item, _outlets = found
        address = _link(request, item["key"]) or identity_address(request, item["key"])
        drawn = label(item, address, PNG_SCALE if extension == "png" else 1)
        if extension == "svg":
            return Response(drawn, media_type="image/svg+xml", headers=_CACHED)
        if not await asyncio.to_thread(has_font):
            return refusal(503, failed(str(NoFont("a PNG needs a font on the machine; take the SVG")), "NO_FONT"))
        return Response(await asyncio.to_thread(rendered, drawn), media_type="image/png", headers=_CACHED)

    return router


_CACHED = {
    "Cache-Control": "public, max-age=300",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'",
    "X-Content-Type-Options": "nosniff",
}


def base_address(request: Request) -> str:
    """Where the public finds the service, without a slash at the end."""
    return str(request.app.state.public_url or request.base_url).rstrip("/")


def identity_address(request: Request, key: str) -> str:
    """The whole address of the page of an item."""
    return base_address(request) + identity_page(key)


def _link(request: Request, key: str) -> str | None:
    """The GS1 Digital Link of an item at our address, which leads to its page; None where its key is none."""
    path = path_of(key)
    return None if path is None else base_address(request) + path


async def _identity(asking: Context, key: str) -> tuple[dict[str, Any], list[tuple[str, list[Any]]]] | None:
    """An item as the public sees it, and outlets by region; None where there is nothing to see."""
    found = await _public(asking, key, ITEM)
    if found is None:
        return None
    outlets = [edge["node"] for edge in found["organizations"]["edges"]]
    outlets.sort(key=lambda one: (one["region"] or "", one["name"] or one["key"]))
    return found["item"], [(region, list(some)) for region, some in groupby(outlets, lambda one: one["region"] or "")]


async def _public(asking: Context, key: str, query: str) -> dict[str, Any] | None:
    """What a query of an item tells the public; None where there is nothing to see."""
    context = Context(asking.store, asking.settings, Asker(asking.asker.identity, PUBLIC), asking.feed, asking.metrics)
    context.request = asking.request
    try:
        found = await ask(context, query, key=key)
    except GraphQLError:
        return None
    return found if found["item"] is not None else None


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
        "productionDate": (item["producedAt"] or "")[:10] or None,
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
