"""Errors of GraphQL: of limits, and what a client is told of those that are none of its business."""

from __future__ import annotations

import logging
from collections.abc import Iterable
from typing import Any

from graphql import GraphQLError, GraphQLSyntaxError
from graphql.validation.rules.max_introspection_depth_rule import MAX_LIST_DEPTH
from strawberry.exceptions import MissingQueryError
from strawberry.schema.exceptions import CannotGetOperationTypeError, InvalidOperationTypeError
from strawberry.types.graphql import OperationType

from graph_schema.errors import MalformedEvent
from service.refusals import BAD_REQUEST, UNEXPECTED, UNEXPECTED_CODE, limited
from service.settings import Settings, environment_name
from service.stores.errors import StoreError, UnknownBookmark

LOGGER = logging.getLogger("voltrace")

AWAY, AWAY_CODE = "the store does not answer; try again later", "STORE_UNAVAILABLE"
"""What is told of an error of the store, whose text names addresses and files; who may see all is told that, too."""

BOOKMARK_CODE = "BOOKMARK"

NO_DOCUMENT, INVALID_DOCUMENT, NO_OPERATION, BAD_INPUT = (
    "GRAPHQL_PARSE_FAILED",
    "GRAPHQL_VALIDATION_FAILED",
    "OPERATION_RESOLUTION_FAILURE",
    "BAD_USER_INPUT",
)
"""What is wrong with what was asked: the text, the document, which of its operations, a value. Names that clients of
other servers know."""


class BadValue(GraphQLError):
    """A value that a scalar does not take."""


_TOLD = (
    GraphQLError,
    MalformedEvent,
    CannotGetOperationTypeError,
    MissingQueryError,
)
NO_OPERATION_ERRORS = (CannotGetOperationTypeError, InvalidOperationTypeError)
STREAMED = "subscriptions go over a WebSocket (graphql-transport-ws), or to /graphql/stream"
MESSAGE_MAX = 2000
"""Characters of an error: some repeat what was sent."""
_TOKENS = " tokens. Parsing aborted."
_INTROSPECTION = "Maximum introspection depth exceeded"


def limit_error(
    what: str, setting: str, limit: float, value: float | None = None, unit: str = "", hint: str = ""
) -> GraphQLError:
    """The error of a limit, for people in its message and for programs in its extensions."""
    told = limited(what, setting, limit, value, unit, hint)
    return GraphQLError(told["message"], extensions=told["extensions"])


def check_text(settings: Settings, text: str) -> None:
    """Raises GraphQLError for a text that is longer than what may be looked for."""
    if len(text) > settings.text_max:
        raise limit_error(f"text: {len(text)} characters are too many", "text_max", settings.text_max, len(text))


def too_long(seconds: float, limit: int, hint: str = "") -> GraphQLError:
    """The error of an operation, or an event of a subscription, that took so many seconds."""
    return limit_error("it took too long" + hint, "execution_timeout_s", limit, round(seconds, 3), "seconds")


def mask(error: GraphQLError, sees_all: bool) -> None:
    """Log an error that is not the client's mistake, and leave in it what a client may know."""
    cause = error.original_error
    if isinstance(cause, UnknownBookmark):
        error.extensions = {"code": BOOKMARK_CODE}
    elif isinstance(cause, StoreError):
        LOGGER.error("the store does not answer: %s", cause)
        error.extensions = {"code": AWAY_CODE}
        if not sees_all:
            error.message = AWAY
    elif isinstance(cause, InvalidOperationTypeError):
        error.message = not_allowed(cause, error.message)
    elif cause is not None and not isinstance(cause, _TOLD):
        LOGGER.error("unexpected error in a request", exc_info=cause)
        error.message, error.extensions = UNEXPECTED, {"code": UNEXPECTED_CODE}


def not_allowed(error: InvalidOperationTypeError, reason: str) -> str:
    """Why an operation of that kind may not be sent this way, and what to do instead."""
    if error.operation_type is OperationType.SUBSCRIPTION:
        return STREAMED
    if error.operation_type is OperationType.QUERY:
        return f"queries by GET are off ({environment_name('queries_by_get')}); send a POST"
    return f"{reason.removesuffix(' when using GET')} by GET; send a POST"


def finish_errors(errors: Iterable[GraphQLError], settings: Settings) -> None:
    """Finish GraphQL's own errors: the parser's limit is told as others are; no suggestions where they are off; each
    has a code."""
    for error in errors:
        if len(error.message) > MESSAGE_MAX:
            error.message = f"{error.message[:MESSAGE_MAX]} ..."
        if error.message.endswith(_TOKENS):
            limit = settings.tokens_max
            error.message += f" ({environment_name('tokens_max')})"
            error.extensions = {**limited("", "tokens_max", limit, limit + 1)["extensions"]}
        if not settings.suggestions:
            error.message = error.message.partition(" Did you mean ")[0]
        if not (error.extensions or {}).get("code"):
            error.extensions = {**(error.extensions or {}), "code": _code(error)}


def _code(error: GraphQLError) -> str:
    cause = error.original_error or error
    if isinstance(cause, GraphQLSyntaxError):
        return NO_DOCUMENT
    if isinstance(cause, NO_OPERATION_ERRORS):
        return NO_OPERATION
    if isinstance(cause, MissingQueryError):
        return BAD_REQUEST
    return BAD_INPUT


def invalid(error: GraphQLError) -> GraphQLError:
    """The error of a document that does not fit the schema, has a value that a scalar does not take, or asks too deeply
    what the schema is."""
    if error.message == _INTROSPECTION:
        error.message = (
            "the introspection has lists in lists (fields, interfaces, possibleTypes, inputFields),"
            f" {MAX_LIST_DEPTH} or more deep: the limit is {MAX_LIST_DEPTH - 1}, which no setting changes; ask"
            " __type(name) for one type after the other, or take the schema from `voltrace schema graphql`"
        )
        error.extensions = {"code": "LIMIT", "limit": MAX_LIST_DEPTH - 1, "value": MAX_LIST_DEPTH}
    else:
        error.extensions = {"code": BAD_INPUT if isinstance(error, BadValue) else INVALID_DOCUMENT}
    return error


def status_of(answered: dict[str, Any]) -> int | None:
    """The status of a body without data that stands for more than its errors: 503 where the store does not answer, 400
    where it does not know the request's bookmark. None for any other body."""
    if any((answered.get("data") or {}).values()):
        return None
    codes = {(error.get("extensions") or {}).get("code") for error in answered.get("errors") or ()}
    return 400 if BOOKMARK_CODE in codes else 503 if AWAY_CODE in codes else None
