"""Errors of limits: each names the limit, the value that met it, and the setting that changes it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from graphql import GraphQLError

from service.settings import Settings, environment_name

UNEXPECTED = "Unexpected error."
"""What a client is told of an error that is none of its business; the log has the rest."""


def limit_error(what: str, setting: str, limit: int, value: int | None = None, unit: str = "") -> GraphQLError:
    """The error of a limit, for people in its message and for programs in its extensions."""
    told: dict[str, Any] = {"code": "LIMIT", "limit": limit, "setting": environment_name(setting)}
    if value is not None:
        told["value"] = value
    bound = f"{limit} {unit}".rstrip()
    return GraphQLError(f"{what}: the limit is {bound} ({environment_name(setting)})", extensions=told)


def finish_errors(errors: Iterable[GraphQLError], settings: Settings) -> None:
    """Finish the text of GraphQL's own errors: the setting of the parser's limit; no suggestions where they are off."""
    for error in errors:
        if error.message.endswith("tokens. Parsing aborted."):
            error.message += f" ({environment_name('tokens_max')})"
        if not settings.suggestions:
            error.message = error.message.partition(" Did you mean ")[0]
