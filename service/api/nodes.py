"""Things by their global ids."""

from __future__ import annotations

from hmac import compare_digest
from typing import Any

from graphql import GraphQLError

from service.api.context import Moment, from_global_id
from service.api.event import load_event
from service.api.item import Info, item_of
from service.api.organization import Organization


async def node_of(info: Info, id: str, moment: Moment) -> Any:
    """Anything by its global id, None where it is not known then. Raises GraphQLError for an id that is none."""
    kind, key = from_global_id(id)
    if kind == "Item":
        row = await info.context.load.keyed.load((moment.known, key))
        return None if row is None or row.born >= moment.cut else item_of(row, moment)
    if kind == "Event":
        return await load_event(info.context, moment, key)
    if kind == "Organization":
        name, _, proof = key.partition(" ")
        if proof and compare_digest(proof.encode(), info.context.sight.proof(name).encode()):
            return Organization(key_text=name, moment=moment)
        return await organization_of(info, name, moment)
    raise GraphQLError(f"id: there is no type {kind!r}; take an id from an `id` field")


async def node_or_null(info: Info, id: str, moment: Moment) -> Any:
    """One of several nodes: an id that is none finds nothing, and hides no other."""
    try:
        kind, _ = from_global_id(id)
    except GraphQLError:
        return None
    return await node_of(info, id, moment) if kind in ("Item", "Event", "Organization") else None


async def organization_of(info: Info, key: str, moment: Moment) -> Organization | None:
    """An organization by its key."""
    known = await info.context.load.organizations.load((moment.known, key))
    return Organization(key_text=key, moment=moment) if known else None
