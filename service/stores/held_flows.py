"""Kept rows of flows in a dictionary: what the memory store does with them."""

from __future__ import annotations

from heapq import nsmallest

from service.flow_rows import FlowKey, FlowKind, FlowRevision, FlowsKept


class HeldFlows:
    """The rows by key, and how far they are."""

    def __init__(self) -> None:
        self.kept = FlowsKept()
        self.rows: dict[FlowKey, bytes] = {}

    def keep(self, revision: FlowRevision) -> bool:
        """As `Store.keep_flows`."""
        if self.kept != revision.before:
            return False
        rows = {} if revision.anew else dict(self.rows)
        for at in revision.gone:
            rows.pop(at, None)
        self.rows, self.kept = rows | dict(revision.rows), revision.after
        return True

    def page(self, kind: FlowKind, after: str, limit: int) -> list[tuple[str, bytes]]:
        """As `StoreSnapshot.flow_page`."""
        found = (key for of, key in self.rows if of is kind and key > after)
        return [(key, self.rows[FlowKey(kind, key)]) for key in nsmallest(limit, found)]
