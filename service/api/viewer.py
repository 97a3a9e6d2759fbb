"""Who asks, as the service sees it."""

from __future__ import annotations

import strawberry

from service.access.viewer import Role
from service.access.viewer import Viewer as Who

strawberry.enum(Role, name="ViewerRole", description="What a viewer may do.")


@strawberry.type(description="Who asks, as the service sees it: by the token of the request.")
class Viewer:
    """The viewer."""

    role: Role = strawberry.field(description="What it may do.")
    organization: str | None = strawberry.field(description="The key of the organization that it acts for.")
    name: str = strawberry.field(description="What its token was made for.")


def shown(viewer: Who) -> Viewer:
    """A viewer as the schema shows it."""
    return Viewer(role=viewer.role, organization=viewer.organization, name=viewer.name)
