"""`/scan`: the picture of a code leads to what it names."""

from __future__ import annotations

import asyncio
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.explorer.pages import page
from service.scanning import BYTES_MAX, Unreadable, can_scan, scanned

AT_ONCE = 2
"""So many pictures are read at once: each takes a core for a while."""


def routes() -> APIRouter:
    """The routes of the page."""
    router = APIRouter(include_in_schema=False)
    turn = asyncio.Semaphore(AT_ONCE)

    @router.get("/scan")
    async def form(request: Request) -> Response:
        return _form(request, 200 if can_scan() else 503)

    @router.post("/scan")
    async def scan(request: Request) -> Response:
        if not can_scan():
            return _form(request, 503)
        try:
            data = await _sent(request)
            async with turn:
                found = await asyncio.to_thread(scanned, data)
        except Unreadable as error:
            return _form(request, 400, error)
        if len(found) > 1:
            return _form(request, 200, found=found)
        return RedirectResponse(f"/?{urlencode({'q': found[0]})}", 303)

    return router


async def _sent(request: Request) -> bytes:
    """The file that a form sends. Raises Unreadable."""
    try:
        async with request.form(max_files=1, max_fields=1) as sent:
            picture = sent.get("picture")
            data = b"" if picture is None or isinstance(picture, str) else await picture.read(BYTES_MAX + 1)
    except (MultiPartException, HTTPException):
        data = b""
    if not data:
        raise Unreadable("NOTHING_SENT")
    return data


def _form(request: Request, status: int, error: Unreadable | None = None, found: list[str] | None = None) -> Response:
    return page(request, "scan.html", status, error=error, found=found or [], size=BYTES_MAX // 1_000_000)
