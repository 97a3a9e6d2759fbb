"""What organizations have registered of themselves."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import product
from typing import Any

import orjson

from graph_schema.order import Position
from service.places import (
    EXACT,
    PREFIX,
    WITHIN,
)
from service.ports import (
    OrganizationFilter,
    StoredEvent,
)


def stated(registrations: Iterable[StoredEvent], cut: Position) -> dict[str, Any]:
    """The fields that registrations of one organization, in the total order, state before the cut."""
    return stated_in(event.payload for event in registrations if event.position < cut)


def stated_in(payloads: Iterable[bytes | None]) -> dict[str, Any]:
    """The fields that registrations of one organization state: a later one replaces those that it states (7.3).

    The payloads come in the total order; None is one that was erased.
    """
    fields: dict[str, Any] = {}
    for payload in payloads:
        if payload is not None:
            said = orjson.loads(payload)["organization"]
            fields |= {name: value for name, value in said.items() if value is not None}
    return fields


def is_found(key: str, fields: dict[str, Any], where: OrganizationFilter) -> bool:
    """Whether a filter finds an organization that has registered these fields."""
    return (
        (where.role is None or where.role in fields.get("roles", ()))
        and where.region in (None, fields.get("region"))
        and (where.text is None or rank_of(names_of(key, fields), [where.text]) is not None)
    )


def names_of(key: str, fields: dict[str, Any]) -> list[str]:
    """All names of an organization: key, registered name and identifiers."""
    return [key, fields.get("name") or "", *(one["value"] for one in fields.get("identifiers", ()))]


def rank_of(names: Iterable[str], texts: Iterable[str]) -> int | None:
    """How well the best of the names is like the text that it is most like, None where none is."""
    ranks = (_rank(name, text) for name, text in product(names, texts))
    return min((rank for rank in ranks if rank is not None), default=None)


def _rank(name: str, text: str) -> int | None:
    if name == text:
        return EXACT
    if name.startswith(text):
        return PREFIX
    return WITHIN if text.lower() in name.lower() else None
