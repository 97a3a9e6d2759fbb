"""What a request is told that is not answered, in the shape of GraphQL's errors: words for people, and extensions for
programs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from starlette.responses import JSONResponse

from service.settings import environment_name

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


def refusal(status: int, error: Error, headers: Mapping[str, str] | None = None) -> JSONResponse:
    """The answer to a request that is refused as a whole; over ASGI also to the handshake of a WebSocket."""
    return JSONResponse({"errors": [error]}, status_code=status, headers=headers)
