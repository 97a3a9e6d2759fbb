"""What a viewer sees of an answer: of a snapshot, and of a trace that was walked over all there is."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any, NamedTuple

from graph_schema.answer import Trace
from graph_schema.reader import TraceReader
from graph_schema.trace import TraceQuestion
from service.access.days import ByDay
from service.access.guard import Guarded, Known, guarded
from service.access.redaction import redacted
from service.access.viewer import EVERYBODY, Viewer
from service.ports import Snapshot

SHOWN = "SHOWN"
"""The kind of these pseudonyms: they must tell nothing of those by which withheld organizations are called."""


class Sight(NamedTuple):
    """A viewer, and how things are called that are withheld from it."""

    viewer: Viewer
    pseudonym: Callable[[Viewer, str, str], str]

    def proof(self, organization: str) -> str:
        """What only who was shown an organization has, of those that nobody registered: these are found again by it. ""
        where there is no secret to make it with."""
        try:
            return self.pseudonym(self.viewer, SHOWN, organization)
        except ValueError:
            return ""

    def on(self, snapshot: Snapshot, known: Known | None = None) -> Snapshot:
        """A snapshot as the viewer may see it; `known` is what was found out before at the same moment of knowledge."""
        return guarded(snapshot, self.viewer, known)

    def reader(self, snapshot: Snapshot, as_of: datetime | None) -> TraceReader:
        """What to walk over for an answer as of a moment: of what is withheld only that of days that are over."""
        if as_of is None or self.viewer.sees_all:
            return snapshot
        return ByDay(Guarded(snapshot, self.viewer), as_of)

    def asked(self, question: TraceQuestion, root: str) -> TraceQuestion:
        """A question about that root. Of what is equally far away a bound leaves out some by their pseudonyms: by
        their keys, one's own among them would tell what others are called."""
        if self.viewer.sees_all:
            return replace(question, key=root)
        return replace(question, key=root, rank=partial(self.pseudonym, self.viewer))

    async def nameable(self, snapshot: Snapshot, names: Collection[str]) -> frozenset[Any]:
        """What of these names the viewer may see: the handles of items in full sight, and of events that it is told of.
        What is withheld takes the same statements as what is not there."""
        guard = Guarded(snapshot, self.viewer)
        items = await guard.keyed(names)
        return frozenset([*items.values(), *(event.position for event in await guard.stored(names))])

    async def roots(self, snapshot: Snapshot, *named: str) -> list[str] | None:
        """What to walk from for these keys or identifiers: the keys of the items that the viewer means by them, since
        of several that state one identifier it may see another than the first. None where one is not in full sight."""
        if self.viewer.sees_all:
            return list(named)
        guard = Guarded(snapshot, self.viewer)
        handles = [await guard.find_in_full(name) for name in named]
        keys = {row.handle: row.key for row in await snapshot.items([one for one in handles if one is not None])}
        return [keys[one] for one in handles] if keys.keys() >= set(handles) else None

    async def of(self, snapshot: Snapshot, trace: Trace | None) -> Trace | None:
        """A trace as the viewer may see it."""
        if trace is None or self.viewer.sees_all:
            return trace
        return await redacted(
            trace, Guarded(snapshot, self.viewer), lambda kind, key: self.pseudonym(self.viewer, kind, key)
        )


WHOLE = Sight(EVERYBODY, lambda viewer, kind, key: key)
"""Nothing is withheld."""
