"""Moments as people write them into a form."""

from __future__ import annotations

from datetime import date, time

from graphql import GraphQLError

from graph_schema.days import CHINA_TIME
from service.api.scalars import read_moment

_END = f"T{time.max.replace(tzinfo=CHINA_TIME).isoformat()}"


def moment(name: str, text: str) -> str:
    """A moment as GraphQL takes it: of a day alone its end in China, so that what occurred on it counts. `name`: of
    the field that it was written into. Raises GraphQLError for what is neither a day nor a time."""
    stated = text.strip()
    if not stated:
        return ""
    if _is_day(stated):
        return f"{stated}{_END}"
    try:
        read_moment(stated)
    except GraphQLError as error:
        hint = "; in an address + is written %2B" if " " in stated else ""
        told = "neither a day, such as 2026-06-30, nor a time with an offset, such as 2026-04-01T08:30:00+08:00"
        raise GraphQLError(f"{name}: {stated!r} is {told}{hint}") from error
    return stated


def _is_day(text: str) -> bool:
    try:
        return date.fromisoformat(text).isoformat() == text
    except ValueError:
        return False


def as_typed(stated: str) -> str:
    """A moment as a form shows it again: the end of a day as the day."""
    return stated.removesuffix(_END)
