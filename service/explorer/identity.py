"""`GET /id/{key}`: the public page behind the code on a battery; `GET /label/{key}.svg` and `.png`: the label with it.

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
from starlette.responses import Response

from service.access.asker import Asker
from service.access.viewer import PUBLIC
from service.api.context import Context
from service.explaining import explain
from service.explorer.asking import MakeContext, ask
from service.explorer.label import label
from service.explorer.pages import page
from service.refusals import failed, refusal
from service.writers.png import NoFont, has_font, rendered

ITEM = """query ($key: String!) {
  item(key: $key) {
    key kind status massKg producedAt producer { key name region } identifiers { scheme value }
    ... on Battery { model chemistry energyKwh }
  }
  organizations(filter: { role: "OUTLET" }, first: 100) { edges { node { key name region } } }
}"""
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
        found = await _public(await context(request), key)
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
            linked=Markup(orjson.dumps(linked).decode().replace("<", "\\u003c")),
        )

    @router.get("/label/{name:path}")
    async def labelled(name: str, request: Request) -> Response:
        key, _, extension = name.rpartition(".")
        if extension not in ("svg", "png"):
            return refusal(404, failed(f"{name}: a label is .svg or .png", "NOT_FOUND"))
        found = await _public(await context(request), key)
        if found is None:
            return refusal(404, failed(f"{key}: no item of that key or identifier is known", "NOT_FOUND"))
        item, _outlets = found
        drawn = label(item, identity_address(request, item["key"]), PNG_SCALE if extension == "png" else 1)
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


def identity_address(request: Request, key: str) -> str:
    """The whole address of the page of an item, which its code leads to."""
    base = str(request.app.state.public_url or request.base_url).rstrip("/")
    return f"{base}/id/{quote(key, safe='')}"


async def _public(asking: Context, key: str) -> tuple[dict[str, Any], list[tuple[str, list[Any]]]] | None:
    """An item as the public sees it, and outlets by region; None where there is nothing to see."""
    context = Context(asking.store, asking.settings, Asker(asking.asker.identity, PUBLIC), asking.feed, asking.metrics)
    context.request = asking.request
    try:
        found = await ask(context, ITEM, key=key)
    except GraphQLError:
        return None
    if found["item"] is None:
        return None
    outlets = [edge["node"] for edge in found["organizations"]["edges"]]
    outlets.sort(key=lambda one: (one["region"] or "", one["name"] or one["key"]))
    return found["item"], [(region, list(some)) for region, some in groupby(outlets, lambda one: one["region"] or "")]


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
