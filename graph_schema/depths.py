"""How far from its root what a walk reached is (model 8.4)."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from graph_schema.order import event_id_of
from graph_schema.reader import StayRow
from graph_schema.windows import END, overlap

if TYPE_CHECKING:
    from graph_schema.walk import Walk

Rank = Callable[[str, str], str]
"""From a family (ITEM, EVENT or ORGANIZATION) and a key to what nodes of one depth and kind are cut by."""


def depths(walk: Walk, root: Any) -> dict[Any, int]:
    """Of items and events: one per edge, level by level from the root (8.4)."""
    nexts: dict[Any, list[Any]] = {}
    for stay in walk.stays:
        part, host = stay[0], stay[1]
        nexts.setdefault(part, []).append(host)
        if _went_down(walk, stay):
            nexts.setdefault(host, []).append(part)
    if walk.forward:
        for item, event, _ in walk.consumptions:
            nexts.setdefault(item, []).append(event)
        for event, item in walk.yields:
            nexts.setdefault(event, []).append(item)
    else:
        for item, event, _ in walk.consumptions:
            nexts.setdefault(event, []).append(item)
        for event, item in walk.yields:
            nexts.setdefault(item, []).append(event)
    found = {root: 0}
    level = [root]
    depth = 0
    while level:
        depth += 1
        reached = []
        for node in level:
            for other in nexts.get(node, ()):
                if other not in found:
                    found[other] = depth
                    reached.append(other)
        level = reached
    return found


def depths_with_holders(walk: Walk, root: Any) -> dict[Any, int]:
    """Likewise with custodians, by their key in a tuple: a custodian is one more than its nearest item."""
    found = depths(walk, root)
    holders: dict[tuple[str], int] = {}
    for row in walk.custody:
        near = found.get(row[0])
        if near is not None and near < holders.get((row[1],), near + 1):
            holders[row[1],] = near + 1
    return {**found, **holders}


def nearest_items(walk: Walk, root: Any, depth_max: int, nodes_max: int) -> list[Any]:
    """The items among the first nodes by depth, kind, key (or rank), as an answer has them; custodians come after their
    items."""
    ranked = []
    for node, depth in depths(walk, root).items():
        if depth <= depth_max:
            row = walk.items.get(node)
            name = ("EVENT", event_id_of(node)) if row is None else (row.kind, row.key)
            ranked.append((depth, name, node))
    if walk.rank is not None and len(ranked) > nodes_max:
        rank = walk.rank
        ranked.sort(key=lambda one: (one[0], one[1][0], rank(family(one[1][0]), one[1][1])))
    else:
        ranked.sort()
    return [node for _, _, node in ranked[:nodes_max] if node in walk.items]


def family(kind: str) -> str:
    """What a node is among: ITEM, EVENT or ORGANIZATION."""
    return kind if kind in ("EVENT", "ORGANIZATION") else "ITEM"


def _went_down(walk: Walk, stay: StayRow) -> bool:
    """Whether a stay was inside the root, so that the walk went down along it."""
    part, host, opened, closed, _ = stay
    if part not in walk.inside_root or host not in walk.inside_root:
        return False
    high = END if closed is None else closed
    return any(overlap(window, opened, high) for window in walk.inside_root[host])
