"""What pages ask the service: GraphQL, as any client does, under the same limits and the same rights."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

from graphql import GraphQLError
from starlette.requests import Request

from service.api.context import Context
from service.api.errors import AWAY_CODE
from service.api.schema import schema
from service.stores.errors import StoreError

NAMED = " ".join(f"... on {kind} {{ model }}" for kind in ("Battery", "Module", "Cell", "Component", "Vehicle"))
"""By which name an item is told, besides its key."""
EVENT = f"""eventId type occurredAt status actor {{ key name }}
  items {{ key kind {NAMED} ... on MaterialLot {{ material }} }}"""
"""What lists of events tell of each: when, what, who and about what."""
MakeContext = Callable[[Request], Awaitable[Context]]
"""Makes what a request knows: who asks, and what it asks about."""


async def ask(context: Context, query: str, **variables: Any) -> dict[str, Any]:
    """The data of an answer. Raises GraphQLError, the first where there are several; StoreError where the store does
    not answer."""
    result = await schema.execute(query, variable_values=variables, context_value=context)
    for error in result.errors or ():
        if (error.extensions or {}).get("code") == AWAY_CODE:
            raise StoreError(str(error.original_error or error.message)) from error
    if result.errors:
        raise result.errors[0]
    if result.data is None:
        raise GraphQLError("there is no answer")
    return result.data


async def organization_of(context: Context, key: str) -> dict[str, Any] | None:
    """The key and the name of an organization by any of its names; None where who asks may see none. Nothing that was
    read for an earlier question is kept."""
    context.forget_read()
    asked = await ask(context, "query ($key: String!) { organization(key: $key) { key name } }", key=key)
    found: dict[str, Any] | None = asked["organization"]
    return found
