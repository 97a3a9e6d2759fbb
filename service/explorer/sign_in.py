"""`/sign-in`: a token in a cookie, so that the pages show what its bearer may see."""

from __future__ import annotations

from urllib.parse import parse_qs

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from service.access.identity import Identity
from service.access.tokens import Refused
from service.explorer.addresses import own_path
from service.explorer.pages import page
from service.middleware import TOKEN_COOKIE

FORM_MAX = 16_384
"""Bytes of a form: a token is far shorter."""
AGE_S = 12 * 3600


def routes(identity: Identity) -> APIRouter:
    """The routes of the page."""
    router = APIRouter(include_in_schema=False)

    @router.get("/sign-in")
    async def form(request: Request) -> Response:
        return _form(request, back=own_path(request.query_params.get("next", "/")))

    @router.post("/sign-in")
    async def sign_in(request: Request) -> Response:
        if _is_elsewhere(request):
            return _form(request, 403, "signIn.elsewhere")
        body = await request.body()
        sent = parse_qs(body[:FORM_MAX].decode("utf-8", "replace"))
        token = (sent.get("token") or [""])[0].strip()
        back = own_path((sent.get("next") or ["/"])[0])
        try:
            await identity.viewer(f"Bearer {token}")
        except Refused:
            return _form(request, 401, "signIn.refused", back)
        answer = RedirectResponse(back, 303)
        secure = request.url.scheme == "https"
        answer.set_cookie(TOKEN_COOKIE, token, max_age=AGE_S, httponly=True, samesite="strict", secure=secure)
        return answer

    @router.post("/sign-out")
    async def sign_out(request: Request) -> Response:
        answer = RedirectResponse("/sign-in", 303)
        if not _is_elsewhere(request):
            answer.delete_cookie(TOKEN_COOKIE, httponly=True, samesite="strict")
        return answer

    return router


def _form(request: Request, status: int = 200, wrong: str = "", back: str = "/") -> Response:
    viewer = request.state.asker.viewer
    return page(request, "sign-in.html", status, wrong=wrong, viewer=viewer, back=back)


def _is_elsewhere(request: Request) -> bool:
    """Whether a page of another site sends it."""
    origin = request.headers.get("origin")
    site = request.headers.get("sec-fetch-site", "same-origin")
    own = f"{request.url.scheme}://{request.headers.get('host', '')}"
    return site not in ("same-origin", "none") or origin not in (None, "null", own)
