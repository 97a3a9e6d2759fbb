"""The edges that contested events claim, made of what a store has read; the same for every store."""

from __future__ import annotations

from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from graph_schema.order import Position
from graph_schema.outcome import Claim
from graph_schema.reader import ClaimRow
from service.stores.values import loads


class Ends:
    """When claimed stays end: by a removal that names part and host, or with either of them (model 8.5)."""

    def __init__(self, removals: Iterable[tuple[str, str, Position]], ended: Iterable[tuple[str, Position]]) -> None:
        """`removals` are (part, host, event), `ended` (item, event)."""
        self._removals: dict[tuple[str, str], list[Position]] = defaultdict(list)
        self._ended: dict[str, Position] = dict(ended)
        for part, host, event in removals:
            self._removals[part, host].append(event)
        for events in self._removals.values():
            events.sort()

    def after(self, part: str, host: str, event: Position) -> Position | None:
        """The first end after an event."""
        removals = self._removals.get((part, host), [])
        found = [*removals[bisect_right(removals, event) :][:1], self._ended.get(part), self._ended.get(host)]
        return min((at for at in found if at is not None and at > event), default=None)


def told_claims(events: Iterable[tuple[Position, str | None]]) -> list[tuple[Position, Claim]]:
    """The claims of contested events (position, their claims as they are stored)."""
    return [(position, Claim(*claim)) for position, text in events for claim in loads(text) or ()]


def keys_of(claims: Iterable[tuple[Position, Claim]]) -> set[str]:
    """All keys that claims name."""
    return {end for _, claim in claims for end in (claim.source, claim.target) if end}


def claim_rows(claims: Iterable[tuple[Position, Claim]], handles: Mapping[str, Any], ends: Ends) -> list[ClaimRow]:
    """Claims as a trace reads them; `handles` are those of the keys that are items of the store."""
    rows = []
    for position, claim in claims:
        source = handles.get(claim.source) if claim.source else None
        target = claim.target if claim.kind == "HELD_BY" else handles.get(claim.target or "")
        closed = None
        if claim.kind == "PART_OF":
            closed = ends.after(claim.source or "", claim.target or "", position)
        key = claim.target if claim.item_kind else None
        rows.append(ClaimRow(position, claim.kind, source, target, claim.mass_kg, closed, key, claim.item_kind))
    return rows
