"""Relay connections with keyset cursors."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Any, NamedTuple

import strawberry
from graphql import GraphQLError

from service.api.errors import limit_error

PAGE = 50
DIGITS_MAX = 18
"""Of a number in a cursor: it fits 64 bits."""


class Page(NamedTuple):
    """Which part of a list is asked for (Relay): `first` after a cursor, or `last` before one."""

    first: int | None = None
    after: str | None = None
    last: int | None = None
    before: str | None = None

    @property
    def backward(self) -> bool:
        """Whether it is counted from the end."""
        return self.last is not None

    @property
    def edge(self) -> tuple[str | None, str]:
        """The cursor that it begins at, and the argument that has it."""
        return (self.before, "before") if self.backward else (self.after, "after")

    def size(self, ceiling: int) -> int:
        """How many are asked for. Raises GraphQLError naming the argument that makes no sense."""
        if self.first is not None and self.last is not None:
            raise GraphQLError("first, last: give one of them")
        for name, value, other in (("before", self.before, "last"), ("after", self.after, "first")):
            if value is not None and (name == "before") is not self.backward:
                raise GraphQLError(f"{name}: goes with `{other}`; give `{other}` as well, and not its opposite")
        return page_size(self.last, ceiling, "last") if self.backward else page_size(self.first, ceiling)


@strawberry.type(description="Where a page lies in a connection.")
class PageInfo:
    """Relay's page info."""

    has_next_page: bool = strawberry.field(description="Whether more follows.")
    has_previous_page: bool = strawberry.field(description="Whether something comes before, as far as that is known.")
    start_cursor: str | None = strawberry.field(description="The cursor of the first edge.")
    end_cursor: str | None = strawberry.field(description="The cursor of the last edge: go on `after` it.")


def cursor(value: str | int, of: str = "") -> str:
    """An opaque cursor of a list and its order, which `of` names: a place in one is none in another.

    Those that people keep for long have no name: of the log a number, of findings one with an id (`finding_list.py`).
    """
    named = f"{of}:{value}" if of else value
    return base64.urlsafe_b64encode(f"v1:{named}".encode()).decode().rstrip("=")


def from_cursor(text: str | None, argument: str, of: str = "") -> str | None:
    """The value in a cursor of a list, which may be empty where that has a name. Raises GraphQLError naming the
    argument."""
    if text is None:
        return None
    try:
        version, _, value = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError, ValueError):
        version = value = ""
    if version != "v1" or not value:
        raise GraphQLError(f"{argument}: {text!r} is no cursor of this service")
    if of and not value.startswith(f"{of}:"):
        raise not_of_this_list(text, argument, of)
    return value.removeprefix(f"{of}:") if of else value


def not_of_this_list(text: str | None, argument: str, of: str) -> GraphQLError:
    """The error of a cursor that another list gave, or the same one in another order."""
    return GraphQLError(f"{argument}: {text!r} is no cursor of {of}; take one from an edge of the same list and order")


def from_number_cursor(text: str | None, argument: str) -> int | None:
    """The number in a cursor. Raises GraphQLError naming the argument."""
    value = from_cursor(text, argument)
    if value is None:
        return None
    if not (value.isascii() and value.isdigit() and len(value) <= DIGITS_MAX):
        raise not_of_this_list(text, argument, "the log")
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


def cursor_in(edges: Iterable[Any]) -> str | None:
    """The first cursor of what may be edges, as they are answered."""
    found = (edge.get("cursor") for edge in edges if isinstance(edge, dict))
    return next((one for one in found if isinstance(one, str)), None)
