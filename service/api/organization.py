"""Organizations."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
import strawberry

from graph_schema.order import cut_after
from graph_schema.windows import END
from service.api.context import Moment, global_id
from service.api.item import Identifier, Info, Node


@strawberry.type(description="What an organization may do, and when.")
class Authorization:
    """One authorization."""

    scope: str = strawberry.field(description="What it covers.")
    valid_from: datetime | None = strawberry.field(description="Since when.")
    valid_to: datetime | None = strawberry.field(description="Until when.")


@strawberry.type(description="Who produces, holds, repairs, collects, reuses or recycles.")
class Organization(Node):
    """An organization at a moment."""

    key_text: strawberry.Private[str]
    moment: strawberry.Private[Moment]

    @strawberry.field(description="Opaque and stable; `node(id)` finds the thing again.")
    def id(self) -> strawberry.ID:
        """The global id."""
        return strawberry.ID(global_id("Organization", self.key_text))

    @strawberry.field(description="Unified social credit code, BPN, GLN or any other key.")
    def key(self) -> str:
        """The key."""
        return self.key_text

    @strawberry.field(description="Its name; null where nobody registered it.")
    async def name(self, info: Info) -> str | None:
        """The name."""
        return (await self._stated(info)).get("name")

    @strawberry.field(description="Its roles.")
    async def roles(self, info: Info) -> list[str]:
        """The roles."""
        return (await self._stated(info)).get("roles", [])  # type: ignore[no-any-return]

    @strawberry.field(description="The region where it is, such as CN-44.")
    async def region(self, info: Info) -> str | None:
        """The region."""
        return (await self._stated(info)).get("region")

    @strawberry.field(description="Other names of it.")
    async def identifiers(self, info: Info) -> list[Identifier]:
        """The identifiers."""
        stated = (await self._stated(info)).get("identifiers", [])
        return [Identifier(scheme=one["scheme"], value=one["value"]) for one in stated]

    @strawberry.field(description="What it may do, and when.")
    async def authorizations(self, info: Info) -> list[Authorization]:
        """The authorizations."""

        def moment(text: str | None) -> datetime | None:
            return None if text is None else datetime.fromisoformat(text)

        stated = (await self._stated(info)).get("authorizations", [])
        return [
            Authorization(
                scope=one["scope"], valid_from=moment(one.get("validFrom")), valid_to=moment(one.get("validTo"))
            )
            for one in stated
        ]

    @strawberry.field(description="Whether a registration holds at this moment.")
    async def registered(self, info: Info) -> bool:
        """Whether it is registered."""
        return bool(await self._stated(info))

    async def _stated(self, info: Info) -> dict[str, Any]:
        """The fields that registrations up to the moment state, the later over the earlier."""
        events = await info.context.read(self.moment, lambda snapshot: snapshot.registrations(self.key_text))
        cut = END if self.moment.as_of is None else cut_after(self.moment.as_of)
        stated: dict[str, Any] = {}
        for event in events:
            if event.payload is not None and event.position < cut:
                fields = orjson.loads(event.payload)["organization"]
                stated |= {name: value for name, value in fields.items() if value is not None}
        return stated
