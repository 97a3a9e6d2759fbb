"""What a viewer sees of an answer: of a snapshot, and of a trace that was walked over all there is."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from graph_schema.answer import Trace
from service.access.guard import Guarded, Known, guarded
from service.access.redaction import redacted
from service.access.viewer import EVERYBODY, Viewer
from service.ports import Snapshot


class Sight(NamedTuple):
    """A viewer, and how things are called that are withheld from it."""

    viewer: Viewer
    pseudonym: Callable[[Viewer, str, str], str]

    def on(self, snapshot: Snapshot, known: Known | None = None) -> Snapshot:
        """A snapshot as the viewer may see it; `known` is what was found out before at the same moment of knowledge."""
        return guarded(snapshot, self.viewer, known)

    async def covers(self, snapshot: Snapshot, *keys: str) -> bool:
        """Whether the viewer sees the items of these keys or identifiers in full."""
        if self.viewer.sees_all:
            return True
        guard = Guarded(snapshot, self.viewer)
        return all([await guard.find_in_full(key) is not None for key in keys])

    async def of(self, snapshot: Snapshot, trace: Trace | None) -> Trace | None:
        """A trace as the viewer may see it."""
        if trace is None or self.viewer.sees_all:
            return trace
        return await redacted(
            trace, Guarded(snapshot, self.viewer), lambda kind, key: self.pseudonym(self.viewer, kind, key)
        )


WHOLE = Sight(EVERYBODY, lambda viewer, kind, key: key)
"""Nothing is withheld."""
