"""Relay connections with keyset cursors."""

from __future__ import annotations

import base64
import binascii

import strawberry
from graphql import GraphQLError

from service.api.errors import limit_error

PAGE = 50
DIGITS_MAX = 18
"""Of a number in a cursor: it fits 64 bits."""


@strawberry.type(description="Where a page lies in a connection.")
class PageInfo:
    """Relay's page info."""

    has_next_page: bool = strawberry.field(description="Whether more follows.")
    has_previous_page: bool = strawberry.field(description="Whether something comes before, as far as that is known.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last edge: go on `after` it.")


def cursor(value: str | int) -> str:
    """An opaque cursor."""
    return base64.urlsafe_b64encode(f"v1:{value}".encode()).decode().rstrip("=")


def from_cursor(text: str | None, argument: str) -> str | None:
    """The value in a cursor. Raises GraphQLError naming the argument."""
    if text is None:
        return None
    try:
        version, _, value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        version = value = ""
    if version != "v1" or not value:
        raise GraphQLError(f"{argument}: {text!r} is no cursor of this service")
    return value


def from_number_cursor(text: str | None, argument: str) -> int:
    """The number in a cursor, 0 where there is none. Raises GraphQLError naming the argument."""
    value = from_cursor(text, argument) or "0"
    if not (value.isascii() and value.isdigit() and len(value) <= DIGITS_MAX):
        raise GraphQLError(f"{argument}: {text!r} is no cursor of this connection")
    return int(value)


def page_size(first: int | None, ceiling: int, argument: str = "first") -> int:
    """How many to return. Raises GraphQLError naming the limit and the value."""
    size = min(PAGE, ceiling) if first is None else first
    if size < 0:
        raise GraphQLError(f"{argument}: {size} is below 0")
    if size > ceiling:
        raise limit_error(f"{argument}: {size} are too many", "page_max", ceiling, size)
    return size


def page_info(cursors: list[str], more: bool, before: bool, reverse: bool = False) -> PageInfo:
    """Page info of the edges' cursors in the order shown."""
    return PageInfo(
        has_next_page=before if reverse else more,
        has_previous_page=more if reverse else before,
        start_cursor=cursors[0] if cursors else None,
        end_cursor=cursors[-1] if cursors else None,
    )
