"""Who asks."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple


class Role(StrEnum):
    """What a viewer may do. Recyclers, repairers and others are participants; their organization's authorizations say
    what they are."""

    PUBLIC = "PUBLIC"
    PARTICIPANT = "PARTICIPANT"
    REGULATOR = "REGULATOR"
    ADMIN = "ADMIN"


class Viewer(NamedTuple):
    """Who asks: a role, and the organization (its key) that a participant or regulator acts for."""

    role: Role
    organization: str | None = None
    name: str = ""

    @property
    def sees_all(self) -> bool:
        """Whether nothing is withheld."""
        return self.role in (Role.REGULATOR, Role.ADMIN)

    @property
    def traces(self) -> bool:
        """Whether it sees anything in full that a trace may begin at; the public does not."""
        return self.sees_all or self.organization is not None

    @property
    def records_for_others(self) -> bool:
        """Whether events of other actors are taken."""
        return self.sees_all


PUBLIC = Viewer(Role.PUBLIC)
EVERYBODY = Viewer(Role.ADMIN, name="everybody")
"""Who asks where no authentication is configured."""


def viewer_of(role: str, organization: str | None, name: str) -> Viewer:
    """A viewer as a token states it; the public acts for nobody, whatever is stated.

    Raises ValueError where the role is none, or a participant has no organization.
    """
    known = {one.value.lower(): one for one in Role}
    if role.lower() not in known:
        raise ValueError(f"{role!r} is no role; there are {', '.join(known)}")
    viewer = Viewer(known[role.lower()], organization or None, name)
    if viewer.role is Role.PUBLIC:
        return viewer._replace(organization=None)
    if viewer.role is Role.PARTICIPANT and viewer.organization is None:
        raise ValueError("a participant needs an organization")
    return viewer
