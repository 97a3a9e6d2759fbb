"""What is shown where there is no page: the store does not answer, nothing is at an address, something went wrong, or
who asks did not sign in."""

from __future__ import annotations

import logging
from typing import Any

from fastapi import FastAPI
from graphql import GraphQLError
from starlette.requests import Request
from starlette.responses import Response

from service.api.context import Context
from service.api.errors import AWAY, AWAY_CODE
from service.explorer.pages import page
from service.refusals import Error, failed, refusal
from service.stores.errors import StoreError

LOGGER = logging.getLogger("voltrace")


def page_of_refusal(request: Request, status: int, error: Error) -> Response | None:
    """A page that says what was refused; None for who did not ask for a page."""
    if "text/html" not in request.headers.get("accept", "") or not hasattr(request.state, "asker"):
        return None
    message = error["message"]
    if status == 404:
        message = f"{request.url.path}: there is no such page"
    return page(request, "problem.html", status, message=message, state=None)


def unanswered(request: Request, error: Exception) -> Response:
    """The answer where the store does not answer: 503 as a program reads it, with the reason for who may see all."""
    _log(error)
    told = str(error) if request.state.asker.viewer.sees_all else AWAY
    return refusal(503, failed(told, AWAY_CODE))


def _log(error: Exception) -> None:
    if not isinstance(error.__cause__, GraphQLError):  # else it is logged
        LOGGER.error("the store does not answer: %s", error)


def closed(request: Request, context: Context, title: str, key: str = "", status: int = 403) -> Response | None:
    """What the public is told in place of a page that has nothing for it; None where there is one. `title`: a text
    of the catalogue; `key`: of the item that it is about, which may have a digital ID."""
    if context.sight.viewer.traces:
        return None
    return page(request, "closed.html", status, title=title, key=key)


def show_when_away(app: FastAPI) -> None:
    """A page of which the store does not answer says so, 503; who asks for JSON, such as linked data, gets that."""

    async def away(request: Request, error: Any) -> Response:
        accepted = request.headers.get("accept", "")
        if "json" in accepted and "text/html" not in accepted:
            return unanswered(request, error)
        _log(error)
        reason = str(error) if request.state.asker.viewer.sees_all else ""
        return page(request, "away.html", 503, message=AWAY, reason=reason)

    app.add_exception_handler(StoreError, away)
