"""Who asks, for as long as a connection lasts."""

from __future__ import annotations

from service.access.identity import Identity
from service.access.sight import Sight
from service.access.viewer import PUBLIC, Viewer


class Asker:
    """The viewer behind a connection, and the credentials that it gave."""

    def __init__(self, identity: Identity, viewer: Viewer = PUBLIC) -> None:
        self.identity = identity
        self.viewer = viewer
        self._credentials: str | None = None

    @property
    def sight(self) -> Sight:
        """What it may see."""
        return Sight(self.viewer, self.identity.pseudonym)

    async def introduce(self, credentials: str | None) -> None:
        """Take credentials, as in an `Authorization` header. Raises Refused."""
        self.viewer = await self.identity.viewer(credentials)
        self._credentials = credentials

    async def check_again(self) -> None:
        """Whether the credentials are still taken. Raises Refused."""
        await self.introduce(self._credentials)
