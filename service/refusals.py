"""What a request is told that is not answered, in the shape of GraphQL's errors: words for people, and extensions for
programs."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, TypeAlias

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from graphql import GraphQLError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from service.settings import environment_name

BAD_REQUEST, UNEXPECTED_CODE = "BAD_REQUEST", "INTERNAL_SERVER_ERROR"
UNEXPECTED = "Unexpected error."
"""What a client is told of an error that is none of its business; the log has the rest."""
_CODES = {403: "FORBIDDEN", 404: "NOT_FOUND", 405: "METHOD_NOT_ALLOWED"}

Error: TypeAlias = dict[str, Any]
"""An error as GraphQL's answers have it: `message`, and `extensions` with a `code`."""


def limited(what: str, setting: str, limit: float, value: float | None = None, unit: str = "", hint: str = "") -> Error:
    """The error of a limit: it names the limit, the value that met it where there is one, and the setting."""
    name = environment_name(setting)
    told: Error = {"code": "LIMIT", "limit": limit, "setting": name}
    if value is not None:
        told["value"] = value
    bound = f"{limit} {unit}".rstrip()
    return {"message": f"{what}: the limit is {bound} ({name})" + (f"; {hint}" if hint else ""), "extensions": told}


def failed(message: str, code: str) -> Error:
    """An error of another kind, by its code."""
    return {"message": message, "extensions": {"code": code}}


def code_of(status: int) -> str:
    """The code of a refusal of which only the status is known."""
    return _CODES.get(status, BAD_REQUEST)


def refuse_in_one_shape(app: FastAPI, drawn: Callable[[Request, int, Error], Response | None]) -> None:
    """What FastAPI refuses by itself, and what goes wrong unexpectedly, is told as all else is; `drawn` is a page of
    it, for who asks for one."""

    def told(request: Request, status: int, error: Error, headers: Mapping[str, str] | None = None) -> Response:
        page = drawn(request, status, error)
        if page is None:
            return refusal(status, error, headers)
        page.headers.update(headers or {})
        return page

    async def refused(request: Request, error: Any) -> Response:
        why = failed(str(error.detail), code_of(error.status_code))
        return told(request, error.status_code, why, error.headers)

    async def misread(request: Request, error: Any) -> Response:
        wrong = [f"{'.'.join(map(str, one['loc'][1:]))}: {one['msg']}" for one in error.errors()]
        return told(request, 422, failed("; ".join(wrong), BAD_REQUEST))

    async def unexpected(request: Request, error: Exception) -> Response:
        return told(request, 500, failed(UNEXPECTED, UNEXPECTED_CODE))

    app.add_exception_handler(HTTPException, refused)
    app.add_exception_handler(RequestValidationError, misread)
    app.add_exception_handler(Exception, unexpected)


def refusal(status: int, error: Error, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer to a request that is refused as a whole; over ASGI also to the handshake of a WebSocket."""
    return JSONResponse({"errors": [error]}, status_code=status, headers=headers)


def refused(status: int, error: GraphQLError) -> JSONResponse:
    """The answer to a request that is refused as a whole, for an error of GraphQL."""
    return refusal(status, {"message": error.message, "extensions": error.extensions or {"code": BAD_REQUEST}})
